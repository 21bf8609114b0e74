"""The published entries, as the chatbot's process follows them: all at first, then what changes."""

import asyncio
from typing import Final, Protocol

import structlog

from bots.engine import LiveEngine
from rooms.faq.entries import Entry
from storage.faq.entries import MongoFaq
from storage.mongo import Mongo, PyMongoError, plainly

PAGE: Final = 1_000

log = structlog.get_logger(__name__)


class Told(Protocol):
    """Who is told which revision is answered from."""

    revision: int


class Following:
    """Brings the engine what is published. `read` and `fill` first, then `run` wants a task."""

    def __init__(self, mongo: Mongo, engine: LiveEngine) -> None:
        self._faq = MongoFaq(mongo)
        self._engine = engine
        self._generation = 0
        self._entries: dict[str, Entry] = {}
        self.revision = 0

    async def read(self) -> None:
        """Read all entries there are. Raises PyMongoError."""
        self._entries.clear()
        self.revision, more = 0, True
        while more:
            page = await self._faq.published(self.revision, PAGE)
            if self.revision and page.generation != self._generation:
                self._entries.clear()
                self.revision = 0
                self._generation = page.generation
                continue
            self._generation, self.revision, more = page.generation, page.revision, page.more
            self._entries.update((entry.id, entry) for entry in page.entries)
            for name in page.withdrawn:
                self._entries.pop(name, None)

    async def fill(self, *, anew: bool = False) -> None:
        """Give the engine what was read; `anew` where nothing that it saved is to be taken."""
        await self._engine.load(self._entries.values(), anew=anew)
        self._entries = {}

    async def run(self, seconds: float, told: Told) -> None:
        """Bring changes, looking for them every few seconds, for ever."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.look()
            except PyMongoError as error:
                log.warning("entries not followed for now", reason=plainly(error))
            told.revision = self.revision

    async def look(self) -> None:
        """Bring what changed since the last look. Raises PyMongoError."""
        more = True
        while more:
            page = await self._faq.published(self.revision, PAGE)
            if page.generation != self._generation:
                await self.read()
                await self.fill(anew=True)
                await self._engine.join_dense()
                await self._engine.prepare()
                return
            if page.entries or page.withdrawn:
                await self._engine.change(page.entries, page.withdrawn)
            self.revision, more = page.revision, page.more
