"""The sample office on a real hub, and people at real browsers."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.e2e.line import Line
from tests.scenarios.chromium_driver import launch
from tests.support.figures import figures
from tests.support.hub_process import HubProcess
from tests.support.mail_server import MailServer, mail_server
from tests.support.waiting import PATIENCE, eventually

__all__ = ["figures"]

DATABASE = "e2e_office"

expect.set_options(timeout=PATIENCE * 1000)

TO_THE_END = """() => {
  const scroll = document.querySelector('.timeline-scroll'), latest = document.querySelector('.to-latest');
  if (!latest.hidden) latest.click();
  // However much was unread: with a little of it the end may be in sight, but not reached.
  scroll.scrollTop = scroll.scrollHeight;
  return latest.hidden;
}"""
"""Goes as far down as is drawn, and tells whether that is the end. In one go: the button hides by itself."""


@dataclass(frozen=True)
class Office:
    """The sample office: what `madang demo --json` tells."""

    hub: HubProcess
    mail: MailServer
    logins: dict[str, dict[str, str]]
    rooms: dict[str, str]


@pytest.fixture(scope="session")
def office(mongod_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Load the sample office, and run a hub on it."""
    data = tmp_path_factory.mktemp("e2e") / "data"
    settings: dict[str, str | int] = {
        "MONGODB_URL": mongod_url,
        "MONGODB_DATABASE": DATABASE,
        "LIMIT_SENDS_PER_10S": 0,
        "LIMIT_SENDS_PER_MINUTE": 0,
        "LIMIT_ASKS_PER_MINUTE": 0,
        "LIMIT_ASKS_PER_ADDRESS": 0,
        "BOT": "on",
        "EMBEDDING_MODEL": "none",
        "PUSH_NETWORKS": "127.0.0.0/8",
        "SMTP_FROM": "hub@office.example",
    }
    with mail_server() as mail, HubProcess(data, SMTP_URL=mail.url, **settings) as hub:
        madang = Path(sys.executable).with_name("madang")
        ours = {"MADANG_MONGODB_URL": mongod_url, "MADANG_MONGODB_DATABASE": DATABASE}
        told = subprocess.run(
            [madang, "demo", "--json"],
            env=dict(os.environ) | ours | {"MADANG_DATA": str(data)},
            capture_output=True,
            check=True,
            text=True,
        )
        made: dict[str, Any] = json.loads(told.stdout)
        yield Office(hub, mail, made["logins"], made["rooms"])


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run Chromium."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


class Desk:
    """Somebody at a browser of their own, on a network of their own."""

    def __init__(self, office: Office, line: Line, context: BrowserContext, page: Page, login: str) -> None:
        self.office = office
        self.line = line
        self.context = context
        self.page = page
        self.login = office.logins[login]
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    async def sign_in(self) -> None:
        """Sign in on the page, as people do."""
        await self.page.goto(self.line.url)
        await self.page.fill("input[autocomplete=username]", self.login["login"])
        await self.page.fill("input[type=password]", self.login["password"])
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator(".room-row").first).to_be_visible()

    async def open(self, room: str) -> None:
        """Open one of the sample rooms, and go past what is unread to its end."""
        await self.page.goto(f"{self.line.url}/#/rooms/{self.office.rooms[room]}")
        await expect(self.page.locator("li.message").last).to_be_visible()
        await eventually(lambda: self.page.evaluate(TO_THE_END), what="the end of the room")
        await expect(self.page.locator("li.message").last).to_be_in_viewport(ratio=1)

    async def write(self, text: str) -> None:
        """Write a message and press Enter."""
        await self.page.locator("textarea.compose-field").fill(text)
        await self.page.keyboard.press("Enter")

    def message(self, text: str) -> Any:
        """Find the message with this text."""
        return self.page.locator("li.message", has_text=text)


class Desks:
    """Seats people at browsers."""

    def __init__(self, office: Office, browser: Browser, stack: AsyncExitStack) -> None:
        self._office = office
        self._browser = browser
        self._stack = stack
        self._seated: list[Desk] = []

    async def seat(self, login: str, **context: Any) -> Desk:
        """Give somebody a browser; they sign in themselves."""
        line = await self._stack.enter_async_context(Line(self._office.hub.port))
        settings = {"locale": "ko-KR", "viewport": {"width": 1280, "height": 800}} | context
        opened = await self._stack.enter_async_context(await self._browser.new_context(**settings))
        desk = Desk(self._office, line, opened, await opened.new_page(), login)
        self._seated.append(desk)
        return desk

    @property
    def faults(self) -> list[str]:
        """Errors that scripts of the pages threw."""
        return [fault for desk in self._seated for fault in desk.faults]


@pytest_asyncio.fixture(loop_scope="session")
async def desks(office: Office, browser: Browser) -> AsyncIterator[Desks]:
    """Seat people; no script of a page may fail."""
    async with AsyncExitStack() as stack:
        seated = Desks(office, browser, stack)
        yield seated
        assert seated.faults == []


class Programs:
    """Signs programs in as people of the office, over HTTP."""

    def __init__(self, office: Office, stack: AsyncExitStack) -> None:
        self._office = office
        self._stack = stack

    async def as_(self, login: str) -> httpx.AsyncClient:
        """Give a client of the API that is signed in as somebody, by a token."""
        client = httpx.AsyncClient(base_url=f"{self._office.hub.url}/api/v1", timeout=30)
        await self._stack.enter_async_context(client)
        them = {key: self._office.logins[login][key] for key in ("login", "password")}
        token = (await client.post("/sessions", json=them)).json()["token"]
        client.cookies.clear()
        client.headers["authorization"] = f"Bearer {token}"
        return client


@pytest_asyncio.fixture(loop_scope="session")
async def programs(office: Office) -> AsyncIterator[Programs]:
    """Sign programs in."""
    async with AsyncExitStack() as stack:
        yield Programs(office, stack)
