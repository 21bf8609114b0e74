"""The hours in which a school talks with families, as it sets them.

A message that comes outside of them is stored and shown as any other; it makes no noise and is not pushed
until they begin, and the family is told so before it writes. Between members of the staff there are no such
hours.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from rooms.access import Access
from rooms.delivery.hours import MINUTES
from rooms.errors import bad_request, forbidden, not_found
from rooms.ids import PersonId, RoomId, UnitId
from rooms.model import Audience, Room, RoomKind
from rooms.people import Person
from rooms.ports import Clock, PeopleStore

WEEK: Final = 7
WEEKDAYS: Final = (0, 1, 2, 3, 4)


class Closed(Struct, frozen=True):
    """Days on which nobody is there, such as holidays: from `first` to `last`, both included."""

    first: date
    last: date


class Hours(Struct, frozen=True):
    """From `start` up to, but not including, `end`, in minutes of the day; on `days`: Monday is 0."""

    start: int
    end: int
    days: tuple[int, ...] = WEEKDAYS

    def opens_at(self, at: datetime, zone: ZoneInfo, closed: Sequence[Closed] = ()) -> datetime | None:
        """Find when they next begin, on no day that is closed; None while they last."""
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        day = local.date()
        if day.weekday() in self.days and self.start <= minute < self.end and _until(day, closed) is None:
            return None
        # Between two times that it is closed, and after the last, a week has a day on which they begin.
        for _ in range((WEEK + 2) * (len(closed) + 1)):
            last = _until(day, closed)
            begins = datetime.combine(day, time(self.start // 60, self.start % 60), zone).astimezone(UTC)
            if last is None and day.weekday() in self.days and begins > at:
                return begins
            day = (last or day) + timedelta(days=1)
        return None


ALWAYS: Final = Hours(0, MINUTES, tuple(range(WEEK)))


def _until(day: date, closed: Sequence[Closed]) -> date | None:
    """Find the last of the days around this one that are closed; None where it is none of them."""
    return next((span.last for span in closed if span.first <= day <= span.last), None)


class HoursStore(Protocol):
    """Which units have set hours."""

    async def hours(self, units: Sequence[UnitId]) -> dict[UnitId, Hours]:
        """Read the hours of those of these units that have set any."""

    async def put(self, unit: UnitId, hours: Hours | None, by: PersonId, at: datetime) -> None:
        """Set the hours of a unit, or take them away."""


class Standing(Struct, frozen=True):
    """Hours that hold somewhere, the unit that set them, and when they next begin; None while they last."""

    unit: UnitId
    hours: Hours
    opens_at: datetime | None


class TalkHours:
    """Tells and sets the hours of schools."""

    def __init__(
        self, access: Access, people: PeopleStore, store: HoursStore, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._access = access
        self._people = people
        self._store = store
        self._clock = clock
        self._zone = zone

    async def of_room(self, person: Person, room: RoomId) -> Standing | None:
        """Find the hours that hold in a room of theirs; None where there are none.

        Raises Refusal(not_found).
        """
        seat = await self._access.room(person.id, room)
        return await self._nearest(await self._places(seat.room))

    async def opens_at(self, room: Room) -> datetime | None:
        """Find when the hours of a room next begin; None while they last, or where there are none."""
        standing = await self._nearest(await self._places(room))
        return None if standing is None else standing.opens_at

    async def of_unit(self, person: Person, unit: UnitId) -> Standing | None:
        """Find the hours that hold in a unit. Raises Refusal(not_found) for families."""
        found = await self._people.units([unit])
        if not person.is_staff or unit not in found:
            raise not_found("unit")
        return await self._nearest([unit])

    async def put(self, person: Person, unit: UnitId, hours: Hours | None) -> Standing | None:
        """Set the hours of a unit and all below it; None takes them away, those from above hold again.

        Raises Refusal: not_found, forbidden for who does not administer it, bad_request.
        """
        found = (await self._people.units([unit])).get(unit)
        if found is None or not person.is_staff:
            raise not_found("unit")
        if not await self._access.administers(person, unit):
            raise forbidden("not_administrator_of_unit")
        if hours is not None and not (
            0 <= hours.start < hours.end <= MINUTES and hours.days and set(hours.days) <= set(range(WEEK))
        ):
            raise bad_request("bad_hours")
        await self._store.put(unit, hours, person.id, self._clock.now())
        return await self._nearest([unit])

    async def _places(self, room: Room) -> list[UnitId]:
        """List the units whose hours count in a room of staff and families; none for other rooms."""
        if room.kind is RoomKind.UNIT:
            return [room.unit] if room.unit is not None and room.audience is not Audience.STAFF else []
        if room.pair is None:
            return []
        two = (await self._people.people(PersonId(one) for one in room.pair.split(":"))).values()
        staff = [one for one in two if one.is_staff]
        return [held.unit for held in staff[0].roles] if len(staff) == 1 else []

    async def _nearest(self, places: Iterable[UnitId]) -> Standing | None:
        units = await self._people.units(places)
        known = await self._store.hours(list({step for unit in units.values() for step in unit.path}))
        for unit in units.values():
            for step in reversed(unit.path):
                if step in known:
                    return Standing(step, known[step], known[step].opens_at(self._clock.now(), self._zone))
        return None
