"""What the rules need from outside: storage, the clock, waking others. Narrow, one per need."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from rooms.events import Draft, Event, FileRef
from rooms.ids import FileId, PersonId, RoomId, UnitId
from rooms.model import Member, Room, RoomRole, Seat
from rooms.people import Person, Role, Unit

Key = tuple[RoomId, PersonId, str]
"""Room, sender and `cid`: what makes an append unique for ever."""

Span = tuple[RoomId, int, int]
"""A stretch of a room's log: from one `seq` to another, both included."""


class Clock(Protocol):
    """Time, passed in so that tests can advance it."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""


class Top(Struct, frozen=True):
    """The end of a room's log: its last `seq`, and how many messages there are up to it."""

    seq: int = 0
    n: int = 0


class Row(Struct, frozen=True):
    """An event with its place in the log, about to be inserted."""

    seq: int
    n: int
    at: datetime
    draft: Draft


class Logged(Struct, frozen=True):
    """An event read from the log; `n` messages up to it; `target` the message it changes."""

    event: Event
    n: int
    at: datetime
    target: int | None = None


class End(Struct, frozen=True):
    """The end of a room's log, and its last message."""

    top: Top
    message: Logged | None


class Inserted(Struct, frozen=True):
    """How far an ordered insert came; `clash` says which unique index stopped it: seq or cid."""

    count: int
    clash: str | None = None


class LogUnavailable(Exception):
    """The log did not answer, and whether the insert happened is not known."""


class LogStore(Protocol):
    """The room log as MongoDB keeps it."""

    async def tops(self, rooms: Sequence[RoomId]) -> dict[RoomId, Top]:
        """Read the end of each log, majority committed; empty rooms are left out."""

    async def insert(self, rows: Sequence[Row]) -> Inserted:
        """Insert in order, acknowledged by a majority's journal. Raises LogUnavailable."""

    async def find(self, room: RoomId, sender: PersonId, cid: str) -> Logged | None:
        """Find what this sender appended under this `cid`. Raises LogUnavailable."""

    async def find_all(self, keys: Sequence[Key]) -> dict[Key, Logged]:
        """Find what was appended under these keys; others are left out. Raises LogUnavailable."""

    async def get(self, room: RoomId, seq: int) -> Logged | None:
        """Read one event."""

    async def range(self, room: RoomId, low: int, high: int, limit: int, *, newest: bool) -> list[Logged]:
        """Read at most `limit` events with low ≤ seq ≤ high, the oldest or the newest; ascending."""

    async def ranges(self, spans: Collection[Span]) -> dict[Span, list[Logged]]:
        """Read all events of each span of a room's log, ascending; empty ones are left out."""

    async def about(self, targets: Mapping[RoomId, Iterable[int]]) -> dict[RoomId, list[Logged]]:
        """Read the events that change these messages, ascending in each room."""

    async def ends(self, rooms: Sequence[RoomId]) -> dict[RoomId, End]:
        """Read the end of each log; empty rooms are left out."""

    async def counts(self, places: Iterable[tuple[RoomId, int]]) -> dict[tuple[RoomId, int], int]:
        """Count the messages up to each place."""

    async def mentioned(self, person: PersonId, since: Mapping[RoomId, int]) -> dict[RoomId, int]:
        """Count the messages after each place that name the person; rooms without are left out."""


class RoomStore(Protocol):
    """Rooms and who is in them."""

    async def room(self, room: RoomId) -> Room | None:
        """Read a room."""

    async def rooms(self, rooms: Sequence[RoomId]) -> dict[RoomId, Room]:
        """Read rooms; those that do not exist are left out."""

    async def direct(self, pair: str) -> Room | None:
        """Find the direct room of two people (`model.pair`)."""

    async def of_unit(self, units: Iterable[UnitId]) -> list[Room]:
        """List the unit rooms of these units."""

    async def add_room(self, room: Room) -> bool:
        """Store a new room; False where a direct room of the same two exists."""

    async def set_title(self, room: RoomId, title: str) -> None:
        """Rename a room."""

    async def member(self, room: RoomId, person: PersonId) -> Member | None:
        """Read a membership, left ones included."""

    async def present(self, room: RoomId, people: Sequence[PersonId]) -> dict[PersonId, Member]:
        """Read the present memberships of these people; others are left out."""

    async def memberships(self, person: PersonId) -> list[Member]:
        """List a person's present memberships."""

    async def members(
        self, room: RoomId, after: PersonId | None = None, limit: int | None = None
    ) -> list[Member]:
        """List a room's present members in the order of their ids."""

    async def count(self, rooms: Sequence[RoomId]) -> dict[RoomId, int]:
        """Count the present members of each room."""

    async def seat(self, members: Sequence[Member]) -> None:
        """Store memberships; read cursors never go back, and `first` counts for those who were away."""

    async def unseat(self, room: RoomId, people: Sequence[PersonId]) -> None:
        """End memberships; they stay on record."""

    async def set_role(self, room: RoomId, people: Sequence[PersonId], role: RoomRole) -> None:
        """Change what members may do."""

    async def move_cursors(self, moves: Sequence[tuple[RoomId, PersonId, int, int]]) -> None:
        """Move read cursors (room, person, seq, n) forward, never back."""

    async def readers(self, room: RoomId, seq: int) -> int:
        """Count the present members who have read up to `seq`."""

    async def changed_since(self, moment: datetime, people: Sequence[PersonId]) -> list[Member]:
        """List memberships of these people that changed, left ones included."""


class SeatMemory(Protocol):
    """Remembers seats for a few seconds."""

    def get(self, room: RoomId, person: PersonId) -> Seat | None:
        """Find a seat that was put in lately."""

    def mark(self, person: PersonId) -> int | None:
        """Note the moment before a seat of this person is looked up; None where it is not to be kept."""

    def put(self, seat: Seat, mark: int | None) -> None:
        """Remember a seat that was looked up since `mark`, unless one was forgotten meanwhile."""


class PeopleStore(Protocol):
    """People and the org tree, for reading."""

    async def person(self, person: PersonId) -> Person | None:
        """Read a person."""

    async def people(self, people: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Read people; those who do not exist are left out."""

    async def disabled(self, people: Sequence[PersonId]) -> set[PersonId]:
        """Tell which of these people may no longer sign in."""

    async def units(self, units: Iterable[UnitId]) -> dict[UnitId, Unit]:
        """Read units; those that do not exist are left out."""

    async def below(self, unit: UnitId) -> list[UnitId]:
        """List a unit and all units below it."""

    async def holding(self, units: Sequence[UnitId], roles: Iterable[Role]) -> list[Person]:
        """List the people who hold one of the roles in one of the units; disabled ones left out."""

    async def wards(self, guardian: PersonId) -> list[PersonId]:
        """List the students somebody is a guardian of."""

    async def guardians(self, student: PersonId) -> list[PersonId]:
        """List a student's guardians."""

    async def share_room(self, viewer: PersonId, others: Sequence[PersonId]) -> set[PersonId]:
        """Tell which of the others are in a room with the viewer."""


class FileStore(Protocol):
    """Files people uploaded, for attaching."""

    async def claim(self, owner: PersonId, room: RoomId, files: Sequence[FileId]) -> list[FileRef] | None:
        """Attach files of this owner to a room; None where one is not theirs or does not exist."""


class Wakeups(Protocol):
    """Tells the hub's processes what changed; may drop, the stores stay the truth."""

    def appended(self, room: RoomId, events: Sequence[Event], top: Top) -> None:
        """Tell the next events of a room; `top` is where the last of them stands."""

    def joined(self, person: PersonId, room: RoomId) -> None:
        """Tell that somebody is now in a room."""

    def left(self, person: PersonId, room: RoomId) -> None:
        """Tell that somebody is no longer in a room."""

    def read(self, room: RoomId, moves: Sequence[tuple[PersonId, int]]) -> None:
        """Tell that read cursors moved."""
