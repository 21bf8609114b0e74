"""Who could take over from the chatbot, as far as it says so in an answer."""

from bots.answerer import Question
from bots.parts import Handoff
from config.settings import Settings
from rooms.ports import Clock
from storage.mongo import Mongo


class Handing:
    """Finds the unit that is responsible for who asks."""

    def __init__(self, mongo: Mongo, clock: Clock, settings: Settings) -> None:
        self._mongo = mongo
        self._clock = clock
        self._settings = settings

    async def hand(self, question: Question) -> Handoff:
        """Name the unit that could take over, and whether somebody is there now."""
        return Handoff(question.unit, open=False)
