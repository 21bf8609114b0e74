"""The chatbot in the messenger: its answers while they are written, and while it is away."""

import os
import signal

import httpx
import pytest
from playwright.async_api import Browser, expect

from rooms.faq.entries import Audience
from tests.e2e.chatbot.place import SHOTS, SILENT, UNKNOWN, Place, answers, ask, sign_in
from tests.support import faq
from tests.support.axe import violations
from tests.support.bot import bot_process
from tests.support.llm_server import HANG
from tests.support.office import PASSWORD
from tests.support.waiting import PATIENCE, eventually

pytestmark = pytest.mark.e2e


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
