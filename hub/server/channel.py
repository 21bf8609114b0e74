"""HTTP connections whose requests are read in turn when they come all at once.

The event loop reads all sockets that are ready before it does anything else, and to take fifty requests
apart is five milliseconds: meanwhile the first would not be begun, and messages would wait too.

Import only where the server runs: Daphne installs Twisted's reactor.
"""

import asyncio
from collections import deque
from typing import Any, Final

import structlog
from twisted.internet.protocol import connectionDone
from twisted.web.http import HTTPChannel

from hub.consumer import PATH

HELD: Final = 16 * 1024
"""Bytes of one connection that wait for its turn; with more it has it at once."""

_WEBSOCKET: Final = f"GET {PATH}".encode("ascii")
"""How those begin who come to talk: begun together, they share what is asked of the database for them."""

log = structlog.get_logger(__name__)


class HubChannel(HTTPChannel):  # type: ignore[misc]  # Twisted's has no types
    """One connection. Its factory has `reading`, whose turns it takes."""

    _held = b""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take what came; the beginning of a request waits while those of others are read."""
        if self._held or self.requests or len(data) > HELD or data.startswith(_WEBSOCKET):
            held, self._held = self._held, b""
            self.read(held + data)
        elif not self.factory.reading.read(self, data):
            self._held = data

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Read what waits, and let go."""
        self.take_turn()
        super().connectionLost(reason)

    def take_turn(self) -> bool:
        """Read what waits; tells whether anything did."""
        held, self._held = self._held, b""
        if held:
            self.read(held)
        return bool(held)

    def read(self, data: bytes) -> None:
        """Read what came."""
        super().dataReceived(data)


class Reading:
    """Lets one connection read in each turn of the event loop, in the order in which they came.

    It holds no more than there are connections, and of each no more than `HELD` bytes.
    """

    def __init__(self) -> None:
        self._waiting: deque[HubChannel] = deque()
        self._taken = False

    def read(self, channel: HubChannel, data: bytes) -> bool:
        """Let a connection read at once where none did in this turn; False where it has to wait."""
        if self._taken:
            self._waiting.append(channel)
            return False
        self._taken = True
        try:
            channel.read(data)
        finally:
            # Only now: so the request that was read is begun before the next is read.
            asyncio.get_running_loop().call_soon(self._next)
        return True

    def _next(self) -> None:
        while self._waiting:
            channel = self._waiting.popleft()
            try:
                if not channel.take_turn():
                    continue  # it has read meanwhile, as more came, or has gone
            except Exception:  # as Twisted does with what fails in a read
                log.exception("reading a request failed")
                channel.transport.abortConnection()
            asyncio.get_running_loop().call_soon(self._next)
            return
        self._taken = False
