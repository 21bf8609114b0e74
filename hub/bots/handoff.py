"""Who could take over from the chatbot, as far as it says so in an answer."""

import asyncio
from typing import Final

from bots.answerer import Question
from bots.parts import Handoff
from config.settings import Settings
from rooms.handoff import Desks
from rooms.ids import UnitId
from rooms.ports import Clock
from storage.bots.handoffs import MongoHandoffs
from storage.faq.desks import MongoFaqDesks
from storage.mongo import Mongo

FRESH_SECONDS: Final = 0.25
"""How long what was read serves others: a crowd, but nobody who comes back to see a change."""
MOST: Final = 1_000
"""Units that are remembered."""


class Handing:
    """Finds the unit that is responsible for who asks."""

    def __init__(self, mongo: Mongo, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._desks = Desks(MongoHandoffs(mongo), MongoFaqDesks(mongo), settings.zone)
        self._read: dict[UnitId | None, tuple[float, asyncio.Task[Handoff]]] = {}

    async def hand(self, question: Question) -> Handoff:
        """Name the unit that takes over, and whether somebody is there now."""
        unit = None if question.unit is None else UnitId(question.unit)
        now = self._clock.monotonic()
        at, reading = self._read.get(unit, (0.0, None))
        if reading is None or now - at > FRESH_SECONDS or reading.cancelled():
            if len(self._read) >= MOST:
                self._read.clear()
            reading = asyncio.ensure_future(self._responsible(unit))
            self._read[unit] = now, reading
        return await asyncio.shield(reading)

    async def _responsible(self, unit: UnitId | None) -> Handoff:
        standing = await self._desks.responsible(unit, self._clock.now())
        return Handoff(None, open=False) if standing is None else Handoff(standing.desk.unit, standing.open)
