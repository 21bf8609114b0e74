import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

import rooms.group_commit
from rooms.errors import ErrorCode, Refusal
from rooms.events import Appended, Body, Draft, EditBody, Event, Kind, MessageBody, ReactBody, draft
from rooms.ids import PersonId, RoomId, new_cid, new_room_id
from rooms.log import RoomLog
from rooms.ports import Inserted, Key, Logged, LogStore, Row, Top
from storage.messenger.log import MongoLog
from storage.mongo import Mongo
from tests.support.clock import SteppedClock
from tests.support.core import refused
from tests.support.faulty_log import (
    Fault,
    FaultyLog,
    Gate,
    Insert,
    after,
    before,
    crash,
    halfway,
    hang,
    well,
)

ANNA, BEN = PersonId("panna"), PersonId("pben")


class Writer:
    """A `RoomLog`, its lanes running, and what it published."""

    def __init__(self, store: LogStore, clock: SteppedClock, **bounds: float) -> None:
        self.clock = clock
        self.published: dict[RoomId, list[Event]] = defaultdict(list)
        self.batches: list[tuple[RoomId, int]] = []
        self.told: dict[RoomId, Top] = {}
        self.log = RoomLog(store, clock, self._publish, **bounds)  # type: ignore[arg-type]
        self.tasks: list[asyncio.Task[None]] = []

    def _publish(self, room: RoomId, events: list[Event], top: Top) -> None:
        self.published[room].extend(events)
        self.told[room] = top
        self.batches.append((room, len(events)))

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self.log.run(lane)) for lane in range(self.log.lanes)]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@asynccontextmanager
async def writing(
    store: LogStore, clock: SteppedClock | None = None, **bounds: float
) -> AsyncIterator[Writer]:
    writer = Writer(store, clock or SteppedClock(), **bounds)
    writer.start()
    try:
        yield writer
    finally:
        await writer.stop()


def says(room: RoomId, text: str = "글", by: PersonId = ANNA, cid: str | None = None) -> Draft:
    return draft(room, by, cid or new_cid(), MessageBody(text))


async def stored(mongo: Mongo, room: RoomId) -> list[Logged]:
    return await MongoLog(mongo).range(room, 1, 2**53, 100_000, newest=False)


def assert_sound(log: Sequence[Logged]) -> None:
    """Numbered from 1 without a hole, each `cid` once, messages counted right."""
    assert [row.event.seq for row in log] == list(range(1, len(log) + 1))
    assert max(Counter((row.event.by, row.event.cid) for row in log).values(), default=1) == 1
    messages = 0
    for row in log:
        messages += row.event.kind == Kind.MESSAGE
        assert row.n == messages


# One order, no hole


async def test_appends_are_numbered_in_the_order_of_the_calls(mongo: Mongo) -> None:
    room = new_room_id()
    bodies: list[Body] = [MessageBody("하나"), EditBody(1, "둘"), MessageBody("셋"), ReactBody(1, "👍", True)]
    async with writing(MongoLog(mongo)) as writer:
        drafts = [draft(room, ANNA, new_cid(), body) for body in bodies]
        answers = await asyncio.gather(*(writer.log.append(one) for one in drafts))
    log = await stored(mongo, room)
    assert_sound(log)
    assert [answer.seq for answer in answers] == [1, 2, 3, 4]
    assert not any(answer.repeated for answer in answers)
    assert [row.n for row in log] == [1, 1, 2, 2]
    assert [row.target for row in log] == [None, 1, None, 1]
    assert [row.event for row in log] == writer.published[room]
    for row, one, answer in zip(log, drafts, answers, strict=True):
        assert (row.event.kind, row.event.by, row.event.cid) == (one.kind, ANNA, one.cid)
        assert row.event.body == one.body
        assert row.event.at == answer.at


async def test_all_that_wait_are_one_insert(mongo: Mongo) -> None:
    store, room = FaultyLog(mongo), new_room_id()
    async with writing(store, batch=10) as writer:
        answers = await asyncio.gather(*(writer.log.append(says(room)) for _ in range(25)))
    assert [len(rows) for rows in store.batches] == [10, 10, 5]
    assert [answer.seq for answer in answers] == list(range(1, 26))
    assert writer.batches == [(room, 10), (room, 10), (room, 5)]


async def test_a_room_is_told_once_of_all_that_a_commit_added(mongo: Mongo) -> None:
    one, other = new_room_id(), new_room_id()
    async with writing(MongoLog(mongo), lanes=1) as writer:
        await asyncio.gather(*(writer.log.append(says(room)) for room in [one, other] * 3))
    assert sorted(writer.batches) == sorted([(one, 3), (other, 3)])


async def test_a_thousand_rooms_at_once_are_few_inserts(mongo: Mongo) -> None:
    store, room_ids = FaultyLog(mongo), [new_room_id() for _ in range(1000)]
    async with writing(store) as writer:
        drafts = [says(room, str(turn)) for turn in range(2) for room in room_ids]
        answers = await asyncio.gather(*(writer.log.append(one) for one in drafts))
    assert [answer.seq for answer in answers] == [1] * 1000 + [2] * 1000
    assert len(store.batches) <= 8
    assert all([event.seq for event in writer.published[room]] == [1, 2] for room in room_ids)


async def test_what_others_wrote_is_not_written_over(mongo: Mongo) -> None:
    room = new_room_id()
    store = FaultyLog(mongo)
    async with writing(store) as here, writing(MongoLog(mongo)) as there:
        assert (await here.log.append(says(room))).seq == 1
        assert (await there.log.append(says(room))).seq == 2
        assert (await here.log.append(says(room))).seq == 3
        assert len(store.batches) == 3, "one insert met the other's, and was tried again"
    assert_sound(await stored(mongo, room))


async def test_a_writer_that_was_told_of_a_longer_log_meets_nobody(mongo: Mongo) -> None:
    room, other = new_room_id(), new_room_id()
    store = FaultyLog(mongo)
    async with writing(store) as here, writing(MongoLog(mongo)) as there:
        await here.log.append(says(room))
        await there.log.append(says(room))
        here.log.observed(room, Top(2, 2))
        here.log.observed(room, Top(1, 1))
        here.log.observed(other, Top(7, 7))
        assert (await here.log.append(says(room))).seq == 3
        assert len(store.batches) == 2
        assert (await here.log.append(says(other))).seq == 1, "a room of which nothing is kept is read"


async def test_writers_who_tell_each_other_what_they_wrote_take_turns_without_meeting(mongo: Mongo) -> None:
    room = new_room_id()
    one, other = FaultyLog(mongo), FaultyLog(mongo)
    async with writing(one) as here, writing(other) as there:
        for turn in range(10):
            mine, theirs = (here, there) if turn % 2 else (there, here)
            assert (await mine.log.append(says(room))).seq == turn + 1
            assert mine.told[room] == Top(turn + 1, turn + 1)
            theirs.log.observed(room, mine.told[room])
    met = len(one.batches) + len(other.batches) - 10
    assert met <= 1, "the first time, one of them did not know the room"
    assert_sound(await stored(mongo, room))


async def test_a_room_that_was_forgotten_is_read_again(mongo: Mongo) -> None:
    one, other = new_room_id(), new_room_id()
    async with writing(MongoLog(mongo), remembered=1, lanes=1) as writer:
        for seq in (1, 2, 3):
            assert (await writer.log.append(says(one))).seq == seq
            assert (await writer.log.append(says(other))).seq == seq
    assert_sound(await stored(mongo, one))


# Nothing twice


async def test_the_same_cid_again_gets_the_first_answer(mongo: Mongo) -> None:
    room = new_room_id()
    first = says(room)
    store = FaultyLog(mongo)
    async with writing(store) as writer:
        twins = await asyncio.gather(*(writer.log.append(first) for _ in range(3)))
        later = await writer.log.append(first)
        assert [len(rows) for rows in store.batches] == [1]
    async with writing(MongoLog(mongo)) as restarted, writing(MongoLog(mongo), remembered=0) as forgetful:
        again = await restarted.log.append(first)
        others = [await forgetful.log.append(first), await forgetful.log.append(first)]
        assert [event.cid for event in restarted.published[room]] == [first.cid], "told by who may have died"
    assert [twin.repeated for twin in twins] == [False, True, True]
    answers = [*twins, later, again, *others]
    assert {(answer.seq, answer.at) for answer in answers} == {(1, twins[0].at)}
    assert all(answer.repeated for answer in answers[1:])
    assert len(writer.published[room]) == 1
    assert_sound(await stored(mongo, room))


async def test_another_process_gets_the_first_answer_too(mongo: Mongo, mongod_url: str) -> None:
    room = new_room_id()
    first = says(room)
    async with writing(MongoLog(mongo)) as writer:
        landed = await writer.log.append(first)
    script = f"""
import asyncio
from rooms.events import MessageBody, draft
from rooms.log import RoomLog
from storage.messenger.log import MongoLog
from storage.mongo import connected
from tests.support.clock import SteppedClock

async def main():
    async with connected({mongod_url!r}, {mongo.name!r}) as mongo:
        log = RoomLog(MongoLog(mongo), SteppedClock(), lambda room, events, top: None, lanes=1)
        running = asyncio.create_task(log.run(0))
        answer = await log.append(draft({room!r}, {ANNA!r}, {first.cid!r}, MessageBody("글")))
        print(answer.seq, answer.at, answer.repeated)
        running.cancel()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().split() == ["1", landed.at, "True"]
    assert len(await stored(mongo, room)) == 1


async def test_a_cid_is_one_persons_in_one_room_and_in_any_case(mongo: Mongo) -> None:
    room, other, cid = new_room_id(), new_room_id(), new_cid()
    async with writing(MongoLog(mongo)) as writer:
        drafts = [says(room, cid=cid), says(room, by=BEN, cid=cid), says(other, cid=cid)]
        answers = [await writer.log.append(one) for one in drafts]
        upper = await writer.log.append(says(room, cid=cid.upper()))
    assert [(answer.seq, answer.repeated) for answer in answers] == [(1, False), (2, False), (1, False)]
    assert (upper.seq, upper.repeated) == (1, True)


@pytest.mark.parametrize("where", ["batch", "memory", "store"])
async def test_the_same_cid_with_another_content_is_an_error(mongo: Mongo, where: str) -> None:
    room, cid = new_room_id(), new_cid()
    first = says(room, cid=cid)
    others: list[Body] = [MessageBody("anders"), MessageBody("글", reply_to=1), EditBody(1, "글")]
    async with writing(MongoLog(mongo)) as one, writing(MongoLog(mongo)) as two:
        queued = one.log.append(first)
        if where != "batch":
            await queued
        log = two.log if where == "store" else one.log
        for other in others:
            await refused(log.append(draft(room, ANNA, cid, other)), ErrorCode.CONFLICT, "cid_reused")
        assert (await queued).seq == 1
        assert (await log.append(first)).repeated
    assert len(await stored(mongo, room)) == 1


async def test_a_repeat_among_others_does_not_hold_them_up(mongo: Mongo) -> None:
    room = new_room_id()
    known = [says(room) for _ in range(3)]
    async with writing(MongoLog(mongo)) as before_restart:
        await asyncio.gather(*(before_restart.log.append(one) for one in known))
    fresh = [says(room) for _ in range(3)]
    mixed = [known[0], fresh[0], known[1], fresh[1], known[2], fresh[2]]
    async with writing(MongoLog(mongo)) as writer:
        answers = await asyncio.gather(*(writer.log.append(one) for one in mixed))
    assert [(answer.seq, answer.repeated) for answer in answers] == [
        (1, True),
        (4, False),
        (2, True),
        (5, False),
        (3, True),
        (6, False),
    ]
    assert [event.seq for event in writer.published[room]] == [1, 2, 3, 4, 5, 6]


class Late(FaultyLog):
    """Does not see at once what the unique index knows already, as a majority may lag behind."""

    def __init__(self, mongo: Mongo, times: int) -> None:
        super().__init__(mongo)
        self.times = times

    @override
    async def find_all(self, keys: Sequence[Key]) -> dict[Key, Logged]:
        if self.times:
            self.times -= 1
            return {}
        return await super().find_all(keys)


async def test_a_repeat_that_cannot_be_seen_yet_is_answered_a_moment_later(mongo: Mongo) -> None:
    room = new_room_id()
    first = says(room)
    async with writing(MongoLog(mongo)) as writer:
        await writer.log.append(first)
    async with writing(Late(mongo, 3)) as writer:
        answers = await asyncio.gather(writer.log.append(first), writer.log.append(says(room)))
    assert [(answer.seq, answer.repeated) for answer in answers] == [(1, True), (2, False)]
    assert_sound(await stored(mongo, room))


# A store that fails


@pytest.mark.parametrize("fault", [before, after, halfway])
@pytest.mark.parametrize("times", [1, 3])
async def test_what_failed_is_tried_until_it_is_stored_once(mongo: Mongo, fault: Fault, times: int) -> None:
    store, room = FaultyLog(mongo, *[fault] * times), new_room_id()
    async with writing(store) as writer:
        drafts = [says(room, str(number)) for number in range(5)]
        answers = await asyncio.gather(*(writer.log.append(one) for one in drafts))
        assert writer.log.waiting == 0
    log = await stored(mongo, room)
    assert_sound(log)
    assert [answer.seq for answer in answers] == [1, 2, 3, 4, 5]
    assert [row.event.cid for row in log] == [one.cid for one in drafts]
    assert sorted({event.seq for event in writer.published[room]}) == [1, 2, 3, 4, 5], "all were told"


@pytest.mark.parametrize("fault", [before, after, halfway])
async def test_an_insert_of_unknown_outcome_meets_another_writer(mongo: Mongo, fault: Fault) -> None:
    room, gate = new_room_id(), Gate(fault)
    async with writing(FaultyLog(mongo, well, gate)) as here, writing(MongoLog(mongo)) as there:
        await here.log.append(says(room))
        mine = [says(room, f"hier {number}") for number in range(4)]
        queued = [here.log.append(one) for one in mine]
        await gate.reached.wait()
        gate.open.set()
        theirs = [there.log.append(says(room, f"dort {number}", BEN)) for number in range(4)]
        answers = await asyncio.gather(*queued)
        await asyncio.gather(*theirs)
    log = await stored(mongo, room)
    assert_sound(log)
    assert len(log) == 9
    assert [log[answer.seq - 1].event.cid for answer in answers] == [one.cid for one in mine]
    assert [row.event.cid for row in log if row.event.by == ANNA][1:] == [one.cid for one in mine]


async def test_what_a_process_stored_and_never_told_is_told_by_who_is_sent_it_again(mongo: Mongo) -> None:
    room = new_room_id()
    first = says(room)
    async with writing(MongoLog(mongo)) as dies, writing(MongoLog(mongo)) as lives:
        await dies.log.append(first)
        answer = await lives.log.append(first)
        assert (answer.seq, answer.repeated) == (1, True)
        assert [event.cid for event in lives.published[room]] == [first.cid]
        await lives.log.append(says(room))
        assert [event.seq for event in lives.published[room]] == [1, 2]


async def test_a_store_that_hangs_is_asked_again(mongo: Mongo) -> None:
    store, room = FaultyLog(mongo, hang), new_room_id()
    async with writing(store, patience=0.2) as writer:
        first = says(room)
        answer = await writer.log.append(first)
        assert (await writer.log.append(says(room))).seq == 2
    assert (answer.seq, answer.repeated) == (1, True)
    assert writer.published[room][0].cid == first.cid
    assert_sound(await stored(mongo, room))


class Down:
    """A store that is away; each question to it takes time."""

    def __init__(self, clock: SteppedClock, *seconds: float) -> None:
        self._clock = clock
        self._seconds = list(seconds)
        self.asked = 0

    async def __call__(self, rows: Sequence[Row], insert: Insert) -> Inserted:
        self.asked += 1
        if self._seconds:
            self._clock.advance(self._seconds.pop(0))
        return await before(rows, insert)


async def test_patience_ends_exactly_when_it_should(mongo: Mongo) -> None:
    clock, room = SteppedClock(), new_room_id()
    down = Down(clock, 19.5, 0.25, 0.25)
    store = FaultyLog(mongo, always=down)
    async with writing(store, clock, patience=20.0) as writer:
        first = says(room)
        refusal = await refused(writer.log.append(first), ErrorCode.UNAVAILABLE, "log_unavailable")
        assert down.asked == 3
        assert refusal.temporary
        assert refusal.retry_after == 2.0
        assert writer.log.waiting == 0
        store.always = None
        assert (await writer.log.append(first)).seq == 1, "the same cid may be tried again"
    assert_sound(await stored(mongo, room))


async def test_a_long_outage_ends(mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms.group_commit, "FIRST_PAUSE", 0.0)
    store, room = FaultyLog(mongo, *[before] * 1100), new_room_id()
    async with writing(store) as writer:
        assert (await writer.log.append(says(room))).seq == 1
        assert len(store.batches) == 1101


async def test_only_those_who_waited_too_long_are_given_up(mongo: Mongo) -> None:
    clock, room = SteppedClock(), new_room_id()
    gates = [Gate(before), Gate(before)]
    store = FaultyLog(mongo, *gates)
    async with writing(store, clock, patience=20.0) as writer:
        old = writer.log.append(says(room))
        await gates[0].reached.wait()
        clock.advance(15.0)
        young = writer.log.append(says(room))
        gates[0].open.set()
        await gates[1].reached.wait()
        clock.advance(5.0)
        gates[1].open.set()
        await refused(old, ErrorCode.UNAVAILABLE)
        assert (await young).seq == 1
    assert len(await stored(mongo, room)) == 1


async def test_a_run_that_died_is_taken_up_by_the_next(mongo: Mongo) -> None:
    """Neither its drafts nor what it had inserted are lost, and nobody has to append to wake it."""
    room = new_room_id()
    writer = Writer(FaultyLog(mongo, crash), SteppedClock(), lanes=1)
    queued = [writer.log.append(says(room, str(number))) for number in range(3)]
    with pytest.raises(RuntimeError, match="of the store itself"):
        await writer.log.run(0)
    assert not any(one.done() for one in queued if isinstance(one, asyncio.Future))
    writer.start()
    assert [(await one).seq for one in queued] == [1, 2, 3]
    assert writer.log.waiting == 0
    await writer.stop()
    assert [event.seq for event in writer.published[room]] == [1, 2, 3]
    assert_sound(await stored(mongo, room))


async def test_a_run_that_is_cancelled_loses_nothing(mongo: Mongo) -> None:
    room, gate = new_room_id(), Gate()
    writer = Writer(FaultyLog(mongo, gate), SteppedClock(), lanes=1)
    queued = [writer.log.append(says(room, str(number))) for number in range(3)]
    writer.start()
    await gate.reached.wait()
    await writer.stop()
    writer.start()
    assert [(await one).seq for one in queued] == [1, 2, 3]
    assert writer.log.waiting == 0
    await writer.stop()


async def test_a_draft_that_cannot_be_stored_does_not_stop_its_lane_for_ever(mongo: Mongo) -> None:
    clock, room = SteppedClock(), new_room_id()
    writer = Writer(MongoLog(mongo), clock, lanes=1, patience=20.0)
    poison = writer.log.append(Draft(room, ANNA, Kind.MESSAGE, new_cid(), {"text": object()}))
    for _ in range(2):
        with pytest.raises(Exception, match="cannot encode object"):
            await writer.log.run(0)
        clock.advance(20.0)
    await refused(poison, ErrorCode.UNAVAILABLE)
    writer.start()
    assert (await writer.log.append(says(room))).seq == 1
    await writer.stop()


async def test_a_listener_that_fails_takes_no_answer_back(mongo: Mongo) -> None:
    room = new_room_id()

    def fail(_room: RoomId, _events: list[Event], _top: Top) -> None:
        raise RuntimeError("the listener")

    log = RoomLog(MongoLog(mongo), SteppedClock(), fail, lanes=1)
    queued = [log.append(says(room)) for _ in range(2)]
    with pytest.raises(RuntimeError, match="the listener"):
        await log.run(0)
    assert [(await one).seq for one in queued] == [1, 2]
    assert log.waiting == 0
    await log.drain()


# Bounds, and the end


async def test_only_so_many_may_wait(mongo: Mongo) -> None:
    room = new_room_id()
    writer = Writer(MongoLog(mongo), SteppedClock(), capacity=3)
    queued = [writer.log.append(says(room)) for _ in range(3)]
    with pytest.raises(Refusal) as caught:
        await writer.log.append(says(room))
    assert (caught.value.code, caught.value.reason) == (ErrorCode.UNAVAILABLE, "log_busy")
    assert caught.value.retry_after == 1.0
    assert writer.log.waiting == 3
    writer.start()
    assert [(await one).seq for one in queued] == [1, 2, 3]
    assert (await writer.log.append(says(room))).seq == 4, "there is room again"
    await writer.stop()


async def test_a_sender_that_has_gone_is_no_reason_not_to_store(mongo: Mongo) -> None:
    room, gate = new_room_id(), Gate()
    async with writing(FaultyLog(mongo, gate)) as writer:
        first = says(room)

        async def sender() -> Appended:
            return await writer.log.append(first)

        gone = asyncio.create_task(sender())
        await gate.reached.wait()
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        gate.open.set()
        await writer.log.drain()
        assert writer.log.waiting == 0
        assert (await writer.log.append(first)).repeated
    assert [event.cid for event in writer.published[room]] == [first.cid]


async def test_a_sender_may_go_while_its_draft_fails(mongo: Mongo) -> None:
    clock = SteppedClock()
    gate = Gate(before)
    async with writing(FaultyLog(mongo, gate), clock) as writer:
        queued = asyncio.ensure_future(writer.log.append(says(new_room_id())))
        await gate.reached.wait()
        queued.cancel()
        clock.advance(100)
        gate.open.set()
        await writer.log.drain()
        assert writer.log.waiting == 0


async def test_drain_waits_for_all_that_is_under_way(mongo: Mongo) -> None:
    room, gate = new_room_id(), Gate()
    async with writing(FaultyLog(mongo, gate)) as writer:
        await writer.log.drain()
        queued = [asyncio.ensure_future(writer.log.append(says(room))) for _ in range(3)]
        drained = asyncio.create_task(writer.log.drain())
        await gate.reached.wait()
        assert not drained.done()
        gate.open.set()
        await drained
        assert [one.result().seq for one in queued] == [1, 2, 3]


# All of it together

appends = st.lists(
    st.tuples(
        st.integers(0, 2),  # which writer
        st.integers(0, 1),  # which room
        st.integers(0, 5),  # which cid
        st.sampled_from(["gleich", "gleich", "gleich", "anders"]),
        st.sampled_from([Kind.MESSAGE, Kind.MESSAGE, Kind.REACT]),
        st.booleans(),  # wait for the answer before going on
    ),
    min_size=1,
    max_size=30,
)
faults = st.lists(st.sampled_from([well, well, before, after, halfway]), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(story=appends, failing=faults, batch=st.integers(1, 4))
async def test_writers_that_contend_and_fail_make_one_log(
    mongo: Mongo, story: list[tuple[int, int, int, str, Kind, bool]], failing: list[Fault], batch: int
) -> None:
    room_ids, cids = [new_room_id(), new_room_id()], [new_cid() for _ in range(6)]
    stores: list[LogStore] = [FaultyLog(mongo, *failing), MongoLog(mongo), MongoLog(mongo)]
    writers = [Writer(store, SteppedClock(), lanes=2, batch=batch) for store in stores]
    for writer in writers:
        writer.start()
    queued: list[tuple[int, Draft, asyncio.Future[Appended]]] = []
    for which, place, cid, text, kind, wait in story:
        body: Body = MessageBody(text) if kind is Kind.MESSAGE else ReactBody(1, text, True)
        one = draft(room_ids[place], ANNA, cids[cid], body)
        answer = asyncio.ensure_future(writers[which].log.append(one))
        queued.append((which, one, answer))
        if wait:
            await asyncio.wait([answer])
    await asyncio.wait([answer for _, _, answer in queued])
    for writer in writers:
        assert writer.log.waiting == 0
        await writer.stop()

    answered = [Answered(which, one, answer) for which, one, answer in queued]
    for room in room_ids:
        log = await stored(mongo, room)
        assert_sound(log)
        told: dict[int, Event] = {}
        for event in [event for writer in writers for event in writer.published[room]]:
            assert told.setdefault(event.seq, event) == event
        assert set(told) == {row.event.seq for row in log}, "each event was told by somebody"
        here = [one for one in answered if one.draft.room == room]
        for which in range(3):
            firsts = [one.first for one in here if one.writer == which and one.first]
            assert firsts == sorted(firsts), "calls keep their order"
        for call in here:
            call.check({row.event.cid: row.event for row in log}[call.draft.cid])


class Answered:
    """What one call was answered; `first` is its place if it was the first with its `cid`."""

    def __init__(self, writer: int, draft: Draft, answer: asyncio.Future[Appended]) -> None:
        self.writer = writer
        self.draft = draft
        self.error = answer.exception()
        self.landed = None if self.error else answer.result()
        self.first = self.landed.seq if self.landed and not self.landed.repeated else 0

    def check(self, event: Event) -> None:
        """Compare with what the log has under the `cid`."""
        if (event.kind, event.body) == (self.draft.kind, self.draft.body):
            assert self.landed is not None
            assert (self.landed.seq, self.landed.at) == (event.seq, event.at)
        else:
            assert isinstance(self.error, Refusal)
            assert self.error.code is ErrorCode.CONFLICT
