"""The widget on a school's own site, which is another origin: one tag, and people at a real browser."""

import asyncio
import json
import os
import signal
from functools import partial

import pytest
from playwright.async_api import Browser, Page, expect

from config.settings import Settings
from tests.e2e.chatbot.place import (
    ANSWER,
    QUESTION,
    SILENT,
    Place,
    accessible,
    answers,
    ask,
)
from tests.support.axe import violations
from tests.support.bot import bot_process
from tests.support.llm_server import HANG
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

FORGOTTEN = """() => {
  for (const key of Object.keys(localStorage))
    if (key.endsWith(':visitor')) localStorage.setItem(key, 'a.b.c');
}"""
KNOWN = "Object.keys(localStorage).some((key) => key.endsWith(':conversation'))"
FOCUS_PAGE = """() => {
  const link = document.querySelector('a');
  link.focus();
  return document.activeElement === link;
}"""
HOLDS_FOCUS = "document.querySelector('madang-chat').shadowRoot.activeElement?.classList.contains('log')"
FOCUSED = "document.activeElement.tagName"
SPOKEN = "madang-chat [aria-live=polite]"
LISTEN = """() => {
  window.heard = [];
  const root = document.querySelector('madang-chat').shadowRoot;
  const spoken = root.querySelector('[aria-live=polite]');
  new MutationObserver(() => { if (spoken.textContent) window.heard.push(spoken.textContent); })
    .observe(spoken, { childList: true, characterData: true, subtree: true });
}"""
"""Keeps what a screen reader is given to say by itself."""


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
