"""A small school made directly in the database: people with tokens, and rooms they share."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.signin.proofs import Tokens, hash_secret
from rooms.events import Event
from rooms.ids import PersonId, RoomId, new_person_id, new_room_id, new_unit_id
from rooms.model import Member, Room, RoomKind, RoomRole, pair
from rooms.people import name_keys
from storage import migrations, schema
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo, connected
from storage.sessions import MongoSessions
from tests.support.hub_process import SECRET_KEY

SESSION = timedelta(days=1)


@dataclass(frozen=True)
class Pupil:
    """Somebody of the school; `session` is that of their sign-in, `secret` what its cookie holds."""

    id: PersonId
    name: str
    login: str
    session: str
    secret: str

    def token(self, seconds: int = 3600, secret_key: str = SECRET_KEY) -> str:
        """Sign a token that is good for `seconds` from now."""
        return Tokens(secret_key).issue(self.id, self.session, datetime.now(UTC), seconds)[0]


class School:
    """Makes people and rooms; the hub need not run."""

    def __init__(self, mongo: Mongo) -> None:
        self.mongo = mongo
        self._rooms = MongoRooms(mongo)
        self._sessions = MongoSessions(mongo)
        self._unit: str | None = None

    async def people(self, *names: str, role: str = "staff") -> list[Pupil]:
        """Add people who hold `role` in the school."""
        unit = await self._school()
        found = []
        for name in names:
            person, login = new_person_id(), f"{name}-{secrets.token_hex(4)}".lower()
            await self.mongo[schema.PEOPLE].insert_one(
                {
                    "_id": person,
                    "login": login,
                    "name": name,
                    "keys": name_keys(name),
                    "roles": [{"unit": unit, "role": role}],
                    "locale": "ko",
                    "disabled": False,
                }
            )
            found.append(await self._signed_in(person, name, login))
        return found

    async def room(self, *people: Pupil, title: str = "교무실", readers: Sequence[Pupil] = ()) -> RoomId:
        """Add a group; the first of the people owns it."""
        now = datetime.now(UTC)
        room = Room(new_room_id(), RoomKind.GROUP, title, people[0].id, now)
        await self._rooms.add_room(room)
        await self._rooms.seat(
            [
                Member(room.id, person.id, RoomRole.OWNER if place == 0 else RoomRole.MEMBER, 1, now)
                for place, person in enumerate(people)
            ]
            + [Member(room.id, person.id, RoomRole.READER, 1, now) for person in readers]
        )
        return room.id

    async def direct(self, one: Pupil, other: Pupil) -> RoomId:
        """Add the direct room of two."""
        now = datetime.now(UTC)
        key = pair(one.id, other.id)
        room = Room(new_room_id(), RoomKind.DIRECT, "", one.id, now, pair=key, open_history=True)
        await self._rooms.add_room(room)
        await self._rooms.seat(
            [Member(room.id, person.id, RoomRole.MEMBER, 1, now) for person in (one, other)]
        )
        return room.id

    async def _school(self) -> str:
        if self._unit is None:
            office, school = new_unit_id(), new_unit_id()
            await self.mongo[schema.UNITS].insert_many(
                [
                    {
                        "_id": unit,
                        "kind": kind,
                        "name": name,
                        "parent": path[-2] if len(path) > 1 else None,
                        "path": path,
                        "code": f"test-{unit}",
                        "order": 0,
                        "attrs": {},
                        "archived": False,
                    }
                    for unit, kind, name, path in (
                        (office, "office", "시험교육청", [office]),
                        (school, "school", "시험초등학교", [office, school]),
                    )
                ]
            )
            self._unit = school
        return self._unit

    async def _signed_in(self, person: PersonId, name: str, login: str) -> Pupil:
        now = datetime.now(UTC)
        secret = secrets.token_urlsafe(16)
        row = await self._sessions.create(person, hash_secret(secret), now, now + SESSION, "tests")
        return Pupil(person, name, login, row.id, secret)


@asynccontextmanager
async def school_in(url: str, database: str = "madang") -> AsyncIterator[School]:
    """Give the school of a database."""
    async with connected(url, database) as mongo:
        await migrations.migrate(mongo)
        yield School(mongo)


async def log_of(school: School, room: str) -> list[Event]:
    """Read a room's log from the database itself, ascending, as it was stored."""
    rows = await school.mongo[schema.EVENTS].find({"room": room}).sort("seq", 1).to_list(None)
    return [
        Event(row["seq"], row["kind"], row["sender"], row["at"].isoformat(), row["cid"], row["body"])
        for row in rows
    ]
