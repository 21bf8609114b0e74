"""The chatbot on a school's own site, which is another origin: one tag, and people at a real browser."""

import asyncio
import hashlib
import http.server
import json
import os
import signal
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from config.settings import Settings
from rooms.faq.entries import Audience
from rooms.ids import new_cid
from tests.scenarios.chromium_driver import CHROMIUM, FLAGS
from tests.support import faq
from tests.support.axe import violations
from tests.support.bot import asker, bot_process, hub_with_bot
from tests.support.hub_process import HubProcess
from tests.support.llm_server import HANG, LlmServer, llm_server
from tests.support.office import PASSWORD
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, eventually

pytestmark = pytest.mark.e2e

ENTRY = next(one for one in faq.sample() if one.id == "g-transfer-02")
QUESTION = ENTRY.question
ANSWER = ENTRY.answer.split(".")[0]
UNKNOWN = "비트코인 시세 알려줘"
UNSURE = "학교에 내는 돈은 어떻게 되나요?"
SILENT = [503]
"""A language model that is down: the stored answers are given."""
SHOTS = os.environ.get("E2E_SHOTS")
"""A folder for pictures of what is checked, for whoever wants to look."""

FORGOTTEN = """() => {
  for (const key of Object.keys(localStorage))
    if (key.endsWith(':visitor')) localStorage.setItem(key, 'a.b.c');
}"""
KNOWN = "Object.keys(localStorage).some((key) => key.endsWith(':conversation'))"
PARTS = """() => {
  const sheet = new CSSStyleSheet();
  const root = document.querySelector('madang-chat').shadowRoot;
  const parts = new Set([...root.querySelectorAll('[part]')].map(({ part }) => part.value));
  sheet.replaceSync([...parts].map((part) => `madang-chat::part(${part}) { order: 7 }`).join(' '));
  document.adoptedStyleSheets = [sheet];
  return [...parts].filter((part) => getComputedStyle(root.querySelector(`[part=${part}]`)).order === '7');
}"""
"""Styles every part from the page, as a site may; gives those that took it."""
UNSET = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { all: unset }');
  document.adoptedStyleSheets = [sheet];
}"""
FOCUS_PAGE = """() => {
  const link = document.querySelector('a');
  link.focus();
  return document.activeElement === link;
}"""
HOLDS_FOCUS = "document.querySelector('madang-chat').shadowRoot.activeElement?.classList.contains('log')"
FOCUSED = "document.activeElement.tagName"
INSIDE = "document.querySelector('madang-chat').shadowRoot.activeElement !== null"
SPOKEN = "madang-chat [aria-live=polite]"
LISTEN = """() => {
  window.heard = [];
  const root = document.querySelector('madang-chat').shadowRoot;
  const spoken = root.querySelector('[aria-live=polite]');
  new MutationObserver(() => { if (spoken.textContent) window.heard.push(spoken.textContent); })
    .observe(spoken, { childList: true, characterData: true, subtree: true });
}"""
"""Keeps what a screen reader is given to say by itself."""


class Site:
    """A site of its own origin, whose pages carry the tag."""

    def __init__(self, port: int, hub: str, unit: str, more: str = "") -> None:
        tag = f'<script src="{hub}/widget.js" data-bot="school" data-unit="{unit}" {more} async></script>'
        head = '<!doctype html><html lang="ko"><title>학교</title><h1>학교</h1><a href="#">소식</a>'
        # As pages of schools do, which is no business of the widget's.
        style = "html { font-size: 10px } * { font: 12px serif; color: #500; text-align: end }"
        known = b64encode(hashlib.sha256(style.encode()).digest()).decode()
        head += f"<style>{style}</style>"
        page = f"{head}{tag}".encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                # As strict as a careful site would be towards a widget.
                self.send_header(
                    "Content-Security-Policy",
                    f"default-src 'none'; script-src {hub}; connect-src {hub}; style-src 'sha256-{known}'",
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
    llm: LlmServer

    async def take_over(self, **how: object) -> str:
        """Let the school's staff take over from the chatbot; gives their room."""
        async with httpx.AsyncClient(base_url=f"{self.hub.url}/api/v1", timeout=PATIENCE) as admin:
            await sign_in(admin, "admin")
            desk = await admin.put(f"/faq/desks/{self.unit}", json={"handoff": {"room_of": self.unit, **how}})
            room: str = desk.json()["room"]
            return room


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


async def sign_in(client: httpx.AsyncClient, login: str) -> None:
    made = await client.post("/sessions", json={"login": login, "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"


async def ask(page: Page, text: str, *, to: str = "질문 적기") -> None:
    field = page.get_by_role("textbox", name=to)
    await field.fill(text)
    await field.press("Enter")


async def accessible(page: Page, name: str, themes: Sequence[str] = ("light", "dark")) -> None:
    """Hold what the widget shows against axe, in the light and in the dark."""
    for theme in themes:
        await page.evaluate(
            "(theme) => document.querySelector('madang-chat').setAttribute('theme', theme)", theme
        )
        assert await violations(page, "madang-chat") == [], (name, theme)
        if SHOTS:
            width = (page.viewport_size or {"width": 0})["width"]
            await page.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png")


def answers(page: Page) -> Locator:
    return page.locator("madang-chat .text")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_visitor_asks_is_answered_with_sources_and_finds_it_again_after_a_reload(page: Page) -> None:
    launcher = page.get_by_role("button", name="챗봇 열기")
    await expect(launcher).to_be_visible()
    await accessible(page, "closed", ["light"])
    await launcher.click()
    frequent = page.get_by_role("group", name="자주 묻는 질문").get_by_role("button")
    await expect(frequent).to_have_count(Settings().limits.opening_questions)
    await accessible(page, "opened")
    await ask(page, QUESTION)
    await expect(frequent.first).to_be_hidden()
    feedback = page.get_by_role("button", name="도움이 됐어요")
    await expect(feedback).to_be_visible()
    said = await answers(page).last.inner_text()
    assert len(said) > 20
    await feedback.click()
    await expect(page.get_by_text("알려 주셔서 감사합니다.")).to_be_visible()
    await expect(feedback).to_be_focused()
    await accessible(page, "answered")
    await page.reload()
    await expect(answers(page).last).to_have_text(said)
    await expect(feedback).to_have_attribute("aria-pressed", "true")
    assert await page.context.cookies() == []
    await page.get_by_role("button", name="새 대화").click()
    await expect(answers(page)).to_have_count(0)
    await frequent.first.press("Enter")
    await expect(page.locator("madang-chat .sources")).to_be_visible()
    assert await page.evaluate(HOLDS_FOCUS), "the place goes on from there by keyboard"
    # Back after a year, on a site without TLS.
    await page.evaluate(FORGOTTEN)
    await page.add_init_script("delete Crypto.prototype.randomUUID")
    await page.reload()
    await ask(page, QUESTION)
    await expect(answers(page).last).to_have_text(said)


@pytest.mark.asyncio(loop_scope="session")
async def test_where_it_fills_the_screen_nothing_of_the_page_is_reached(page: Page) -> None:
    launcher, asking = (
        page.get_by_role("button", name="챗봇 열기"),
        page.get_by_role("textbox", name="질문 적기"),
    )
    dialog = page.get_by_role("dialog")

    async def follows(modal: bool) -> bool:
        return await dialog.evaluate("shown => shown.matches(':modal')") is modal

    await launcher.click()
    await expect(dialog).to_be_visible()
    width = (page.viewport_size or {"width": 0})["width"]
    if width > 520:
        await expect(asking).to_be_focused()
    else:
        assert await page.evaluate(HOLDS_FOCUS), "no keyboard covers what there is to read"
    assert await page.evaluate(FOCUS_PAGE) is (width > 520)
    for other, height, reached in ((900, 800, True), (390, 800, False), (900, 800, True), (800, 390, False)):
        await asking.focus()
        await page.set_viewport_size({"width": other, "height": height})
        await eventually(partial(follows, not reached), what="the widget follows the width")
        await expect(asking).to_be_focused()
        assert await page.evaluate(FOCUS_PAGE) is reached
        await expect(dialog).to_be_visible()
    for _ in range(8):
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) in {"MADANG-CHAT", "BODY"}  # or in the browser's own bars
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(launcher).to_be_focused()
    assert await page.evaluate(FOCUS_PAGE)


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_goes_on_after_the_server_was_killed(page: Page, place: Place) -> None:
    place.llm.script = ["교육지원청에서 배정해요. [1] ", "아직", HANG]
    try:
        await page.get_by_role("button", name="챗봇 열기").click()
        await ask(page, QUESTION)
        await expect(answers(page).last).to_contain_text("배정해요.")
        place.hub.kill()
        await expect(page.locator("madang-chat .theirs .note")).to_contain_text("연결이 끊겨")
        place.hub.start()
        await expect(page.get_by_role("button", name="도움이 됐어요")).to_be_visible()
        await expect(answers(page)).to_have_count(1)
        said = await page.locator("madang-chat .theirs").inner_text()
        assert said.count("배정해요.") == 1
        assert said.index("배정해요.") < said.find(ANSWER), said
    finally:
        place.llm.script = SILENT


@pytest.mark.asyncio(loop_scope="session")
async def test_a_question_is_there_after_a_reload_before_the_first_word_of_its_answer(
    page: Page, place: Place
) -> None:
    written, asked = asyncio.Event(), len(place.llm.asked)
    place.llm.script = [written, "교육지원청에서 배정해요. [1]"]
    try:
        await page.get_by_role("button", name="챗봇 열기").click()
        await ask(page, QUESTION)
        await eventually(lambda: len(place.llm.asked) > asked, what="the model is asked")
        await eventually(partial(page.evaluate, KNOWN), what="the widget knows its conversation")
        await page.reload()
        await expect(page.locator("madang-chat .mine")).to_contain_text(QUESTION)
        await expect(page.get_by_text("답을 찾고 있어요…")).to_be_visible()
        written.set()
        await expect(answers(page).last).to_contain_text("배정해요.")
        await expect(page.get_by_role("button", name="도움이 됐어요")).to_be_visible()
        await expect(answers(page)).to_have_count(1)
        await expect(page.locator("madang-chat .sources ol > li")).to_have_count(1)  # which `[1]` is
        await accessible(page, "cited")
    finally:
        written.set()
        place.llm.script = SILENT


@pytest.mark.asyncio(loop_scope="session")
async def test_a_question_that_is_too_long_stays_where_it_was_written(page: Page) -> None:
    most = Settings().limits.question_chars
    long = "전학은 어떻게 하나요? ".ljust(most + 500, "가")
    asking = page.get_by_role("textbox", name="질문 적기")
    await page.get_by_role("button", name="챗봇 열기").click()
    await expect(page.get_by_role("group", name="자주 묻는 질문")).to_be_visible()
    await ask(page, long)
    await expect(page.get_by_text(f"질문은 {most}자까지 보낼 수 있어요.")).to_be_visible()
    await expect(asking).to_have_value(long)
    await expect(page.locator("madang-chat .mine")).to_have_count(0)
    await expect(page.get_by_role("button", name="보내기")).to_be_in_viewport(ratio=1)
    await accessible(page, "too-long")
    # As a page may ask, or somebody before the hub has said how long it may be.
    await asking.fill("")
    await page.evaluate("(text) => document.querySelector('madang-chat').ask(text)", long)
    await expect(page.locator("madang-chat [role=alert]")).to_contain_text("까지 쓸 수 있습니다.")
    await expect(asking).to_have_value(long)
    await expect(page.get_by_role("button", name="다시 시도")).to_have_count(0)
    await ask(page, QUESTION)
    await expect(page.locator("madang-chat .sources ul")).to_be_visible()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_page_that_takes_back_everything_leaves_the_widget_dark_in_the_dark(page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.get_by_role("button", name="챗봇 열기").click()
    dialog = page.get_by_role("dialog")
    dark = "rgb(21, 25, 24)"
    await expect(dialog).to_have_css("background-color", dark)
    await page.evaluate(UNSET)
    await expect(dialog).to_have_css("background-color", dark)
    await page.evaluate("document.querySelector('madang-chat').setAttribute('theme', 'light')")
    await expect(dialog).to_have_css("background-color", "rgb(255, 255, 255)")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_staffs_chatbot_tells_whoever_has_not_signed_in_to(browser: Browser, place: Place) -> None:
    context = await browser.new_context(locale="ko-KR")
    page = await context.new_page()
    try:
        await page.goto(f"{place.hub.url}/chat?bot=office")
        await expect(page.get_by_text("먼저 로그인해 주세요.")).to_be_visible()
        assert await violations(page) == []
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/sign-in-first.png")
        await page.get_by_role("link", name="로그인하기").click()
        await expect(page.get_by_role("button", name="로그인")).to_be_visible()
    finally:
        await context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_who_comes_while_the_chatbot_starts_is_told_and_shown_its_questions_once_it_answers(
    browser: Browser, place: Place
) -> None:
    await asyncio.to_thread(place.hub.stop)
    place.hub.begin()
    bot = await eventually(lambda: bot_process(place.hub), what="the chatbot's process begins")
    os.kill(bot, signal.SIGSTOP)  # long before it answers
    page = await browser.new_page(locale="ko-KR")
    try:
        await eventually(place.hub.ready, 60, what="the hub is ready without its chatbot")
        await page.goto(f"{place.hub.url}/chat?bot=school")
        starting = page.get_by_text("챗봇이 준비 중이에요. 지금 질문을 적으시면")
        await expect(starting).to_be_visible()
        await expect(page.locator("madang-chat .pick")).to_have_count(0)
        assert await violations(page) == []
        os.kill(bot, signal.SIGCONT)
        frequent = page.get_by_role("group", name="자주 묻는 질문").get_by_role("button")
        await expect(frequent).to_have_count(Settings().limits.opening_questions)
        await expect(starting).to_be_hidden()
    finally:
        os.kill(bot, signal.SIGCONT)
        await page.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_is_read_out_once_when_it_is_all_there(page: Page, place: Place) -> None:
    written = asyncio.Event()
    place.llm.script = ["교육지원청에서 배정해요. [1] ", "교육지원청에 ", written, "신청해요. [1]"]
    try:
        await page.get_by_role("button", name="챗봇 열기").click()
        await page.evaluate(LISTEN)
        await ask(page, QUESTION)
        await expect(answers(page).last).to_contain_text("배정해요.")
        assert await page.evaluate("window.heard.filter((said) => said.includes('배정'))") == []
        written.set()
        await expect(page.get_by_role("button", name="도움이 됐어요")).to_be_visible()
        said = (await answers(page).last.inner_text()).strip()
        await expect(page.locator(SPOKEN)).to_have_text(said)
        await page.get_by_role("button", name="도움이 됐어요").click()
        await expect(page.get_by_text("알려 주셔서 감사합니다.")).to_be_visible()
        heard = await page.evaluate("window.heard.filter((said) => said.includes('배정'))")
        assert [one.strip() for one in heard] == [said], "once, and not again when it was judged"
    finally:
        place.llm.script = SILENT


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_that_is_being_written_is_stopped(page: Page, place: Place) -> None:
    place.llm.script = ["교육지원청에서 배정해요. [1] ", "아직", HANG]
    try:
        await page.get_by_role("button", name="챗봇 열기").click()
        await ask(page, QUESTION)
        await expect(answers(page).last).to_contain_text("배정해요.")
        await accessible(page, "answering")
        await page.get_by_role("button", name="멈추기").click()
        await expect(page.locator("madang-chat .note", has_text="답변을 멈췄어요.")).to_be_visible()
        await expect(page.get_by_role("button", name="보내기")).to_be_visible()
    finally:
        place.llm.script = SILENT


@pytest.mark.asyncio(loop_scope="session")
async def test_who_gets_no_answer_talks_with_a_person_and_comes_back_to_the_bot(
    page: Page, place: Place
) -> None:
    room = await place.take_over()
    await page.get_by_role("button", name="챗봇 열기").click()
    await ask(page, UNKNOWN)
    await page.get_by_role("button", name="담당자에게 묻기").click()
    await page.get_by_label("담당자에게 전할 말").fill("급해요")
    await page.get_by_label("연락받을 전화번호나 이메일").fill("parent@example.org")
    await accessible(page, "asking-a-person")
    await page.locator("madang-chat form.box").get_by_role("button", name="담당자에게 묻기").click()
    await expect(page.get_by_text("담당자를 기다리고 있어요")).to_be_visible()
    await expect(page.get_by_role("button", name="담당자에게 묻기")).to_be_hidden()
    mine = page.locator("madang-chat .mine").last
    await expect(mine).to_have_text("급해요\n연락처: parent@example.org", use_inner_text=True)
    await page.reload()
    await expect(mine).to_have_text("급해요\n연락처: parent@example.org", use_inner_text=True)
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1", timeout=PATIENCE) as teacher:
        await sign_in(teacher, "teacher_a")
        events = (await teacher.get(f"/rooms/{room}/events")).json()["events"]
        card = [event["body"] for event in events if "handoff" in event["body"]][-1]
        assert UNKNOWN in card["text"]
        taken = (await teacher.post(f"/handoffs/{card['handoff']}/take")).json()
        await expect(page.get_by_text("님과 이야기하고 있어요")).to_be_visible()
        await ask(page, "여보세요", to="담당자에게 할 말 적기")
        await expect(page.locator("madang-chat .mine").last).to_have_text("여보세요")
        talk = f"/rooms/{taken['talk']}/events"
        await teacher.post(talk, json={"text": "네, 031-123-4567로 전화하세요", "cid": new_cid()})
        theirs = page.locator("madang-chat .person").last
        await expect(theirs.get_by_role("link")).to_have_attribute("href", "tel:0311234567")
        await expect(page.locator(SPOKEN)).to_contain_text("정담임: 네, 031-123-4567로 전화하세요")
        said = (await teacher.get(talk)).json()["events"]
        assert "여보세요" in [event["body"].get("text") for event in said]
        # A colleague takes over, and has to go in turn: who is there now is seen each time.
        async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1", timeout=PATIENCE) as other:
            await sign_in(other, "teacher_a2")
            seen = {"version": taken["version"]}
            seen = (await other.post(f"/handoffs/{card['handoff']}/take-over", json=seen)).json()
            await expect(page.get_by_text("강하늘 님과 이야기하고 있어요")).to_be_visible()
            seen = {"version": seen["version"]}
            await other.post(f"/handoffs/{card['handoff']}/give-back", json=seen)
        await expect(page.get_by_text("담당자를 기다리고 있어요")).to_be_visible()
        await teacher.post(f"/handoffs/{card['handoff']}/take")
        await expect(page.get_by_text("정담임 님과 이야기하고 있어요")).to_be_visible()
        # Who has closed it meanwhile is told that there is something new.
        width = (page.viewport_size or {"width": 0})["width"]
        await page.set_viewport_size({"width": width, "height": 500})  # less than was said
        await page.keyboard.press("Escape")
        await teacher.post(talk, json={"text": "서류를 보내 드릴게요", "cid": new_cid()})
        launcher = page.get_by_role("button", name="챗봇 열기, 새 메시지 있음")
        await expect(launcher).to_be_visible()
        await accessible(page, "news")
        await launcher.click()
        await expect(theirs).to_contain_text("서류를 보내 드릴게요")
        await expect(theirs).to_be_in_viewport(ratio=1)
        await expect(launcher).to_have_count(0)
    await accessible(page, "with-a-person")
    await page.get_by_role("button", name="상담 끝내기").press("Enter")
    await expect(page.get_by_text("상담이 끝났어요")).to_be_visible()
    await expect(theirs).to_be_in_viewport(ratio=1)
    assert await page.evaluate(INSIDE), "the place goes on from there by keyboard"
    await ask(page, QUESTION)
    await expect(page.get_by_role("button", name="도움이 됐어요").last).to_be_visible()

    # Whoever begins anew lets nobody wait in what is left behind.
    await ask(page, UNKNOWN)
    await page.get_by_role("button", name="담당자에게 묻기").last.click()
    await page.get_by_label("담당자에게 전할 말").fill("또 급해요")
    await page.locator("madang-chat form.box").get_by_role("button", name="담당자에게 묻기").click()
    await expect(page.get_by_text("담당자를 기다리고 있어요")).to_be_visible()
    await expect(mine).to_have_text("또 급해요")
    await page.get_by_role("button", name="새 대화").click()
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1", timeout=PATIENCE) as teacher:
        await sign_in(teacher, "teacher_a")
        events = (await teacher.get(f"/rooms/{room}/events")).json()["events"]
        card = [event["body"]["handoff"] for event in events if "handoff" in event["body"]][-1]

        async def over() -> bool:
            return (await teacher.get(f"/handoffs/{card}")).json()["state"] == "done"

        await eventually(over, what="the talk is over")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_person_is_offered_where_the_bot_was_unsure_or_did_not_help_and_a_message_is_left_at_night(
    page: Page, place: Place
) -> None:
    # Hours that begin in twelve: whenever this runs, nobody is there.
    now = datetime.now(ZoneInfo("Asia/Seoul"))
    start = (now.hour + 12) % 24 * 60
    hours = {"start": min(start, 1_380), "end": min(start, 1_380) + 60, "days": list(range(7))}
    room = await place.take_over(hours=hours, away="밤에는 문이 닫혀 있어요.")
    await page.get_by_role("button", name="챗봇 열기").click()
    await ask(page, UNSURE)
    await expect(page.locator("madang-chat .pick").first).to_be_visible()
    offer = page.get_by_role("button", name="담당자에게 메시지 남기기")
    await expect(offer).to_be_visible()
    await accessible(page, "unsure")
    await page.locator("madang-chat .pick").first.click()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="복사").click()
    await expect(page.get_by_role("button", name="복사했어요")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") in {one.answer for one in faq.sample()}
    await page.get_by_role("button", name="도움이 안 됐어요").last.click()
    await page.get_by_role("button", name="답이 틀려요").click()
    await accessible(page, "why")
    send = page.locator("madang-chat form.box").get_by_role("button", name="보내기")
    await page.context.set_offline(True)
    await send.press("Enter")
    await expect(page.locator("madang-chat form.box")).to_contain_text("서버에 연결할 수 없어요.")
    await expect(send).to_be_focused()
    await page.context.set_offline(False)
    await send.press("Enter")
    await expect(page.get_by_text("담당자에게 직접 물어보실 수도 있어요.")).to_be_visible()
    await expect(page.get_by_role("button", name="도움이 안 됐어요").last).to_be_focused()
    await offer.last.click()
    await expect(page.get_by_text("밤에는 문이 닫혀 있어요.")).to_be_visible()
    await page.get_by_label("담당자에게 전할 말").fill("전화 주세요")
    contact = page.get_by_label("연락받을 전화번호나 이메일")
    await contact.fill("asdf")
    await page.locator("madang-chat form.box").get_by_role("button", name="보내기").click()
    refused = page.locator("madang-chat form.box").get_by_role("alert")
    await expect(refused).to_contain_text("전화번호나 이메일 주소를 적어 주세요.")
    await expect(page.get_by_label("담당자에게 전할 말")).to_have_value("전화 주세요")
    await expect(contact).to_have_value("asdf")
    await contact.fill("031-000-0000")
    await accessible(page, "leaving-a-message")
    assert sorted(await page.evaluate(PARTS)) == [
        "answer",
        "handoff",
        "handoff-form",
        "input",
        "launcher",
        "panel",
        "question",
        "sources",
        "suggestion",
    ]
    await page.locator("madang-chat form.box").get_by_role("button", name="보내기").click()
    await expect(page.get_by_text("남기신 말씀을 담당자에게 전했어요.")).to_be_visible()
    mine = page.locator("madang-chat .mine").last
    await expect(mine).to_have_text("전화 주세요\n연락처: 031-000-0000", use_inner_text=True)
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1", timeout=PATIENCE) as teacher:
        await sign_in(teacher, "teacher_a")
        events = (await teacher.get(f"/rooms/{room}/events")).json()["events"]
        card = [event["body"]["text"] for event in events if "handoff" in event["body"]][-1]
        assert "전화 주세요" in card
        assert "031-000-0000" in card


@pytest.mark.asyncio(loop_scope="session")
async def test_in_the_messenger_an_answer_is_seen_while_it_is_written_stopped_and_handed_over(
    browser: Browser, place: Place
) -> None:
    entry = next(one for one in faq.sample() if one.audience == {Audience.STAFF} and "연가" in one.title)
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1", timeout=PATIENCE) as teacher:
        await sign_in(teacher, "teacher_a")
        made = await teacher.post("/rooms", json={"kind": "direct", "members": ["bot-office"]})
        room = made.json()["room"]["id"]
    await place.take_over()  # before anything is asked: who takes over is remembered for a moment
    context = await browser.new_context(locale="ko-KR")
    page = await context.new_page()
    await page.goto(f"{place.hub.url}/#/rooms/{room}")
    await page.fill("input[autocomplete=username]", "teacher_a")
    await page.fill("input[type=password]", PASSWORD)
    await page.keyboard.press("Enter")
    place.llm.script = ["남은 일수는 **나이스**에서 볼 수 있어요. [1] ", "아직", HANG]
    try:
        await page.locator("textarea.compose-field").fill(entry.question)
        await page.keyboard.press("Enter")
        answer = page.locator(".answers .bubble")
        await expect(answer.locator("strong")).to_have_text("나이스")
        assert await violations(page, ".room-view") == []
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/messenger.png")
        await page.reload()
        await expect(answer.locator("strong")).to_have_text("나이스")
        # Another question overtakes it, and neither takes the other's answer for its own.
        unknown = page.locator("li.message.theirs[data-seq]", has_text="안내를 아직")
        await page.locator("textarea.compose-field").fill(UNKNOWN)
        await page.keyboard.press("Enter")
        await expect(unknown).to_be_visible()
        await expect(unknown.locator(".quote")).to_have_count(0)
        await expect(answer.locator("strong")).to_have_text("나이스")
        await page.locator(".answers").get_by_role("button", name="멈추기").click()
        said = page.locator("li.message.theirs", has_text="(여기서 멈췄어요.)")
        await expect(said).to_contain_text("나이스에서 볼 수 있어요.")
        await expect(said.locator(".quote")).to_contain_text(entry.question)
        await expect(answer).to_be_hidden()

        # Numbers are called with one tap.
        place.llm.script = SILENT
        await page.locator("textarea.compose-field").fill("학교폭력을 당했어요")
        await page.keyboard.press("Enter")
        told = page.locator("li.message.theirs[data-seq]", has_text="혼자 견디지 말고")
        await expect(told.get_by_role("link", name="117")).to_have_attribute("href", "tel:117")
        await page.locator("textarea.compose-field").fill("출장비랑 연가 둘 다 궁금해요")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.message.theirs[data-seq] ol")).to_have_css("list-style-type", "decimal")

        # To a person, who takes over in a room of its own; also where another question went just before it.
        await page.locator("textarea.compose-field").fill(UNKNOWN)
        await page.keyboard.press("Enter")
        person = page.locator(".offers").get_by_role("button", name="담당자에게 묻기")
        await expect(unknown).to_have_count(2)
        await page.reload()
        await person.click()
        await expect(page.locator(".room-head")).to_contain_text("챗봇 상담")
        await expect(page.locator("li.message", has_text=UNKNOWN)).to_be_visible()

        # The page of its own knows who is signed in.
        await page.goto(f"{place.hub.url}/chat?bot=office")
        await ask(page, entry.question)
        await expect(answers(page).last).to_contain_text(entry.answer.split(".")[0])
    finally:
        place.llm.script = SILENT
        await context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_written_in_the_messenger_while_the_chatbot_starts_again_is_answered_then(
    browser: Browser, place: Place
) -> None:
    entry = next(one for one in faq.sample() if one.audience == {Audience.STAFF} and "연가" in one.title)
    async with httpx.AsyncClient(base_url=f"{place.hub.url}/api/v1", timeout=PATIENCE) as head:
        await sign_in(head, "head_a")
        made = await head.post("/rooms", json={"kind": "direct", "members": ["bot-office"]})
        room = made.json()["room"]["id"]
    page = await browser.new_page(locale="ko-KR", viewport={"width": 390, "height": 844})
    await page.goto(f"{place.hub.url}/#/rooms/{room}")
    await page.fill("input[autocomplete=username]", "head_a")
    await page.fill("input[type=password]", PASSWORD)
    await page.keyboard.press("Enter")
    field = page.locator("textarea.compose-field")
    await expect(field).to_be_visible()
    before = await eventually(lambda: bot_process(place.hub), what="the chatbot's process is there")
    os.kill(before, signal.SIGKILL)

    def another() -> int | None:
        found = bot_process(place.hub)
        return None if found == before else found

    bot = await eventually(another, what="another process begins")
    os.kill(bot, signal.SIGSTOP)  # long before it answers
    try:
        await field.fill(entry.question)
        await page.keyboard.press("Enter")
        waits = page.locator(".answers .bubble", has_text="챗봇을 준비하고 있습니다.")
        await expect(waits).to_be_visible()
        await expect(page.get_by_role("button", name="멈추기")).to_have_count(0)
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            assert await violations(page, ".room-view") == []
            for width in (390, 1280) if SHOTS else ():
                await page.set_viewport_size({"width": width, "height": 800})
                await page.screenshot(path=f"{SHOTS}/messenger-starting-{width}-{theme}.png")
        await page.reload()
        await expect(waits).to_be_visible()
        os.kill(bot, signal.SIGCONT)
        said = page.locator("li.message.theirs[data-seq]")
        await expect(said).to_contain_text(entry.answer.split(".")[0], timeout=60_000)
        await expect(said).to_have_count(1)
        await expect(waits).to_have_count(0)
    finally:
        os.kill(bot, signal.SIGCONT)
        await page.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_what_failed_is_asked_for_again_and_not_judged(browser: Browser, place: Place) -> None:
    parts = (
        {"type": "start", "messageId": "r1"},
        {"type": "data-confidence", "data": {"band": "sure", "confidence": 1.0}},
        {"type": "text-start", "id": "t1"},
        {"type": "text-delta", "id": "t1", "delta": "전학을 가려면"},
        {"type": "error", "errorText": "답변하는 중에 문제가 생겼어요."},
    )
    told = "".join(f"id: r1:{number}\ndata: {json.dumps(part)}\n\n" for number, part in enumerate(parts))
    page = await browser.new_page(locale="ko-KR")
    await page.goto(f"{place.hub.url}/chat?bot=school")
    # No answer of the hub's fails by itself once it has begun.
    await page.route(
        "**/api/v1/bots/school/chat",
        lambda route: route.fulfill(content_type="text/event-stream", body=f"{told}data: [DONE]\n\n"),
    )
    await ask(page, QUESTION)
    await expect(page.get_by_role("alert")).to_contain_text("답변하는 중에 문제가 생겼어요.")
    await expect(answers(page)).to_have_text("전학을 가려면")
    again = page.get_by_role("button", name="다시 시도")
    await expect(again).to_be_visible()
    helped = page.get_by_role("button", name="도움이 됐어요")
    await expect(helped).to_have_count(0)
    await expect(page.get_by_role("button", name="도움이 안 됐어요")).to_have_count(0)
    await page.unroute("**/api/v1/bots/school/chat")
    await again.click()
    await expect(answers(page)).to_contain_text(ANSWER)
    await expect(helped).to_be_visible()
    await page.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_another_site_is_refused_however_it_dresses_the_widget(browser: Browser, place: Place) -> None:
    dress = 'data-lang="en" data-theme="dark" data-accent="rgb(1, 2, 3)" data-position="left"'
    stranger = Site(free_port(), place.hub.url, place.unit, f'{dress} data-heading="Ask"')
    context = await browser.new_context(locale="ko-KR")
    page = await context.new_page()
    await page.goto(stranger.url)
    launcher = page.get_by_role("button", name="Open the chatbot")
    await expect(launcher).to_have_css("background-color", "rgb(1, 2, 3)")
    await expect(launcher).to_have_css("left", "20px")
    await launcher.click()
    heading = page.get_by_role("heading", name="Ask", exact=True)
    await expect(heading).to_have_css("font-size", "17px")
    await expect(heading).to_have_css("color", "rgb(233, 237, 235)")
    await expect(page.locator("madang-chat .panel")).to_have_css("background-color", "rgb(21, 25, 24)")
    await ask(page, QUESTION, to="Your question")
    await expect(page.locator("madang-chat .theirs .note", has_text="connecting again")).to_be_visible()
    await expect(answers(page)).to_have_text([""])
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
    assert await violations(page) == []
    await expect(page).to_have_title("Madang chatbot")
    await context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_its_text_is_as_large_as_the_reader_has_set(browser: Browser, place: Place) -> None:
    large = [*FLAGS, "--blink-settings=defaultFontSize=32"]
    reader = await browser.browser_type.launch(executable_path=CHROMIUM, args=large)
    page = await reader.new_page(locale="ko-KR", viewport={"width": 360, "height": 740})
    await page.goto(place.site.url)
    await page.get_by_role("button", name="챗봇 열기").click()
    heading = page.get_by_role("heading", name="무엇이든 물어보세요")
    await expect(heading).to_have_css("font-size", "34px")
    await ask(page, QUESTION)
    await expect(page.get_by_role("button", name="도움이 됐어요")).to_be_visible()
    await expect(heading).to_be_in_viewport(ratio=1)
    for name in ("닫기", "보내기"):
        await expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert not await page.locator("madang-chat .log").evaluate("log => log.scrollWidth > log.clientWidth")
    await reader.close()
