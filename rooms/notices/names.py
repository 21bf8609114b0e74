"""Names beside notices: of units with where they belong, of people, of students with their class."""

from collections.abc import Iterable, Mapping

from rooms.ids import PersonId, UnitId
from rooms.notices.views import ChildView, PersonView, UnitView
from rooms.people import Person, Role, Unit, UnitKind, place_name
from rooms.ports import PeopleStore


class Names:
    """What was looked up for one answer."""

    def __init__(self, people: Mapping[PersonId, Person], units: Mapping[UnitId, Unit]) -> None:
        self._people = people
        self._units = units

    def person(self, person: PersonId) -> PersonView:
        """Name a person; one who is gone has no name."""
        found = self._people.get(person)
        return PersonView(person, found.name if found else "")

    def unit(self, unit: UnitId) -> UnitView:
        """Name a unit with the institution it belongs to."""
        found = self._units.get(unit)
        return UnitView(unit, place_name(found, self._units) if found else "")

    def child(self, student: PersonId) -> ChildView:
        """Name a student with the class they are in today."""
        found = self._people.get(student)
        if found is None:
            return ChildView(student, "", "")
        at = next((held.unit for held in found.roles if held.role is Role.STUDENT), None)
        return ChildView(student, found.name, self._class(at) if at is not None else "")

    def _class(self, unit: UnitId) -> str:
        """Name a class with its grade and school: 물빛초등학교 3학년 2반."""
        found = self._units.get(unit)
        if found is None:
            return ""
        above = [self._units[step] for step in found.path if step in self._units and step != unit]
        schools = [step.name for step in above if step.kind is UnitKind.SCHOOL]
        grades = [step.name for step in above if step.kind is UnitKind.GRADE]
        return " ".join([*schools, *grades, within_grade(found.name, *grades)])


async def names_of(people: PeopleStore, who: Iterable[PersonId], units: Iterable[UnitId]) -> Names:
    """Look up names: of people, of the classes of the students among them, and of units."""
    found = await people.people(set(who))
    classes = {held.unit for person in found.values() for held in person.roles if held.role is Role.STUDENT}
    near = await people.units({*units, *classes})
    above = await people.units({step for unit in near.values() for step in unit.path} - set(near))
    return Names(found, {**near, **above})


async def unit_name(people: PeopleStore, unit: UnitId) -> str:
    """Name a unit with the institution it belongs to."""
    return (await names_of(people, (), (unit,))).unit(unit).name


def within_grade(room: str, *grades: str) -> str:
    """Name a class within its grade: rosters name it with the grade (3학년 2반), or without (2반)."""
    for grade in grades:
        room = room.removeprefix(grade).strip() or room
    return room
