"""Who could take over from the chatbot, as far as it says so in an answer."""

from typing import Final

from bots.answerer import Question
from bots.parts import Handoff
from config.settings import Settings
from rooms.handoff import Desks
from rooms.ids import UnitId
from rooms.ports import Clock
from rooms.short_memory import ShortMemory
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
        self._read: ShortMemory[UnitId | None, Handoff] = ShortMemory(clock, seconds=FRESH_SECONDS, most=MOST)

    async def hand(self, question: Question) -> Handoff:
        """Name the unit that takes over, and whether somebody is there now."""
        unit = None if question.unit is None else UnitId(question.unit)
        found = self._read.get(unit)
        if found is None:
            standing = await self._desks.responsible(unit, self._clock.now())
            found = (
                Handoff(None, open=False) if standing is None else Handoff(standing.desk.unit, standing.open)
            )
            self._read.put(unit, found)
        return found
