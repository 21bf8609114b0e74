"""How far notices have come, counted for many who ask: where counting takes long, not again and again.

A count goes over all recipients of a notice: milliseconds for a class, a second for a district. Everybody who
asks for the same meanwhile waits for one count; and one that took long is shown for some times as long.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from typing import Final, Protocol

from msgspec import Struct

from rooms.ids import NoticeId, UnitId
from rooms.notices.progress import Counts
from rooms.ports import Clock

LONG_SECONDS: Final = 0.05
REST: Final = 5
"""A count that took long is shown for so many times as long."""
REMEMBERED: Final = 200

What = tuple[NoticeId, frozenset[UnitId] | None]


class CountStore(Protocol):
    """Recipients, for counting."""

    async def counts(self, notice: NoticeId, units: Collection[UnitId] | None) -> Counts:
        """Count how far the notice has come with its recipients, of these classes or of all."""


class Counted(Struct, frozen=True):
    """A count; `fresh` where it was made after it was asked for."""

    counts: Counts
    fresh: bool


class Known(Struct, frozen=True):
    """A count that took long, and until when it is shown (monotonic seconds)."""

    counts: Counts
    until: float


class Counting:
    """Counts."""

    def __init__(self, store: CountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[What, Known] = OrderedDict()
        self._under_way: dict[What, asyncio.Lock] = {}

    async def of(self, notice: NoticeId, units: Collection[UnitId] | None) -> Counted:
        """Count how far a notice has come with its recipients, of these classes or of all."""
        what = (notice, None if units is None else frozenset(units))
        if (known := self._still(what)) is not None:
            return Counted(known, fresh=False)
        lock = self._under_way.setdefault(what, asyncio.Lock())
        try:
            async with lock:
                if (known := self._still(what)) is not None:
                    return Counted(known, fresh=False)
                return Counted(await self._count(what), fresh=True)
        finally:
            if not lock.locked():
                self._under_way.pop(what, None)

    def _still(self, what: What) -> Counts | None:
        known = self._known.get(what)
        return known.counts if known is not None and self._clock.monotonic() < known.until else None

    async def _count(self, what: What) -> Counts:
        began = self._clock.monotonic()
        counts = await self._store.counts(*what)
        ended = self._clock.monotonic()
        self._known.pop(what, None)
        if ended - began >= LONG_SECONDS:
            self._known[what] = Known(counts, ended + REST * (ended - began))
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return counts
