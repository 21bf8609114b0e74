"""Finding messages: what somebody may see, newest first, a bounded piece of work at a time.

There is no index of words: writing stays fast, and Korean is found by any part of a word. The log
is looked through backwards in windows of time, each widened or narrowed to a few thousand events.
A search that has taken its time answers with what it found and where to go on.

A message stands where its present text was written: at itself, or at its last edit.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

from rooms.access import Access
from rooms.composed import composed
from rooms.cursors import read_cursor, write_cursor
from rooms.errors import bad_request, too_large
from rooms.events import Event, Kind
from rooms.fold import fold
from rooms.ids import PersonId, RoomId
from rooms.ports import Clock, Logged, LogStore

FIRST_WINDOW: Final = timedelta(hours=1)
NARROWEST_WINDOW: Final = timedelta(milliseconds=1)
FEW: Final = 1000
MANY: Final = 4000
"""Events in a window: below the one it is widened, from the other on narrowed."""
SLICE: Final = 100
WORDS: Final = 10
SKEW: Final = timedelta(minutes=10)
"""How far ahead the clock of another machine may be."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_CONTROL: Final = frozenset({"Cc", "Cs"})


class Place(Struct, frozen=True, array_like=True):
    """Everything newer than this was looked through: milliseconds since 1970, and where in that one."""

    ms: int
    room: RoomId = RoomId("")
    seq: int = 0

    @property
    def order(self) -> tuple[int, str, int]:
        """What places are ordered by: newest first; within a millisecond by room, the later event first."""
        return (-self.ms, self.room, -self.seq)


@dataclass(frozen=True, slots=True)
class Text:
    """A message or an edit whose text fits; `target` is the message."""

    room: RoomId
    seq: int
    target: int
    at: datetime

    @property
    def place(self) -> Place:
        """Where the search stands after this one."""
        return Place(milliseconds(self.at), self.room, self.seq)


class Hit(Struct, frozen=True):
    """A message that was found, as it reads now."""

    room: str
    event: Event


class Found(Struct, frozen=True):
    """What a piece of work found; `next` asks for what is older, None where there is no more."""

    hits: list[Hit]
    next: str | None


class SearchStore(Protocol):
    """The search's questions to the log; `low` < `at` ≤ `high`."""

    async def count(self, rooms: Sequence[RoomId], low: datetime, high: datetime, most: int) -> int:
        """Count the events in a window; `most` where there are more."""

    async def texts(
        self, rooms: Sequence[RoomId], low: datetime, high: datetime, patterns: Sequence[str]
    ) -> list[Text]:
        """List the messages and edits in a window whose text has all of the patterns, in any case."""

    async def any_before(self, rooms: Sequence[RoomId], high: datetime) -> bool:
        """Tell whether anything was said up to `high`."""

    async def events(self, places: Sequence[tuple[RoomId, int]]) -> dict[tuple[RoomId, int], Logged]:
        """Read events; those that do not exist are left out."""


class Search:
    """Finds messages. `seconds` bounds one piece of work, which may overrun by one window."""

    def __init__(
        self, access: Access, store: SearchStore, log: LogStore, clock: Clock, *, seconds: float = 1.0
    ) -> None:
        self._access = access
        self._store = store
        self._log = log
        self._clock = clock
        self._seconds = seconds

    async def find(
        self, person: PersonId, query: str, *, room: RoomId | None, before: str | None, limit: int
    ) -> Found:
        """Find messages that have every word of the query, in one room or in all of a person's.

        Raises Refusal: bad_request, too_large, or not_found for a room they are not in.
        """
        patterns = check_query(query)
        place = read_cursor(before, Place) if before is not None else None
        seats = (
            [await self._access.room(person, room)] if room is not None else await self._access.seats(person)
        )
        first = {seat.room.id: seat.member.first for seat in seats}
        deadline = self._clock.monotonic() + self._seconds
        high = moment(place.ms) if place is not None else self._clock.now() + SKEW
        hits: list[Hit] = []
        width = FIRST_WINDOW
        while await self._store.any_before(list(first), high):
            low, count = await self._window(list(first), high, width)
            texts = await self._store.texts(list(first), low, high, patterns) if count else []
            fresh = [text for text in texts if place is None or text.place.order > place.order]
            fresh.sort(key=lambda text: text.place.order)
            for start in range(0, len(fresh), SLICE):
                for text, hit in await self._current(fresh[start : start + SLICE], first):
                    hits.append(hit)
                    if len(hits) == limit:
                        return Found(hits, write_cursor(text.place))
            width = (high - low) * (4 if count < FEW else 1)
            high = low
            if self._clock.monotonic() >= deadline:
                return Found(hits, write_cursor(Place(milliseconds(high))))
        return Found(hits, None)

    async def _window(
        self, rooms: Sequence[RoomId], high: datetime, width: timedelta
    ) -> tuple[datetime, int]:
        """Narrow a window until it holds few enough events; returns its lower end and their number."""
        while True:
            low = high - min(width, high - _EPOCH)
            count = await self._store.count(rooms, low, high, MANY)
            if count < MANY or width <= NARROWEST_WINDOW:
                return low, count
            width = max(width / 4, NARROWEST_WINDOW)

    async def _current(self, texts: Sequence[Text], first: Mapping[RoomId, int]) -> list[tuple[Text, Hit]]:
        """Keep the texts that are the present ones of messages that may be seen, with these messages."""
        visible = [text for text in texts if text.target >= first[text.room]]
        targets: dict[RoomId, set[int]] = {}
        for text in visible:
            targets.setdefault(text.room, set()).add(text.target)
        later = await self._log.about(targets) if targets else {}
        about: dict[tuple[RoomId, int], list[Event]] = {}
        for room, logged in later.items():
            for row in logged:
                if row.target is not None:
                    about.setdefault((room, row.target), []).append(row.event)
        current = [text for text in visible if _is_current(text, about.get((text.room, text.target), ()))]
        messages = await self._store.events([(text.room, text.target) for text in current]) if current else {}
        return [
            (text, Hit(text.room, fold(messages[place].event, about.get(place, ()))))
            for text in current
            if (place := (text.room, text.target)) in messages
        ]


def check_query(query: str) -> list[str]:
    """Make a regular expression of each word. Raises Refusal."""
    words = composed(query).split()
    if any(unicodedata.category(char) in _CONTROL for word in words for char in word):
        raise bad_request("control_characters")
    if not words:
        raise bad_request("empty_query")
    if len(words) > WORDS:
        raise too_large("too_many_words", limit=WORDS)
    return [re.escape(word) for word in dict.fromkeys(words)]


def milliseconds(at: datetime) -> int:
    """Count milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def moment(ms: int) -> datetime:
    """Find the time of a cursor. Raises Refusal(bad_request) for one outside of history."""
    try:
        return _EPOCH + max(ms, 0) * _MILLISECOND
    except OverflowError as error:
        raise bad_request("bad_cursor") from error


def _is_current(text: Text, later: Sequence[Event]) -> bool:
    if any(event.kind == Kind.RECALL for event in later):
        return False
    edits = [event.seq for event in later if event.kind == Kind.EDIT]
    return text.seq == (edits[-1] if edits else text.target)
