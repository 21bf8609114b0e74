"""Seats that were looked up a moment ago, so that not every message asks the database who may write it."""

from collections import OrderedDict
from collections.abc import Callable

from rooms.ids import PersonId, RoomId
from rooms.model import Seat
from rooms.ports import Clock


class SeatCache:
    """Remembers seats for `seconds`; whoever hears of a change of membership calls `forget`.

    `hears` tells whether changes that concern a person reach this process at once: only then is
    a seat taken from memory.
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
        self._seats: OrderedDict[tuple[RoomId, PersonId], tuple[float, Seat]] = OrderedDict()

    def get(self, room: RoomId, person: PersonId) -> Seat | None:
        """Find a seat that was put in lately."""
        known = self._seats.get((room, person))
        if known is None or known[0] < self._clock.monotonic() or not self._hears(person):
            return None
        return known[1]

    def put(self, seat: Seat) -> None:
        """Remember a seat."""
        key = (seat.room.id, seat.member.person)
        self._seats[key] = (self._clock.monotonic() + self._seconds, seat)
        self._seats.move_to_end(key)
        if len(self._seats) > self._size:
            self._seats.popitem(last=False)

    def forget(self, room: RoomId, person: PersonId) -> None:
        """Drop a seat: it changed."""
        self._seats.pop((room, person), None)
