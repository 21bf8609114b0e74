"""A guardian at a phone: from what a teacher publishes to a signed answer whose ledger verifies."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Desk, Desks, Programs
from tests.e2e.test_staff_states import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def publish(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Publish a notice for the families of the class."""
    desks = (await client.get("/notices/audiences")).json()["desks"]
    desk = next(one["id"] for one in desks if one["kind"] == "class")
    body = {"unit": desk, "audience": [{"unit": desk, "who": "guardians"}], "publish": True, **fields}
    made = await client.post("/notices", json=body)
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


def card(page: Page, title: str) -> Any:
    """Find a notice in the feed."""
    return page.locator(".notice-card", has_text=title)


async def at_home(desks: Desks, **context: Any) -> Desk:
    """Sign a guardian in at the front page, which leads to that of families."""
    desk = await desks.seat("guardian", **PHONE, **context)
    await desk.page.goto(desk.line.url)
    await desk.page.fill("input[autocomplete=username]", desk.login["login"])
    await desk.page.fill("input[type=password]", desk.login["password"])
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**/family**")
    await expect(desk.page.locator("f-feed .feed-end")).not_to_have_text(re.compile("불러오는 중"))
    return desk


async def test_corrections_and_withdrawals_show_in_the_open_page(programs: Programs, desks: Desks) -> None:
    desk, teacher = await at_home(desks), await programs.as_("teacher")
    page, title = desk.page, "준비물 안내"
    notice = await publish(teacher, kind="note", title=title, text="내일은 **9시**까지 옵니다.", confirm=True)
    await card(page, title).first.click()
    await page.get_by_role("button", name="확인했습니다").click()
    await expect(page.locator(".confirmed")).to_be_visible()
    corrected = {"text": "내일은 **10시**까지 옵니다.", "note": "시각을 고쳤습니다"}
    await teacher.patch(f"/notices/{notice['id']}", json=corrected)
    await expect(page.locator(".note-info")).to_contain_text("시각을 고쳤습니다")
    await expect(page.locator(".rich strong")).to_have_text("10시")
    await page.get_by_role("button", name="바뀐 내용").click()
    await expect(page.locator(".diff ins")).to_contain_text("10시")
    await expect(page.locator(".diff del")).to_contain_text("9시")
    await teacher.post(f"/notices/{notice['id']}/withdraw", json={"reason": "잘못 보냈습니다"})
    await expect(page.locator(".note-danger")).to_contain_text("잘못 보냈습니다")
    await expect(page.locator(".rich strong")).to_have_count(0)
    counts = (await teacher.get(f"/notices/{notice['id']}/reach")).json()["counts"]
    assert counts["confirmed"] == 1


async def test_what_was_read_can_be_read_without_a_network(programs: Programs, desks: Desks) -> None:
    desk, teacher = await at_home(desks), await programs.as_("teacher")
    page, title = desk.page, "오프라인에서도 볼 글"
    await publish(teacher, kind="note", title=title, text="지하철에서 읽으세요.")
    await page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    await card(page, title).first.click()
    await expect(page.locator(".rich")).to_contain_text("지하철에서")
    await page.reload()  # by now the service worker serves the page
    await expect(page.locator(".rich")).to_contain_text("지하철에서")
    await desk.context.set_offline(True)
    desk.line.cut()
    await page.reload()
    await expect(page.locator(".rich")).to_contain_text("지하철에서", timeout=15_000)
    await expect(page.locator(".note-bar")).to_contain_text("인터넷에 연결되지 않아")
    await desk.context.set_offline(False)
    desk.line.mend()
