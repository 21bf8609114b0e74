"""Where the chatbot is shown: on a page of its own, on sites that dress it, and to whom it is not."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.chatbot.place import QUESTION, SHOTS, Place, Site, answers, ask
from tests.scenarios.chromium_driver import CHROMIUM, FLAGS
from tests.support.axe import violations
from tests.support.ports import free_port

pytestmark = pytest.mark.e2e

UNSET = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { all: unset }');
  document.adoptedStyleSheets = [sheet];
}"""


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
