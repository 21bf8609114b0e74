"""From the chatbot to a person and back, in the widget on a foreign site."""

from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Page, expect

from rooms.ids import new_cid
from tests.e2e.chatbot.place import QUESTION, UNKNOWN, Place, accessible, ask, sign_in
from tests.support import faq
from tests.support.waiting import PATIENCE, eventually

pytestmark = pytest.mark.e2e

UNSURE = "학교에 내는 돈은 어떻게 되나요?"
PARTS = """() => {
  const sheet = new CSSStyleSheet();
  const root = document.querySelector('madang-chat').shadowRoot;
  const parts = new Set([...root.querySelectorAll('[part]')].map(({ part }) => part.value));
  sheet.replaceSync([...parts].map((part) => `madang-chat::part(${part}) { order: 7 }`).join(' '));
  document.adoptedStyleSheets = [sheet];
  return [...parts].filter((part) => getComputedStyle(root.querySelector(`[part=${part}]`)).order === '7');
}"""
"""Styles every part from the page, as a site may; gives those that took it."""
INSIDE = "document.querySelector('madang-chat').shadowRoot.activeElement !== null"
SPOKEN = "madang-chat [aria-live=polite]"


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
