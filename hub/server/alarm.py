"""The alarm of a kept connection: set and taken back with every request, so it has to cost little.

Import only where the server runs: Daphne installs Twisted's reactor.
"""

import asyncio
from collections.abc import Callable

from twisted.internet import error


class Alarm:
    """What `twisted.protocols.policies.TimeoutMixin` needs of a delayed call, on the event loop itself.

    Twisted puts a call of its own into a heap, and moves the one alarm that it has from the loop, each time.
    """

    __slots__ = ("_handle", "_work")

    def __init__(self, seconds: float, work: Callable[[], object]) -> None:
        self._work = work
        self._handle: asyncio.TimerHandle | None = None
        self._set(seconds)

    def cancel(self) -> None:
        """Take it back. Raises AlreadyCancelled, AlreadyCalled."""
        if self._handle is None:
            raise error.AlreadyCalled
        if self._handle.cancelled():
            raise error.AlreadyCancelled
        self._handle.cancel()

    def reset(self, seconds: float) -> None:
        """Count from now on. Raises AlreadyCancelled, AlreadyCalled."""
        self.cancel()
        self._set(seconds)

    def _set(self, seconds: float) -> None:
        self._handle = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._handle = None
        self._work()
