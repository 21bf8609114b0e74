"""What an outlet of Daphne writes to: its transport and protocol, on real sockets."""

import socket
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Transport:
    """Twisted's side of a connection: what it is given waits until somebody takes it out."""

    socket: socket.socket
    connected: bool = True
    dataBuffer: bytes = b""  # noqa: N815 - Twisted's name
    offset: int = 0
    fault: Exception | None = None
    stays: Exception | None = None
    aborted: int = 0

    def write(self, data: bytes) -> None:
        if self.fault is not None:
            raise self.fault
        self.dataBuffer += data

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.aborted += 1
        if self.stays is not None:
            raise self.stays

    def flush(self) -> None:
        """Write what waits, as far as it goes."""
        try:
            sent = self.socket.send(self.dataBuffer)
        except BlockingIOError:
            sent = 0
        self.dataBuffer = self.dataBuffer[sent:]


@dataclass
class Protocol:
    """A Daphne protocol, as far as an outlet knows one."""

    transport: Any
    STATE_OPEN: int = 3
    state: int = 3
    closed: list[int] = field(default_factory=list)

    def sendClose(self, code: int, _reason: str | None) -> None:  # noqa: N802 - Autobahn's name
        self.transport.write(b"")
        self.state = 2
        self.closed.append(code)


def read_now(client: socket.socket) -> bytes:
    """Read what has come; nothing where nothing has. The socket must not block."""
    try:
        return client.recv(1 << 20)
    except BlockingIOError:
        return b""
