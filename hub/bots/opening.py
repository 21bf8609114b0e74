"""Keeping in order what chats open with: what was asked is counted every hour, what is published soon."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import structlog

from bots.entries import Entry
from bots.openings import Openings
from rooms.faq.asked import Answered
from rooms.ports import Clock
from storage.faq.asked import MongoFaqAsked
from storage.mongo import Mongo, PyMongoError, plainly

WEEKS: Final = timedelta(weeks=4)
"""How far back it counts what was asked."""
COUNT_SECONDS: Final = 3_600.0
LOOK_SECONDS: Final = 5.0
"""How soon what is published may be offered; what is withdrawn never is, whatever the order."""

log = structlog.get_logger(__name__)


class Published(Protocol):
    """The entries that are answered from."""

    @property
    def changes(self) -> int:
        """How often they became others."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """All of them by id, in the order in which they were published."""


class Ranking:
    """Ranks openings. Its `run` wants a task. Looks at `most` conversations."""

    def __init__(
        self, mongo: Mongo, engine: Published, openings: Openings, clock: Clock, zone: ZoneInfo, most: int
    ) -> None:
        self._asked = MongoFaqAsked(mongo)
        self._engine = engine
        self._openings = openings
        self._clock = clock
        self._zone = zone
        self._most = most
        self._answered: list[Answered] = []
        self._due = 0.0
        self._ranked: int | None = None

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Count what was asked where it is time to, and rank where anything changed."""
        now = self._clock.monotonic()
        if self._ranked is None or now >= self._due:
            self._due, self._ranked = now + COUNT_SECONDS, None
            try:
                self._answered = await self._asked.answered(self._clock.now() - WEEKS, self._most)
            except PyMongoError as error:
                log.warning("what was asked is not counted for now", reason=plainly(error))
        if self._ranked != self._engine.changes:
            self._ranked = self._engine.changes
            entries = list(self._engine.entries.values())
            day = self._clock.now().astimezone(self._zone).date()
            await asyncio.to_thread(self._openings.rank, entries, self._answered, day)
