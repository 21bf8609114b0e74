"""What is drawn anew while somebody presses or looks at it: the click arrives, and the focus stays."""

import pytest
from playwright.async_api import Locator, Page, expect

from hub.client import Client
from tests.e2e.conftest import Desks, Programs
from tests.e2e.test_author_page import at_work
from tests.e2e.test_family_page import publish
from tests.e2e.test_reading import token_of
from tests.e2e.test_staff_states import new_room, row

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

REFILL = """async () => {
  const { h } = await import('/web/lib/dom.js');
  const { refill } = await import('/web/lib/refill.js');
  const did = [], list = h('ul');
  document.body.append(list);
  const row = (key, n) => h('li', { key, class: n && 'new' },
    h('a', { href: `#${key}`, on: { click: (event) => { event.preventDefault(); did.push(`${key}${n}`); } } },
      h('span', { style: '' }, `${key} ${n}`)));
  const draw = (keys, n) => refill(list, keys.map((key) => row(key, n)));
  const at = (key) => list.querySelector(`[href="#${key}"]`);
  draw(['a', 'b', 'c', 'd'], '');
  const [a, b, d] = ['a', 'b', 'd'].map(at);
  const words = b.firstChild.firstChild;
  b.focus();
  draw(['c', 'd', 'b', 'e', 'a'], '2');
  const order = [...list.children].map((one) => one.textContent);
  const kept = [at('a') === a, at('b') === b, b.firstChild.firstChild === words,
    b.parentNode.className === 'new'];
  const focused = [document.activeElement === b];
  b.click();
  draw(['d'], '');
  const buttons = h('div');
  document.body.append(buttons);
  const say = (...labels) => refill(buttons, labels.map((label) => h('button', {}, label)));
  say('take');
  const take = buttons.firstChild;
  take.focus();
  say('open');
  const other = buttons.firstChild !== take && !take.isConnected;
  const memo = (value, text) => refill(buttons, h('p', { memo: value }, text));
  memo(1, 'x');
  buttons.firstChild.append('!');
  memo(1, 'y');
  const left = buttons.textContent;
  memo(2, 'z');
  const told = { order, kept, focused, did, alone: list.children.length === 1 && at('d') === d, other,
    left, renewed: buttons.textContent };
  list.remove();
  buttons.remove();
  return told;
}"""


class Press:
    """A button of the mouse that went down on something, and is still down."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def down(self, on: Locator) -> None:
        await on.hover()
        await self._page.mouse.down()

    async def up(self) -> None:
        await self._page.mouse.up()


async def test_what_stays_in_a_description_stays_in_the_page(desks: Desks) -> None:
    desk = await at_work(desks)
    assert await desk.page.evaluate(REFILL) == {
        "order": ["c 2", "d 2", "b 2", "e 2", "a 2"],
        "kept": [True, True, True, True],
        "focused": [True],
        "did": ["b2"],
        "alone": True,
        "other": True,
        "left": "x!",
        "renewed": "z",
    }


async def test_a_card_of_the_authors_list_can_be_pressed_while_its_notice_changes(
    desks: Desks, programs: Programs
) -> None:
    program = await programs.as_("teacher")
    made = (await publish(program, kind="note", title="누르는 동안", text="글"))["id"]
    desk = await at_work(desks)
    press, card = Press(desk.page), desk.page.locator(".notice-card", has_text="누르는 동안")
    await press.down(card.locator(".notice-card-title"))
    changed = await program.patch(f"/notices/{made}", json={"title": "누르는 동안 바뀐 제목"})
    assert changed.status_code == 200, changed.text
    await expect(card).to_contain_text("바뀐 제목")
    await expect(card).to_be_focused()
    await press.up()
    await expect(desk.page).to_have_url(f"{desk.line.url}/author#/notices/{made}")


async def test_rooms_and_messages_can_be_pressed_while_others_write(desks: Desks) -> None:
    one, other = await desks.seat("teacher"), await desks.seat("teacher2")
    for desk in (one, other):
        await desk.sign_in()
    room = await new_room(one, "누르는 동안의 방", "teacher2")
    async with Client(other.office.hub.ws, token=await token_of(other)) as client:
        await client.send(room, "이 말에 반응해 주세요")
        press, title = Press(one.page), row(one, "누르는 동안의 방")
        await expect(title).to_contain_text("반응해 주세요")
        await press.down(title.locator(".room-row-bottom"))
        sent = await client.send(room, "그 사이에 온 말")
        await expect(title).to_contain_text("그 사이에 온 말")
        await press.up()
        await expect(one.message("그 사이에 온 말")).to_be_visible()

        # The bar beside a message stays, with the focus in it, while the group grows and others react.
        message = one.message("그 사이에 온 말")
        await message.focus()
        await one.page.keyboard.press("Enter")
        react = message.locator(".message-bar button").first
        await expect(react).to_be_focused()
        await client.react(room, sent.seq, "👍")
        await client.send(room, "같은 분에 온 말")
        await expect(one.message("같은 분에 온 말")).to_be_visible()
        reaction = message.locator(".reaction")
        await expect(reaction).to_be_visible()
        await expect(react).to_be_focused()
        await press.down(reaction)
        await client.react(room, sent.seq, "🎉")
        await expect(reaction).to_have_count(2)
        await press.up()
        await expect(message.locator(".reaction[aria-pressed=true]")).to_have_count(1)
