"""Students with their class, and who may answer for them."""

from collections.abc import Collection, Iterable

from msgspec import Struct

from rooms.forms.record import Student
from rooms.ids import PersonId, UnitId
from rooms.people import Person, Role, Unit, UnitKind
from rooms.ports import PeopleStore

_TOLD = frozenset({UnitKind.SCHOOL, UnitKind.GRADE})


class Care(Struct, frozen=True):
    """A guardian of a student, as the roster has it today; `consents` where they may sign."""

    guardian: PersonId
    student: PersonId
    relation: str
    consents: bool


class Pupil(Struct, frozen=True):
    """A student and the class they are in today, with all units above it."""

    student: Student
    path: tuple[UnitId, ...] = ()

    def within(self, units: Collection[UnitId] | None) -> bool:
        """Tell whether the class is one of these or below; None is all."""
        return units is None or not set(units).isdisjoint(self.path)


async def pupils_of(people: PeopleStore, students: Iterable[PersonId]) -> dict[PersonId, Pupil]:
    """Read students with their classes; those who are gone are left out."""
    found = await people.people(set(students))
    at = {person.id: unit for person in found.values() if (unit := _class_of(person)) is not None}
    units = await people.units(set(at.values()))
    above = await people.units({step for unit in units.values() for step in unit.path} - set(units))
    known = {**above, **units}
    return {
        person.id: Pupil(
            Student(person.id, person.name, class_name(units[at[person.id]], known)),
            units[at[person.id]].path,
        )
        if at.get(person.id) in units
        else Pupil(Student(person.id, person.name, ""))
        for person in found.values()
    }


def class_name(unit: Unit, known: dict[UnitId, Unit]) -> str:
    """Name a class with its grade and school: 물빛초등학교 3학년 2반."""
    above = [known[step] for step in unit.path if step in known and step != unit.id]
    names = [step.name for step in above if step.kind in _TOLD]
    # Where classes are called 3학년 1반, their grade is said already.
    return " ".join([*(name for name in names if not unit.name.startswith(name)), unit.name])


def _class_of(person: Person) -> UnitId | None:
    return next((held.unit for held in person.roles if held.role is Role.STUDENT), None)
