"""Where a client stands in each room's log: events go on only in order, each once. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from rooms.events import Event
from rooms.views import RoomView

MAX_SINCE: Final = 1500
"""Rooms named in `open`: more would not fit a frame; the others are brought up to date by `sync`."""


class Verdict(StrEnum):
    """How an event stands to the last one taken."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    GAP = "gap"


def judge(last: int, seq: int) -> Verdict:
    """Tell how `seq` stands to `last`."""
    if seq == last + 1:
        return Verdict.NEXT
    return Verdict.DUPLICATE if seq <= last else Verdict.GAP


class Position:
    """One room: the `last` event given out, the highest `seen`; `syncing` while a gap is being filled."""

    __slots__ = ("last", "seen", "syncing")

    def __init__(self, last: int) -> None:
        self.last = last
        self.seen = last
        self.syncing = False

    @property
    def behind(self) -> bool:
        """Whether the log is known to go on."""
        return self.last < self.seen

    def take(self, event: Event) -> Verdict:
        """Take note of an event; only the next one may be given out."""
        verdict = judge(self.last, event.seq)
        self.seen = max(self.seen, event.seq)
        if verdict is Verdict.NEXT:
            self.last = event.seq
        return verdict


class Positions:
    """All rooms of a client."""

    def __init__(self) -> None:
        self._rooms: dict[str, Position] = {}

    def __getitem__(self, room: str) -> Position:
        return self._rooms[room]

    def __contains__(self, room: str) -> bool:
        return room in self._rooms

    def get(self, room: str) -> Position | None:
        """Find a room."""
        return self._rooms.get(room)

    def since(self) -> dict[str, int]:
        """Name the rooms to resume, for `open`; the latest met, where they are too many for a frame."""
        known = list(self._rooms.items())[-MAX_SINCE:]
        return {room: position.last for room, position in known}

    def meet(self, view: RoomView) -> Position:
        """Take a room as `open` or `joined` shows it: from its top, or from where we were."""
        position = self._rooms.get(view.id)
        if position is None:
            position = self._rooms[view.id] = Position(view.top)
            return position
        # Of a room left and entered again, what lies between is not ours to see: no gap to fill.
        position.last = max(position.last, view.first - 1)
        position.seen = max(position.seen, position.last, view.top)
        return position

    def leave(self, room: str) -> None:
        """Forget a room."""
        self._rooms.pop(room, None)

    def missing(self, present: Iterable[str]) -> list[str]:
        """List the known rooms that are not among the present ones."""
        kept = set(present)
        return [room for room in self._rooms if room not in kept]

    def clear(self) -> None:
        """Forget all."""
        self._rooms.clear()
