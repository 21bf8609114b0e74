"""A real SMTP server on loopback that keeps what it gets."""

# ruff: noqa: ARG002, N802  # its handlers are named, and get what they get, as aiosmtpd has it

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port

NAME, PASSWORD = "hub", "a password: of/tests@"


@dataclass
class MailServer:
    """`mails` by recipient; `replies` to the next RCPT TO, and to the next DATA, instead of 250."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    to_recipients: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(
        self, server: Any, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipients:
            return self.to_recipients.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if self.to_data:
            return self.to_data.pop(0)
        message = email.message_from_bytes(envelope.original_content or b"", policy=default)
        self.mails += [(address, message) for address in envelope.rcpt_tos]  # type: ignore[misc]
        return "250 OK"


@contextmanager
def mail_server(*, login: bool = False) -> Iterator[MailServer]:
    """Run one; with `login` only `NAME` with `PASSWORD` may send."""
    server = MailServer()

    def authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            NAME.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=right, handled=False)

    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        auth_required=login,
        auth_require_tls=False,
        authenticator=authenticate if login else None,
    )
    controller.start()
    try:
        server.port = controller.port
        yield server
    finally:
        controller.stop()
