"""Whether an e-mail address is somebody's own: nothing goes there before they told the code that went there.

So nobody has news of a child sent to a stranger by a slip of the finger, and nobody has the hub write to
people who did not ask for it.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from hub.push.sending import Parcel, Sender, Verdict
from hub.signin.proofs import derive_key
from hub.wording import Wording
from rooms.delivery.channels import Kind, Urgency
from rooms.delivery.contact import Contact
from rooms.errors import ErrorCode, Refusal, bad_request
from rooms.ids import PersonId
from rooms.messages import Limiter
from rooms.ports import Clock
from storage.delivery.contacts import MongoContacts

HOLDS: Final = timedelta(minutes=30)
TRIES: Final = 5
"""Codes that may be tried for one mail: of a million, so nobody guesses one."""
DIGITS: Final = 6
SETTINGS: Final = "/family#/settings"


class Verifying:
    """Sends codes and takes them. `mail` gives the way to send mails, None where there is none."""

    def __init__(
        self,
        contacts: MongoContacts,
        mail: Callable[[], Sender | None],
        limiter: Limiter,
        wording: Wording,
        clock: Clock,
        secret: str,
    ) -> None:
        self._contacts = contacts
        self._mail = mail
        self._limiter = limiter
        self._wording = wording
        self._clock = clock
        self._key = derive_key(secret, "e-mail codes")

    async def ask(self, person: PersonId, email: str, language: str) -> Contact:
        """Send a code to an address that somebody wants to be reached at; the one before holds meanwhile.

        An address that the roster has for them needs no code. Raises Refusal: bad_request where there is no
        mail server or it takes no mail for the address, rate_limited, unavailable.
        """
        if (await self._contacts.one(person)).email == email or await self._contacts.listed(person, email):
            return await self._contacts.take(person, email)
        mail = self._mail()
        if mail is None:
            raise bad_request("no_mail_server")
        if (wait := await self._limiter.take(person, self._clock.monotonic())) is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_mail_codes", retry_after=round(wait, 3))
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        until = self._clock.now() + HOLDS
        await self._contacts.pend(person, email, self._digest(person, email, code), until)
        answer = await mail.send(self._parcel(person, email, code, language))
        if answer.verdict is Verdict.LATER:
            raise Refusal(ErrorCode.UNAVAILABLE, "mail_away", retry_after=answer.retry_after or 60.0)
        if answer.verdict is not Verdict.TAKEN:
            raise bad_request("mail_refused")
        return await self._contacts.one(person)

    async def take(self, person: PersonId, code: str) -> Contact:
        """Take a code: the address it was sent to is theirs. Raises Refusal(bad_request)."""
        pending = await self._contacts.pending(person, self._clock.now(), TRIES)
        if pending is None:
            raise bad_request("no_mail_code")
        email, digest = pending
        if not hmac.compare_digest(digest, self._digest(person, email, "".join(code.split()))):
            raise bad_request("wrong_mail_code")
        return await self._contacts.take(person, email)

    def _digest(self, person: PersonId, email: str, code: str) -> str:
        return hmac.digest(self._key, f"{person}\n{email}\n{code}".encode(), "sha256").hex()

    def _parcel(self, person: PersonId, email: str, code: str, language: str) -> Parcel:
        return Parcel(
            f"verify:{person}:{secrets.token_hex(8)}",
            email,
            "verify",
            Kind.SHOW,
            Urgency.HIGH,
            self._clock.now() + HOLDS,
            self._wording.push(language, "verify_title"),
            self._wording.push(language, "verify_text", code=code, minutes=HOLDS.total_seconds()),
            SETTINGS,
            "",
            b"",
        )
