import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from rooms.events import EditBody, MessageBody, ReactBody, draft
from rooms.ids import PersonId, RoomId, UnitId, new_cid
from rooms.model import Member, Room, RoomKind, RoomRole
from rooms.people import Role
from rooms.ports import Row
from storage import schema
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo
from storage.org.people import MongoPeople
from storage.sessions import MongoSessions
from tests.support.clock import START

ANNA = PersonId("panna")


async def test_every_declared_index_is_made_and_making_them_again_changes_nothing(own: Mongo) -> None:
    await schema.prepare(own)
    made = {name: await own[name].index_information() for name in schema.INDEXES}
    for name, indexes in schema.INDEXES.items():
        assert set(made[name]) == {"_id_"} | {index.document["name"] for index in indexes}
        for index in indexes:
            kept = made[name][index.document["name"]]
            assert kept["key"] == list(index.document["key"].items())
            assert kept.get("unique", False) == index.document.get("unique", False)
    await asyncio.gather(schema.prepare(own), schema.prepare(own))
    assert {name: await own[name].index_information() for name in schema.INDEXES} == made


def test_nothing_is_erased_here_but_by_tests(mongo_client: MongoClient[dict[str, Any]]) -> None:
    """MongoDB goes by its own clock, to which all that tests keep by theirs has ended one day."""
    assert not mongo_client.admin.command("getParameter", 1, ttlMonitorEnabled=1)["ttlMonitorEnabled"]


@pytest.mark.parametrize(
    ("collection", "one", "clash", "other"),
    [
        ("events", {"room": 1, "seq": 1, "cid": 1}, {"room": 1, "seq": 1, "cid": 2}, {"room": 1, "seq": 2}),
        (
            "events",
            {"room": 1, "seq": 1, "sender": 1, "cid": 1},
            {"room": 1, "seq": 2, "sender": 1, "cid": 1},
            {"room": 1, "seq": 2, "sender": 2, "cid": 1},
        ),
        ("people", {"login": "a"}, {"login": "a"}, {}),
        ("people", {"code": "a"}, {"code": "a"}, {}),
        ("people", {"oidc_subject": "a"}, {"oidc_subject": "a"}, {}),
        ("units", {"code": "a"}, {"code": "a"}, {}),
        (
            "guardianships",
            {"guardian": 1, "student": 1},
            {"guardian": 1, "student": 1},
            {"guardian": 1, "student": 2},
        ),
        ("rooms", {"pair": "a:b"}, {"pair": "a:b"}, {}),
        (
            "rooms",
            {"unit": 1, "audience": "all"},
            {"unit": 1, "audience": "all"},
            {"unit": 1, "audience": "staff"},
        ),
        ("members", {"person": 1, "room": 1}, {"person": 1, "room": 1}, {"person": 1, "room": 2}),
        ("recipients", {"notice": 1, "person": 1}, {"notice": 1, "person": 1}, {"notice": 2, "person": 1}),
        ("merges", {"notice": 1, "student": 1}, {"notice": 1, "student": 1}, {"notice": 1, "student": 2}),
        ("sessions", {"secret": "a"}, {"secret": "a"}, {"secret": "b"}),
    ],
)
async def test_what_must_be_unique_is(
    own: Mongo, collection: str, one: dict[str, Any], clash: dict[str, Any], other: dict[str, Any]
) -> None:
    await schema.prepare(own)
    await own[collection].insert_one(one)
    with pytest.raises(DuplicateKeyError):
        await own[collection].insert_one(clash)
    await own[collection].insert_one(other)


async def filled(own: Mongo, rooms: int = 8, events: int = 40) -> list[RoomId]:
    """Fill a database with a few rooms that have many events."""
    await schema.prepare(own)
    ids = [RoomId(f"r{number}") for number in range(rooms)]
    log, store = MongoLog(own), MongoRooms(own)
    for room in ids:
        await store.add_room(Room(room, RoomKind.GROUP, "", ANNA, START))
        people = [ANNA, *(PersonId(f"p{number}") for number in range(20))]
        await store.seat([Member(room, person, RoomRole.MEMBER, 1, START) for person in people])
        rows = []
        for seq in range(1, events + 1):
            body: MessageBody | EditBody | ReactBody = MessageBody("글", mentions=[ANNA] if seq == 2 else [])
            if seq % 20 == 0:
                body = ReactBody(seq - 1, "👍", True)
            rows.append(Row(seq, seq, START, draft(room, ANNA, new_cid(), body)))
        await log.insert(rows)
    await own[schema.PEOPLE].insert_many(
        {
            "_id": f"p{number}",
            "name": "x",
            "roles": [{"unit": f"u{number}", "role": "staff"}],
            "login": f"l{number}",
        }
        for number in range(200)
    )
    await own[schema.UNITS].insert_many(
        {
            "_id": f"u{number}",
            "kind": "school",
            "name": "x",
            "parent": "u0",
            "path": ["u0", f"u{number}"],
            "code": number,
        }
        for number in range(200)
    )
    await own[schema.GUARDIANSHIPS].insert_many(
        {"guardian": f"p{n}", "student": f"p{n + 1}"} for n in range(150)
    )
    await own[schema.SESSIONS].insert_many({"secret": f"s{n}", "person": f"p{n}"} for n in range(150))
    return ids


async def profiled(own: Mongo, ask: Callable[[], Awaitable[object]]) -> list[dict[str, Any]]:
    """Ask, and give what the server says about how it found the answer."""
    await own.command("profile", value=2)
    await ask()
    await own.command("profile", value=0)
    found = own["system.profile"].find(
        {"ns": {"$ne": f"{own.name}.system.profile"}, "planSummary": {"$exists": True}}
    )
    return list(await found.to_list(None))


async def test_no_question_reads_more_than_it_must(own: Mongo) -> None:
    rooms = await filled(own)
    log, store, people, sessions = MongoLog(own), MongoRooms(own), MongoPeople(own), MongoSessions(own)
    some = rooms[:4]
    questions: list[tuple[str, Callable[[], Awaitable[object]], int]] = [
        ("top of one", lambda: log.tops(rooms[:1]), 1),
        ("tops", lambda: log.tops(some), 8),
        ("ends", lambda: log.ends(some), 12),
        ("find", lambda: log.find(rooms[0], ANNA, new_cid()), 1),
        ("find all", lambda: log.find_all([(room, ANNA, new_cid()) for room in some]), 4),
        ("get", lambda: log.get(rooms[0], 7), 1),
        ("page up", lambda: log.range(rooms[0], 5, 2**53, 10, newest=False), 10),
        ("page down", lambda: log.range(rooms[0], 0, 30, 10, newest=True), 10),
        ("about", lambda: log.about({room: [19, 39, 3] for room in some}), 8),
        ("about one", lambda: log.about({rooms[0]: [19]}), 1),
        ("counts", lambda: log.counts([(room, 9) for room in some]), 4),
        ("mentioned", lambda: log.mentioned(ANNA, dict.fromkeys(some, 0)), 8),
        ("member", lambda: store.member(rooms[0], ANNA), 1),
        ("present", lambda: store.present(rooms[0], [ANNA]), 1),
        ("memberships", lambda: store.memberships(ANNA), 8),
        ("members", lambda: store.members(rooms[0], limit=5), 6),
        ("count", lambda: store.count(some), 0),
        ("readers", lambda: store.readers(rooms[0], 1), 0),
        ("direct", lambda: store.direct("a:b"), 1),
        ("of unit", lambda: store.of_unit([UnitId("u1")]), 1),
        ("person", lambda: people.person(ANNA), 1),
        ("people", lambda: people.people([PersonId("p1"), PersonId("p2")]), 2),
        ("below", lambda: people.below(UnitId("u5")), 1),
        ("holding", lambda: people.holding([UnitId("u5")], [Role.STAFF]), 1),
        ("wards", lambda: people.wards(PersonId("p5")), 1),
        ("guardians", lambda: people.guardians(PersonId("p5")), 1),
        ("credentials", lambda: people.credentials("l5"), 1),
        ("cookie", lambda: sessions.by_secret("s5", START), 1),
    ]
    for name, ask, most in questions:
        await own["system.profile"].drop()
        seen = await profiled(own, ask)
        assert seen, name
        for entry in seen:
            assert "COLLSCAN" not in entry["planSummary"], name
        assert sum(entry.get("docsExamined", 0) for entry in seen) <= most, (name, seen)
