import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import WriteConcern

from rooms.events import Body, Event, Kind, MessageBody, TitleBody, draft, iso
from rooms.ids import PersonId, RoomId, new_cid, new_person_id, new_room_id
from rooms.ports import End, Inserted, Logged, LogUnavailable, Row, Top
from storage.messenger.log import MongoLog
from storage.mongo import Mongo, connect
from tests.support.logs import PEOPLE, Happening, bodies, happenings

ANNA, BEN = PersonId("panna"), PersonId("pben")
AT = datetime(2026, 11, 23, 9, 0, 0, 123_000, UTC)


def row(
    room: RoomId,
    seq: int,
    body: Body | None = None,
    *,
    n: int = 0,
    cid: str | None = None,
    by: PersonId = ANNA,
) -> Row:
    return Row(seq, n or seq, AT, draft(room, by, cid or new_cid(), body or MessageBody(f"글 {seq}")))


def logged(made: Row) -> Logged:
    said = made.draft
    event = Event(made.seq, said.kind, said.sender, iso(made.at), said.cid, said.body)
    return Logged(event, made.n, made.at, said.target)


@pytest.fixture
def log(mongo: Mongo) -> MongoLog:
    return MongoLog(mongo)


async def told(log: MongoLog, room: RoomId, story: list[Happening]) -> list[Row]:
    rows, messages = [], 0
    for seq, (happening, body) in enumerate(bodies(story), 1):
        messages += isinstance(body, MessageBody)
        rows.append(Row(seq, messages, AT, draft(room, happening.by, new_cid(), body)))
    assert await log.insert(rows) == Inserted(len(rows))
    return rows


async def test_an_empty_log_has_nothing(log: MongoLog) -> None:
    room = new_room_id()
    assert await log.tops([room]) == {}
    assert await log.tops([room, new_room_id()]) == {}
    assert await log.tops([]) == {}
    assert await log.ends([room]) == {}
    assert await log.get(room, 1) is None
    assert await log.find(room, ANNA, new_cid()) is None
    assert await log.range(room, 1, 10, 10, newest=True) == []
    assert await log.about({room: [1]}) == {}
    assert await log.about({}) == {}
    assert await log.counts([(room, 1), (room, 0)]) == {}
    assert await log.counts([]) == {}
    assert await log.mentioned(ANNA, {room: 0}) == {}
    assert await log.mentioned(ANNA, {}) == {}


async def test_an_insert_stops_at_the_first_clash_and_says_which(log: MongoLog) -> None:
    room, cid = new_room_id(), new_cid()
    assert await log.insert([row(room, 1, cid=cid), row(room, 2)]) == Inserted(2)
    assert await log.insert([row(room, 3), row(room, 2), row(room, 4)]) == Inserted(1, "seq")
    assert await log.insert([row(room, 4), row(room, 5, cid=cid), row(room, 6)]) == Inserted(1, "cid")
    assert await log.insert([row(room, 5, cid=cid, by=BEN)]) == Inserted(1)
    found = await log.range(room, 1, 99, 99, newest=False)
    assert [one.event.seq for one in found] == [1, 2, 3, 4, 5]


async def test_an_event_comes_back_as_it_went_in(log: MongoLog) -> None:
    room = new_room_id()
    story = [Happening(kind, ANNA, text="글", mentions=(BEN,)) for kind in [Kind.MESSAGE, *Kind]]
    rows = await told(log, room, story)
    assert await log.range(room, 1, 99, 99, newest=False) == [logged(one) for one in rows]
    for one in rows:
        key = (room, ANNA, one.draft.cid)
        assert await log.get(room, one.seq) == logged(one)
        assert await log.find(*key) == logged(one)
        assert await log.find_all([key, (room, BEN, one.draft.cid)]) == {key: logged(one)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    stories=st.lists(st.lists(happenings, min_size=1, max_size=12), min_size=1, max_size=3),
    low=st.integers(0, 14),
    high=st.integers(0, 14),
    limit=st.integers(1, 6),
    since=st.integers(0, 14),
)
async def test_every_question_is_answered_as_the_whole_log_says(
    log: MongoLog, stories: list[list[Happening]], low: int, high: int, limit: int, since: int
) -> None:
    logs = {new_room_id(): story for story in stories}
    empty = new_room_id()
    rows = {room: [logged(one) for one in await told(log, room, story)] for room, story in logs.items()}
    every = [*rows, empty]

    assert await log.tops(every) == {room: Top(all_[-1].event.seq, all_[-1].n) for room, all_ in rows.items()}
    ends = {}
    for room, all_ in rows.items():
        messages = [one for one in all_ if one.event.kind == Kind.MESSAGE]
        ends[room] = End(Top(all_[-1].event.seq, all_[-1].n), messages[-1] if messages else None)
    assert await log.ends(every) == ends

    for room, all_ in rows.items():
        assert await log.tops([room]) == {room: ends[room].top}
        within = [one for one in all_ if low <= one.event.seq <= high]
        assert await log.range(room, low, high, limit, newest=False) == within[:limit]
        assert await log.range(room, low, high, limit, newest=True) == within[-limit:]

    wanted = {1, 3, since}
    about = {room: [one for one in all_ if one.target in wanted] for room, all_ in rows.items()}
    found = await log.about(dict.fromkeys(every, wanted))
    assert found == {room: changes for room, changes in about.items() if changes}

    places = [(room, seq) for room in every for seq in (0, 1, since)]
    assert await log.counts(places) == {
        (room, one.event.seq): one.n
        for room, all_ in rows.items()
        for one in all_
        if one.event.seq in {1, since} and one.event.seq
    }

    positions = {room: since + place for place, room in enumerate(every)}
    for person in PEOPLE:
        counted = {
            room: sum(
                one.event.kind == Kind.MESSAGE
                and one.event.seq > positions[room]
                and person in one.event.body.get("mentions", ())
                for one in all_
            )
            for room, all_ in rows.items()
        }
        assert await log.mentioned(person, positions) == {room: n for room, n in counted.items() if n}


async def test_the_last_message_is_found_behind_many_other_events(log: MongoLog) -> None:
    room = new_room_id()
    await log.insert([row(room, 1), *(row(room, seq, TitleBody(str(seq)), n=1) for seq in range(2, 60))])
    end = (await log.ends([room]))[room]
    assert end.top == Top(59, 1)
    assert end.message is not None
    assert end.message.event.seq == 1


async def test_writers_that_race_for_a_place_get_it_once(log: MongoLog) -> None:
    room = new_room_id()
    results = await asyncio.gather(*(log.insert([row(room, 1), row(room, 2)]) for _ in range(8)))
    assert sorted(result.count for result in results) == [0] * 7 + [2]
    assert {result.clash for result in results if result.count == 0} == {"seq"}


async def test_a_store_that_cannot_be_reached_says_so() -> None:
    room, cid = new_room_id(), new_cid()
    away = connect("mongodb://127.0.0.1:1/?directConnection=true", "none", timeout=0.01)
    log = MongoLog(away)
    answers = await asyncio.gather(
        log.tops([room]),
        log.tops([room, new_room_id()]),
        log.insert([row(room, 1)]),
        log.find(room, ANNA, cid),
        log.find_all([(room, ANNA, cid)]),
        log.get(room, 1),
        log.range(room, 1, 2, 3, newest=False),
        log.about({room: [1]}),
        log.ends([room]),
        log.counts([(room, 1)]),
        log.mentioned(ANNA, {room: 0}),
        return_exceptions=True,
    )
    assert {type(answer) for answer in answers} == {LogUnavailable}
    away.close()


async def test_an_insert_whose_durability_is_not_confirmed_has_an_unknown_outcome(
    own: Mongo, mongod_url: str
) -> None:
    """A write concern that the server cannot meet stands for a majority that was lost."""
    mongo = connect(mongod_url, own.name)
    log, room = MongoLog(mongo), new_room_id()
    mongo._durable = WriteConcern(w=2, wtimeout=1).document
    with pytest.raises(LogUnavailable):
        await log.insert([row(room, 1)])
    mongo.close()


async def test_ids_that_nobody_would_choose_are_only_text(log: MongoLog) -> None:
    for odd in ("", "\x00", "$gt", "a" * 1000, "가", "{}"):
        assert await log.get(RoomId(odd), 1) is None
        assert await log.find(new_room_id(), PersonId(odd), odd) is None
    assert await log.mentioned(new_person_id(), {RoomId("$in"): 0}) == {}
