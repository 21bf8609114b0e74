"""Who waits for a person and waits long is not forgotten: the unit's room is reminded, once for each wait.

It is told within the unit's hours alone, by a message that mentions the members who are there; where nobody
is, all of them, whose telephones it reaches then. Every process may do so: one message is said.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from rooms.errors import Refusal
from rooms.events import MessageBody, draft
from rooms.handoff import Desks, Handoff, HandoffWords, Phase, named
from rooms.ids import PersonId
from rooms.log import RoomLog
from rooms.ports import Clock, RoomStore

AT_ONCE: Final = 100
MOST_MENTIONED: Final = 50
MOST_MEMBERS: Final = 2_000
OFFLINE: Final = "offline"

Present = Callable[[Sequence[PersonId]], Awaitable[Mapping[str, str]]]
"""Tells the presence of people."""


class ReminderStore(Protocol):
    """Where hand-offs are kept."""

    async def handoff(self, handoff: str) -> Handoff | None:
        """Read a hand-off."""

    async def waiting(self, before: datetime, after: str, limit: int) -> list[Handoff]:
        """List those that wait since before then, and nobody was reminded of; by id, after this one."""

    async def reminded(self, handoff: Handoff) -> None:
        """Note that the room was reminded of it, as long as it waits."""


class HandoffReminders:
    """Reminds rooms of who has waited for longer than `patience`."""

    def __init__(
        self,
        store: ReminderStore,
        desks: Desks,
        rooms: RoomStore,
        log: RoomLog,
        present: Present,
        clock: Clock,
        words: HandoffWords,
        patience: timedelta,
    ) -> None:
        self._store = store
        self._desks = desks
        self._rooms = rooms
        self._log = log
        self._present = present
        self._clock = clock
        self._words = words
        self._patience = patience

    async def remind(self) -> int:
        """Remind of all who have waited long by now; returns of how many. Raises LogUnavailable."""
        before, after, count = self._clock.now() - self._patience, "", 0
        while some := await self._store.waiting(before, after, AT_ONCE):
            after = some[-1].id
            for handoff in some:
                count += await self._remind(handoff)
        return count

    async def _remind(self, found: Handoff) -> bool:
        standing = await self._desks.responsible(found.unit, self._clock.now())
        if standing is None or not standing.open:
            return False  # it is looked at again
        mentions = await self._mentioned(found)
        handoff = await self._store.handoff(found.id)
        if handoff is None or handoff.phase is not Phase.WAITING or handoff.version != found.version:
            return False
        cid = named(handoff, f"reminder {handoff.version}")
        body = MessageBody(
            self._words.waits_long(), reply_to=handoff.card, mentions=mentions, handoff=handoff.id
        )
        try:
            await self._log.append(draft(handoff.room, handoff.asker, cid, body))
        except Refusal as refusal:
            if refusal.reason != "cid_reused":  # another process said it, who saw others there
                raise
        await self._store.reminded(handoff)
        return True

    async def _mentioned(self, handoff: Handoff) -> list[PersonId]:
        members = await self._rooms.members(handoff.room, limit=MOST_MEMBERS)
        people = [member.person for member in members if member.person != handoff.asker]
        states = await self._present(people)
        there = [person for person in people if states.get(person, OFFLINE) != OFFLINE]
        return (there or people)[:MOST_MENTIONED]
