"""What visitors said in hand-offs is not kept for ever: after a while it goes, and the guest with it.

A log only ever grows, but what somebody without an account told the office must come to an end. The messages
in the unit's room are recalled like any other, so that open pages and whoever catches up see them go; then
their text is taken out of the log, and the talk's own room is erased as a whole.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from rooms.events import RecallBody, draft
from rooms.handoff import Handoff
from rooms.ids import PersonId
from rooms.log import RoomLog
from rooms.ports import Wakeups

AT_ONCE: Final = 100


class RetentionStore(Protocol):
    """Where hand-offs are kept, and their rooms."""

    async def silent(self, before: datetime, limit: int) -> list[Handoff]:
        """List hand-offs of guests in which nobody has said anything since `before`."""

    async def said(self, handoff: Handoff) -> Sequence[int]:
        """List where in the unit's room the guest said something: the card, and what was added beside it."""

    async def erase(self, handoff: Handoff) -> Sequence[PersonId]:
        """Erase a hand-off, its room and its texts, and a guest who has no other; gives its room's people."""


class GuestRetention:
    """Erases hand-offs of guests. Whatever stops it half-way, the next time brings it to its end."""

    def __init__(self, store: RetentionStore, log: RoomLog, wakeups: Wakeups) -> None:
        self._store = store
        self._log = log
        self._wakeups = wakeups

    async def forget(self, before: datetime) -> int:
        """Erase the hand-offs in which nobody has said anything since `before`; returns how many.

        Raises LogUnavailable, PyMongoError.
        """
        erased = 0
        while some := await self._store.silent(before, AT_ONCE):
            for handoff in some:
                for seq in await self._store.said(handoff):
                    recall = draft(handoff.room, handoff.asker, _cid(handoff, seq), RecallBody(seq))
                    await self._log.append(recall)
                for person in await self._store.erase(handoff):
                    self._wakeups.left(person, handoff.talk)
            erased += len(some)
        return erased


def _cid(handoff: Handoff, seq: int) -> str:
    """Name the recall of a hand-off's message: there is only ever one of each."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"recall {handoff.id} {seq}"))
