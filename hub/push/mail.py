"""E-mail over SMTP (RFC 5321): a few connections that are kept, one mail for each delivery."""

import asyncio
import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
from typing_extensions import override

from config.kinds import LOOPBACK
from hub.push.sending import TAKEN, Answer, Parcel, Sender, Verdict
from rooms.delivery.channels import Reason
from rooms.delivery.contact import is_email
from rooms.ports import Clock

CONNECTIONS: Final = 4
"""Mail servers like few connections that send much better than many that send little."""
SUBMISSION: Final = 587
SUBMISSIONS: Final = 465
PERMANENT: Final = 500
MAILBOX_GONE: Final = frozenset({550, 551, 553})


class MailSender(Sender):
    """Sends mails. `url` is the server, with the login in it; `site` the hub's own address, for links.

    Over a network the login is told under TLS only; `seconds` bounds each step with the server.
    """

    def __init__(self, url: str, sender: str, name: str, site: str, clock: Clock, seconds: float) -> None:
        split = urlsplit(url)
        self._host = split.hostname or "localhost"
        self._tls = split.scheme == "smtps"
        self._port = split.port or (SUBMISSIONS if self._tls else SUBMISSION)
        self._login = (unquote(split.username), unquote(split.password or "")) if split.username else None
        self._sender = sender
        self._name = name
        self._site = site
        self._clock = clock
        self._seconds = seconds
        self._free: list[aiosmtplib.SMTP] = []
        self._gate = asyncio.Semaphore(CONNECTIONS)

    @override
    async def send(self, parcel: Parcel) -> Answer:
        """Send one mail."""
        if not is_email(parcel.to):
            return Answer(Verdict.GONE, Reason.NO_ADDRESS, detail="no e-mail address")
        message = self._message(parcel)
        async with self._gate:
            try:
                async with asyncio.timeout(3 * self._seconds):
                    return await self._hand_over(message, parcel.to)
            except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
                return judge(error)

    @override
    def origin(self, parcel: Parcel) -> str:
        """Name the mail server."""
        return f"smtp://{self._host}:{self._port}"

    @override
    async def close(self) -> None:
        """Say goodbye on all connections."""
        while self._free:
            self._free.pop().close()

    async def reach(self) -> None:
        """Connect and sign in. Raises SMTPException, OSError, TimeoutError."""
        async with asyncio.timeout(self._seconds):
            client = await self._connected()
        client.close()

    async def _hand_over(self, message: EmailMessage, to: str) -> Answer:
        client = self._free.pop() if self._free else None
        if client is not None and not await _alive(client):
            client.close()
            client = None
        if client is None:
            client = await self._connected()
        try:
            await client.send_message(message, sender=self._sender, recipients=[to])
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError):
            await client.rset()
            self._free.append(client)
            raise
        except BaseException:
            client.close()
            raise
        self._free.append(client)
        return TAKEN

    async def _connected(self) -> aiosmtplib.SMTP:
        private = self._login is not None and self._host not in LOOPBACK and not self._tls
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._login[0] if self._login else None,
            password=self._login[1] if self._login else None,
            timeout=self._seconds,
            use_tls=self._tls,
            # With a login TLS must be; without one it is used where the server has it.
            start_tls=True if private else (False if self._tls else None),
        )
        await client.connect()
        return client

    def _message(self, parcel: Parcel) -> EmailMessage:
        """Write the mail."""
        message = EmailMessage(POLICY)
        user, _, domain = self._sender.rpartition("@")
        message["From"] = Address(self._name, user, domain)
        message["To"] = Address(addr_spec=parcel.to)
        message["Subject"] = " ".join(parcel.title.split())
        message["Date"] = format_datetime(self._clock.now())
        # The same on every attempt: mail programs show two of one id once.
        digest = hashlib.sha256(parcel.id.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no replies from holidays
        message.set_content(f"{parcel.text}\n\n{self._site}{parcel.url}\n")
        return message


def judge(error: Exception) -> Answer:
    """Say what a failure means: 5yz replies are for ever, 4yz for now (RFC 5321, section 4.2.1)."""
    detail = f"{type(error).__name__}: {error}"[:200]
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        code = error.recipients[0].code
        if code in MAILBOX_GONE:
            return Answer(Verdict.GONE, Reason.GONE, detail=detail)
        verdict = Verdict.NEVER if code >= PERMANENT else Verdict.LATER
        return Answer(verdict, Reason.REFUSED if code >= PERMANENT else Reason.BUSY, detail=detail)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Answer(Verdict.LATER, Reason.REFUSED, everybody=True, detail=detail)
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= PERMANENT:
        return Answer(Verdict.NEVER, Reason.REFUSED, detail=detail)
    return Answer(Verdict.LATER, Reason.AWAY, detail=detail)


async def _alive(client: aiosmtplib.SMTP) -> bool:
    """Tell whether a kept connection still works: servers close those that are idle."""
    try:
        await client.noop()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        return False
    return True
