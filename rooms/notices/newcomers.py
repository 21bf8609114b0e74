"""Families who come into a class get what is still current there: rosters change after notices went out."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from rooms.ids import NoticeId, UnitId
from rooms.notices.model import Notice
from rooms.notices.ports import NoticeWakeups
from rooms.ports import Clock, PeopleStore

POLL_SECONDS: Final = 60.0
OVERLAP: Final = timedelta(seconds=60)
"""How far each look reaches back beyond the last: clocks of machines differ."""
LOOKED: Final = "newcomers"
TRIES: Final = 10
"""Looks at which a notice that is being worked on is tried again."""
MOST: Final = 10_000
"""Notices that wait for that."""
CURRENT: Final = timedelta(days=60)
"""What is older, or past its deadline, is not for those who come later."""

log = structlog.get_logger(__name__)


class MovedFamilies(Protocol):
    """Rosters."""

    async def changed_units(self, moment: datetime) -> set[UnitId]:
        """List the classes that students came into, or whose families' rights changed, since a moment."""


class CurrentNotices(Protocol):
    """Notices."""

    async def looked(self, what: str) -> datetime | None:
        """Read up to when changes of rosters were looked for."""

    async def set_looked(self, what: str, at: datetime) -> None:
        """Keep that."""

    async def current(self, units: Collection[UnitId], since: datetime, now: datetime) -> list[Notice]:
        """List notices for these units that came out since a moment and whose deadline is not past."""

    async def again(self, notice: NoticeId, classes: Collection[UnitId]) -> bool:
        """Have recipients of a notice written again, of these classes; False while it is being worked on."""


class Newcomers:
    """Looks for changes of rosters, and has recipients written again. Every process may do so."""

    def __init__(
        self,
        notices: CurrentNotices,
        families: MovedFamilies,
        people: PeopleStore,
        wakeups: NoticeWakeups,
        clock: Clock,
    ) -> None:
        self._notices = notices
        self._families = families
        self._people = people
        self._wakeups = wakeups
        self._clock = clock
        self._left: dict[NoticeId, tuple[set[UnitId], int]] = {}

    async def run(self) -> None:
        """Look once a minute, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> int:
        """Look once; returns how many notices are written again."""
        started = self._clock.now()
        before = await self._notices.looked(LOOKED)
        await self._notices.set_looked(LOOKED, started)
        if before is None:
            return 0
        classes = await self._families.changed_units(before - OVERLAP)
        units = await self._people.units(classes) if classes else {}
        steps = {step for unit in units.values() for step in unit.path}
        wanted, self._left = self._left, {}
        for notice in await self._notices.current(steps, started - CURRENT, started) if steps else ():
            aims = {aim.unit for aim in notice.audience}
            known, _ = wanted.get(notice.id, (set(), 0))
            within = {unit.id for unit in units.values() if not aims.isdisjoint(unit.path)}
            wanted[notice.id] = (known | within, 0)
        again = 0
        for notice_id, (within, tries) in wanted.items():
            if await self._notices.again(notice_id, within):
                again += 1
            elif tries < TRIES and len(self._left) < MOST:
                self._left[notice_id] = (within, tries + 1)
        if again:
            log.info("recipients written again for newcomers", notices=again, classes=len(classes))
            self._wakeups.to_expand()
        return again
