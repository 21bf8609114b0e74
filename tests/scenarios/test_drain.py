"""A hub that stops takes leave, and its clients come back to the next one: on both clients."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from storage import schema
from tests.scenarios.conftest import UNLIMITED, Connect, connector
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import School, school_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def own(mongod_url: str, tmp_path: Path) -> AsyncIterator[tuple[HubProcess, School]]:
    """Run a hub that the test may stop."""
    database = f"drain_{secrets.token_hex(4)}"
    process = HubProcess(tmp_path / "data", MONGODB_URL=mongod_url, MONGODB_DATABASE=database, **UNLIMITED)
    async with school_in(mongod_url, database) as school:
        try:
            await asyncio.to_thread(process.start)
            yield process, school
        finally:
            await asyncio.to_thread(process.stop)
            await school.mongo.drop()


async def test_clients_of_a_hub_that_stops_come_back_to_the_next(
    own: tuple[HubProcess, School], language: str, conformance: Conformance, browser: Browser
) -> None:
    process, school = own
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    async with contextlib.AsyncExitStack() as stack:
        connect: Connect = connector(language, process, conformance, browser, stack)
        one, other = await connect(teacher), await connect(colleague)
        first = await one.send(room, "곧 다시 시작합니다")
        await other.told.seq(room, first)

        process.terminate()
        await other.told.item("state", state="offline", code=None if language == "chromium" else 3001)
        unsent = asyncio.create_task(one.send(room, "꺼진 동안 쓴 글"))
        assert await asyncio.to_thread(process.stop) == 0
        await asyncio.to_thread(process.start)

        assert await unsent == first + 1
        await other.told.seq(room, first + 1)
        assert other.told.texts(room) == ["곧 다시 시작합니다", "꺼진 동안 쓴 글"]
        # The hub asked for two seconds, and clients add jitter of their own.
        offline = await other.told.item("state", state="offline")
        assert 2 <= offline["retryIn"] <= 4


async def test_another_log_behind_the_same_address_starts_clients_anew(
    own: tuple[HubProcess, School], language: str, conformance: Conformance, browser: Browser
) -> None:
    process, school = own
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    async with contextlib.AsyncExitStack() as stack:
        connect: Connect = connector(language, process, conformance, browser, stack)
        one, other = await connect(teacher), await connect(colleague)
        for number in range(3):
            await one.send(room, f"옛 글 {number}")
        await other.told.seq(room, 3)

        # As after a restore from a backup: two events are gone, and the epoch is another.
        await asyncio.to_thread(process.stop)
        await school.mongo[schema.EVENTS].delete_many({"room": room, "seq": {"$gt": 1}})
        await school.mongo[schema.META].update_one({"_id": "epoch"}, {"$set": {"value": "another"}})
        await asyncio.to_thread(process.start)

        await other.told.item("reset")
        await one.told.item("reset")
        assert await one.send(room, "새 글") == 2
        await other.told.until(lambda _items: "새 글" in other.told.texts(room), what="the new message")
        assert other.told.texts(room) == ["옛 글 0", "옛 글 1", "옛 글 2", "새 글"]
