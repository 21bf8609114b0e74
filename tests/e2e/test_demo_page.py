"""The page that shows how a school's site carries the chatbot, at a real browser, over the sample office."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Response, expect

from tests.e2e.conftest import Office
from tests.support.axe import violations
from tests.support.bot import asker
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "초등학생 자녀를 전학시키려면 어떻게 해야 하나요?"
ANSWER = "전입신고를 하면"
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest_asyncio.fixture(loop_scope="session", params=["phone", "desktop"])
async def page(request: pytest.FixtureRequest, browser: Browser, office: Office) -> AsyncIterator[Page]:
    visitor = asker(office.hub)
    async with visitor.client:
        await eventually(partial(visitor.ready, {"Connection": "close"}), 90, what="the chatbot answers")
    phone = request.param == "phone"
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 800}
    context = await browser.new_context(locale="ko-KR", viewport=size, has_touch=phone)
    opened = await context.new_page()
    faults: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            faults.append(message.text)

    def came(response: Response) -> None:
        if response.status >= 400:
            faults.append(f"{response.status} {response.url}")

    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", said)
    opened.on("response", came)
    await opened.goto(f"{office.hub.url}/chat/demo")
    yield opened
    await context.close()
    assert faults == []


async def accessible(page: Page) -> None:
    """Hold all of the page against axe, in the light and in the dark."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await violations(page) == [], scheme


async def test_the_demo_page_shows_the_tag_and_the_chatbot_answers_on_it(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("pre")).to_contain_text('widget.js" data-bot="school"')
    launcher = page.get_by_role("button", name="챗봇 열기")
    await expect(launcher).to_be_visible()
    assert not await page.evaluate(WIDER), "it is read without scrolling sideways"
    await accessible(page)
    await launcher.click()
    field = page.get_by_role("textbox", name="질문 적기")
    await field.fill(QUESTION)
    await field.press("Enter")
    await expect(page.locator("madang-chat .text").last).to_contain_text(ANSWER)
    await expect(page.locator("madang-chat .sources")).to_be_visible()
    await accessible(page)
    assert not await page.evaluate(WIDER)
    await page.get_by_role("button", name="닫기").last.click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(launcher).to_be_focused()
    await page.reload()
    await launcher.click()
    await expect(page.locator("madang-chat .text").last).to_contain_text(ANSWER)
    assert await page.context.cookies() == []
