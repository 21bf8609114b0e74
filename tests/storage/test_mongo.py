import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from storage.line import Lines
from storage.messenger.log import MongoLog
from storage.mongo import AT_ONCE, DURABLE, Document, Mongo, PyMongoError, Session, connect, connected


async def test_writes_are_acknowledged_by_the_journals_of_a_majority(own: Mongo) -> None:
    """What the server was asked for is what counts: its profiler tells."""
    await own.command("profile", value=2)
    await own["things"].insert_one({"_id": 1})
    await own["things"].update_one({"_id": 1}, {"$set": {"a": 1}})
    await own["things"].find_one({"_id": 1})
    await own.command("profile", value=0)
    seen = await own["system.profile"].find({"ns": f"{own.name}.things"}).to_list(None)
    by_kind = {entry["op"]: entry["command"] for entry in seen}
    assert by_kind["insert"]["writeConcern"] == {"w": "majority", "j": True, "wtimeout": 10_000}
    assert by_kind["query"]["readConcern"]["level"] == "majority"
    assert own["things"].write_concern == DURABLE


def without_lines(mongo: Mongo) -> None:
    mongo._lines = None


def over_broken_lines(mongo: Mongo) -> None:
    mongo._lines = Lines("/nowhere/mongod.sock")


def over_lines(mongo: Mongo) -> None:
    assert mongo._lines is not None


WAYS = pytest.mark.parametrize("way", [over_lines, over_broken_lines, without_lines])


@WAYS
async def test_few_documents_are_found_and_updated_in_the_same_way_over_a_line_and_by_the_driver(
    own: Mongo, way: Callable[[Mongo], None]
) -> None:
    moment = datetime(2026, 11, 23, 9, 0, 0, 123_000, UTC)
    await own["things"].insert_many([{"_id": number, "at": moment} for number in range(150)])
    way(own)
    await own.command("profile", value=2)
    assert await own.find("things", {"_id": 7}) == [{"_id": 7, "at": moment}]
    await own.update("things", [({"_id": 1}, {"$set": {"a": 1}}), ({"_id": 2, "a": 5}, {"$set": {"a": 2}})])
    await own.command("profile", value=0)
    assert len(await own.find("things", {})) == 150
    assert await own.find("things", {"a": {"$exists": True}}) == [{"_id": 1, "at": moment, "a": 1}]
    assert await own.find("nothing", {}) == []
    assert await own.find("things", {"_id": {"$gt": 5}}, {"_id": 1}, sort={"_id": -1}, limit=2) == [
        {"_id": 149},
        {"_id": 148},
    ]
    seen = await own["system.profile"].find({"ns": f"{own.name}.things"}).to_list(None)
    assert [entry["command"]["readConcern"]["level"] for entry in seen if entry["op"] == "query"] == [
        "majority"
    ]
    assert {entry["op"] for entry in seen} == {"query", "update"}


@WAYS
async def test_an_update_that_is_refused_is_raised_and_the_others_are_done(
    own: Mongo, way: Callable[[Mongo], None]
) -> None:
    await own["things"].create_index("a", unique=True)
    await own["things"].insert_many([{"_id": 1, "a": 1}, {"_id": 2, "a": 2}, {"_id": 3, "a": 3}])
    way(own)
    with pytest.raises(PyMongoError, match="duplicate key"):
        await own.update("things", [({"_id": 1}, {"$set": {"a": 2}}), ({"_id": 3}, {"$set": {"a": 4}})])
    assert await own.find("things", {"a": 4}) == [{"_id": 3, "a": 4}]


async def test_updates_over_a_line_are_durable_and_many_go_through_the_driver(
    own: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Document] = []
    assert own._lines is not None
    command = own._lines.command

    async def noted(document: Document) -> Document:
        asked.append(document)
        return await command(document)

    monkeypatch.setattr(own._lines, "command", noted)
    await own["things"].insert_many([{"_id": number} for number in range(AT_ONCE + 1)])
    await own.update("things", [({"_id": number}, {"$set": {"a": 1}}) for number in range(AT_ONCE)])
    assert [document["writeConcern"] for document in asked] == [DURABLE.document]
    await own.update("things", [({"_id": number}, {"$set": {"a": 2}}) for number in range(AT_ONCE + 1)])
    assert len(asked) == 1
    assert await own["things"].count_documents({"a": 2}) == AT_ONCE + 1


async def test_times_come_back_in_utc(own: Mongo) -> None:
    moment = datetime(2026, 11, 23, 9, 0, 0, 123_000, UTC)
    await own["things"].insert_one({"_id": 1, "at": moment})
    found = await own["things"].find_one({"_id": 1})
    assert found == {"_id": 1, "at": moment}
    assert found["at"].tzinfo is not None


async def test_commands_reach_the_database_and_the_server(own: Mongo) -> None:
    await own.ping()
    assert (await own.command("dbStats"))["db"] == own.name
    assert (await own.admin("hello"))["setName"]


async def test_a_transaction_happens_altogether_or_not_at_all(own: Mongo) -> None:
    async def fail(session: Session) -> None:
        await own["things"].insert_one({"_id": 1}, session=session)
        raise RuntimeError("halfway")

    async def work(session: Session) -> None:
        await own["things"].insert_many([{"_id": 1}, {"_id": 2}], session=session)

    await own["things"].insert_one({"_id": 0})
    with pytest.raises(RuntimeError, match="halfway"):
        await own.transact(fail)
    assert await own["things"].count_documents({}) == 1
    await own.transact(work)
    assert await own["things"].count_documents({}) == 3


async def test_a_database_is_erased(own: Mongo) -> None:
    await own["things"].insert_one({"_id": 1})
    await own.drop()
    assert await own["things"].find_one({}) is None


async def test_nothing_is_reached_before_it_is_asked_for() -> None:
    mongo = connect("mongodb://127.0.0.1:1/?directConnection=true", "none", timeout=0.05)
    began = time.monotonic()
    with pytest.raises(PyMongoError):
        await mongo.ping()
    assert time.monotonic() - began < 5
    mongo.close()


async def test_a_handle_that_was_closed_is_of_no_use(mongod_url: str, database_name: str) -> None:
    async with connected(mongod_url, database_name) as mongo:
        await MongoLog(mongo).tops([])
    with pytest.raises(PyMongoError):
        await mongo.ping()
