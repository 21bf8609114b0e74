import asyncio
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from rooms.errors import ErrorCode
from rooms.events import Kind, draft
from rooms.ids import PersonId, RoomId, new_cid, new_person_id, new_room_id
from rooms.model import Member, Room, RoomKind, RoomRole
from rooms.ports import LogUnavailable, Top
from rooms.receipts import ReadCursors
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo, PyMongoError
from tests.support.core import Core, RecordedWakeups, answers, refused
from tests.support.logs import PEOPLE, Happening, bodies, happenings
from tests.support.people import Office


async def cursor(core: Core, person: PersonId, room: RoomId) -> tuple[int, int]:
    member = await core.rooms.member(room, person)
    assert member is not None
    return member.read, member.read_n


async def spoken(core: Core, office: Office, count: int = 5) -> RoomId:
    room = await core.room(office.teacher, office.mother, office.father)
    for _ in range(count):
        await core.say(office.teacher, room)
    return room


async def test_a_cursor_moves_and_is_kept_and_told(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    await core.react(office.teacher, room, 1, "👍")
    await core.cursors.read(office.mother.id, room, 3)
    assert await cursor(core, office.mother.id, room) == (3, 3)
    await core.cursors.read(office.mother.id, room, 6)
    assert await cursor(core, office.mother.id, room) == (6, 5)
    assert core.wakeups.calls == [
        ("read", room, ((office.mother.id, 3),)),
        ("read", room, ((office.mother.id, 6),)),
    ]
    member = await core.rooms.member(room, office.mother.id)
    assert member is not None
    assert member.read_at is not None


async def test_a_cursor_never_goes_back(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    await core.cursors.read(office.mother.id, room, 4)
    for seq in (3, 4, 0):
        await core.cursors.read(office.mother.id, room, seq)
    assert await cursor(core, office.mother.id, room) == (4, 4)
    assert len(core.wakeups.calls) == 1
    await core.rooms.move_cursors([(room, office.mother.id, 2, 2)])
    assert await cursor(core, office.mother.id, room) == (4, 4)


async def test_a_cursor_ends_where_the_log_does(core: Core, office: Office) -> None:
    room, empty = await spoken(core, office, 2), await core.room(office.teacher)
    await core.cursors.read(office.mother.id, room, 2**53 - 1)
    assert await cursor(core, office.mother.id, room) == (2, 2)
    assert core.wakeups.calls == [("read", room, ((office.mother.id, 2),))]
    await core.cursors.read(office.teacher.id, empty, 7)
    assert await cursor(core, office.teacher.id, empty) == (0, 0)


async def test_whoever_writes_has_read(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    core.cursors.wrote(office.mother.id, room, 5)
    await core.cursors.flush()
    assert await cursor(core, office.mother.id, room) == (5, 5)
    assert core.wakeups.calls == [], "the message itself tells it"


class Unasked(MongoLog):
    """Is asked for no count."""

    @override
    async def counts(self, places: Iterable[tuple[RoomId, int]]) -> dict[tuple[RoomId, int], int]:
        assert not list(places)
        return {}


async def test_the_log_is_not_asked_for_what_whoever_appended_knows(
    core: Core, mongo: Mongo, office: Office
) -> None:
    room = await spoken(core, office)
    cursors = ReadCursors(core.access, core.rooms, Unasked(mongo), core.wakeups)
    for seq in (2, 4, 3):
        cursors.wrote(office.mother.id, room, seq, seq)
    await cursors.flush()
    assert await cursor(core, office.mother.id, room) == (4, 4)


async def test_nobody_reads_where_they_are_not(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    await core.rooms.unseat(room, [office.father.id])
    said = await answers(
        core.cursors.read(office.father.id, room, 1),
        core.cursors.read(office.colleague.id, room, 1),
        core.cursors.read(office.mother.id, new_room_id(), 1),
        core.cursors.receipts(office.father.id, room, 1),
        core.cursors.receipts(office.colleague.id, room, 1),
        core.cursors.receipts(office.mother.id, new_room_id(), 1),
    )
    assert said == {("not_found", "no_room", "{}")}


async def test_a_membership_that_ended_meanwhile_is_left_alone(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    core.cursors.wrote(new_person_id(), room, 3)
    await core.cursors.flush()
    assert await core.rooms.count([room]) == {room: 3}


class CountedRooms(MongoRooms):
    """Counts what is written of cursors, and fails where it is told to."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self.written: list[int] = []
        self.failure: Exception | None = None

    @override
    async def move_cursors(self, moves: Sequence[tuple[RoomId, PersonId, int, int]]) -> None:
        if self.failure is not None:
            raise self.failure
        self.written.append(len(moves))
        await super().move_cursors(moves)


async def test_many_moves_are_written_together(core: Core, mongo: Mongo, office: Office) -> None:
    rooms = CountedRooms(mongo)
    one, other = await spoken(core, office), await spoken(core, office)
    cursors = ReadCursors(core.access, rooms, core.store, core.wakeups)
    reads = [
        asyncio.create_task(cursors.read(person.id, room, seq))
        for person in (office.mother, office.father)
        for room in (one, other)
        for seq in (2, 5, 3)
    ]
    running = asyncio.create_task(cursors.run())
    await asyncio.gather(*reads)
    running.cancel()
    assert rooms.written == [4]
    assert {await cursor(core, office.mother.id, room) for room in (one, other)} == {(5, 5)}
    moved = tuple(sorted([(office.mother.id, 5), (office.father.id, 5)]))
    assert sorted(core.wakeups.calls) == sorted([("read", one, moved), ("read", other, moved)])


@pytest.mark.parametrize("failure", [LogUnavailable("away"), PyMongoError("away")])
async def test_what_cannot_be_written_is_refused_and_kept_for_the_next_time(
    core: Core, mongo: Mongo, office: Office, failure: Exception
) -> None:
    rooms, room, wakeups = CountedRooms(mongo), await spoken(core, office), RecordedWakeups()
    cursors = ReadCursors(core.access, rooms, core.store, wakeups)
    rooms.failure = failure
    reading = asyncio.create_task(cursors.read(office.mother.id, room, 3))
    cursors.wrote(office.father.id, room, 4)
    running = asyncio.create_task(cursors.run())
    await refused(reading, ErrorCode.UNAVAILABLE, "log_unavailable")
    if isinstance(failure, LogUnavailable):
        assert not running.done()
        running.cancel()
    else:
        with pytest.raises(PyMongoError):  # its owner logs it and runs it again
            await running
    assert wakeups.calls == []

    rooms.failure = None
    cursors.wrote(office.father.id, room, 2)
    await cursors.flush()
    assert await cursor(core, office.mother.id, room) == (3, 3)
    assert await cursor(core, office.father.id, room) == (4, 4)
    assert wakeups.calls == [("read", room, ((office.mother.id, 3),))]
    await cursors.flush()
    assert rooms.written == [2], "there is nothing more to write"


class NeverEnding(MongoLog):
    """Does not answer."""

    @override
    async def counts(self, places: Iterable[tuple[RoomId, int]]) -> dict[tuple[RoomId, int], int]:
        await asyncio.get_running_loop().create_future()
        raise AssertionError


async def test_nobody_waits_for_a_run_that_was_stopped(core: Core, mongo: Mongo, office: Office) -> None:
    room = await spoken(core, office)
    cursors = ReadCursors(core.access, core.rooms, NeverEnding(mongo), core.wakeups)
    reading = asyncio.create_task(cursors.read(office.mother.id, room, 3))
    while reading.done() is False and not cursors._moves:
        await core.mongo.ping()
    flushing = asyncio.create_task(cursors.flush())
    await core.mongo.ping()
    flushing.cancel()
    await refused(reading, ErrorCode.UNAVAILABLE)


async def test_a_reader_that_has_gone_stops_nobody_else(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    gone = asyncio.create_task(core.cursors.read(office.mother.id, room, 3))
    stays = asyncio.create_task(core.cursors.read(office.father.id, room, 3))
    await core.mongo.ping()
    gone.cancel()
    await stays
    assert await cursor(core, office.father.id, room) == (3, 3)


# Receipts


async def test_receipts_tell_who_has_read_and_who_has_not(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    await core.cursors.read(office.mother.id, room, 3)
    await core.cursors.read(office.teacher.id, room, 5)

    async def read(seq: int) -> tuple[set[PersonId], set[PersonId]]:
        found = await core.cursors.receipts(office.mother.id, room, seq)
        return {one.person for one in found.read}, {one.person for one in found.unread}

    teacher, mother, father = office.teacher.id, office.mother.id, office.father.id
    assert await read(3) == ({teacher, mother}, {father})
    assert await read(4) == ({teacher}, {mother, father})
    await core.mongo["members"].update_one({"room": room, "person": father}, {"$set": {"first": 4}})
    assert await read(3) == ({teacher, mother}, set())
    await core.rooms.unseat(room, [teacher])
    assert await read(4) == (set(), {mother, father})


async def test_there_are_no_receipts_of_what_one_may_not_see(core: Core, office: Office) -> None:
    room = await spoken(core, office)
    await core.mongo["members"].update_one({"room": room, "person": office.mother.id}, {"$set": {"first": 3}})
    said = await answers(
        *(core.cursors.receipts(office.mother.id, room, seq) for seq in (0, 1, 2, 6, 2**53 - 1))
    )
    assert said == {("not_found", "no_message", "{}")}
    assert len((await core.cursors.receipts(office.mother.id, room, 3)).unread) == 3


# What is unread

reads = st.tuples(st.sampled_from(PEOPLE), st.integers(0, 40), st.booleans())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    chapters=st.lists(
        st.tuples(st.lists(happenings, max_size=10), st.lists(reads, max_size=6)), min_size=1, max_size=4
    ),
    joins_at=st.integers(0, 3),
)
async def test_what_is_unread_is_what_a_recount_of_the_log_says(
    core: Core, chapters: list[tuple[list[Happening], list[tuple[PersonId, int, bool]]]], joins_at: int
) -> None:
    now = core.clock.now()
    room = Room(new_room_id(), RoomKind.GROUP, "방", PEOPLE[0], now)
    await core.rooms.add_room(room)
    expected = dict.fromkeys(PEOPLE, 0)
    for turn, (story, moves) in enumerate(chapters):
        top = (await core.store.tops([room.id])).get(room.id, Top())
        if turn == 0:
            early = [Member(room.id, person, RoomRole.MEMBER, 1, now) for person in PEOPLE[:2]]
            await core.rooms.seat(early)
        if turn == min(joins_at, len(chapters) - 1):
            last = PEOPLE[2]
            await core.rooms.seat([Member(room.id, last, RoomRole.MEMBER, top.seq + 1, now, top.seq, top.n)])
            expected[last] = top.seq
        log = await core.raw(room.id)
        messages = [event.seq for event in log if event.kind == Kind.MESSAGE]
        await asyncio.gather(
            *(
                core.log.append(draft(room.id, happening.by, new_cid(), body))
                for happening, body in bodies(story, messages, len(log))
            )
        )
        present = {member.person for member in await core.rooms.members(room.id)}
        waiting = []
        for person, seq, writes in moves:
            if person not in present:
                continue
            if writes:
                core.cursors.wrote(person, room.id, seq)
            else:
                waiting.append(asyncio.create_task(core.cursors.read(person, room.id, seq)))
            expected[person] = max(expected[person], min(seq, len(log) + len(story)))
        if waiting:
            await asyncio.wait(waiting)
        await core.cursors.flush()

    log = await core.raw(room.id)
    for person in PEOPLE:
        view = await core.overview.room(person, room.id)
        unread = [event for event in log if event.kind == Kind.MESSAGE and event.seq > view.read]
        assert view.read == expected[person]
        assert view.unread == len(unread)
        assert view.mentioned == sum(person in event.body.get("mentions", ()) for event in unread)
        assert view.top == len(log)
        assert await core.rooms.readers(room.id, view.read) == sum(
            expected[one] >= view.read for one in PEOPLE
        )
