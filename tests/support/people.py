"""People and org units made directly in the database, and one small office of them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from rooms.ids import PersonId, new_person_id, new_unit_id
from rooms.people import Person, Role, Unit, UnitKind, name_keys
from storage import schema
from storage.mongo import Mongo
from storage.org.people import MongoPeople


class Registry:
    """Adds people and units to a database that others may use at the same time."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._people = MongoPeople(mongo)

    async def unit(self, kind: UnitKind, parent: Unit | None = None, name: str = "") -> Unit:
        """Add a unit."""
        unit = new_unit_id()
        path = (*(parent.path if parent else ()), unit)
        await self._mongo[schema.UNITS].insert_one(
            {
                "_id": unit,
                "kind": str(kind),
                "name": name or f"{kind} {unit}",
                "parent": parent.id if parent else None,
                "path": list(path),
                "code": f"code-{unit}",
                "order": 0,
                "attrs": {},
                "archived": False,
            }
        )
        return (await self._people.units([unit]))[unit]

    async def person(
        self,
        name: str,
        *roles: tuple[Role, Unit],
        login: str | None = None,
        password: str | None = None,
        disabled: bool = False,
        locale: str = "ko",
    ) -> Person:
        """Add a person; `password` is a hash."""
        person = new_person_id()
        await self._mongo[schema.PEOPLE].insert_one(
            {
                "_id": person,
                "login": login or f"{name.lower()}-{secrets.token_hex(5)}",
                "name": name,
                "keys": name_keys(name),
                "password": password,
                "roles": [{"unit": unit.id, "role": str(role)} for role, unit in roles],
                "locale": locale,
                "disabled": disabled,
            }
        )
        return await self.reread(person)

    async def people(self, count: int, *roles: tuple[Role, Unit]) -> list[Person]:
        """Add many people with the same roles."""
        return [await self.person(f"person-{number}", *roles) for number in range(count)]

    async def care(self, guardian: Person, *students: Person, rights: Sequence[str] = ("messages",)) -> None:
        """Make somebody the guardian of students."""
        await self._mongo[schema.GUARDIANSHIPS].insert_many(
            {
                "_id": f"g-{guardian.id}-{student.id}",
                "guardian": guardian.id,
                "student": student.id,
                "relation": "mother",
                "rights": list(rights),
            }
            for student in students
        )

    async def change(self, person: Person | PersonId, **fields: object) -> Person:
        """Overwrite fields of a person's document."""
        who = person.id if isinstance(person, Person) else person
        await self._mongo[schema.PEOPLE].update_one({"_id": who}, {"$set": fields})
        return await self.reread(who)

    async def reread(self, person: PersonId) -> Person:
        """Read a person as the rules do."""
        found = await self._people.person(person)
        assert found is not None
        return found


@dataclass(frozen=True)
class Office:
    """An office, a district, two schools with their classes, and somebody of every kind.

    `mother` has a child in class 1 of `school`, `father` (of another child) in class 2;
    `stranger` is a guardian at the other school.
    """

    registry: Registry
    office: Unit
    district: Unit
    school: Unit
    other_school: Unit
    class_one: Unit
    class_two: Unit
    other_class: Unit
    head: Person
    official: Person
    admin: Person
    teacher: Person
    colleague: Person
    elsewhere: Person
    student: Person
    classmate: Person
    mother: Person
    father: Person
    stranger: Person
    nobody: Person

    @property
    def staff(self) -> list[Person]:
        """Everybody to whom the rules of staff apply."""
        return [self.head, self.official, self.admin, self.teacher, self.colleague, self.elsewhere]

    @property
    def families(self) -> list[Person]:
        """Everybody else."""
        return [self.student, self.classmate, self.mother, self.father, self.stranger, self.nobody]

    @property
    def everybody(self) -> list[Person]:
        """All of them."""
        return [*self.staff, *self.families]

    @classmethod
    async def make(cls, mongo: Mongo) -> Self:
        """Add an office to a database."""
        registry = Registry(mongo)
        office = await registry.unit(UnitKind.OFFICE)
        district = await registry.unit(UnitKind.DISTRICT, office)
        school = await registry.unit(UnitKind.SCHOOL, district)
        other_school = await registry.unit(UnitKind.SCHOOL, district)
        class_one = await registry.unit(UnitKind.CLASS, school)
        class_two = await registry.unit(UnitKind.CLASS, school)
        other_class = await registry.unit(UnitKind.CLASS, other_school)
        made = cls(
            registry=registry,
            office=office,
            district=district,
            school=school,
            other_school=other_school,
            class_one=class_one,
            class_two=class_two,
            other_class=other_class,
            head=await registry.person("head", (Role.ADMINISTRATOR, office)),
            official=await registry.person("official", (Role.STAFF, district)),
            admin=await registry.person("admin", (Role.ADMINISTRATOR, school)),
            teacher=await registry.person("teacher", (Role.TEACHER, class_one), (Role.STAFF, school)),
            colleague=await registry.person("colleague", (Role.STAFF, school)),
            elsewhere=await registry.person("elsewhere", (Role.STAFF, other_school)),
            student=await registry.person("student", (Role.STUDENT, class_one)),
            classmate=await registry.person("classmate", (Role.STUDENT, class_two)),
            mother=await registry.person("mother", (Role.GUARDIAN, class_one)),
            father=await registry.person("father", (Role.GUARDIAN, class_two)),
            stranger=await registry.person("stranger", (Role.GUARDIAN, other_class)),
            nobody=await registry.person("nobody"),
        )
        await registry.care(made.mother, made.student)
        await registry.care(made.father, made.classmate)
        return made
