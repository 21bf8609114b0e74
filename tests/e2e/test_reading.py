"""Reading a long room: the place is kept, the page stays light, and keyboard and finger get by."""

import re

import pytest
from playwright.async_api import Page, expect

from hub.client import Client
from tests.e2e.conftest import Desk, Desks
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

MANY = 480
MOST_IN_PAGE = 420
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

SCROLL = ".timeline-scroll"


async def token_of(desk: Desk) -> str:
    """Sign in over HTTP, for a client beside the page."""
    token: str = await desk.page.evaluate(
        "async ([login, password]) => (await (await fetch('/api/v1/sessions', {method: 'POST',"
        " headers: {'Content-Type': 'application/json'},"
        " body: JSON.stringify({login, password})})).json()).token",
        [desk.login["login"], desk.login["password"]],
    )
    return token


async def tell(desk: Desk, room: str, texts: list[str]) -> None:
    """Send messages as this person, past the page."""
    async with Client(desk.office.hub.ws, token=await token_of(desk)) as client:
        for text in texts:
            await client.send(desk.office.rooms[room], text)


async def missed(writer: Desk, reader: Desk, texts: list[str]) -> None:
    """Send messages while the reader's line is broken."""
    reader.line.cut()
    await expect(reader.page.locator("s-banner")).to_be_visible()
    await tell(writer, "direct", texts)
    reader.line.mend()


async def leave_the_end(page: Page) -> None:
    """Scroll back until the page notices; what is drawn in that very moment may lead to the end again."""

    async def away() -> bool:
        await page.locator(SCROLL).evaluate("node => { node.scrollTop -= 600; }")
        return await page.locator(".to-latest").is_visible()

    await eventually(away, what="a place above the end")


async def first_in_sight(page: Page) -> list[float]:
    """Name the first message in sight, and where it stands."""
    found: list[float] = await page.locator(SCROLL).evaluate(
        "node => { const edge = node.getBoundingClientRect().top;"
        " const first = [...node.querySelectorAll('li.message[data-seq]')]"
        ".find(each => each.getBoundingClientRect().top >= edge);"
        " return [Number(first.dataset.seq), first.getBoundingClientRect().top]; }"
    )
    return found


async def oldest(page: Page) -> int:
    """Give the number of the oldest message that is loaded."""
    return int(await page.locator("li.message[data-seq]").first.get_attribute("data-seq") or 0)


async def test_scrolling_back_keeps_the_place_and_the_page_light(desks: Desks) -> None:
    writer, reader = await desks.seat("teacher"), await desks.seat("teacher2")
    await writer.sign_in()
    await reader.sign_in()
    await tell(
        writer, "direct", [f"지난 이야기 {number:03} " + "가나다 " * (number % 30) for number in range(MANY)]
    )
    await reader.open("direct")
    page = reader.page
    for _ in range(40):
        before = await oldest(page)
        if before == 1:
            break
        # Near enough for the next page to be asked for, and something still above the edge.
        await page.locator(SCROLL).evaluate("node => { node.scrollTop = 300; }")
        place = await first_in_sight(page)

        async def older(than: int = before) -> bool:
            return await oldest(page) < than

        await eventually(older, what="older messages")
        seq, top = await first_in_sight(page)
        assert seq == place[0]
        assert abs(top - place[1]) <= 1
        assert await page.locator("li.message").count() <= MOST_IN_PAGE
    assert await oldest(page) <= 2


async def test_who_missed_more_than_a_screen_stays_where_they_were_reading(desks: Desks) -> None:
    writer, reader = await desks.seat("teacher"), await desks.seat("teacher2")
    await writer.sign_in()
    await reader.sign_in()
    await tell(writer, "direct", ["여기까지 읽음"])
    await reader.open("direct")
    await missed(writer, reader, [f"방금 {number}" for number in range(60)])
    # What was in sight when the line broke is read, whether or not it could be told.
    await expect(reader.page.locator(".to-latest")).to_contain_text("새 메시지 60개")
    await expect(reader.page.locator(".unread-line")).to_be_visible()
    await expect(reader.message("여기까지 읽음").last).to_be_in_viewport()
    await reader.page.locator(".to-latest").click()
    await expect(reader.message("방금 59").last).to_be_in_viewport(ratio=1)

    # Who was not at the end is told as well, of however few.
    await leave_the_end(reader.page)
    await missed(writer, reader, ["나중 1", "나중 2"])
    await expect(reader.page.locator(".to-latest")).to_contain_text(re.compile("새 메시지 [0-9]+개"))


async def test_a_finger_reaches_the_menu_of_a_message(desks: Desks) -> None:
    desk = await desks.seat("teacher", **PHONE)
    await desk.sign_in()
    await desk.open("group")
    await desk.page.locator("li.message:not(.recalled) .bubble").last.tap()
    await desk.page.locator(".message-bar button").last.tap()
    await expect(desk.page.get_by_role("menuitem", name="답장")).to_be_visible()


async def test_back_closes_the_panel_and_then_the_room_on_a_phone(desks: Desks) -> None:
    desk = await desks.seat("teacher", **PHONE)
    await desk.sign_in()
    await desk.page.locator(".room-row").first.tap()
    await desk.page.locator(".button[data-panel=members]").tap()
    await expect(desk.page.locator(".details-pane")).to_be_visible()
    await desk.page.go_back()
    await expect(desk.page.locator(".details-pane")).to_be_hidden()
    await expect(desk.page.locator("textarea.compose-field")).to_be_visible()
    await desk.page.go_back()
    await expect(desk.page.locator(".room-row").first).to_be_visible()
    await expect(desk.page.locator("textarea.compose-field")).to_be_hidden()


async def test_tab_stops_once_in_the_messages_and_arrows_walk_through_them(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await desk.open("group")
    await desk.page.locator(".button[data-panel=members]").focus()
    await desk.page.keyboard.press("Tab")
    last = desk.page.locator("li.message").last
    await expect(last).to_be_focused()
    await desk.page.keyboard.press("ArrowUp")
    await expect(desk.page.locator("li.message").nth(-2)).to_be_focused()
    await desk.page.keyboard.press("ArrowDown")
    await desk.page.keyboard.press("Enter")
    await expect(last.locator(".message-bar button").first).to_be_focused()
    await desk.page.keyboard.press("Escape")
    await expect(last).to_be_focused()
