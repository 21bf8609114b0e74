"""How a notice stands with those it is for: the counts, and people by name with what is missing and why."""

from collections.abc import Collection
from typing import Protocol

from rooms.errors import not_found
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.access import NoticeAccess, Standing
from rooms.notices.counting import Counting
from rooms.notices.model import Notice, Recipient
from rooms.notices.names import Names, names_of
from rooms.notices.ports import RecipientPages
from rooms.notices.progress import Missing, goal, is_missing
from rooms.notices.views import ChannelView, ReachRow, ReachView, iso, iso_of
from rooms.people import Person
from rooms.ports import PeopleStore


class UnitsBelow(Protocol):
    """Units, for narrowing what is looked at."""

    async def ids_below(self, unit: UnitId) -> list[UnitId]:
        """List a unit and all below it, those of former years too."""


class Standings:
    """Answers how a notice stands."""

    def __init__(
        self,
        access: NoticeAccess,
        rows: RecipientPages,
        counting: Counting,
        people: PeopleStore,
        below: UnitsBelow,
    ) -> None:
        self._counting = counting
        self._access = access
        self._rows = rows
        self._people = people
        self._below = below

    async def page(
        self,
        person: Person,
        notice: NoticeId,
        missing: Missing | None,
        unit: UnitId | None,
        after: PersonId | None,
        limit: int,
    ) -> tuple[Standing, ReachView]:
        """Count, and list people by id; of a unit and all below it with `unit`. Raises Refusal(not_found)."""
        standing = await self._access.for_staff(person, notice)
        units: Collection[UnitId] | None = standing.units
        if unit is not None:
            below = await self._below.ids_below(unit)
            units = below if units is None else [one for one in below if one in units]
            if not units:
                raise not_found("unit")
        found = standing.notice
        rows = await self._rows.page(notice, missing, units, after, limit + 1)
        names = await names_of(self._people, [who for row in rows for who in (row.person, *row.students)], ())
        view = ReachView(
            goal=goal(found),
            counts=(await self._counting.of(notice, units)).counts,
            complete=found.expanded is not None and found.expanded.done,
            people=[_row(found, row, names) for row in rows[:limit]],
            next=rows[limit - 1].person if len(rows) > limit else None,
        )
        return standing, view


def _row(notice: Notice, row: Recipient, names: Names) -> ReachRow:
    return ReachRow(
        id=row.person,
        name=names.person(row.person).name,
        kind=row.kind,
        students=[names.child(student) for student in row.students],
        signs=row.signs,
        sent_at=iso(row.sent_at),
        delivered_at=iso(row.delivered_at),
        opened_at=iso(row.opened_at),
        confirmed_at=iso(row.confirmed_at),
        answered_at=iso(row.answered_at),
        listed_at=iso(row.listed_at),
        reminded=row.reminded,
        seen_version=row.seen_version,
        channels={
            channel: ChannelView(state.state, iso_of(state.at), state.reason)
            for channel, state in row.channels.items()
        },
        missing=is_missing(notice, row),
        left_at=iso(row.left_at),
        left_why=None if row.left_at is None else "moved" if set(row.moved) == set(row.students) else "right",
    )
