"""Messages go first: the chatbot's searching thread stands still while the hub stores one.

The processes share a piece of memory that says since when a message is being stored. To look there costs next
to nothing, so a search does it between its steps, of a millisecond or so each. That the system gives the
chatbot only what is left of the processors is not enough: while all of them are busy, those that a message
needs are got later, and are slower.
"""

import mmap
import os
import sys
import time
from collections.abc import Callable
from typing import Final, Self

LONGEST: Final = 0.005
"""Seconds that a search stands still at a time; where messages are stored without end, half of the time."""
STEP: Final = 0.0002
_SIZE: Final = mmap.PAGESIZE


class Storing:
    """Since when a message is being stored; of all processes that map `file`, by its descriptor.

    It is a hint: who ends takes back what another process has begun meanwhile, and who died left it there.
    """

    def __init__(self, file: int, now: Callable[[], float] = time.monotonic) -> None:
        self.file = file
        self._now = now
        self._memory = memoryview(mmap.mmap(file, _SIZE)).cast("d")
        self._under_way = 0

    @classmethod
    def make(cls) -> Self | None:
        """Make the memory, for this process and its children; None where the system does not offer that."""
        if sys.platform != "linux":
            return None
        file = os.memfd_create("madang-storing")
        os.truncate(file, _SIZE)
        return cls(file)

    @property
    def since(self) -> float:
        """Monotonic seconds, 0 while nothing is being stored."""
        return self._memory[0]

    def begins(self) -> None:
        """Note that this process begins to store messages."""
        self._under_way += 1
        self._memory[0] = self._now()

    def ends(self) -> None:
        """Note that they are stored."""
        self._under_way -= 1
        if not self._under_way:
            self._memory[0] = 0.0


class GivingWay:
    """Call it between the steps of what may wait. For one thread."""

    def __init__(
        self,
        storing: Storing,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._storing = storing
        self._now = now
        self._sleep = sleep
        self._free_until = 0.0

    def __call__(self) -> None:
        """Return once no message is being stored, at the latest after `LONGEST`."""
        since = self._storing.since
        if not since:
            return
        began = now = self._now()
        if now - since >= LONGEST or now < self._free_until:
            return
        while self._storing.since and now - began < LONGEST:
            self._sleep(STEP)
            now = self._now()
        self._free_until = now + (now - began)


def go_on() -> None:
    """Give way to nobody."""
