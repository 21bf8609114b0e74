"""Two people of one school talk in real browsers."""

import time

import pytest
from playwright.async_api import Page, expect

from hub.client import Client
from tests.e2e.conftest import Desk, Desks
from tests.support.figures import Figures
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

MISSED = 250


async def both(desks: Desks, room: str = "direct") -> tuple[Desk, Desk]:
    """Seat the two teachers at one room."""
    one, other = await desks.seat("teacher"), await desks.seat("teacher2")
    for desk in (one, other):
        await desk.sign_in()
        await desk.open(room)
    return one, other


@pytest.mark.alone
async def test_a_message_is_with_the_other_within_a_second(desks: Desks, figures: Figures) -> None:
    one, other = await both(desks)
    seconds = []
    for number in range(10):
        text = f"회의실 {number}호로 오세요"
        began = time.perf_counter()
        await one.write(text)
        await other.message(text).wait_for()
        seconds.append(time.perf_counter() - began)
    figures.tell(
        "browser to browser", median_seconds=sorted(seconds)[5], most_seconds=max(seconds), messages=10
    )
    assert sorted(seconds)[5] < 1.0


async def test_edit_recall_reaction_and_read_mark_follow(desks: Desks) -> None:
    one, other = await both(desks)
    await one.write("급식 메뉴가 바뀌었어요")
    await expect(other.message("급식 메뉴가 바뀌었어요")).to_be_visible()
    # Read by the only other member: no number beside the message.
    await expect(one.message("급식 메뉴가 바뀌었어요").locator(".unread-by")).to_be_hidden()

    await other.message("급식 메뉴가 바뀌었어요").hover()
    await other.page.locator(".message-bar button").first.click()
    await other.page.locator(".emoji-picker button").first.click()
    await expect(one.message("급식 메뉴가 바뀌었어요").locator(".reaction")).to_be_visible()

    await one.page.locator("textarea.compose-field").focus()
    await one.page.keyboard.press("ArrowUp")
    await one.write("급식 메뉴가 내일 바뀌어요")
    await expect(other.message("급식 메뉴가 내일 바뀌어요")).to_be_visible()
    await expect(other.message("급식 메뉴가 바뀌었어요")).to_have_count(0)
    await expect(other.message("급식 메뉴가 내일 바뀌어요").locator(".reaction")).to_be_visible()

    await one.message("급식 메뉴가 내일 바뀌어요").hover()
    await one.page.locator(".message-bar button").last.click()
    await one.page.get_by_role("menuitem", name="회수").click()
    await one.page.get_by_role("dialog").get_by_role("button", name="회수").click()
    await expect(other.message("급식 메뉴가 내일 바뀌어요")).to_have_count(0)
    await expect(other.page.locator("li.message.recalled").last).to_be_visible()


async def test_who_was_offline_gets_all_that_was_missed_in_order_and_once(desks: Desks) -> None:
    one, other = await both(desks)
    await one.write("지금부터 끊깁니다")
    await expect(other.message("지금부터 끊깁니다")).to_be_visible()
    other.line.cut()
    await expect(other.page.locator("s-banner")).to_be_visible()

    hub, login = one.office.hub, one.office.logins["teacher"]
    token = await one.page.evaluate(
        "async ([login, password]) => (await (await fetch('/api/v1/sessions', {method: 'POST',"
        " headers: {'Content-Type': 'application/json'},"
        " body: JSON.stringify({login, password})})).json()).token",
        [login["login"], login["password"]],
    )
    async with Client(hub.ws, token=token) as client:
        for number in range(MISSED):
            await client.send(one.office.rooms["direct"], f"놓친 메시지 {number:03}")

    other.line.mend()
    await expect(other.page.locator("s-banner")).to_be_hidden()
    expected = [f"놓친 메시지 {number:03}" for number in range(MISSED)]

    async def all_there() -> bool:
        return [text for text in await read_through(other.page) if text.startswith("놓친")] == expected

    await eventually(all_there, 60, what="all missed messages, in order, once")


async def read_through(page: Page) -> list[str]:
    """Scroll through the room from its latest message upwards; list the texts as they stand in it.

    The page keeps some hundred messages in its document, so they are collected on the way. Every
    glance must show them in order, each once.
    """
    texts: dict[int, str] = {}
    await page.locator(".timeline-scroll").evaluate("node => { node.scrollTop = node.scrollHeight; }")
    for _ in range(80):
        seen = await page.locator("li.message[data-seq]").evaluate_all(
            "nodes => nodes.map(node =>"
            " [Number(node.dataset.seq), node.querySelector('.text')?.textContent ?? ''])"
        )
        order = [seq for seq, _ in seen]
        assert order == sorted(set(order))
        known = len(texts)
        texts.update(dict(seen))
        if any(text == "지금부터 끊깁니다" for text in texts.values()) and len(texts) == known:
            break
        await page.locator(".timeline-scroll").evaluate(
            "node => new Promise(done => { node.scrollTop -= node.clientHeight * 0.8;"
            " requestAnimationFrame(() => requestAnimationFrame(done)); })"
        )
    return [texts[seq] for seq in sorted(texts)]


async def test_a_reload_keeps_what_was_typed(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await desk.open("group")
    await desk.page.locator("textarea.compose-field").fill("아직 보내지 않은 글")
    await desk.page.reload()
    await expect(desk.page.locator("textarea.compose-field")).to_have_value("아직 보내지 않은 글")


async def test_what_is_written_offline_survives_a_reload_and_is_sent_once(desks: Desks) -> None:
    one, other = await both(desks)
    one.line.cut()
    await expect(one.page.locator("s-banner")).to_be_visible()
    await one.write("끊긴 동안 쓴 글")
    await expect(one.page.locator(".pending li", has_text="끊긴 동안 쓴 글")).to_be_visible()
    one.line.mend()
    await one.page.reload()
    await expect(other.message("끊긴 동안 쓴 글")).to_be_visible()
    await expect(one.message("끊긴 동안 쓴 글")).to_have_count(1)
    await expect(one.page.locator(".pending li")).to_have_count(0)
    await expect(other.message("끊긴 동안 쓴 글")).to_have_count(1)


async def test_enter_does_not_send_in_the_middle_of_a_hangul_composition(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await desk.open("group")
    await desk.page.locator("textarea.compose-field").focus()
    keyboard = await desk.context.new_cdp_session(desk.page)
    await keyboard.send(
        "Input.imeSetComposition", {"text": "안녕하세", "selectionStart": 4, "selectionEnd": 4}
    )
    before = await desk.page.locator("li.message").count()
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    await keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    await keyboard.send("Input.insertText", {"text": "안녕하세요"})
    await expect(desk.page.locator("textarea.compose-field")).to_have_value("안녕하세요")
    assert await desk.page.locator("li.message").count() == before
    await desk.page.keyboard.press("Enter")
    await expect(desk.message("안녕하세요").last).to_be_visible()
    await expect(desk.page.locator("textarea.compose-field")).to_have_value("")


async def test_guardians_see_their_rooms_and_no_staff_directory(desks: Desks) -> None:
    desk = await desks.seat("guardian", viewport={"width": 390, "height": 844})
    await desk.page.goto(f"{desk.line.url}/#/rooms/{desk.office.rooms['class']}")
    await desk.page.fill("input[autocomplete=username]", desk.login["login"])
    await desk.page.fill("input[type=password]", desk.login["password"])
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**/family#/rooms/**")  # families have a page of their own
    await expect(desk.page.locator("s-room-view li.message").last).to_be_visible()
    await expect(desk.page.locator(".hours-note")).to_contain_text("평일 08:40–16:40")
    found = await desk.page.evaluate(
        "async () => (await (await fetch('/api/v1/directory?q=%EA%B9%80')).json()).people.length"
    )
    assert found == 0
