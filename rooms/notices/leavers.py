"""Looks whom changes of rosters took out of the audience of what is still current."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, Protocol

import structlog

from rooms.ids import NoticeId, PersonId
from rooms.notices.leaving import Leaving
from rooms.notices.model import Notice, NoticeState, Recipient
from rooms.notices.newcomers import CURRENT, OVERLAP, POLL_SECONDS
from rooms.notices.ports import NoticeWakeups
from rooms.ports import Clock

LOOKED: Final = "leavers"
BATCH: Final = 500
"""People whose rows are looked at at once."""

log = structlog.get_logger(__name__)


class LeavingFamilies(Protocol):
    """Rosters."""

    async def moved(self, moment: datetime) -> list[PersonId]:
        """List those whose classes, or whose rights, or whose children's classes changed since a moment."""


class LookedNotices(Protocol):
    """Notices."""

    async def notices(self, notices: Iterable[NoticeId]) -> dict[NoticeId, Notice]:
        """Read notices; those that do not exist are left out."""

    async def looked(self, what: str) -> datetime | None:
        """Read up to when changes of rosters were looked at."""

    async def set_looked(self, what: str, at: datetime) -> None:
        """Keep that."""


class RowsOfPeople(Protocol):
    """Recipients."""

    async def of_people(
        self, people: Collection[PersonId], since: datetime
    ) -> dict[NoticeId, list[Recipient]]:
        """Read these people's rows of what came out since a moment, by notice."""


class Leavers:
    """Looks for those who left. Every process may do so, and one that dies leaves it to the next look."""

    def __init__(
        self,
        notices: LookedNotices,
        rows: RowsOfPeople,
        families: LeavingFamilies,
        leaving: Leaving,
        wakeups: NoticeWakeups,
        clock: Clock,
    ) -> None:
        self._notices = notices
        self._rows = rows
        self._families = families
        self._leaving = leaving
        self._wakeups = wakeups
        self._clock = clock

    async def run(self) -> None:
        """Look once a minute, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> int:
        """Look once; returns how many rows are by now of people who left."""
        started = self._clock.now()
        before = await self._notices.looked(LOOKED)
        left = 0
        if before is not None:
            people = await self._families.moved(before - OVERLAP)
            for start in range(0, len(people), BATCH):
                left += await self._look_at(people[start : start + BATCH], started)
        await self._notices.set_looked(LOOKED, started)
        return left

    async def _look_at(self, people: Collection[PersonId], now: datetime) -> int:
        found = await self._rows.of_people(people, now - CURRENT)
        notices = await self._notices.notices(found) if found else {}
        left = 0
        for notice in notices.values():
            past = notice.deadline is not None and notice.deadline <= now
            if notice.state is NoticeState.PUBLISHED and not past:
                rows = found[notice.id]
                left += len(rows) - len(await self._leaving.sift(notice, rows))
                self._wakeups.reached(notice.id)
        if left:
            log.info("families left audiences", rows=left)
        return left
