"""People who wait for a chatbot: what one of them asked is answered one after another, in its order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from rooms.ids import PersonId

TURNS: Final = 8
"""People who go on at once when the chatbot is there again: a crowd of them would hold up messages."""


@dataclass(slots=True)
class _Line:
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Lines:
    """A line for each person who waits, of `each` places at most."""

    def __init__(self, each: int) -> None:
        self.turns = asyncio.Semaphore(TURNS)
        self._each = each
        self._lines: dict[PersonId, _Line] = {}

    def __contains__(self, person: PersonId) -> bool:
        """Tell whether something of somebody's waits."""
        return person in self._lines

    @asynccontextmanager
    async def place(self, person: PersonId) -> AsyncIterator[bool]:
        """Wait for one's turn, in the order of the calls; gives False at once where no place is free."""
        line = self._lines.get(person, _Line())
        if line.waiting >= self._each:
            yield False
            return
        self._lines[person] = line
        line.waiting += 1
        try:
            async with line.turn:
                yield True
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[person]
