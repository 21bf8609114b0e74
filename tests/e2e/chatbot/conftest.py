"""The chatbot's place, for each file of tests one, and a page of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.e2e.chatbot.place import SILENT, Place, Site
from tests.support.bot import asker, hub_with_bot
from tests.support.llm_server import llm_server
from tests.support.ports import free_port
from tests.support.waiting import eventually


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def place(mongod_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    port = free_port()
    data: Path = tmp_path_factory.mktemp("widget") / "data"
    origin = f"http://127.0.0.1:{port}"
    # What hangs is to be looked at and stopped at leisure, not given up by the chatbot meanwhile.
    patient = {"LLM_STALL_SECONDS": 120, "ANSWER_SECONDS": 600}
    async with (
        llm_server() as llm,
        hub_with_bot(mongod_url, data, BOT_ORIGINS=origin, LLM_URL=llm.url, LLM_MODEL="test", **patient) as (
            hub,
            office,
        ),
    ):
        llm.script = SILENT
        unit = office.units["school_a"]
        site = Site(port, hub.url, unit)
        visitor = asker(hub)
        async with visitor.client:
            await eventually(visitor.ready, 60, what="the chatbot answers")
        yield Place(hub, site, unit, llm)
        site.close()


@pytest.fixture
def faults() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert found == []


@pytest_asyncio.fixture(loop_scope="session", params=["phone", "desktop"])
async def page(
    request: pytest.FixtureRequest, browser: Browser, place: Place, faults: list[str]
) -> AsyncIterator[Page]:
    phone = request.param == "phone"
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 800}
    context: BrowserContext = await browser.new_context(locale="ko-KR", viewport=size, has_touch=phone)
    opened = await context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    await opened.goto(place.site.url)
    yield opened
    await context.close()
