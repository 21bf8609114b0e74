"""Tells those who look at the reach of a notice how it moves: at most once a second, and nobody else."""

import asyncio
from typing import Final, Protocol

from hub.notices.wakeups import BusNoticeWakeups, news_of
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.counting import Counted, Counting
from rooms.notices.model import Notice
from rooms.notices.names import unit_name
from rooms.notices.ports import Change
from rooms.ports import Clock, PeopleStore

SECONDS: Final = 600.0
"""How long somebody is told after they last asked for the reach."""
MOST: Final = 2_000
"""Notices that are looked at through this process; beyond, who asked first is told no more."""


class WatchedNotices(Protocol):
    """Notices."""

    async def notice(self, notice: NoticeId) -> Notice | None:
        """Read a notice."""


class ReachWatch:
    """Who looks at what; `moved` is told of changes, `flush` tells those who look."""

    def __init__(
        self,
        notices: WatchedNotices,
        counting: Counting,
        people: PeopleStore,
        wakeups: BusNoticeWakeups,
        clock: Clock,
        most: int = MOST,
    ) -> None:
        self._notices = notices
        self._counting = counting
        self._people = people
        self._wakeups = wakeups
        self._clock = clock
        self._most = most
        self._watched: dict[NoticeId, dict[tuple[PersonId, frozenset[UnitId] | None], float]] = {}
        self._moved: dict[NoticeId, None] = {}

    def watch(self, person: PersonId, notice: NoticeId, units: frozenset[UnitId] | None) -> None:
        """Tell somebody from now on, of these classes or of all."""
        self._watched.setdefault(notice, {})[person, units] = self._clock.monotonic() + SECONDS
        while len(self._watched) > self._most:
            del self._watched[next(iter(self._watched))]

    def moved(self, notice: NoticeId) -> None:
        """Take note that the reach of a notice moved."""
        if notice in self._watched:
            self._moved[notice] = None

    async def run(self) -> None:
        """Tell once a second, for ever."""
        while True:
            await asyncio.sleep(1.0)
            await self.flush()

    async def flush(self) -> int:
        """Tell of what moved; returns how many pushes that were."""
        moved, self._moved = self._moved, {}
        told = 0
        for notice in moved:
            told += await self._tell(notice)
        return told

    async def _tell(self, notice: NoticeId) -> int:
        now = self._clock.monotonic()
        watching = {who: until for who, until in self._watched.get(notice, {}).items() if until > now}
        if not watching:
            self._watched.pop(notice, None)
            return 0
        self._watched[notice] = watching
        found = await self._notices.notice(notice)
        if found is None:
            return 0
        news = news_of(found, Change.REACH, await unit_name(self._people, found.unit))
        counted: dict[frozenset[UnitId] | None, Counted] = {}
        told = 0
        for person, units in watching:
            if units not in counted:
                counted[units] = await self._counting.of(notice, units)
            if counted[units].fresh:
                self._wakeups.reach(person, news, counted[units].counts)
                told += 1
        if not all(one.fresh for one in counted.values()):
            self._moved[notice] = None  # told of once it is counted again
        return told
