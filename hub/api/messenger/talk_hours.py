"""The hours in which schools talk with families, over HTTP: types, calls and handlers."""

from typing import Annotated, Final

from msgspec import Meta, Struct, field

from hub.api.ask import Ask, Handlers
from hub.api.call import PREFIX, Call
from hub.api.messenger.shapes import RoomPath
from hub.api.shapes import Nothing, TimeOfDay
from hub.protocol import Id
from rooms.delivery.hours import read_minute, write_minute
from rooms.errors import ErrorCode, bad_request
from rooms.ids import RoomId, UnitId
from rooms.talk_hours import WEEKDAYS, Hours, Standing, TalkHours

Weekday = Annotated[int, Meta(ge=0, le=6)]


class UnitOfHours(Struct):
    """A unit."""

    unit: Id


class HoursBody(Struct):
    """From one time of the day to another, such as 08:30, on these days of the week; Monday is 0."""

    start: TimeOfDay
    end: TimeOfDay
    days: Annotated[list[Weekday], Meta(min_length=1, max_length=7)] = field(
        default_factory=lambda: list(WEEKDAYS)
    )


class HoursChange(Struct):
    """Hours to set, or null to take them away: then those of the unit above hold again."""

    hours: HoursBody | None


class HoursAnswer(Struct):
    """Hours that hold, null where there are none, the unit that set them, and when they next begin.

    `opens_at` is null while they last.
    """

    hours: HoursBody | None
    unit: str | None
    opens_at: str | None


_PATH: Final = f"{PREFIX}/units/{{unit}}/hours"

HOURS_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="room_hours",
        method="GET",
        path=f"{PREFIX}/rooms/{{room}}/hours",
        summary="When the school of a room talks with families",
        path_type=RoomPath,
        answer=HoursAnswer,
        codes=(ErrorCode.NOT_FOUND,),
    ),
    Call(
        name="unit_hours",
        method="GET",
        path=_PATH,
        summary="When a unit talks with families",
        path_type=UnitOfHours,
        answer=HoursAnswer,
        codes=(ErrorCode.NOT_FOUND,),
    ),
    Call(
        name="set_unit_hours",
        method="PUT",
        path=_PATH,
        summary="Set when a unit, and all below it, talk with families; for its administrators",
        path_type=UnitOfHours,
        body=HoursChange,
        answer=HoursAnswer,
        codes=(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE),
    ),
)
"""The calls of this module; a part of `hub/api/contract.py`."""


class TalkHoursCalls:
    """Handlers of these calls."""

    def __init__(self, hours: TalkHours) -> None:
        self._hours = hours

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "room_hours": self.room_hours,
            "unit_hours": self.unit_hours,
            "set_unit_hours": self.set_unit_hours,
        }

    async def room_hours(self, ask: Ask[RoomPath, Nothing, None]) -> HoursAnswer:
        """Tell the hours of a room. Raises Refusal(not_found)."""
        return _answer(await self._hours.of_room(ask.person, RoomId(ask.path.room)))

    async def unit_hours(self, ask: Ask[UnitOfHours, Nothing, None]) -> HoursAnswer:
        """Tell the hours of a unit. Raises Refusal(not_found)."""
        return _answer(await self._hours.of_unit(ask.person, UnitId(ask.path.unit)))

    async def set_unit_hours(self, ask: Ask[UnitOfHours, Nothing, HoursChange]) -> HoursAnswer:
        """Set the hours of a unit. Raises Refusal."""
        given = ask.body.hours
        hours = None
        if given is not None:
            try:
                start, end = read_minute(given.start), read_minute(given.end)
            except ValueError as error:
                raise bad_request("bad_hours") from error
            hours = Hours(start, end, tuple(sorted(set(given.days))))
        return _answer(await self._hours.put(ask.person, UnitId(ask.path.unit), hours))


def _answer(standing: Standing | None) -> HoursAnswer:
    if standing is None:
        return HoursAnswer(None, None, None)
    hours, at = standing.hours, standing.opens_at
    return HoursAnswer(
        HoursBody(write_minute(hours.start), write_minute(hours.end), list(hours.days)),
        standing.unit,
        None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
