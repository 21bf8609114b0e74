"""What the staff page shows in its less usual states, on a desk and on a phone."""

import re
import struct
import zlib
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.e2e.conftest import Desk, Desks, Programs

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

CHATBOT = re.compile("챗봇|chatbot")
"""They are called as the hub that was started last on the database calls them, which may speak English."""

CREATE = """async body => {
  const answer = await fetch('/api/v1/rooms', {
    method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body),
  });
  return (await answer.json()).room.id;
}"""

TOO_SMALL = """() => [...document.querySelectorAll(
    'button, a[href], input:not([type=file]), textarea, label.person')]
  .filter(node => node.checkVisibility({ visibilityProperty: true }) && !node.matches('.text a, label input'))
  .filter(node => {
    const box = node.getBoundingClientRect();
    const around = getComputedStyle(node, '::after');
    const widened = around.content !== 'none'
      && parseFloat(around.minHeight) >= 44 && parseFloat(around.minWidth) >= 44;
    return box.width > 1 && !widened && Math.min(box.width, box.height) < 43.5;
  })
  .map(node => node.className + ' ' + (node.getAttribute('aria-label') ?? node.textContent).slice(0, 30))"""


async def new_room(desk: Desk, title: str, *others: str) -> str:
    """Make a group of somebody who has signed in and `others`, by login."""
    members = [desk.office.logins[login]["id"] for login in others]
    made: str = await desk.page.evaluate(CREATE, {"kind": "group", "title": title, "members": members})
    await expect(row(desk, title)).to_be_visible()
    return made


def row(desk: Desk, title: str) -> Any:
    """Find a room in the list."""
    return desk.page.locator(".room-row", has_text=title)


async def enter(desk: Desk, room: str) -> None:
    """Open a room by its address."""
    await desk.page.goto(f"{desk.line.url}/#/rooms/{room}")
    await expect(desk.page.locator("s-room-view")).to_be_visible()


def picture(width: int, height: int) -> bytes:
    """Make a grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


async def test_without_a_room_the_page_says_what_to_do(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await expect(desk.page.locator(".room-pane")).to_contain_text("대화방을 고르면 여기에 열립니다.")


async def test_a_room_that_is_opened_takes_what_is_typed(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await desk.page.locator(".room-row").first.click()
    await expect(desk.page.locator("textarea.compose-field")).to_be_focused()


async def test_the_keyboard_alone_finds_a_room_and_writes_replies_and_edits(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await new_room(desk, "자판만 쓰는 방", "teacher2")
    keys = desk.page.keyboard
    await keys.press("Control+k")
    await expect(desk.page.get_by_role("combobox")).to_be_focused()
    await keys.type("ㅈㅍㅁ")
    await keys.press("Enter")
    await expect(desk.page.locator("textarea.compose-field")).to_be_focused()
    await keys.type("첫째 줄")
    await keys.press("Shift+Enter")
    await keys.type("둘째 줄")
    await keys.press("Enter")
    await expect(desk.message("첫째 줄")).to_be_visible()
    await expect(desk.page.locator(".pending li")).to_have_count(0)

    message = desk.message("첫째 줄")
    await message.focus()
    await keys.press("Enter")  # to the bar beside it
    await keys.press("Tab")
    await keys.press("Enter")  # reply
    await expect(desk.page.locator(".compose-context")).to_contain_text("내 메시지에 답장하는 중")
    await expect(desk.page.locator(".message-bar")).to_have_count(0)
    await keys.type("답장")
    await keys.press("Enter")
    await expect(desk.page.locator("li.message:has(.quote)")).to_be_visible()
    await expect(desk.page.locator(".pending li")).to_have_count(0)
    await keys.press("ArrowUp")
    await expect(desk.page.locator("textarea.compose-field")).to_have_value("답장")
    await keys.type(" 고침")
    await keys.press("Enter")
    await expect(desk.message("답장 고침").locator(".meta-edited")).to_be_visible()


async def test_enter_breaks_lines_for_who_prefers_that(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await enter(desk, await new_room(desk, "줄을 바꾸는 방", "teacher2"))
    await desk.page.get_by_role("button", name="설정").click()
    await desk.page.get_by_role("menuitem", name="Enter로 줄 바꾸기").click()
    field = desk.page.locator("textarea.compose-field")
    await field.focus()
    await desk.page.keyboard.type("한 줄")
    await desk.page.keyboard.press("Enter")
    await desk.page.keyboard.type("두 줄")
    await expect(field).to_have_value("한 줄\n두 줄")
    await desk.page.keyboard.press("Control+Enter")
    await expect(desk.message("한 줄")).to_be_visible()
    await expect(field).to_have_value("")


async def test_a_new_room_invites_to_the_first_word(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await enter(desk, await new_room(desk, "아직 조용한 방", "teacher2"))
    top = desk.page.locator(".timeline-top")
    await expect(top).to_contain_text("먼저 인사해 보세요")
    await desk.write("안녕하세요")
    await expect(top).to_contain_text("대화의 시작입니다")


async def test_the_unread_line_says_how_many(desks: Desks) -> None:
    one, other = await desks.seat("teacher"), await desks.seat("teacher2")
    await one.sign_in()
    await other.sign_in()
    room = await new_room(one, "읽지 않은 방", "teacher2")
    await enter(one, room)
    for number in range(3):
        await one.write(f"소식 {number}")
    await expect(row(other, "읽지 않은 방").locator("m-badge")).to_have_text("3")
    await enter(other, room)
    await expect(other.page.locator(".unread-line")).to_have_text("여기서부터 안 읽은 메시지 3개")


async def test_who_wrote_a_message_is_not_listed_among_its_readers(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await enter(desk, await new_room(desk, "읽음 확인하는 방", "student"))
    await desk.write("누가 읽었나요")
    await expect(desk.message("누가 읽었나요").locator(".unread-by")).to_be_visible()
    await desk.message("누가 읽었나요").locator(".unread-by").click()
    dialog = desk.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("안 읽음 1")
    await expect(dialog).to_contain_text("아직 읽은 사람이 없습니다.")


async def test_code_keeps_its_columns(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await enter(desk, await new_room(desk, "표를 붙이는 방", "teacher2"))
    await desk.write("예산:\n```\n버스   1,200\n보험      86\n```\n자세한 것은 `예산.xlsx`")
    await expect(desk.page.locator("li.message pre.code")).to_have_text("버스   1,200\n보험      86")
    await expect(desk.page.locator("li.message code.code")).to_have_text("예산.xlsx")


async def test_a_wide_picture_leaves_no_gap_around_it(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await enter(desk, await new_room(desk, "사진 올리는 방", "teacher2"))
    wide = FilePayload(name="넓은 사진.png", mimeType="image/png", buffer=picture(1600, 160))
    await desk.page.set_input_files("s-compose input[type=file]", wide)
    await expect(desk.page.locator(".attachment")).to_be_visible()
    await desk.write("넓습니다")
    await expect(desk.page.locator("li.message .picture.wide")).to_be_visible()
    box = await desk.page.locator("li.message .picture").bounding_box()
    assert box is not None
    assert box["height"] == pytest.approx(box["width"] / 10, abs=2)
    await expect(desk.message("넓습니다")).to_be_in_viewport()


async def test_a_panel_beside_the_room_stays_while_its_messages_are_visited(
    desks: Desks, programs: Programs
) -> None:
    teacher = await programs.as_("teacher")
    unit = (await teacher.get("/notices/audiences")).json()["desks"][0]["id"]
    draft = {"kind": "note", "unit": unit, "title": "호랑나비 전시", "text": "보러 갑니다."}
    notice = (await teacher.post("/notices", json=draft)).json()["id"]
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await enter(desk, await new_room(desk, "찾아보는 방", "teacher2"))
    await desk.write("호랑나비를 찾습니다")
    await expect(desk.page.locator(".pending li")).to_have_count(0)
    await desk.page.get_by_role("button", name="메시지 찾기").click()
    await desk.page.get_by_label("찾을 내용").fill("호랑나비")
    await desk.page.locator(".hit", has_text="호랑나비").click()
    await expect(desk.message("호랑나비를 찾습니다")).to_be_focused()
    await expect(desk.page.locator("s-search-panel")).to_be_visible()
    await desk.page.get_by_role("button", name="모든 대화방·알림").click()
    found = desk.page.get_by_role("link", name="호랑나비 전시")
    await expect(found).to_have_attribute("href", f"/author#/notices/{notice}")
    assert (await teacher.delete(f"/notices/{notice}")).status_code == 204


async def test_a_phone_tells_of_the_lost_connection_on_the_list_too(desks: Desks) -> None:
    desk = await desks.seat("teacher", **PHONE)
    await desk.sign_in()
    desk.line.cut()
    await expect(desk.page.locator("s-banner")).to_be_visible()
    await expect(desk.page.locator("s-room-list")).to_be_visible()
    desk.line.mend()
    await expect(desk.page.locator("s-banner")).to_be_hidden()


async def test_a_phone_finds_back_from_a_room_that_is_not_there(desks: Desks) -> None:
    desk = await desks.seat("teacher", **PHONE)
    await desk.sign_in()
    await desk.page.goto(f"{desk.line.url}/#/rooms/rnotthere")
    await expect(desk.page.locator(".room-pane")).to_contain_text("이 대화방을 볼 수 없습니다.")
    await desk.page.get_by_role("button", name="뒤로").tap()
    await expect(desk.page.locator("s-room-list")).to_be_visible()


async def test_a_finger_opens_and_closes_what_one_can_do_with_a_message(desks: Desks) -> None:
    desk = await desks.seat("teacher", **PHONE)
    await desk.sign_in()
    await enter(desk, await new_room(desk, "손가락 방", "teacher2"))
    await desk.write("두드려 보세요")
    await expect(desk.page.locator(".pending li")).to_have_count(0)
    bubble, bar = desk.message("두드려 보세요").locator(".bubble"), desk.page.locator(".message-bar")
    await bubble.tap()
    await expect(bar).to_be_visible()
    await bubble.tap()
    await expect(bar).to_have_count(0)
    await bubble.tap()
    await bar.get_by_role("button", name="메시지 메뉴").tap()
    await expect(desk.page.get_by_role("menu")).to_be_visible()
    await desk.page.get_by_role("menuitem", name="답장").tap()
    await expect(desk.page.locator("textarea.compose-field")).to_be_focused()
    await expect(bar).to_have_count(0)


async def test_a_finger_can_hit_everything_on_a_phone(desks: Desks) -> None:
    desk = await desks.seat("teacher", **PHONE)
    await desk.sign_in()
    await all_large(desk.page)
    await desk.open("group")
    await all_large(desk.page)
    await desk.page.locator("li.message .bubble").last.tap()
    await desk.page.locator(".message-bar button").first.tap()
    await expect(desk.page.locator(".emoji-picker")).to_be_visible()
    await all_large(desk.page)
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("button", name="참여한 사람").tap()
    await expect(desk.page.locator("s-members-panel .person").first).to_be_visible()
    await all_large(desk.page)
    await desk.page.get_by_role("button", name="닫기").tap()
    await desk.page.get_by_role("button", name="뒤로").tap()
    await desk.page.get_by_role("button", name="새 대화").tap()
    await expect(desk.page.locator("button.person").first).to_be_visible()
    await all_large(desk.page)


async def test_a_new_conversation_offers_the_chatbots_above_everything_else(desks: Desks) -> None:
    desk = await desks.seat("teacher")
    await desk.sign_in()
    await desk.page.get_by_role("button", name="새 대화").click()
    names = desk.page.locator("s-people-picker .people .person-name")
    for at_the_top in (False, True):
        if at_the_top:
            await desk.page.get_by_role("button", name="전체").click()
            await expect(desk.page.locator("s-people-picker .path")).to_be_hidden()
        await expect(names.nth(0)).to_have_text(CHATBOT)
        await expect(names.nth(1)).to_have_text(CHATBOT)
        await expect(desk.page.locator("s-people-picker .person-name", has_text=CHATBOT)).to_have_count(2)


async def all_large(page: Page) -> None:
    """Every control is 44 pixels high and wide, or answers to a finger in so much room."""
    assert await page.evaluate(TOO_SMALL) == []
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_who_only_reads_in_a_room_is_offered_no_writing(desks: Desks) -> None:
    one, other = await desks.seat("teacher"), await desks.seat("teacher2")
    await one.sign_in()
    await other.sign_in()
    room = await new_room(one, "읽기만 하는 방", "staff")
    added = await one.page.evaluate(
        """async ([room, id]) => (await fetch(`/api/v1/rooms/${room}/members`, {
          method: 'POST', headers: {'content-type': 'application/json'},
          body: JSON.stringify({add: [id], role: 'reader'}),
        })).status""",
        [room, other.login["id"]],
    )
    assert added in {200, 204}
    await enter(one, room)
    await one.write("공지입니다")
    await enter(other, room)
    await expect(other.page.locator("s-compose")).to_contain_text("글을 읽을 수만 있습니다")
    await other.message("공지입니다").hover()
    bar = other.page.locator(".message-bar")
    await expect(bar.get_by_role("button")).to_have_count(2)
    await bar.get_by_role("button", name="메시지 메뉴").click()
    await expect(other.page.get_by_role("menuitem")).to_have_text(["복사", "읽은 사람 보기"])
