"""A small office of education, written straight into the database.

    office ─┬─ 정보화과
            └─ district ─┬─ 학교지원과
                         ├─ school A ─┬─ 교무부
                         │            └─ 1학년 ─┬─ 1반
                         │                      └─ 2반
                         └─ school B ─── 1학년 ─── 1반

Everybody's login is their key in `PEOPLE`, and everybody's password is `PASSWORD`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher

from rooms.ids import PersonId, RoomId, UnitId, new_person_id, new_room_id, new_unit_id
from rooms.model import Audience, Member, Room, RoomKind, RoomRole, pair
from rooms.people import name_keys
from storage import schema
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo
from tests.support.clock import START

PASSWORD = "열려라 참깨"

# By key: kind, name and parent.
UNITS: Mapping[str, tuple[str, str, str | None]] = {
    "office": ("office", "한빛도교육청", None),
    "it": ("department", "정보화과", "office"),
    "district": ("district", "가온교육지원청", "office"),
    "support": ("department", "학교지원과", "district"),
    "school_a": ("school", "물빛초등학교", "district"),
    "teachers_a": ("department", "교무부", "school_a"),
    "grade_a1": ("grade", "1학년", "school_a"),
    "class_a1": ("class", "1반", "grade_a1"),
    "class_a2": ("class", "2반", "grade_a1"),
    "school_b": ("school", "솔빛중학교", "district"),
    "grade_b1": ("grade", "1학년", "school_b"),
    "class_b1": ("class", "1반", "grade_b1"),
}

# By key: name, and the units with the role there.
PEOPLE: Mapping[str, tuple[str, Sequence[tuple[str, str]]]] = {
    "admin": ("김관리", [("office", "administrator")]),
    "officer": ("이하늘", [("it", "staff")]),
    "district_admin": ("박지원", [("district", "administrator")]),
    "head_a": ("최교장", [("school_a", "administrator")]),
    "teacher_a": ("정담임", [("teachers_a", "staff"), ("class_a1", "teacher")]),
    "teacher_a2": ("강하늘", [("class_a2", "teacher")]),
    "head_b": ("조교장", [("school_b", "administrator")]),
    # on the staff of one school, a guardian at the other
    "teacher_b": ("윤하나", [("class_b1", "teacher"), ("class_a2", "guardian")]),
    "guardian_a": ("장보호", [("class_a1", "guardian")]),
    "guardian_a2": ("임보호", [("class_a2", "guardian")]),
    "guardian_b": ("한보호", [("class_b1", "guardian")]),
    "student_a": ("장하늘", [("class_a1", "student")]),
    "student_a2": ("임하늘", [("class_a2", "student")]),
    "student_b": ("한마루", [("class_b1", "student")]),
    "newcomer": ("오신입", []),
    "gone": ("서전임", [("teachers_a", "staff")]),
}
DISABLED = frozenset({"gone"})
WARDS = {
    "guardian_a": "student_a",
    "guardian_a2": "student_a2",
    "guardian_b": "student_b",
    "teacher_b": "student_a2",
}


def cheap_hasher() -> PasswordHasher:
    """Give argon2 at its cheapest, for hubs under test too."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def _hash() -> str:
    return cheap_hasher().hash(PASSWORD)


@dataclass(frozen=True)
class Office:
    """What was made: ids by key."""

    mongo: Mongo
    units: Mapping[str, UnitId]
    people: Mapping[str, PersonId]

    def key(self, person: str) -> str:
        """Find the key of a person."""
        return next(key for key, known in self.people.items() if known == person)

    async def group(
        self,
        *members: str,
        title: str = "모임",
        readers: Sequence[str] = (),
        open_history: bool = False,
        at: datetime = START,
    ) -> RoomId:
        """Add a group; the first of the members owns it."""
        owner, *others = members
        room = Room(new_room_id(), RoomKind.GROUP, title, self.people[owner], at, open_history=open_history)
        roles = {owner: RoomRole.OWNER} | dict.fromkeys(others, RoomRole.MEMBER)
        await self._fill(room, roles | dict.fromkeys(readers, RoomRole.READER), at)
        return room.id

    async def direct(self, one: str, other: str, *, at: datetime = START) -> RoomId:
        """Add the direct room of two people, which the first of them opened."""
        people = self.people[one], self.people[other]
        room = Room(new_room_id(), RoomKind.DIRECT, "", people[0], at, pair=pair(*people), open_history=True)
        await self._fill(room, dict.fromkeys((one, other), RoomRole.MEMBER), at)
        return room.id

    async def unit_room(
        self, unit: str, *members: str, audience: Audience = Audience.STAFF, at: datetime = START
    ) -> RoomId:
        """Add the room of a unit, with these members."""
        room = Room(
            new_room_id(),
            RoomKind.UNIT,
            UNITS[unit][1],
            self.people[members[0]],
            at,
            unit=self.units[unit],
            audience=audience,
            open_history=True,
        )
        await self._fill(room, dict.fromkeys(members, RoomRole.MEMBER), at)
        return room.id

    async def _fill(self, room: Room, roles: Mapping[str, RoomRole], at: datetime) -> None:
        rooms = MongoRooms(self.mongo)
        await rooms.add_room(room)
        await rooms.seat([Member(room.id, self.people[key], role, 1, at) for key, role in roles.items()])


async def build_office(mongo: Mongo) -> Office:
    """Write the office into an empty database whose indexes are made."""
    units = {key: new_unit_id() for key in UNITS}
    people = {key: new_person_id() for key in PEOPLE}
    await mongo[schema.UNITS].insert_many(
        [
            {
                "_id": units[key],
                "kind": kind,
                "name": name,
                "parent": units[parent] if parent else None,
                "path": [units[step] for step in path_of(key)],
                "code": f"test:{key}",
                "order": place,
                "attrs": {},
                "archived": False,
            }
            for place, (key, (kind, name, parent)) in enumerate(UNITS.items())
        ]
    )
    await mongo[schema.PEOPLE].insert_many(
        [
            person_document(people[key], key, name, [(units[unit], role) for unit, role in roles])
            | {"disabled": key in DISABLED}
            for key, (name, roles) in PEOPLE.items()
        ]
    )
    await mongo[schema.GUARDIANSHIPS].insert_many(
        [
            {
                "_id": f"{people[guardian]}:{people[student]}",
                "guardian": people[guardian],
                "student": people[student],
                "relation": "부모",
                "rights": ["messages", "notices"],
            }
            for guardian, student in WARDS.items()
        ]
    )
    return Office(mongo, units, people)


def person_document(
    person: PersonId, login: str, name: str, roles: Sequence[tuple[UnitId, str]]
) -> dict[str, Any]:
    """Make the document of a person."""
    return {
        "_id": person,
        "login": login,
        "name": name,
        "keys": name_keys(name),
        "password": _hash(),
        "code": f"test:{login}",
        "roles": [{"unit": unit, "role": role} for unit, role in roles],
        "disabled": False,
    }


def path_of(key: str) -> list[str]:
    """List the units from the office down to one of `UNITS`."""
    parent = UNITS[key][2]
    return [*(path_of(parent) if parent else ()), key]
