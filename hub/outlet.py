"""Outlets: how bytes leave for one client, and when there are too many of them.

`DaphneOutlet` writes framed bytes straight to the socket; only what the kernel does not take
goes through Twisted's buffer. `AsgiOutlet` is the fallback for any other ASGI server.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import structlog

from hub.ring import Ring
from rooms.errors import CloseCode

log = structlog.get_logger(__name__)


class Outlet(Protocol):
    """The way out to one client. All methods return at once."""

    def write(self, frames: bytes) -> bool:
        """Send whole text frames as `hub.frames` makes them.

        Returns False where the client has more unsent bytes than the limit: the caller closes
        the connection as too slow.
        """

    def close(self, code: CloseCode) -> None:
        """Begin the closing handshake; nothing can be sent any more."""

    @property
    def unsent(self) -> int:
        """Bytes that wait for this client."""

    @property
    def straight(self) -> socket.socket | None:
        """The socket, where bytes may go straight to it; what it does not take goes to `rest`."""

    def rest(self, frames: bytes) -> None:
        """Send what the socket did not take."""


def write_all(outlets: Iterable[Outlet], frames: bytes) -> list[Outlet]:
    """Write the same frames to many; returns those that are too full for them.

    A delivery to five hundred sockets is bound by memory: whatever is looked at is out of the processor's
    cache. So of nearly every outlet one field is looked at here, and the socket behind it.
    """
    size = len(frames)
    full = []
    for outlet in outlets:
        straight = outlet.straight
        if straight is None:
            if not outlet.write(frames):
                full.append(outlet)
            continue
        try:
            sent = straight.send(frames)
        except OSError:  # full, or gone: the transport finds out, and tells the consumer
            sent = 0
        if sent != size:
            outlet.rest(frames[sent:])
    return full


class DaphneOutlet:
    """Writes to the socket of a Daphne WebSocket protocol, past Twisted where its buffer is empty.

    Whoever else writes to the transport, or begins to close it, calls `disturbed` first. A `ring` that sends
    to many is told whenever the socket is not, or again, one to write to straight.
    """

    __slots__ = ("_limit", "_protocol", "_ring", "_socket", "_transport", "straight")

    def __init__(self, protocol: Any, limit: int, ring: Ring | None = None) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        # Under TLS the transport must encrypt, so there is no socket to write to.
        plain = not getattr(self._transport, "TLS", False)
        self._socket: socket.socket | None = getattr(self._transport, "socket", None) if plain else None
        self._limit = limit
        self._ring = ring
        self.straight: socket.socket | None = None

    @property
    def unsent(self) -> int:
        """Bytes in Twisted's buffer."""
        transport = self._transport
        return (
            len(getattr(transport, "dataBuffer", b""))
            - getattr(transport, "offset", 0)
            + getattr(transport, "_tempDataLen", 0)
        )

    def disturbed(self) -> None:
        """Look closer next time: the transport was written to by others, or is closing."""
        if self.straight is not None:
            self._go_straight(None)

    def write(self, frames: bytes) -> bool:
        """Send whole text frames; see `Outlet`."""
        if self._protocol.state != self._protocol.STATE_OPEN:
            return True
        waiting = self.unsent
        if waiting and waiting + len(frames) > self._limit:
            return False
        if self._socket is not None and not waiting and self._transport.connected:
            if self.straight is None:
                self._go_straight(self._socket)
            return not write_all((self,), frames)
        self._leave(frames)
        return True

    def rest(self, frames: bytes) -> None:
        """Leave to Twisted what the socket did not take; see `Outlet`."""
        self.disturbed()
        self._leave(frames)

    def _leave(self, frames: bytes) -> None:
        """Leave bytes to Twisted; where it cannot take them either, the connection is cut off.

        Once in a while the event loop has given a socket up before Twisted hears of it, and refuses to wait
        until it can be written to. Nobody else may miss what is delivered for that, or for any other fault.
        """
        try:
            self._transport.write(frames)
        except Exception as error:  # noqa: BLE001 - see above
            self._cut_off(error)

    def _cut_off(self, error: Exception) -> None:
        log.info("connection cut off", reason=str(error))
        try:
            self._transport.abortConnection()
        except Exception:
            log.exception("connection not cut off")

    def _go_straight(self, straight: socket.socket | None) -> None:
        self.straight = straight
        if self._ring is not None:
            self._ring.revision += 1

    def close(self, code: CloseCode) -> None:
        """Begin the closing handshake; a client that does not answer is cut off by the protocol."""
        if self._protocol.state == self._protocol.STATE_OPEN:
            try:
                self._protocol.sendClose(int(code), code.reason)
            except Exception as error:  # noqa: BLE001 - an open connection that nobody writes to is worse
                self._cut_off(error)


class AsgiOutlet:
    """Sends through ASGI's `send`, from a bounded queue that one task empties."""

    straight: None = None

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]], limit: int) -> None:
        self._send = send
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._closing: CloseCode | None = None
        self._wake = asyncio.Event()

    @property
    def unsent(self) -> int:
        """Bytes in the queue."""
        return self._waiting

    def write(self, frames: bytes) -> bool:
        """Send whole text frames; see `Outlet`."""
        if self._closing is not None:
            return True
        if self._waiting and self._waiting + len(frames) > self._limit:
            return False
        self._queue.append(frames)
        self._waiting += len(frames)
        self._wake.set()
        return True

    def rest(self, frames: bytes) -> None:
        """Do what `write` does; there is no socket to go straight to."""
        self.write(frames)

    def close(self, code: CloseCode) -> None:
        """Close after what is queued; a queue over its limit is given up."""
        if self._closing is None:
            self._closing = code
            if code is CloseCode.TOO_SLOW:
                self._queue.clear()
            self._wake.set()

    async def run(self) -> None:
        """Send what is queued until the outlet is closed. Own it with the connection."""
        while True:
            while self._queue:
                frames = self._queue.popleft()
                for payload in payloads(frames):
                    await self._send({"type": "websocket.send", "text": payload.decode()})
                self._waiting -= len(frames)
            if self._closing is not None:
                code = self._closing
                await self._send({"type": "websocket.close", "code": int(code), "reason": code.reason or ""})
                return
            self._wake.clear()
            await self._wake.wait()


def payloads(frames: bytes) -> list[bytes]:
    """Take the payloads out of frames that `hub.frames.text_frame` made."""
    found = []
    at = 0
    while at < len(frames):
        size = frames[at + 1]
        at += 2
        if size == 126:
            size, at = int.from_bytes(frames[at : at + 2]), at + 2
        elif size == 127:
            size, at = int.from_bytes(frames[at : at + 8]), at + 8
        found.append(frames[at : at + size])
        at += size
    return found
