"""Who has left the audience of a notice: children change class or school, and rights of guardians end.

What they were told stays theirs to read. But nothing more is wanted of them: they get no push and no
reminder, are on no list of those missing, and answer for nobody who is in the audience no longer.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from rooms.ids import PersonId, UnitId
from rooms.notices.model import Aim, Notice, Recipient, Right
from rooms.notices.ports import CareStore
from rooms.people import Person, Role, Unit
from rooms.ports import Clock, PeopleStore

Settle = Callable[[Notice, PersonId], Awaitable[None]]
"""Finds anew of whom nothing more is expected, for a student of a form."""


class LeavingRows(Protocol):
    """Recipients, for those who leave."""

    async def left(self, rows: Sequence[Recipient], at: datetime) -> None:
        """Keep of these rows who has left; for their people that is a change."""


class Rosters(Protocol):
    """Units that still are."""

    async def living(self, units: Collection[UnitId]) -> set[UnitId]:
        """Tell which of these units there are, archived ones left out."""


class Leaving:
    """Marks rows of those who left an audience, and of those who are back."""

    def __init__(
        self, rows: LeavingRows, rosters: Rosters, people: PeopleStore, cares: CareStore, clock: Clock
    ) -> None:
        self._rows = rows
        self._rosters = rosters
        self._people = people
        self._cares = cares
        self._clock = clock
        self._settle: Settle | None = None

    def settle_with(self, settle: Settle) -> None:
        """Have forms find anew whose part is done, where a child has left and another has not."""
        self._settle = settle

    async def sift(self, notice: Notice, rows: Sequence[Recipient]) -> list[Recipient]:
        """Look who of these recipients has left, keep that, and give those of whom something is wanted."""
        now = self._clock.now()
        students = {student for row in rows for student in row.students}
        gone = await self.left_by(notice, students)
        rights = await self._cares.rights_of({row.person for row in rows})
        sifted = [_looked_at(row, gone, rights.get(row.person, {}), now) for row in rows]
        changed = [(old, new) for old, new in zip(rows, sifted, strict=True) if new != old]
        if changed:
            await self._rows.left([new for _, new in changed], now)
        if self._settle is not None and notice.current.form is not None:
            moved = {student for old, new in changed for student in set(old.moved) ^ set(new.moved)}
            for student in sorted(moved):
                await self._settle(notice, student)
        return [row for row in sifted if row.left_at is None]

    async def left_by(self, notice: Notice, students: Iterable[PersonId]) -> set[PersonId]:
        """Find which of these students are in the audience of a notice no longer.

        A class that is no more was left by nobody: how it stood then is how it stays.
        """
        asked, aims = set(students), {aim.unit for aim in notice.audience}
        if not asked or await self._rosters.living(aims) != aims:
            return set()
        found = await self._people.people(asked)
        units = await self._people.units({unit for person in found.values() for unit in classes_of(person)})
        return {
            student
            for student in asked
            if student not in found or not within(notice.audience, paths_of(found[student], units))
        }


def classes_of(person: Person) -> list[UnitId]:
    """List the units somebody is a student in; none where they left."""
    return [] if person.disabled else [held.unit for held in person.roles if held.role is Role.STUDENT]


def paths_of(person: Person, units: dict[UnitId, Unit]) -> list[tuple[UnitId, ...]]:
    """List the ways from the office to the units somebody is a student in."""
    return [units[unit].path for unit in classes_of(person) if unit in units]


def within(audience: Iterable[Aim], paths: Sequence[Sequence[UnitId]]) -> bool:
    """Tell whether an audience takes in somebody at the end of one of these ways."""
    return any(aim.unit in path for aim in audience for path in paths)


def _looked_at(
    row: Recipient, gone: set[PersonId], rights: dict[PersonId, frozenset[str]], now: datetime
) -> Recipient:
    moved = tuple(student for student in row.students if student in gone)
    staying = any(
        student not in gone and (student == row.person or Right.NOTICES in rights.get(student, ()))
        for student in row.students
    )
    return msgspec.structs.replace(row, moved=moved, left_at=None if staying else row.left_at or now)
