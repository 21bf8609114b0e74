"""Notices and families made directly in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from rooms.ids import new_notice_id
from rooms.notices.access import NoticeAccess
from rooms.notices.belonging import expected
from rooms.notices.model import Aim, Expansion, Notice, NoticeKind, NoticeState, Version, Who
from rooms.people import Person, Role, Unit, UnitKind
from storage.mongo import Mongo
from storage.notices.notices import MongoNotices
from storage.notices.recipients import MongoRecipients
from storage.org.guardians import MongoGuardians
from storage.org.people import MongoPeople
from tests.support.clock import START
from tests.support.people import Office, Registry


@dataclass(frozen=True)
class Stores:
    """The stores of notices, and the gate before them."""

    notices: MongoNotices
    recipients: MongoRecipients
    people: MongoPeople
    cares: MongoGuardians
    access: NoticeAccess

    @classmethod
    def of(cls, mongo: Mongo) -> Self:
        """Make them."""
        notices, recipients = MongoNotices(mongo), MongoRecipients(mongo)
        people, cares = MongoPeople(mongo), MongoGuardians(mongo)
        return cls(notices, recipients, people, cares, NoticeAccess(notices, recipients, people, cares))

    async def out(
        self,
        by: Person,
        unit: Unit,
        *audience: Unit,
        who: Who = Who.FAMILIES,
        readers: Sequence[Person] = (),
        kind: NoticeKind = NoticeKind.NOTE,
        **more: Any,
    ) -> Notice:
        """Add a published notice, with the rows of these readers as they stand today."""
        aims = tuple(Aim(target.id, who) for target in audience or (unit,))
        notice = Notice(
            id=new_notice_id(),
            kind=kind,
            unit=unit.id,
            path=unit.path,
            by=by.id,
            state=NoticeState.PUBLISHED,
            audience=aims,
            version=1,
            versions=(Version(version=1, title="현장 체험 학습", text="내일 갑니다.", by=by.id, at=START),),
            created_at=START,
            changed_at=START,
            published_at=START,
            expanded=Expansion("v1", done=True),
        )
        notice = msgspec.structs.replace(notice, **more)
        await self.notices.add(notice)
        rows = [
            row
            for person in readers
            if (row := expected(notice, person.id, await self.access.belongings(person)))
        ]
        await self.recipients.add(rows)
        return notice


@dataclass(frozen=True)
class Family:
    """Three children in three schools, two guardians with different rights, and one without.

    `mother` has all rights for all three; `father` those to notices for all, and may sign for the
    eldest alone; `separated` has `messages` for the eldest and nothing for the others; `stranger`
    is the mother of a classmate of the eldest.
    """

    office: Office
    schools: tuple[Unit, Unit, Unit]
    classes: tuple[Unit, Unit, Unit]
    teachers: tuple[Person, Person, Person]
    children: tuple[Person, Person, Person]
    mother: Person
    father: Person
    separated: Person
    stranger: Person

    @classmethod
    async def make(cls, mongo: Mongo, office: Office) -> Self:
        """Add them to an office."""
        registry = Registry(mongo)
        schools = [await registry.unit(UnitKind.SCHOOL, office.district) for _ in range(3)]
        classes = [await registry.unit(UnitKind.CLASS, school) for school in schools]
        teachers = [await registry.person(f"teacher{n}", (Role.TEACHER, at)) for n, at in enumerate(classes)]
        children = [await registry.person(f"child{n}", (Role.STUDENT, at)) for n, at in enumerate(classes)]
        classmate = await registry.person("classmate", (Role.STUDENT, classes[0]))
        mother, father = await registry.person("mother"), await registry.person("father")
        separated, stranger = await registry.person("separated"), await registry.person("stranger")
        await registry.care(mother, *children, rights=["messages", "notices", "consent", "records"])
        await registry.care(father, children[0], rights=["notices", "consent"])
        await registry.care(father, *children[1:], rights=["notices"])
        await registry.care(separated, children[0], rights=["messages"])
        await registry.care(separated, *children[1:], rights=[])
        await registry.care(stranger, classmate, rights=["notices", "consent"])
        one, two, three = schools
        first, second, third = classes
        return cls(
            office=office,
            schools=(one, two, three),
            classes=(first, second, third),
            teachers=(teachers[0], teachers[1], teachers[2]),
            children=(children[0], children[1], children[2]),
            mother=mother,
            father=father,
            separated=separated,
            stranger=stranger,
        )

    @property
    def adults(self) -> list[Person]:
        """The guardians, those without rights among them."""
        return [self.mother, self.father, self.separated, self.stranger]
