import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rooms.faq.entries import Entry
from rooms.ids import UnitId
from storage import migrations, schema
from storage.faq.entries import MongoFaq, list_askings
from storage.faq.schema import FAQ
from storage.migrations import (
    MIGRATIONS,
    DataTooNew,
    Migration,
    epoch,
    forget_default_language,
    migrate,
)
from storage.mongo import Mongo, PyMongoError, connected
from tests.support.faq import publish


@pytest.fixture
async def other(mongod_url: str, own: Mongo) -> AsyncIterator[Mongo]:
    """Give another process's connection to the same database."""
    async with connected(mongod_url, own.name) as handle:
        yield handle


async def meta(mongo: Mongo, key: str) -> dict[str, Any] | None:
    return await mongo[schema.META].find_one({"_id": key})


def step(ran: list[str], name: str) -> Migration:
    async def run(_mongo: Mongo) -> None:
        ran.append(name)

    return run


async def test_a_new_database_gets_its_indexes_and_its_epoch(own: Mongo) -> None:
    with pytest.raises(LookupError, match="not been migrated"):
        await epoch(own)
    assert await migrate(own) == len(MIGRATIONS)
    made = await epoch(own)
    assert len(made) == 16
    assert "room_seq" in await own[schema.EVENTS].index_information()
    assert await migrate(own) == 0
    assert await epoch(own) == made
    assert await meta(own, "migrating") is None


async def test_korean_that_everybody_had_is_nobodys_choice(own: Mongo) -> None:
    people = own[schema.PEOPLE]
    await people.insert_many(
        [{"_id": locale, "login": locale, "code": locale, "locale": locale} for locale in ("ko", "en")]
    )
    await forget_default_language(own)
    assert [found.get("locale") async for found in people.find().sort("_id", 1)] == ["en", None]


async def test_entries_of_before_are_found_by_the_ways_to_ask_for_them(own: Mongo) -> None:
    await publish(own, UnitId("u1"), [Entry(id="e1", question="급식비는 언제 내나요?", answer="15일")])
    entries = own[FAQ]
    await entries.update_one({"_id": "e1"}, {"$unset": {"asked": ""}})
    store = MongoFaq(own)
    assert await store.asked_alike(UnitId("u1"), ["급식비는언제내나요"], 9) == []
    for _ in range(2):
        await list_askings(own)
        [found] = await store.asked_alike(UnitId("u1"), ["급식비는언제내나요"], 9)
        assert found.id == "e1"


async def test_each_migration_runs_once_and_in_order(own: Mongo) -> None:
    ran: list[str] = []
    first, second, third = (step(ran, name) for name in ("first", "second", "third"))
    assert await migrate(own, [first, second]) == 2
    assert await migrate(own, [first, second]) == 0
    assert await migrate(own, [first, second, third]) == 1
    assert ran == ["first", "second", "third"]


async def test_one_that_failed_runs_again_and_those_before_it_do_not(own: Mongo) -> None:
    ran: list[str] = []

    async def fail(_mongo: Mongo) -> None:
        ran.append("failed")
        raise PyMongoError("no")

    first, last = step(ran, "first"), step(ran, "last")
    with pytest.raises(PyMongoError):
        await migrate(own, [first, fail, last])
    assert await meta(own, "migrating") is None, "the lock is free at once"
    assert await migrate(own, [first, step(ran, "mended"), last]) == 2
    assert ran == ["first", "failed", "mended", "last"]


async def test_processes_that_start_together_run_each_once(mongod_url: str, own: Mongo) -> None:
    ran: list[str] = []

    async def slowly(mongo: Mongo) -> None:
        for _ in range(5):
            await mongo.ping()
        ran.append("slowly")

    async def process() -> int:
        async with connected(mongod_url, own.name) as mongo:
            return await migrate(mongo, [slowly, step(ran, "then")])

    assert sorted(await asyncio.gather(*(process() for _ in range(4)))) == [0, 0, 0, 2]
    assert ran == ["slowly", "then"]


async def test_newer_data_is_refused_and_left_alone(own: Mongo) -> None:
    await migrate(own, [step([], "one"), step([], "two")])
    await own[schema.EVENTS].drop_indexes()
    with pytest.raises(DataTooNew, match="version 2, this program knows versions up to 1"):
        await migrate(own, [step([], "one")])
    assert set(await own[schema.EVENTS].index_information()) == {"_id_"}
    assert await meta(own, "migrating") is None


async def test_data_that_became_newer_while_waiting_is_refused(
    own: Mongo, other: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, began, waits = asyncio.Event(), asyncio.Event(), asyncio.Event()
    lock = migrations._lock

    async def watched(mongo: Mongo, owner: str) -> bool:
        taken = await lock(mongo, owner)
        if not taken:
            waits.set()
        return taken

    monkeypatch.setattr(migrations, "_lock", watched)

    async def hold(_mongo: Mongo) -> None:
        began.set()
        await go.wait()

    newer = asyncio.create_task(migrate(own, [hold, step([], "two")]))
    await began.wait()
    older = asyncio.create_task(migrate(other, [hold]))
    await waits.wait()
    go.set()
    assert await newer == 2
    with pytest.raises(DataTooNew):
        await older


async def locked_until(mongo: Mongo, until: datetime) -> None:
    await mongo[schema.META].insert_one({"_id": "migrating", "owner": "crashed", "until": until})


async def test_the_lock_of_a_crashed_process_gives_way(own: Mongo) -> None:
    await locked_until(own, datetime.now(UTC) - timedelta(seconds=1))
    ran: list[str] = []
    assert await migrate(own, [step(ran, "one")]) == 1
    assert ran == ["one"]


async def test_the_lock_of_a_living_process_is_waited_for(
    own: Mongo, other: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "POLL_SECONDS", 0.01)
    await locked_until(own, datetime.now(UTC) + timedelta(hours=1))
    ran: list[str] = []
    waiting = asyncio.create_task(migrate(own, [step(ran, "one")]))
    for _ in range(20):
        await other.ping()
    assert not waiting.done()
    assert ran == []
    await other[schema.META].delete_one({"_id": "migrating"})
    assert await waiting == 1


async def test_a_long_migration_keeps_its_lock(
    own: Mongo, other: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LEASE", timedelta(seconds=6))
    monkeypatch.setattr(migrations, "POLL_SECONDS", 0.01)
    began, go, ran = asyncio.Event(), asyncio.Event(), list[str]()

    async def long(_mongo: Mongo) -> None:
        began.set()
        await go.wait()
        ran.append("long")

    holder = asyncio.create_task(migrate(own, [long]))
    await began.wait()
    lock = await meta(other, "migrating")
    assert lock is not None
    waiting = asyncio.create_task(migrate(other, [step(ran, "by another")]))

    async def held_far_beyond_its_first_lease() -> bool:
        now = await meta(other, "migrating")
        assert now is not None
        assert now["owner"] == lock["owner"]
        return bool(now["until"] > lock["until"] + timedelta(seconds=0.3))

    async with asyncio.timeout(30):
        while not await held_far_beyond_its_first_lease():
            await other.ping()
    go.set()
    assert await holder == 1
    assert await waiting == 0
    assert ran == ["long"]
