"""Seats that were looked up a moment ago, so that not every message asks the database who may write it."""

from collections import OrderedDict
from collections.abc import Callable

from rooms.ids import PersonId, RoomId
from rooms.model import Seat
from rooms.ports import Clock


class SeatCache:
    """Remembers seats for `seconds`; whoever hears of a change of membership calls `forget`.

    `hears` tells whether changes that concern a person reach this process at once: only then is
    a seat kept, and taken from memory. Call `forget_person` when that begins and when it ends.
    """

    def __init__(
        self,
        clock: Clock,
        hears: Callable[[PersonId], bool],
        *,
        seconds: float = 2.0,
        size: int = 50_000,
    ) -> None:
        self._clock = clock
        self._hears = hears
        self._seconds = seconds
        self._size = size
        self._seats: OrderedDict[PersonId, dict[RoomId, tuple[float, Seat]]] = OrderedDict()
        self._count = 0
        self._forgotten = 0

    def __len__(self) -> int:
        """Count the seats in memory."""
        return self._count

    def get(self, room: RoomId, person: PersonId) -> Seat | None:
        """Find a seat that was put in lately."""
        known = self._seats.get(person, {}).get(room)
        if known is None or known[0] < self._clock.monotonic() or not self._hears(person):
            return None
        return known[1]

    def mark(self, person: PersonId) -> int | None:
        """Note the moment before a seat of this person is looked up; None where changes are not heard."""
        return self._forgotten if self._hears(person) else None

    def put(self, seat: Seat, mark: int | None) -> None:
        """Remember a seat that was looked up since `mark`, unless one was forgotten meanwhile.

        It could be that one: read before it changed, and arriving after.
        """
        if mark != self._forgotten:
            return
        person = seat.member.person
        mine = self._seats.setdefault(person, {})
        self._count += seat.room.id not in mine
        mine[seat.room.id] = (self._clock.monotonic() + self._seconds, seat)
        self._seats.move_to_end(person)
        while self._count > self._size:
            _, oldest = self._seats.popitem(last=False)
            self._count -= len(oldest)

    def forget(self, room: RoomId, person: PersonId) -> None:
        """Drop a seat: it changed."""
        self._forgotten += 1
        if self._seats.get(person, {}).pop(room, None) is not None:
            self._count -= 1

    def forget_person(self, person: PersonId) -> None:
        """Drop all seats of a person: what changed before or after this moment was not heard."""
        self._forgotten += 1
        self._count -= len(self._seats.pop(person, {}))

    def forget_all(self) -> None:
        """Drop everything: nothing was heard for a while."""
        self._forgotten += 1
        self._seats.clear()
        self._count = 0
