"""Whether an address is somebody's own: nothing goes there before they told the code that went there.

So nobody has news of a child sent to a stranger by a slip of the finger, and nobody has the hub write to
people who did not ask for it. E-mail addresses get their code by mail, phone numbers over the agency.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from msgspec import Struct

from hub.push.sending import Parcel, Sender, Verdict
from hub.signin.proofs import derive_key
from hub.wording import Wording
from rooms.delivery.channels import Channel, Kind, Urgency
from rooms.delivery.contact import Contact
from rooms.errors import ErrorCode, Refusal, bad_request
from rooms.ids import PersonId
from rooms.messages import Limiter
from rooms.ports import Clock
from storage.delivery.contacts import MongoContacts

HOLDS: Final = timedelta(minutes=30)
TRIES: Final = 5
"""Codes that may be tried for one message: of a million, so nobody guesses one."""
DIGITS: Final = 6
SETTINGS: Final = "/family#/settings"


class Words(Struct, frozen=True):
    """What is said of a channel: its name in the reasons of refusals, and the message with the code."""

    name: str
    title: str
    text: str


_WORDS: Final[Mapping[Channel, Words]] = {
    Channel.EMAIL: Words("mail", "verify_title", "verify_text"),
    Channel.SMS: Words("sms", "verify_sms_title", "verify_sms_text"),
}


class Verifying:
    """Sends codes and takes them. `sender` gives the way to send over a channel, None where there is none."""

    def __init__(
        self,
        contacts: MongoContacts,
        sender: Callable[[Channel], Sender | None],
        limiter: Limiter,
        wording: Wording,
        clock: Clock,
        secret: str,
    ) -> None:
        self._contacts = contacts
        self._sender = sender
        self._limiter = limiter
        self._wording = wording
        self._clock = clock
        self._key = derive_key(secret, "e-mail codes")

    async def ask(self, person: PersonId, channel: Channel, address: str, language: str) -> Contact:
        """Send a code to an address that somebody wants to be reached at; the one before holds meanwhile.

        An address that the roster has for them needs no code. Raises Refusal: bad_request where the channel
        is not set up or takes nothing for the address, rate_limited, unavailable.
        """
        if (await self._contacts.one(person)).address(channel) == address or await self._contacts.listed(
            person, channel, address
        ):
            return await self._contacts.take(person, channel, address)
        words, sender = _WORDS[channel], self._sender(channel)
        if sender is None:
            raise bad_request(f"no_{words.name}_server")
        if (wait := await self._limiter.take(person, self._clock.monotonic())) is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_mail_codes", retry_after=round(wait, 3))
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        until = self._clock.now() + HOLDS
        await self._contacts.pend(
            person, channel, address, self._digest(person, channel, address, code), until
        )
        answer = await sender.send(self._parcel(person, words, address, code, language))
        if answer.verdict is Verdict.LATER:
            raise Refusal(ErrorCode.UNAVAILABLE, f"{words.name}_away", retry_after=answer.retry_after or 60.0)
        if answer.verdict is not Verdict.TAKEN:
            raise bad_request(f"{words.name}_refused")
        return await self._contacts.one(person)

    async def take(self, person: PersonId, channel: Channel, code: str) -> Contact:
        """Take a code: the address it was sent to is theirs. Raises Refusal(bad_request)."""
        pending = await self._contacts.pending(person, channel, self._clock.now(), TRIES)
        if pending is None:
            raise bad_request(f"no_{_WORDS[channel].name}_code")
        address, digest = pending
        told = self._digest(person, channel, address, "".join(code.split()))
        if not hmac.compare_digest(digest, told):
            raise bad_request("wrong_mail_code")
        return await self._contacts.take(person, channel, address)

    def _digest(self, person: PersonId, channel: Channel, address: str, code: str) -> str:
        told = f"{person}\n{channel}\n{address}\n{code}"
        return hmac.digest(self._key, told.encode(), "sha256").hex()

    def _parcel(self, person: PersonId, words: Words, address: str, code: str, language: str) -> Parcel:
        return Parcel(
            f"verify:{person}:{secrets.token_hex(8)}",
            address,
            "verify",
            Kind.SHOW,
            Urgency.HIGH,
            self._clock.now() + HOLDS,
            self._wording.push(language, words.title),
            self._wording.push(language, words.text, code=code, minutes=HOLDS.total_seconds()),
            SETTINGS,
            "",
            b"",
        )
