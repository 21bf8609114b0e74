"""The chatbot on a school's own site, which is another origin: one tag, and people at a real browser."""

import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from rooms.ids import new_cid
from tests.support.bot import hub_with_bot
from tests.support.hub_process import HubProcess
from tests.support.office import PASSWORD
from tests.support.ports import free_port

pytestmark = pytest.mark.e2e

QUESTION = "결석하면 어떻게 해야 하나요?"
UNKNOWN = "비트코인 시세 알려줘"


class Site:
    """A site of its own origin, whose pages carry the tag."""

    def __init__(self, port: int, hub: str, unit: str) -> None:
        tag = f'<script src="{hub}/widget.js" data-bot="school" data-unit="{unit}" async></script>'
        page = f'<!doctype html><html lang="ko"><title>학교</title><h1>학교</h1>{tag}'.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                # As strict as a careful site would be towards a widget.
                self.send_header(
                    "Content-Security-Policy", f"default-src 'none'; script-src {hub}; connect-src {hub}"
                )
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                pass

        self.url = f"http://127.0.0.1:{port}/"
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Place:
    """The hub with its bot, and a site that shows it."""

    hub: HubProcess
    site: Site
    unit: str


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def place(mongod_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    port = free_port()
    data: Path = tmp_path_factory.mktemp("widget") / "data"
    async with hub_with_bot(mongod_url, data, BOT_ORIGINS=f"http://127.0.0.1:{port}") as (hub, office):
        unit = office.units["school_a"]
        site = Site(port, hub.url, unit)
        yield Place(hub, site, unit)
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


async def sign_in(client: httpx.AsyncClient, login: str) -> None:
    made = await client.post("/sessions", json={"login": login, "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"


async def ask(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name="질문 적기")
    await field.fill(text)
    await field.press("Enter")


def answers(page: Page) -> Locator:
    return page.locator("madang-chat .text")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_visitor_asks_is_answered_with_sources_and_finds_it_again_after_a_reload(page: Page) -> None:
    await page.get_by_role("button", name="챗봇 열기").click()
    await ask(page, QUESTION)
    feedback = page.get_by_role("button", name="도움이 됐어요")
    await expect(feedback).to_be_visible()
    said = await answers(page).last.inner_text()
    assert len(said) > 20
    await feedback.click()
    await expect(page.get_by_text("알려 주셔서 고마워요.")).to_be_visible()
    await page.reload()
    await expect(answers(page).last).to_have_text(said)
    await expect(feedback).to_have_attribute("aria-pressed", "true")
    assert await page.context.cookies() == []
    await page.get_by_role("button", name="새 대화").click()
    await expect(answers(page)).to_have_count(0)


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_goes_on_after_the_server_was_killed(page: Page, place: Place) -> None:
    await page.get_by_role("button", name="챗봇 열기").click()
    place.hub.kill()
    await ask(page, QUESTION)
    await expect(page.get_by_text("연결이 끊겨 다시 잇고 있어요")).to_be_visible()
    place.hub.start()
    await expect(page.get_by_role("button", name="도움이 됐어요")).to_be_visible(timeout=60_000)
    await expect(answers(page)).to_have_count(1)


@pytest.mark.asyncio(loop_scope="session")
async def test_who_gets_no_answer_talks_with_a_person_and_comes_back_to_the_bot(
    page: Page, place: Place
) -> None:
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1") as admin:
        await sign_in(admin, "admin")
        desk = await admin.put(f"/faq/desks/{place.unit}", json={"handoff": {"room_of": place.unit}})
        room = desk.json()["room"]
    await page.get_by_role("button", name="챗봇 열기").click()
    await ask(page, UNKNOWN)
    await page.get_by_role("button", name="담당자에게 묻기").click()
    await page.get_by_label("담당자에게 전할 말").fill("급해요")
    await page.get_by_label("연락받을 전화번호나 이메일").fill("parent@example.org")
    await page.locator("madang-chat form.box").get_by_role("button", name="담당자에게 묻기").click()
    await expect(page.get_by_text("담당자를 기다리고 있어요")).to_be_visible()
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1") as teacher:
        await sign_in(teacher, "teacher_a")
        events = (await teacher.get(f"/rooms/{room}/events")).json()["events"]
        card = [event["body"] for event in events if "handoff" in event["body"]][-1]
        assert UNKNOWN in card["text"]
        taken = (await teacher.post(f"/handoffs/{card['handoff']}/take")).json()
        await expect(page.get_by_text("님과 이야기하고 있어요")).to_be_visible()
        await ask(page, "여보세요")
        await expect(page.locator("madang-chat .mine").last).to_have_text("여보세요")
        talk = f"/rooms/{taken['talk']}/events"
        await teacher.post(talk, json={"text": "네, 말씀하세요", "cid": new_cid()})
        await expect(page.locator("madang-chat .person").last).to_contain_text("네, 말씀하세요")
        said = (await teacher.get(talk)).json()["events"]
        assert "여보세요" in [event["body"].get("text") for event in said]
    await page.get_by_role("button", name="상담 끝내기").click()
    await expect(page.get_by_text("상담이 끝났어요")).to_be_visible()
    await ask(page, QUESTION)
    await expect(page.get_by_role("button", name="도움이 됐어요").last).to_be_visible()


@pytest.mark.asyncio(loop_scope="session")
async def test_another_site_is_refused(browser: Browser, place: Place) -> None:
    stranger = Site(free_port(), place.hub.url, place.unit)
    context = await browser.new_context(locale="ko-KR")
    page = await context.new_page()
    await page.goto(stranger.url)
    await page.get_by_role("button", name="챗봇 열기").click()
    await ask(page, QUESTION)
    await expect(page.get_by_text("연결이 끊겨 다시 잇고 있어요")).to_be_visible()
    await context.close()
    stranger.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_as_a_page_of_its_own_in_english(browser: Browser, place: Place) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{place.hub.url}/chat?bot=school&lang=en")
    await page.get_by_role("textbox", name="Your question").fill("안녕하세요")
    await page.get_by_role("button", name="Send").click()
    await expect(answers(page).last).not_to_be_empty()
    await context.close()
