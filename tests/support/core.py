"""The rules over the real database, without the hub: what the tests of `rooms` work with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from rooms.access import Access
from rooms.errors import ErrorCode, Refusal
from rooms.events import Appended, Event
from rooms.history import History
from rooms.ids import FileId, PersonId, RoomId, new_cid, new_room_id
from rooms.limits import RateLimit, Rule
from rooms.log import RoomLog
from rooms.management import Management
from rooms.messages import MessageLimits, Messages
from rooms.model import Member, Room, RoomKind, RoomRole, Seat
from rooms.overview import Overview
from rooms.people import Person
from rooms.ports import LogStore, SeatMemory, Top
from rooms.receipts import ReadCursors
from rooms.unit_rooms import UnitRooms
from storage.messenger.files import MongoFiles
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo
from storage.org.people import MongoPeople
from tests.support.clock import SteppedClock


@dataclass
class RecordedWakeups:
    """`rooms.ports.Wakeups` that keeps what it was told."""

    events: dict[RoomId, list[Event]] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def appended(self, room: RoomId, events: Sequence[Event], _top: Top) -> None:
        """See `Wakeups`."""
        self.events.setdefault(room, []).extend(events)

    def joined(self, person: PersonId, room: RoomId) -> None:
        """See `Wakeups`."""
        self.calls.append(("joined", person, room))

    def left(self, person: PersonId, room: RoomId) -> None:
        """See `Wakeups`."""
        self.calls.append(("left", person, room))

    def read(self, room: RoomId, moves: Sequence[tuple[PersonId, int]]) -> None:
        """See `Wakeups`."""
        self.calls.append(("read", room, tuple(sorted(moves))))


class Brake:
    """`rooms.messages.Limiter` in memory."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._limit = RateLimit(rules)

    async def take(self, key: str, now: float) -> float | None:
        """See `Limiter`."""
        return self._limit.take(key, now)


@dataclass(frozen=True)
class Core:
    """The rules, running."""

    mongo: Mongo
    clock: SteppedClock
    wakeups: RecordedWakeups
    people: MongoPeople
    rooms: MongoRooms
    store: LogStore
    files: MongoFiles
    log: RoomLog
    access: Access
    history: History
    overview: Overview
    messages: Messages
    cursors: ReadCursors
    unit_rooms: UnitRooms
    management: Management

    async def room(
        self,
        owner: Person,
        *members: Person,
        kind: RoomKind = RoomKind.GROUP,
        readers: Sequence[Person] = (),
        open_history: bool = False,
    ) -> RoomId:
        """Make a room with an empty log, past the rules."""
        room = Room(new_room_id(), kind, "방", owner.id, self.clock.now(), open_history=open_history)
        await self.rooms.add_room(room)
        roles = {owner.id: RoomRole.OWNER}
        roles |= {person.id: RoomRole.MEMBER for person in members}
        roles |= {person.id: RoomRole.READER for person in readers}
        await self.rooms.seat(
            [Member(room.id, person, role, 1, self.clock.now()) for person, role in roles.items()]
        )
        return room.id

    async def seat(self, person: Person, room: RoomId) -> Seat:
        """Find somebody's seat."""
        return await self.access.room(person.id, room)

    async def say(
        self, person: Person, room: RoomId, text: str = "안녕하세요", *, cid: str | None = None, **more: Any
    ) -> int:
        """Send a message and wait for its place."""
        return (await landed(self.messages.send(person.id, room, cid or new_cid(), text, **more))).seq

    async def edit(self, person: Person, room: RoomId, seq: int, text: str, **more: Any) -> int:
        """Edit a message and wait for the place of the edit."""
        return (await landed(self.messages.edit(person.id, room, seq, new_cid(), text, **more))).seq

    async def recall(self, person: Person, room: RoomId, seq: int) -> int:
        """Recall a message and wait for the place of the recall."""
        return (await landed(self.messages.recall(person.id, room, seq, new_cid()))).seq

    async def react(self, person: Person, room: RoomId, seq: int, emoji: str, *, on: bool = True) -> int:
        """React to a message and wait for the place of the reaction."""
        return (await landed(self.messages.react(person.id, room, seq, new_cid(), emoji, on=on))).seq

    async def pin(self, person: Person, room: RoomId, seq: int, *, on: bool = True) -> int:
        """Pin a message and wait for the place of the pin."""
        return (await landed(self.messages.pin(person.id, room, seq, new_cid(), on=on))).seq

    async def upload(self, owner: Person, name: str = "a.txt", content: bytes = b"hello") -> FileId:
        """Keep a file of somebody."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return (await self.files.store(owner.id, name, "text/plain", chunks(), self.clock.now())).id

    async def raw(self, room: RoomId) -> list[Event]:
        """Read the log as it is stored."""
        return [row.event for row in await self.store.range(room, 1, 2**53, 100_000, newest=False)]


def clock_of_today() -> SteppedClock:
    """Make a clock that starts now, because MongoDB erases what has expired by its own time."""
    now = datetime.now(UTC)
    return SteppedClock(now.replace(microsecond=now.microsecond // 1000 * 1000))


async def landed(queued: Awaitable[Awaitable[Appended]]) -> Appended:
    """Wait until a command is queued, and then until it is stored."""
    return await (await queued)


@asynccontextmanager
async def running_core(
    mongo: Mongo,
    *,
    clock: SteppedClock | None = None,
    store: LogStore | None = None,
    memory: SeatMemory | None = None,
    limits: MessageLimits | None = None,
    rules: Sequence[Rule] = (),
    change_rules: Sequence[Rule] = (),
    page: int = 200,
    group_members: int = 2000,
) -> AsyncIterator[Core]:
    """Put the rules together and run what writes; a `store` of the test's own may stand for the log."""
    clock = clock or clock_of_today()
    wakeups = RecordedWakeups()
    people, rooms, files = MongoPeople(mongo), MongoRooms(mongo), MongoFiles(mongo)
    store = store or MongoLog(mongo)
    log = RoomLog(store, clock, wakeups.appended)
    access = Access(rooms, people, store, memory)
    history = History(access, store, page)
    unit_rooms = UnitRooms(rooms, people, store, log, wakeups, clock)
    cursors = ReadCursors(access, rooms, store, wakeups)
    made = Core(
        mongo=mongo,
        clock=clock,
        wakeups=wakeups,
        people=people,
        rooms=rooms,
        store=store,
        files=files,
        log=log,
        access=access,
        history=history,
        overview=Overview(access, rooms, people, store, history, clock),
        messages=Messages(access, log, store, files, Brake(rules), clock, limits or MessageLimits()),
        cursors=cursors,
        unit_rooms=unit_rooms,
        management=Management(
            access, rooms, store, log, unit_rooms, wakeups, clock, Brake(change_rules), group_members
        ),
    )
    tasks = [asyncio.create_task(log.run(lane)) for lane in range(log.lanes)]
    tasks.append(asyncio.create_task(cursors.run()))
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def refused(what: Awaitable[Any], code: ErrorCode, reason: str | None = None) -> Refusal:
    """Expect a refusal with this code, and with this reason where one is given."""
    with pytest.raises(Refusal) as caught:
        await what
    assert caught.value.code is code, caught.value
    assert reason is None or caught.value.reason == reason, caught.value
    return caught.value


async def answers(*asked: Awaitable[Any]) -> set[tuple[str, str, str]]:
    """Expect refusals, and collect everything they say: what must not be told apart has one answer."""
    said = set()
    for one in asked:
        with pytest.raises(Refusal) as caught:
            await one
        said.add((caught.value.code.value, caught.value.reason, str(caught.value.params)))
    return said
