"""A guardian at a phone: from what a teacher publishes to a signed answer whose ledger verifies."""

import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Desk, Desks, Office, Programs
from tests.e2e.test_staff_states import PHONE, TOO_SMALL
from tests.support.figures import Figures

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

TITLE = "과학관 체험학습 동의서"
TEXT = "**12월 3일**에 과학관에 갑니다.\n\n- 도시락\n- 물통\n\n<script>document.title = 'hacked'</script>"
FORM: dict[str, Any] = {
    "fields": [
        {
            "type": "agree",
            "id": "insurance",
            "label": "여행자 보험 가입을 위한 개인정보 제공",
            "privacy": {
                "matter": "third_party",
                "purpose": "보험 가입",
                "items": "이름, 생년월일",
                "retention": "보험 종료까지",
                "refusal": "보험 없이 참가합니다",
                "recipient": "한빛손해보험",
            },
        },
        {
            "type": "choice",
            "id": "meal",
            "label": "점심",
            "options": [{"id": "basic", "label": "일반"}, {"id": "veg", "label": "채식"}],
        },
        {"type": "text", "id": "note", "label": "알릴 일", "required": False},
        {"type": "signature", "id": "sign", "label": "보호자 서명"},
    ]
}


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


async def sign(page: Page) -> None:
    """Draw something across the field for the signature."""
    paper = page.locator(".signature-paper")
    await paper.scroll_into_view_if_needed()
    box = await paper.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 30, box["y"] + 40)
    await page.mouse.down()
    for step in range(1, 12):
        await page.mouse.move(box["x"] + 30 + 18 * step, box["y"] + 40 + 30 * (step % 2))
    await page.mouse.up()


async def test_from_the_teachers_notice_to_a_verified_ledger(
    programs: Programs, desks: Desks, figures: Figures, tmp_path: Path
) -> None:
    desk, teacher = await at_home(desks), await programs.as_("teacher")
    page = desk.page
    deadline = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    began = time.perf_counter()
    notice = await publish(
        teacher,
        kind="consent",
        title=TITLE,
        text=TEXT,
        form=FORM,
        deadline=deadline,
        translations={"en": {"title": "Consent to the science museum", "text": "On **3 December**."}},
    )
    await card(page, TITLE).first.wait_for()
    figures.tell("published to shown on a guardian's open page", seconds=time.perf_counter() - began)

    began = time.perf_counter()
    await card(page, TITLE).first.click()
    await expect(page.locator(".rich strong")).to_have_text("12월 3일")
    await expect(page.locator(".rich")).to_contain_text("<script>")
    await page.locator(".languages").get_by_role("button", name="English").click()
    await expect(page.locator("#main h1")).to_have_text("Consent to the science museum")
    await page.locator(".languages").get_by_role("button", name="한국어").click()
    await page.locator(".action-bar").get_by_role("link", name="작성하기").click()

    await page.get_by_role("button", name="검토하기").click()
    await expect(page.locator(".form-field.wrong")).to_have_count(3)
    await expect(page.locator(".privacy")).to_contain_text("한빛손해보험")
    await page.get_by_label("동의하지 않습니다").check()
    await page.get_by_label("채식").check()
    await page.get_by_label("알릴 일").fill("멀미가 있어요")
    await sign(page)
    await page.reload()  # what was filled in stays
    await expect(page.get_by_label("알릴 일")).to_have_value("멀미가 있어요")
    assert await page.evaluate(TOO_SMALL) == []
    await page.get_by_role("button", name="검토하기").click()
    await expect(page.locator(".answers")).to_contain_text("채식")
    await page.get_by_role("button", name="제출하기").click()
    await expect(page.get_by_role("heading", name="제출했습니다")).to_be_visible()
    figures.tell("opened, filled in, signed and sent", seconds=time.perf_counter() - began)

    async with page.expect_download() as download:
        await page.get_by_role("link", name="제출 확인서").click()
    certificate = tmp_path / "certificate.pdf"
    await (await download.value).save_as(certificate)
    assert certificate.read_bytes().startswith(b"%PDF-")
    await page.get_by_role("button", name="알림으로 돌아가기").click()
    await expect(page.locator(".answer-row.is-answered")).to_be_visible()

    # Changed once before the deadline, then withdrawn.
    await page.get_by_role("button", name="제출한 내용").click()
    await page.get_by_role("link", name="고치기").click()
    await page.get_by_label("일반").check()
    await page.get_by_role("button", name="검토하기").click()
    await page.get_by_role("button", name="고쳐서 제출하기").click()
    await page.get_by_role("button", name="알림으로 돌아가기").click()
    await page.get_by_role("button", name="제출한 내용").click()
    await page.get_by_role("button", name="철회하기").click()
    await page.get_by_role("dialog").get_by_role("button", name="철회하기").click()
    await expect(page.locator(".answer-row")).to_contain_text("철회했습니다")

    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes((await teacher.get(f"/notices/{notice['id']}/ledger")).content)
    assert verified(ledger).returncode == 0
    forged = tmp_path / "forged.jsonl"
    forged.write_bytes(ledger.read_bytes().replace(b'"disagree"', b'"agree"'))
    assert verified(forged).returncode == 1
    assert await page.title() != "hacked"


def verified(ledger: Path) -> subprocess.CompletedProcess[bytes]:
    """Check a ledger's file as an outsider does."""
    madang = Path(sys.executable).with_name("madang")
    return subprocess.run([madang, "ledger", "verify", ledger], capture_output=True, check=False)


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


async def test_a_form_that_changes_meanwhile_loses_nothing(programs: Programs, desks: Desks) -> None:
    desk, teacher = await at_home(desks), await programs.as_("teacher")
    page, title = desk.page, "방과후 신청"
    asked: dict[str, Any] = {"type": "text", "id": "wish", "label": "원하는 과목"}
    notice = await publish(
        teacher, kind="documents", title=title, text="신청받습니다.", form={"fields": [asked]}
    )
    await card(page, title).first.click()
    await page.locator(".action-bar").get_by_role("link", name="작성하기").click()
    await page.get_by_label("원하는 과목").fill("바둑")
    more = {"type": "text", "id": "day", "label": "요일", "required": False}
    await teacher.patch(f"/notices/{notice['id']}", json={"form": {"fields": [asked, more]}, "note": "요일"})
    await page.get_by_role("button", name="검토하기").click()
    await page.get_by_role("button", name="제출하기").click()
    await expect(page.get_by_role("alert").first).to_contain_text("학교가 양식을 고쳤습니다")
    await expect(page.get_by_label("원하는 과목")).to_have_value("바둑")
    await page.get_by_label("요일").fill("수요일")
    await page.get_by_role("button", name="검토하기").click()
    desk.line.cut()
    await page.get_by_role("button", name="제출하기").click()
    await expect(page.get_by_role("alert").first).to_contain_text("인터넷에 연결되지 않아")
    desk.line.mend()
    await page.get_by_role("button", name="제출하기").click()
    await expect(page.get_by_role("heading", name="제출했습니다")).to_be_visible()
    answers = (await teacher.get(f"/notices/{notice['id']}/submissions?state=complete")).json()["students"]
    assert answers[0]["signers"][0]["submission"]["answers"] == {"wish": "바둑", "day": "수요일"}


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
    await expect(page.locator(".rich")).to_contain_text("지하철에서")
    await expect(page.locator(".note-bar")).to_contain_text("인터넷에 연결되지 않아")
    await desk.context.set_offline(False)
    desk.line.mend()


async def test_an_address_for_e_mail_holds_once_its_code_is_told(office: Office, desks: Desks) -> None:
    desk = await desks.seat("student", **PHONE)
    page, address = desk.page, "junju@families.example"
    await page.goto(f"{desk.line.url}/family#/settings")
    await page.fill("input[autocomplete=username]", desk.login["login"])
    await page.fill("input[type=password]", desk.login["password"])
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="주소 넣기").click()
    await page.get_by_label("전자우편 주소").fill(address)
    await page.get_by_role("button", name="확인 번호 받기").click()
    await expect(page.locator("f-address[data-kind=email]")).to_contain_text(f"{address}로 보낸")
    (mail,) = [message for to, message in office.mail.mails if to == address]
    code = re.search(r"\b\d{6}\b", mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert code is not None
    await page.get_by_label("확인 번호").fill("000000" if code[0] != "000000" else "111111")
    await page.get_by_role("button", name="확인", exact=True).click()
    await expect(page.locator("f-address[data-kind=email] [role=alert]")).to_contain_text("맞지 않습니다")
    await page.get_by_label("확인 번호").fill(code[0])
    await page.get_by_role("button", name="확인", exact=True).click()
    await expect(page.locator(".toggle", has_text=address)).to_be_visible()
