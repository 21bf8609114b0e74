"""What the staff see of a conversation that the chatbot handed over: taken, taken over, given back."""

import json
import os

import httpx
import pytest
from playwright.async_api import Locator, expect

from rooms.ids import new_cid
from tests.e2e.conftest import Desk, Desks, Programs
from tests.support.axe import violations
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SHOTS = os.environ.get("E2E_SHOTS")
"""A folder for pictures of what is checked, for whoever wants to look."""
HEAR = """() => {
  window.told = [];
  const look = () => window.told.push(document.querySelector('m-toast')?.textContent ?? '');
  new MutationObserver(look).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""
"""Keeps what a page says at its foot, which is gone after a while."""


async def handed_over(guardian: httpx.AsyncClient, words: str) -> str:
    """Ask what the FAQ does not know, and then for a person; gives the address of the hand-off."""
    conversation = ""

    async def asked() -> bool:
        nonlocal conversation
        answer = await guardian.post("/bots/school/chat", json={"text": "비트코인 시세 알려줘"})
        if answer.status_code != 503:
            first = next(line for line in answer.text.splitlines() if line.startswith("data: "))
            conversation = json.loads(first.removeprefix("data: "))["messageMetadata"]["conversation"]
        return bool(conversation)

    await eventually(asked, 90, what="the chatbot answers")
    path = f"/bots/school/conversations/{conversation}/handoff"
    made = await guardian.post(path, json={"text": words})
    assert made.json()["state"] == "waiting"
    return path


def card(desk: Desk, words: str) -> Locator:
    return desk.page.locator("li.message", has_text=words).locator("s-handoff")


async def look(desk: Desk, name: str) -> None:
    """Hold what is shown against axe: at a desk in the light, on a phone in the dark."""
    wide = desk.page.viewport_size
    for width, scheme in ((1280, "light"), (390, "dark")):
        await desk.page.set_viewport_size({"width": width, "height": 800})
        await desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await violations(desk.page) == [], (name, width, scheme)
        if SHOTS:
            await desk.page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png")
    await desk.page.emulate_media(color_scheme="light")
    assert wide is not None
    await desk.page.set_viewport_size(wide)


async def test_a_colleague_takes_over_and_gives_back(desks: Desks, programs: Programs) -> None:
    guardian = await programs.as_("guardian")
    path = await handed_over(guardian, "체험학습 서류가 급해요")
    owner, other = await desks.seat("teacher"), await desks.seat("teacher2")
    for desk in (owner, other):
        await desk.sign_in()
        await desk.open("unit")
    await look(owner, "waiting")
    await card(owner, "체험학습 서류가 급해요").get_by_role("button", name="맡기").click()
    await expect(owner.page.locator(".room-head")).to_contain_text("챗봇 상담")
    await owner.write("확인하고 알려 드릴게요")
    await expect(owner.message("확인하고 알려 드릴게요")).to_be_visible()
    await look(owner, "mine")

    theirs = card(other, "체험학습 서류가 급해요")
    await expect(theirs).to_contain_text("님이 맡았습니다")
    name = owner.login["name"]
    await theirs.get_by_role("button", name="이어받기").click()
    asks = other.page.get_by_role("dialog")
    await expect(asks).to_contain_text(f"{name} 님이 맡고 있는 상담입니다. 마지막 답변은")
    await look(other, "take-over")
    await asks.get_by_role("button", name="취소").click()
    assert (await guardian.get(path)).json()["by"]["name"] == name, "nothing was taken by mistake"
    await owner.page.evaluate(HEAR)
    await theirs.get_by_role("button", name="이어받기").click()
    await asks.get_by_role("button", name="이어받기").click()
    await expect(other.page.locator(".room-head")).to_contain_text("챗봇 상담")
    await expect(other.message("확인하고 알려 드릴게요")).to_be_visible()
    await expect(other.page.locator(".timeline").first).to_contain_text("에게서 이어받았습니다")

    # The old owner is not left before a closed door: they hear why, and by whom.
    words = f"{name}에게서 이어받았습니다"
    told = "(words) => window.told.some((said) => said.includes(words))"
    await eventually(lambda: owner.page.evaluate(told, words), what="the old owner hears of it")
    await expect(owner.page.locator("textarea.compose-field")).to_have_count(0)
    await look(owner, "lost")
    await owner.open("unit")
    await expect(owner.page.locator("li.message .mention.me")).to_have_text(f"@{name}")
    await expect(card(owner, "체험학습 서류가 급해요")).to_contain_text("나에게서 이어받았습니다")
    await look(owner, "lost-card")

    await other.page.get_by_role("button", name="돌려놓기").click()
    await look(other, "give-back")
    await asks.get_by_role("button", name="돌려놓기").click()
    await expect(other.page.locator("textarea.compose-field")).to_have_count(0)
    assert (await guardian.get(path)).json()["state"] == "waiting"
    said = {"text": "계세요?", "cid": new_cid()}
    assert (await guardian.post(f"{path}/messages", json=said)).status_code == 201
    again = card(owner, "상담을 돌려놓았습니다")
    await expect(again).to_contain_text("돌려놓아 담당자를 기다립니다")
    await look(owner, "given-back")
    await again.get_by_role("button", name="맡기").click()
    await expect(owner.message("계세요?")).to_be_visible()
    assert (await guardian.get(path)).json()["by"]["name"] == name


async def test_who_asked_waits_for_somebody_else(desks: Desks, programs: Programs) -> None:
    await handed_over(await programs.as_("teacher"), "출장 신청을 도와주세요")
    asker, other = await desks.seat("teacher"), await desks.seat("teacher2")
    for desk in (asker, other):
        await desk.sign_in()
        await desk.open("unit")
    mine = card(asker, "출장 신청을 도와주세요")
    await expect(mine).to_contain_text("내가 요청한 상담: 다른 분을 기다립니다")
    await expect(mine.get_by_role("button")).to_have_count(0)
    await look(asker, "asked")
    await card(other, "출장 신청을 도와주세요").get_by_role("button", name="맡기").click()
    await expect(other.page.locator(".room-head")).to_contain_text("챗봇 상담")
    await expect(mine).to_contain_text("님이 맡았습니다")
    await expect(mine.get_by_role("button")).to_have_count(0)
