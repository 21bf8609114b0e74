"""Messages go first: what is not as urgent gives way for the moment in which one is being stored.

A message waits for the disk, and meanwhile nothing of it seems to be going on. Whatever the event loop takes
up then holds up the answer of the database, and keeps a processor from it where there are few.
"""

import asyncio
from typing import Final, Protocol

from rooms.ports import Clock

LONGEST: Final = 0.005
"""Seconds that something gives way at a time; where messages are stored without end, then not for as long."""


class Storing(Protocol):
    """Where messages are stored; `rooms.log.RoomLog` is."""

    @property
    def waiting(self) -> int:
        """How many are not stored yet."""

    async def drain(self) -> None:
        """Wait until none waits any more."""


class MessagesFirst:
    """Lets others wait while messages are stored."""

    def __init__(self, storing: Storing, clock: Clock) -> None:
        self._storing = storing
        self._clock = clock
        self._free_until = 0.0

    async def give_way(self) -> None:
        """Wait until no message is being stored: `LONGEST` at most, and half of the time at most."""
        if not self._storing.waiting or self._clock.monotonic() < self._free_until:
            return
        try:
            async with asyncio.timeout(LONGEST):
                await self._storing.drain()
        except TimeoutError:
            self._free_until = self._clock.monotonic() + LONGEST
