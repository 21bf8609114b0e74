"""One hub for all scenarios, and clients of both languages."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.scenarios.bystander import strict, strict_database, strict_school
from tests.scenarios.chromium_driver import ChromiumDriver, launch
from tests.scenarios.driver import Driver, Tokens
from tests.scenarios.python_driver import PythonDriver
from tests.support.conformance import Conformance
from tests.support.figures import figures
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil, School, school_in

__all__ = ["figures", "strict", "strict_database", "strict_school"]

UNLIMITED = {"LIMIT_SENDS_PER_10S": 0, "LIMIT_SENDS_PER_MINUTE": 0, "LIMIT_CONNECTIONS_PER_PERSON": 0}


class Connect(Protocol):
    """Brings somebody online, and waits for it."""

    async def __call__(
        self, who: Pupil, *, url: str | None = None, tokens: Tokens | None = None, wait: bool = True
    ) -> Driver: ...


@pytest.fixture(scope="session")
def database() -> str:
    """Name the database of the scenarios."""
    return f"scenarios_{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def hub(mongod_url: str, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """Run one hub for all scenarios that do not stop it."""
    data = tmp_path_factory.mktemp("scenarios") / "data"
    with HubProcess(data, MONGODB_URL=mongod_url, MONGODB_DATABASE=database, **UNLIMITED) as process:
        yield process


@pytest.fixture(scope="session")
def conformance() -> Conformance:
    """Collect every frame of the run."""
    return Conformance()


@pytest.fixture(autouse=True)
def conforms(conformance: Conformance) -> Iterator[None]:
    """Hold every frame of each test against the published description."""
    yield
    assert conformance.faults() == []


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def school(mongod_url: str, database: str) -> AsyncIterator[School]:
    """Make people and rooms in the database of the scenarios."""
    async with school_in(mongod_url, database) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run Chromium."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


@pytest.fixture(params=["python", "chromium"])
def language(request: pytest.FixtureRequest) -> str:
    """Name the client to prove."""
    name: str = request.param
    return name


@pytest_asyncio.fixture(loop_scope="session")
async def connect(
    language: str, hub: HubProcess, conformance: Conformance, browser: Browser
) -> AsyncIterator[Connect]:
    """Give what brings people online, in the language to prove."""
    async with contextlib.AsyncExitStack() as stack:
        yield connector(language, hub, conformance, browser, stack)


def connector(
    language: str,
    hub: HubProcess,
    conformance: Conformance,
    browser: Browser,
    stack: contextlib.AsyncExitStack,
) -> Connect:
    """Make what brings people online at a hub; `stack` closes them."""

    async def bring(
        who: Pupil, *, url: str | None = None, tokens: Tokens | None = None, wait: bool = True
    ) -> Driver:
        provide = fresh(who) if tokens is None else tokens
        driver: PythonDriver | ChromiumDriver
        if language == "python":
            driver = PythonDriver(url or hub.ws, provide, conformance.trace)
        else:
            page = await (await browser.new_context(bypass_csp=True)).new_page()
            driver = ChromiumDriver(page, hub.url, url or hub.ws, provide, conformance.trace)
        stack.push_async_callback(driver.close)
        await driver.start()
        if wait:
            await driver.told.online()
        return driver

    return bring


def fresh(who: Pupil, seconds: int = 3600) -> Callable[[], Awaitable[str | None]]:
    """Give a provider of tokens that are good for `seconds`."""

    async def provide() -> str | None:
        return who.token(seconds)

    return provide
