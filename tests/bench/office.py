"""People, rooms, sign-ins and messages in any number, made directly in the database."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from config.secret import ensure_secret_key
from config.settings import Settings
from hub.app import rules
from hub.services import Services
from hub.signin.proofs import Tokens, hash_secret, new_session_secret
from rooms.events import Draft, Kind, MessageBody
from rooms.ids import PersonId, RoomId, UnitId, new_cid, new_person_id, new_room_id, new_unit_id
from rooms.model import Member, Room, RoomKind, RoomRole
from rooms.people import Role, RoleAt, UnitKind
from rooms.ports import Row, Top
from rooms.roster.known import Edits, KnownPerson, KnownUnit, PersonEdit, UnitEdit
from storage import schema
from storage.org.roster import MongoRoster

AT_ONCE: Final = 200
"""Single writes that are under way together, so that one journal write serves them all."""
ROWS: Final = 2_000
TOKEN_SECONDS: Final = 86_400
WORDS: Final = (
    "내일 현장체험학습 준비물을 다시 한번 안내드립니다.",
    "네, 확인했습니다. 감사합니다!",
    "3학년 2반 학부모 상담 일정표를 올려 두었으니 비어 있는 시간에 이름을 적어 주세요.",
    "회의실이 2층으로 바뀌었습니다.",
    "공문 접수했습니다. 제출 기한은 이번 주 금요일 오후 5시까지입니다.",
)

T = TypeVar("T")
R = TypeVar("R")


class Guest(Struct, frozen=True):
    """Somebody with a token that signs them in."""

    id: PersonId
    token: str


class Office:
    """Fills a database. Ends of logs are remembered, so that more can be said in a room later."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._tokens = Tokens(ensure_secret_key(services.settings))
        self._roster = MongoRoster(services.mongo, services.clock)

    async def people(self, count: int, prefix: str = "bench") -> list[Guest]:
        """Add staff of one school, each signed in. `prefix` begins their logins; use one once."""
        office, school = new_unit_id(), new_unit_id()
        units = (
            _unit(office, f"{prefix}-office", UnitKind.OFFICE, None, (office,)),
            _unit(school, f"{prefix}-school", UnitKind.SCHOOL, office, (office, school)),
        )
        ids = [new_person_id() for _ in range(count)]
        people = (
            PersonEdit(
                KnownPerson(person, f"{prefix}-{i}", f"{prefix}-{i}", f"김{i}", (RoleAt(school, Role.STAFF),))
            )
            for i, person in enumerate(ids)
        )
        await self.add(Edits(units=tuple(UnitEdit(unit) for unit in units), people=tuple(people)))
        return await self.sign_in(ids)

    async def add(self, edits: Edits) -> None:
        """Add units, people and guardianships."""
        async with self._roster.alone():
            await self._roster.write(edits, {}, lambda *_: None)

    async def sign_in(self, people: Sequence[PersonId]) -> list[Guest]:
        """Sign people in."""
        return await each(people, self._signed_in)

    async def groups(self, groups: Sequence[Sequence[PersonId]]) -> list[RoomId]:
        """Add a group room for each list of members; the first of each owns it."""
        return await each(groups, self._group)

    async def say(
        self,
        rooms: Sequence[RoomId],
        people: Sequence[PersonId],
        count: int,
        text: Callable[[int], str] | None = None,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Append `count` messages to each room's log, by these people in turn.

        `text` makes the i-th of them, counted from 0 in each room; `told` hears how many were stored.
        """
        tops: dict[RoomId, Top] = {}
        for part in parts(rooms, AT_ONCE):
            tops |= await self.services.store.tops(part)
        rows = (
            row for room in rooms for row in _rows(room, tops.get(room, Top()), people, count, text or _words)
        )
        stored = 0
        while batch := list(itertools.islice(rows, ROWS)):
            await self.services.store.insert(batch)
            stored += len(batch)
            told(stored)

    async def read_up_to(self, person: PersonId, rooms: Sequence[RoomId], seq: int) -> None:
        """Move somebody's read cursor in rooms where every event is a message."""
        await self.services.rooms.move_cursors([(room, person, seq, seq) for room in rooms])

    async def log_reads(self) -> int:
        """Tell how often the collection of events has been read since MongoDB started."""
        totals = (await self.services.mongo.admin("top"))["totals"]
        about = totals.get(f"{self.services.mongo.name}.{schema.EVENTS}", {})
        return sum(int(about[kind]["count"]) for kind in ("queries", "getmore", "commands") if kind in about)

    async def _group(self, people: Sequence[PersonId]) -> RoomId:
        now = datetime.now(UTC)
        room = Room(new_room_id(), RoomKind.GROUP, f"모임 {len(people)}", people[0], now)
        await self.services.rooms.add_room(room)
        roles = itertools.chain([RoomRole.OWNER], itertools.repeat(RoomRole.MEMBER))
        await self.services.rooms.seat(
            [Member(room.id, person, role, 1, now) for person, role in zip(people, roles, strict=False)]
        )
        return room.id

    async def _signed_in(self, person: PersonId) -> Guest:
        now = datetime.now(UTC)
        secret = hash_secret(new_session_secret())
        until = now + timedelta(days=self.services.settings.session_days)
        row = await self.services.sessions.create(person, secret, now, until, "madang bench")
        return Guest(person, self._tokens.issue(person, row.id, now, TOKEN_SECONDS)[0])


@asynccontextmanager
async def office_in(settings: Settings, url: str) -> AsyncIterator[Office]:
    """Give the office of a database, which is prepared where it is new."""
    async with rules(settings, url) as services:
        yield Office(services)


async def each(items: Sequence[T], work: Callable[[T], Awaitable[R]]) -> list[R]:
    """Do something with every item, a bounded number at once; the results have the items' order."""
    done: list[R] = []
    for part in parts(items, AT_ONCE):
        done.extend(await asyncio.gather(*(work(item) for item in part)))
    return done


def parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def spread(people: Sequence[T], size: int, shuffle: Callable[[list[T]], None]) -> list[list[T]]:
    """Put everybody into one group of about `size`, whom with whom by chance."""
    shuffled = list(people)
    shuffle(shuffled)
    return [list(part) for part in parts(shuffled, size)]


def _unit(
    unit: UnitId, code: str, kind: UnitKind, parent: UnitId | None, path: tuple[UnitId, ...]
) -> KnownUnit:
    return KnownUnit(unit, code, kind, code, parent, path)


def _rows(
    room: RoomId, top: Top, people: Sequence[PersonId], count: int, text: Callable[[int], str]
) -> Iterable[Row]:
    began = datetime.now(UTC) - timedelta(seconds=count)
    for i in range(count):
        body = msgspec.to_builtins(MessageBody(text(i)))
        said = Draft(room, people[i % len(people)], Kind.MESSAGE, new_cid(), body)
        yield Row(top.seq + 1 + i, top.n + 1 + i, began + timedelta(seconds=i), said)


def _words(number: int) -> str:
    return f"{WORDS[number % len(WORDS)]} ({number})"
