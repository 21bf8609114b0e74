"""A teacher at the page for notices: from the first word to the last missing answer."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Desk, Desks, Programs
from tests.e2e.test_staff_states import PHONE, TOO_SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def at_work(desks: Desks, login: str = "teacher", **context: Any) -> Desk:
    """Sign somebody in at the author's page."""
    desk = await desks.seat(login, **context)
    await desk.page.goto(f"{desk.line.url}/author")
    await desk.page.fill("input[autocomplete=username]", desk.login["login"])
    await desk.page.fill("input[type=password]", desk.login["password"])
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("a-list .notice-card, a-list .state").first).to_be_visible()
    return desk


async def begin(page: Page, kind: str, title: str) -> None:
    """Begin a notice, and give it a title."""
    await page.get_by_role("button", name="새 알림").first.click()
    await page.get_by_role("menuitem", name=kind).click()
    await page.locator(".title-input").fill(title)


async def send(page: Page, words: str = "보내기") -> None:
    """Send it, after the last look."""
    await page.locator(".action-bar").get_by_role("button", name=words).click()
    await page.get_by_role("dialog").get_by_role("button", name=words).click()


async def choose(page: Page, title: str) -> None:
    """Open a notice of the list."""
    await page.locator(".notice-card", has_text=title).click()
    await expect(page).to_have_url(re.compile("#/notices/"))


async def answer(guardian: Any, notice: str) -> None:
    """Answer every item of the form."""
    path = f"/notices/{notice}/submissions"
    paper = (await guardian.get(path)).json()
    said = {
        "agree": lambda _: "agree",
        "choice": lambda field: field["options"][0]["id"],
        "text": lambda _: "없습니다",
        "signature": lambda _: {"typed": "정우은"},
    }
    answers = {field["id"]: said[field["type"]](field) for field in paper["form"]["fields"]}
    body = {
        "student": paper["mine"][0]["student"]["id"],
        "version": paper["version"],
        "text_hash": paper["texts"]["ko"],
        "answers": answers,
    }
    sent = await guardian.post(path, json=body)
    assert sent.status_code == 201, sent.text


async def test_a_consent_form_from_the_preset_to_the_live_tally(desks: Desks, programs: Programs) -> None:
    desk, guardian = await at_work(desks), await programs.as_("guardian")
    page = desk.page
    await begin(page, "동의서 만들기", "생태공원 체험학습")
    await page.locator(".text-area").first.fill("**12월 10일**에 갑니다.")
    await page.get_by_role("button", name=re.compile("^현장체험학습")).click()
    await expect(page.locator(".item")).to_have_count(6)
    # Only its parts scroll, never the page itself.
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await page.get_by_role("button", name="항목 더하기").click()
    await page.get_by_role("menuitem", name="고르기").click()
    await page.locator(".action-bar").get_by_role("button", name="보내기").click()
    await expect(page.locator(".item.wrong")).to_have_count(1)  # it has no words yet
    await page.get_by_role("button", name="6번 항목 지우기").click()
    await page.get_by_role("button", name="3일 뒤").click()
    await send(page)

    await expect(page.locator(".funnel-goal")).to_contain_text("0명")
    notice = page.url.split("/")[-1]
    await page.get_by_role("tab", name="제출 현황").click()
    await expect(page.locator(".tally-main")).to_contain_text("중 0명 제출")
    await answer(guardian, notice)
    await expect(page.locator(".tally-main")).to_contain_text("중 1명 제출")
    # One guardian's answer is that of all guardians of the child.
    await expect(page.locator(".desk-progress").first).to_contain_text(re.compile("제출 [12]/"))
    await page.get_by_role("button", name="제출한 학생").click()
    await page.get_by_role("button", name=re.compile("답 보기")).first.click()
    await expect(page.get_by_role("dialog").locator(".answers")).to_contain_text("일반 도시락")
    await page.keyboard.press("Escape")

    # What was handed in on paper, with its scan.
    await page.get_by_role("button", name="남은 학생").click()
    await page.get_by_role("button", name="종이로 받은 답 넣기").first.click()
    paper = page.get_by_role("dialog")
    await paper.get_by_role("button", name="넣기").click()
    await expect(paper.locator(".form-field.wrong")).to_have_count(4)
    for box in await paper.get_by_label("동의합니다", exact=True).all():
        await box.check()
    await paper.get_by_label("집에서 준비").check()
    scan = {"name": "paper.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
    await paper.locator("#paper-files").set_input_files([scan])
    await expect(paper.locator(".upload a")).to_be_visible()
    await paper.get_by_role("button", name="넣기").click()
    await expect(paper).to_have_count(0)
    await expect(page.locator(".tally-main")).to_contain_text("중 2명 제출")


async def test_where_all_guardians_must_answer_one_alone_is_not_enough(
    desks: Desks, programs: Programs
) -> None:
    desk, teacher = await at_work(desks), await programs.as_("teacher")
    page = desk.page
    await begin(page, "동의서 만들기", "수술 동의서")
    await page.locator(".text-area").first.fill("보호자 모두의 동의가 필요합니다.")
    await page.get_by_role("button", name=re.compile("^빈 ")).click()
    await page.get_by_label("물어볼 말").fill("수술에 동의")
    await page.get_by_role("button", name="보호자 모두").click()
    await send(page)
    await expect(page.locator(".funnel-goal")).to_be_visible()
    notice = page.url.split("/")[-1]
    path = f"/notices/{notice}/submissions"
    rows = (await teacher.get(path)).json()["students"]
    pair = next(row for row in rows if len(row["signers"]) == 2)
    await page.get_by_role("tab", name="제출 현황").click()
    for number, signer in enumerate(pair["signers"], 1):
        row = page.locator(".reach-person", has_text=pair["student"]["name"])
        await row.get_by_role("button", name="종이로 받은 답 넣기").click()
        paper = page.get_by_role("dialog")
        await paper.get_by_label("서명한 사람").select_option(signer["id"])
        await paper.get_by_label("동의합니다", exact=True).check()
        scan = {"name": "paper.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
        await paper.locator("#paper-files").set_input_files([scan])
        await expect(paper.locator(".upload a")).to_be_visible()
        await paper.get_by_role("button", name="넣기").click()
        await expect(paper).to_have_count(0)
        if number == 1:
            await expect(row).to_contain_text("일부만 제출")
            await expect(row).to_contain_text("기다리는 중")
    await expect(page.locator(".tally-main")).to_contain_text("중 1명 제출")


async def test_nothing_that_is_written_is_lost(desks: Desks) -> None:
    desk = await at_work(desks)
    page = desk.page
    await begin(page, "알림장 쓰기", "지하철에서 쓰는 글")
    await expect(page).to_have_url(re.compile("/edit$"))
    desk.line.cut()
    await page.locator(".text-area").first.fill("끊긴 동안 쓴 글")
    await expect(page.locator(".save-offline")).to_be_visible()
    desk.line.mend()
    await page.reload()
    await expect(page.locator(".text-area").first).to_have_value("끊긴 동안 쓴 글")
    await expect(page.locator(".save-state")).to_have_text(re.compile("저장됨"))
    await page.evaluate("localStorage.clear()")
    await page.reload()
    await expect(page.locator(".text-area").first).to_have_value("끊긴 동안 쓴 글")


async def test_a_note_is_written_corrected_and_withdrawn_on_a_phone(desks: Desks, programs: Programs) -> None:
    desk, guardian = await at_work(desks, **PHONE), await programs.as_("guardian")
    page = desk.page
    await begin(page, "알림장 쓰기", "내일 준비물")
    await page.locator(".text-area").first.fill("<script>document.title = 'hacked'</script> **물통**")
    assert await page.evaluate(TOO_SMALL) == []
    plan = {"name": "준비물.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n"}
    await page.locator("#notice-files").set_input_files([plan])
    await expect(page.locator(".files-field .upload a, .upload a").first).to_be_visible()
    await page.get_by_role("button", name="미리보기").click()
    await expect(page.locator(".phone-screen .rich strong")).to_have_text("물통")
    await expect(page.locator(".phone-screen .rich")).to_contain_text("<script>")
    await page.keyboard.press("Escape")
    await send(page)
    await expect(page.locator(".funnel-step")).to_have_count(4)
    notice = page.url.split("/")[-1]
    await page.get_by_role("button", name="더 보기").first.click()
    await page.get_by_role("menuitem", name="정정하기").click()
    await page.locator(".text-area").first.fill("**물통**과 모자")
    await page.locator(".action-bar").get_by_role("button", name="정정 보내기").click()
    await page.get_by_label("무엇을 고쳤나요?").fill("모자를 더했습니다")
    await page.get_by_role("dialog").get_by_role("button", name="정정 보내기").click()
    await page.get_by_role("tab", name="내용").click()
    await expect(page.locator(".changes")).to_contain_text("모자를 더했습니다")
    shown = (await guardian.get(f"/notices/{notice}")).json()
    assert (await guardian.get(f"/files/{shown['files'][0]['id']}")).content == plan["buffer"]
    assert (shown["version"], shown["corrections"][0]["note"]) == (2, "모자를 더했습니다")
    await page.get_by_role("button", name="더 보기").first.click()
    await page.get_by_role("menuitem", name="철회하기").click()
    await page.get_by_role("dialog").get_by_role("button", name="철회하기").click()
    await expect(page.locator(".note-danger")).to_contain_text("철회했습니다")
    assert (await guardian.get(f"/notices/{notice}")).json()["state"] == "withdrawn"
    assert await page.title() != "hacked"


async def test_what_needs_approval_is_given_back_and_goes_out_in_the_end(
    desks: Desks, programs: Programs
) -> None:
    teacher, admin, boss = await at_work(desks), await at_work(desks, "admin"), await programs.as_("admin")
    desk = (await (await programs.as_("teacher")).get("/notices/audiences")).json()["desks"]
    unit = next(one["id"] for one in desk if one["kind"] == "class")
    rules = f"/units/{unit}/notice-rules"
    assert (await boss.put(rules, json={"approval": ["newsletter"]})).status_code == 200
    page, theirs = teacher.page, admin.page
    await page.reload()  # the rules are read with the page
    await begin(page, "가정통신문 쓰기", "겨울방학 안내")
    await page.locator(".text-area").first.fill("12월 31일부터입니다.")
    await send(page, "승인 요청")
    await expect(page.locator(".note-info")).to_contain_text("승인을 요청했습니다")

    await theirs.get_by_role("button", name="설정").click()
    await theirs.get_by_role("menuitem", name="이 기기의 알림").click()
    await expect(theirs.get_by_role("dialog").locator(".push-state")).to_be_visible()
    await theirs.keyboard.press("Escape")
    await theirs.reload()  # else it looks every half minute: nearer administrators are told at once
    await theirs.locator(".desk-waiting").click()
    await choose(theirs, "겨울방학")
    await theirs.get_by_role("button", name="반려").click()
    await theirs.get_by_role("dialog").get_by_role("button", name="반려").click()
    await expect(theirs.get_by_role("dialog")).to_contain_text("까닭을 적어 주세요")
    await theirs.get_by_label("까닭").fill("개학일도 적어 주세요")
    await theirs.get_by_role("dialog").get_by_role("button", name="반려").click()

    await page.locator(".notice-card", has_text="겨울방학").click()
    await page.get_by_role("link", name="이어서 쓰기").click()
    await expect(page.locator(".note-danger")).to_contain_text("개학일도 적어 주세요")
    await page.locator(".text-area").first.fill("12월 31일부터이고 2월 3일에 개학합니다.")
    await send(page, "승인 요청")
    await theirs.locator(".notice-card", has_text="겨울방학").click()
    await theirs.get_by_role("button", name="승인").click()
    await theirs.get_by_role("dialog").get_by_role("button", name="승인").click()
    await expect(theirs.locator(".funnel-step").first).to_be_visible()
    await expect(page.locator(".funnel-step").first).to_be_visible()  # the author hears of it at once
    await expect(theirs.locator(".desk-waiting")).to_be_hidden()
    assert (await boss.put(rules, json={"approval": []})).status_code == 200


async def test_what_is_due_goes_out_before_the_authors_eyes_and_those_missing_are_reminded(
    desks: Desks, programs: Programs
) -> None:
    desk, office = await at_work(desks, "admin"), await programs.as_("admin")
    page = desk.page
    unit = (await office.get("/notices/audiences")).json()["desks"][0]["id"]
    below = unit
    for name in ("한빛도가온교육지원청", "물빛초등학교", "6학년"):
        units = (await office.get("/notices/audiences", params={"unit": below})).json()["units"]
        below = next(one["id"] for one in units if one["name"] == name)
    body = {
        "kind": "newsletter",
        "unit": unit,
        "audience": [{"unit": below, "who": "guardians"}],
        "title": "예약한 안내",
        "text": "내일 아침에 읽어 주세요.",
        "confirm": True,
        "publish_at": (datetime.now(UTC) + timedelta(seconds=5)).isoformat(),
        "publish": True,
    }
    made = (await office.post("/notices", json=body)).json()
    await page.goto(f"{desk.line.url}/author#/notices/{made['id']}")
    await expect(page.locator(".funnel-step").first).to_be_visible(timeout=60_000)
    everybody = (await office.get(f"/notices/{made['id']}/reach")).json()["counts"]["recipients"]

    # One class of the two: the counts and the people are its own.
    await page.get_by_label("받는 곳").select_option(label="6학년 2반")
    goal = page.locator(".funnel-step").first
    await expect(goal).not_to_contain_text(f"{everybody}명")
    await expect(page.locator(".reach-person").first).to_contain_text("2반")
    await expect(page.locator(".reach-person", has_text="6학년 1반")).to_have_count(0)
    await page.get_by_label("받는 곳").select_option("")
    await expect(goal).to_contain_text(f"{everybody}명")

    await page.get_by_role("button", name=f"아직 안 한 {everybody}명에게 다시 알리기").click()
    await page.get_by_role("dialog").get_by_role("button", name="다시 알리기").click()
    await expect(page.locator(".remind")).to_contain_text("지금까지 1번")
    await expect(page.locator(".reach-person").first).to_contain_text("다시 알림 1번")
    await page.get_by_role("button", name="아직 안 한").click()
    await page.get_by_role("dialog").get_by_role("button", name="다시 알리기").click()
    await expect(page.get_by_role("dialog")).to_contain_text("방금 다시")  # nobody is pestered
    await page.keyboard.press("Escape")

    # Who has it keeps it; others get it too.
    await page.goto(f"{desk.line.url}/author#/notices/{made['id']}/edit")
    await page.get_by_role("button", name="받는 곳 더하기").click()
    picker = page.get_by_role("dialog")
    for name in ("한빛도가온교육지원청", "물빛초등학교"):
        await picker.get_by_role("button", name=f"{name} 안에서 고르기").click()
    await picker.get_by_role("checkbox", name=re.compile("^1학년")).check()
    await picker.get_by_role("button", name="고르기", exact=True).click()
    await page.locator(".action-bar").get_by_role("button", name="정정 보내기").click()
    await page.get_by_role("dialog").get_by_role("button", name="정정 보내기").click()
    await expect(page.locator(".follow-head")).to_contain_text("6학년, 물빛초등학교 1학년")
    await expect(page.locator(".funnel-step").first).not_to_contain_text(f"{everybody}명")


async def test_a_school_sets_what_needs_approval_and_when_it_talks(desks: Desks, programs: Programs) -> None:
    desk, teacher = await at_work(desks, "admin"), await programs.as_("teacher2")
    page = desk.page
    await page.get_by_role("button", name="설정").click()
    await page.get_by_role("menuitem", name="알림 규칙과 상담 시간").click()
    for name in ("한빛도마루교육지원청", "별마루고등학교"):
        await page.locator(".rules-body summary").click()
        await page.get_by_role("link", name=name, exact=True).click()
        await expect(page.locator(".aim-desk")).to_contain_text(name)
    school = page.url.split("/")[-1]
    await page.get_by_label("동의서").check()
    await page.get_by_role("button", name="단계 더하기").click()
    await page.get_by_role("button", name="저장").first.click()
    await expect(page.get_by_text("이 기관이 정한 것입니다").first).to_be_visible()
    await page.get_by_label("끝").fill("08:00")
    await page.get_by_role("button", name="저장").last.click()
    await expect(page.get_by_role("alert").last).to_contain_text("늦어야")
    await page.get_by_label("끝").fill("17:00")
    await page.get_by_label("토").check()
    await page.get_by_role("button", name="저장").last.click()
    await expect(page.get_by_text("이 기관이 정한 것입니다")).to_have_count(2)
    hours = (await teacher.get(f"/units/{school}/hours")).json()
    assert hours["hours"] == {"start": "08:30", "end": "17:00", "days": [0, 1, 2, 3, 4, 5]}
    boss = await programs.as_("admin")
    rules = (await boss.get(f"/units/{school}/notice-rules")).json()
    assert (rules["approval"], rules["own"]) == (["consent"], True)
    assert rules["follow_up"] == [{"after_hours": 24, "channel": "push"}]
    for left in (1, 0):
        await page.get_by_role("button", name="위 기관을 따르기").first.click()
        await expect(page.get_by_text("이 기관이 정한 것입니다")).to_have_count(left)
