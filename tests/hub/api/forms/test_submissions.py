"""Forms over HTTP: who may sign what until when, how it stands, and the evidence of it."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import httpx
import pytest

from hub.api.forms.submissions import WAITING
from hub.forms import table
from rooms.forms.ledger import Head
from rooms.forms.verify import verify
from rooms.ids import new_cid
from storage import schema
from tests.hub.forms.certified import text_of
from tests.support.consent import (
    CHILDREN,
    DEADLINE,
    FATHER,
    MOTHER,
    SEPARATED,
    correct,
    make_family,
    publish,
    set_rights,
)
from tests.support.forms import ANSWERS, FORM
from tests.support.web import ORIGIN, Web


@pytest.fixture
async def family(web: Web) -> Web:
    await make_family(web.office)
    return web


class Guardian:
    """Somebody before a form, as the family's page is."""

    def __init__(self, web: Web, client: httpx.AsyncClient, notice: str) -> None:
        self.web = web
        self.client = client
        self.path = f"/notices/{notice}/submissions"

    async def form(self) -> dict[str, Any]:
        answer = await self.client.get(self.path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def mine(self, child: str) -> dict[str, Any]:
        rows = {row["student"]["id"]: row for row in (await self.form())["mine"]}
        return dict(rows[self.web.office.people[child]])

    async def submit(self, child: str, *, language: str = "ko", **other: Any) -> httpx.Response:
        shown = await self.form()
        told = {
            "student": self.web.office.people[child],
            "version": shown["version"],
            "text_hash": shown["texts"][language],
            "answers": ANSWERS,
        }
        return await self.client.post(self.path, json=told | other)


async def before(web: Web, key: str, notice: str) -> Guardian:
    return Guardian(web, await web.browser(key, origin=ORIGIN), notice)


async def told(answer: httpx.Response, status: int) -> Mapping[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def test_a_guardian_answers_for_each_child_and_the_ledger_says_so(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    for child in CHILDREN:
        part = await mother.mine(child)
        assert (part["may_answer"], part["must_answer"], part["state"]) == (True, True, "open")
    answers = [await told(await mother.submit(child), 201) for child in CHILDREN]
    assert [one["seq"] for one in answers] == [1, 2, 3]
    first = answers[0]
    assert first["act"] == "answer"
    assert first["student"] == {
        "id": family.office.people["student_a"],
        "name": "장하늘",
        "unit": "물빛초등학교 1학년 1반",
    }
    assert (first["signer"]["name"], first["signer"]["relation"]) == ("장보호", "모")
    assert first["answers"] == ANSWERS | {"allergies": ["egg", "nut"]}
    part = await mother.mine("student_a")
    assert (part["must_answer"], part["state"], part["submission"]["id"]) == (False, "answered", first["id"])
    head = await told(await mother.client.get(f"/notices/{notice}/ledger/head"), 200)
    assert (head["seq"], head["hash"]) == (3, answers[2]["hash"])
    rows = family.office.mongo[schema.RECIPIENTS]
    done = {row["person"] async for row in rows.find({"notice": notice, "answered_at": {"$ne": None}})}
    assert done == {family.office.people[key] for key in (MOTHER, FATHER, SEPARATED, *CHILDREN)}


async def test_everybody_sees_and_signs_what_their_rights_say(family: Web) -> None:
    notice = await publish(family.office)
    office = family.office
    father = await before(family, FATHER, notice)
    part = await father.mine("student_a")
    assert (part["may_answer"], part["must_answer"]) == (False, False)
    assert (await father.submit("student_a")).status_code == 403
    separated = await family.as_(SEPARATED)
    for path in (f"/notices/{notice}/{rest}" for rest in ("submissions", "ledger", "ledger/head")):
        assert (await separated.get(path)).status_code == 404
    mother = await before(family, MOTHER, notice)
    shown = await mother.form()
    given = {
        "student": office.people["student_a"],
        "version": 1,
        "text_hash": shown["texts"]["ko"],
        "answers": ANSWERS,
    }
    assert (await separated.post(mother.path, json=given)).status_code == 404
    foreign = await mother.submit("student_b", student=office.people["teacher_a"])
    assert foreign.status_code == 404
    student = await before(family, "student_a", notice)
    assert (await student.mine("student_a"))["may_answer"] is False
    assert (await told(await student.submit("student_a"), 403))["detail"] == "이 서식에는 보호자가 답합니다."
    answered = await told(await mother.submit("student_a"), 201)
    others = (await father.mine("student_a"))["others"]
    assert [(one["name"], one["relation"]) for one in others] == [("장보호", "모")]
    certificate = f"{mother.path}/{answered['id']}/certificate"
    assert (await father.client.get(certificate)).status_code == 404
    await set_rights(office, MOTHER, ["notices"])
    assert (await mother.submit("student_a2")).status_code == 403
    await set_rights(office, MOTHER, [])
    assert (await mother.client.get(mother.path)).status_code == 404
    assert (await mother.client.get(certificate)).status_code == 404
    head = await (await family.as_("admin")).get(f"/notices/{notice}/ledger/head")
    assert head.json()["seq"] == 1


async def test_changing_withdrawing_and_the_deadline(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    await told(await mother.submit("student_a"), 201)
    changed = await told(await mother.submit("student_a", answers=ANSWERS | {"trip": "disagree"}), 201)
    assert changed["act"] == "change"
    family.clock.advance((DEADLINE - family.clock.now()).total_seconds())
    exact = await told(await mother.submit("student_a"), 201)
    assert exact["seq"] == 3
    family.clock.advance(1)
    late = await told(await mother.submit("student_a2"), 403)
    assert late["detail"].startswith("답을 받는 기한이 지났습니다.")
    assert (await mother.form())["open"] is False
    withdrawn = await told(
        await mother.client.post(
            mother.path,
            json={"student": family.office.people["student_a"], "act": "withdraw", "reason": "마음이 바뀜"},
        ),
        201,
    )
    assert (withdrawn["act"], withdrawn["state"], withdrawn["answers"]) == ("withdraw", "withdrawn", {})
    part = await mother.mine("student_a")
    assert (part["state"], part["must_answer"], part["may_answer"]) == ("withdrawn", True, False)
    nothing = {"student": family.office.people["student_a2"], "act": "withdraw"}
    assert (await mother.client.post(mother.path, json=nothing)).status_code == 409


async def test_a_withdrawn_form_stays_with_those_who_answered_it_alone(family: Web) -> None:
    notice = await publish(family.office)
    mother, father = await before(family, MOTHER, notice), await before(family, FATHER, notice)
    await told(await mother.submit("student_a"), 201)
    fields = (await father.form())["form"]["fields"]
    admin = await family.as_("admin")
    assert (await admin.post(f"/notices/{notice}/withdraw", json={})).status_code == 200
    assert (await father.form())["form"]["fields"] == []
    assert (await mother.form())["form"]["fields"] == fields
    assert (await admin.get(mother.path)).json()["form"]["fields"] == fields


async def test_a_text_that_was_not_shown_cannot_be_signed(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    assert (await mother.submit("student_a", text_hash="0" * 64)).status_code == 400
    assert (await mother.submit("student_a", version=2)).status_code == 400
    other = await publish(family.office)
    theirs = (await (await before(family, MOTHER, other)).form())["texts"]["ko"]
    assert (await mother.submit("student_a", text_hash=theirs)).status_code == 400
    old = await mother.form()
    english = await told(await mother.submit("student_a", language="en"), 201)
    assert english["language"] == "en"
    await correct(family.office.mongo, notice, title="현장체험학습 동의서 (수정)")
    refused = await told(
        await mother.submit("student_a2", version=old["version"], text_hash=old["texts"]["ko"]), 409
    )
    assert refused["detail"].startswith("그사이에 내용이 바뀌었습니다.")
    assert (await mother.mine("student_a"))["state"] == "answered"
    fresh = await told(await mother.submit("student_a2"), 201)
    assert fresh["version"] == 2


async def test_another_form_is_asked_again(family: Web) -> None:
    notice = await publish(family.office)
    mother, admin = await before(family, MOTHER, notice), await family.as_("admin")
    await told(await mother.submit("student_a"), 201)
    form = FORM | {
        "fields": [*FORM["fields"], {"type": "text", "id": "bus", "label": "버스", "required": False}]
    }
    await correct(family.office.mongo, notice, form=form)
    part = await mother.mine("student_a")
    assert (part["state"], part["must_answer"]) == ("again", True)
    sheet = (await admin.get(f"/notices/{notice}/submissions?state=again")).json()
    assert [row["student"]["name"] for row in sheet["students"]] == ["장하늘"]
    assert (sheet["tally"]["again"], sheet["tally"]["missing"]) == (1, 2)
    await told(await mother.submit("student_a"), 201)
    assert (await mother.mine("student_a"))["state"] == "answered"


async def test_answers_that_do_not_fit_are_told_by_field_and_nothing_is_kept(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    bad = await told(await mother.submit("student_a", answers={"trip": "maybe", "note": "가" * 21}), 400)
    assert bad["code"] == "bad_request"
    assert bad["fields"] == {
        "trip": "동의나 동의하지 않음 가운데 하나를 골라 주세요.",
        "photos": "답해 주세요.",
        "meal": "답해 주세요.",
        "note": "20자까지 쓸 수 있습니다.",
        "sign": "답해 주세요.",
    }
    assert (await mother.form())["head"]["seq"] == 0
    strokes = [[1, 1] * 100_000]
    large = await mother.submit("student_a", answers=ANSWERS | {"sign": {"drawn": strokes}})
    assert large.status_code == 413
    assert (await mother.form())["head"]["seq"] == 0


async def test_the_same_cid_is_one_answer(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    cid = new_cid()
    first = await told(await mother.submit("student_a", cid=cid), 201)
    again = await told(await mother.submit("student_a", cid=cid), 201)
    assert again == first
    other = await mother.submit("student_a", cid=cid, answers=ANSWERS | {"trip": "disagree"})
    assert other.status_code == 409
    key = {"Idempotency-Key": "signed once"}
    shown = await mother.form()
    given = {
        "student": family.office.people["student_b"],
        "version": 1,
        "text_hash": shown["texts"]["ko"],
        "answers": ANSWERS,
    }
    keyed = [await mother.client.post(mother.path, json=given, headers=key) for _ in range(2)]
    assert keyed[0].json() == keyed[1].json()
    assert [answer.headers.get("idempotent-replayed") for answer in keyed] == [None, "true"]
    family.clock.advance(20 * 86_400)
    assert (await told(await mother.submit("student_a", cid=cid), 201)) == first


async def test_staff_enter_what_was_signed_on_paper(family: Web) -> None:
    notice = await publish(family.office, unit="class_a1", by="teacher_a", children=["student_a"])
    people = family.office.people
    teacher = await before(family, "teacher_a", notice)
    scan = await family.keep("teacher_a", "스캔.pdf", b"%PDF-1.7 signed", "application/pdf")
    family.clock.advance(20 * 86_400)
    shown = await teacher.form()
    paper = {
        "student": people["student_a"],
        "version": 1,
        "text_hash": shown["texts"]["ko"],
        "answers": ANSWERS,
        "on_paper_for": people[MOTHER],
    }

    async def enter(**other: Any) -> httpx.Response:
        return await teacher.client.post(teacher.path, json=paper | other)

    assert (await told(await enter(), 400))["detail"].startswith("서명한 종이를")
    foreign = await family.keep("head_a", "남의.pdf", b"x")
    assert (await enter(files=[foreign])).status_code == 404
    assert (await enter(files=[scan], on_paper_for=people[FATHER])).status_code == 404
    assert (await enter(files=[scan], student=people["student_b"])).status_code == 404
    entered = await told(await enter(files=[scan]), 201)
    assert entered["by"] == {"id": people["teacher_a"], "name": "정담임"}
    assert entered["signer"]["name"] == "장보호"
    assert entered["files"][0]["name"] == "스캔.pdf"
    assert len(entered["files"][0]["sha256"]) == 64
    elsewhere = await before(family, "teacher_b", notice)
    refused = await elsewhere.client.post(teacher.path, json=paper | {"files": [scan]})
    assert refused.status_code == 404
    mother = await before(family, MOTHER, notice)
    assert (await mother.mine("student_a"))["submission"]["by"]["name"] == "정담임"
    with_scan = await mother.submit("student_a", files=[scan])
    assert with_scan.status_code == 403  # the deadline has passed


async def test_both_guardians_and_the_student(family: Web) -> None:
    await set_rights(family.office, FATHER, ["notices", "consent"])
    form = FORM | {"signers": {"guardians": "all", "student": True}}
    notice = await publish(family.office, form, children=["student_a"])
    admin = await family.as_("admin")

    async def state() -> tuple[str, int]:
        sheet = (await admin.get(f"/notices/{notice}/submissions")).json()
        (row,) = sheet["students"]
        return row["state"], sheet["tally"]["fields"]["trip"]["disagree"]

    assert await state() == ("missing", 0)
    await told(await (await before(family, MOTHER, notice)).submit("student_a"), 201)
    assert await state() == ("partial", 0)
    refusing = ANSWERS | {"trip": "disagree"}
    await told(await (await before(family, FATHER, notice)).submit("student_a", answers=refusing), 201)
    assert await state() == ("partial", 1)
    await told(await (await before(family, "student_a", notice)).submit("student_a"), 201)
    assert await state() == ("complete", 1)


async def test_how_it_stands_by_student_in_pages(family: Web) -> None:
    await set_rights(family.office, FATHER, ["notices", "consent"])
    notice = await publish(family.office)
    mother, father = await before(family, MOTHER, notice), await before(family, FATHER, notice)
    await told(await mother.submit("student_a"), 201)
    await told(await father.submit("student_a", answers=ANSWERS | {"trip": "disagree"}), 201)
    admin = await family.as_("admin")
    path = f"/notices/{notice}/submissions"
    sheet = (await admin.get(path)).json()
    assert sheet["mine"] == []
    tally = sheet["tally"]
    assert (tally["students"], tally["complete"], tally["missing"], tally["contradicted"]) == (3, 1, 2, 1)
    assert tally["fields"]["trip"] == {"agree": 0, "disagree": 1}
    assert tally["fields"]["meal"] == {"plain": 0, "halal": 1}
    page = (await admin.get(f"{path}?limit=2")).json()
    rest = (await admin.get(f"{path}?limit=2&after={page['next']}")).json()
    assert [len(page["students"]), len(rest["students"]), rest["next"]] == [2, 1, None]
    missing = (await admin.get(f"{path}?state=missing")).json()["students"]
    assert {row["student"]["name"] for row in missing} == {"임하늘", "한마루"}
    assert [part["name"] for part in missing[0]["signers"] if part["must"]] == ["장보호", "임보호"]
    assert (await admin.get(f"{path}?after=p0")).status_code == 400
    assert (await admin.get(f"{path}?state=lost")).status_code == 400
    teacher = (await (await family.as_("teacher_a2")).get(path)).json()
    assert [row["student"]["name"] for row in teacher["students"]] == ["임하늘"]
    colleague = await family.as_("officer")
    assert (await colleague.get(path)).status_code == 404


async def test_the_ledger_as_a_file(family: Web) -> None:
    notice = await publish(family.office)
    mother, father = await before(family, MOTHER, notice), await before(family, FATHER, notice)
    await told(await mother.submit("student_a"), 201)
    await told(await mother.submit("student_b", language="en"), 201)
    await correct(family.office.mongo, notice, title="수정")
    await told(await mother.submit("student_a2"), 201)
    admin = await family.as_("admin")
    head = (await admin.get(f"/notices/{notice}/ledger/head")).json()
    anchor = Head(head["seq"], head["hash"])

    async def export(client: httpx.AsyncClient) -> list[bytes]:
        answer = await client.get(f"/notices/{notice}/ledger")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        return answer.content.splitlines(keepends=True)

    whole = await export(admin)
    verdict = verify(whole, anchors=[anchor], key=head["key"])
    assert verdict.sound, verdict.faults
    assert (verdict.links, verdict.sealed, verdict.texts, verdict.signed) == (3, 0, 3, True)
    assert verdict.anchored == anchor
    body = json.loads(whole[-1])["body"]
    assert body["how"]["address"] == "192.0.2.1"
    assert body["how"]["way"] == "token"
    own = verify(await export(mother.client), anchors=[anchor], key=head["key"])
    assert (own.sound, own.links, own.sealed) == (True, 3, 0)
    others = await export(father.client)
    sealed = verify(others, anchors=[anchor], key=head["key"])
    assert (sealed.sound, sealed.links, sealed.sealed) == (True, 3, 3)
    assert "장보호".encode() not in b"".join(others[1:])
    teacher = verify(await export(await family.as_("teacher_a")), anchors=[anchor])
    assert (teacher.sound, teacher.links, teacher.sealed) == (True, 3, 2)
    forged = [line.replace(b'"trip":"agree"', b'"trip":"disagree"') for line in whole]
    assert {fault.kind.value for fault in verify(forged).faults} == {"changed"}


async def test_what_differs_from_child_to_child_is_written_down(family: Web) -> None:
    seats = {child: {"이름": child, "자리": f"{n}번"} for n, child in enumerate(CHILDREN)}
    notice = await publish(family.office, merge=seats)
    mother = await before(family, MOTHER, notice)
    await told(await mother.submit("student_b"), 201)
    lines = (await (await family.as_("admin")).get(f"/notices/{notice}/ledger")).content.splitlines()
    assert json.loads(lines[-1])["body"]["merge"] == [["이름", "student_b"], ["자리", "2번"]]


async def test_files_are_kept_with_the_answer(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    mine = await family.keep(MOTHER, "등본.pdf", b"paper", "application/pdf")
    theirs = await family.keep(FATHER, "남의.pdf", b"paper")
    assert (await mother.submit("student_a", answers=ANSWERS | {"papers": [theirs]})).status_code == 404
    answered = await told(await mother.submit("student_a", answers=ANSWERS | {"papers": [mine]}), 201)
    (file,) = answered["answers"]["papers"]
    assert (file["name"], file["size"]) == ("등본.pdf", 5)
    assert file["sha256"] == hashlib.sha256(b"paper").hexdigest()
    assert await family.services.files.erase_unsent(family.clock.now().replace(year=2030)) == 1


async def test_notices_without_a_form_and_too_many_answers(family: Web) -> None:
    bare = await publish(family.office, None)
    mother = await family.as_(MOTHER)
    assert (await mother.get(f"/notices/{bare}/submissions")).status_code == 400
    given = {"student": family.office.people["student_a"]}
    assert (await mother.post(f"/notices/{bare}/submissions", json=given)).status_code == 400
    assert (await mother.get("/notices/nothing/submissions")).status_code == 404
    for _ in range(family.services.settings.limits.submissions_per_minute):
        answer = await mother.post(f"/notices/{bare}/submissions", json=given)
    assert answer.status_code == 429


async def test_certificates_and_tables(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    formula = "=HYPERLINK(A1)"
    answered = await told(await mother.submit("student_a", answers=ANSWERS | {"note": formula}), 201)
    path = f"{mother.path}/{answered['id']}/certificate"
    mine = await mother.client.get(path)
    assert mine.status_code == 200
    assert mine.headers["content-type"] == "application/pdf"
    assert "filename*=UTF-8''" in mine.headers["content-disposition"]
    text = text_of(mine.content)
    for part in ("장보호", "장하늘", answered["hash"], "서버에서 발급한 토큰으로 로그인", "192.0.2.1"):
        assert part in text
    admin = await family.as_("admin")
    assert (await admin.get(path)).status_code == 200
    for other in (FATHER, SEPARATED, "student_a", "teacher_b", "officer"):
        assert (await (await family.as_(other)).get(path)).status_code == 404
    assert (await mother.client.get(f"{mother.path}/a0/certificate")).status_code == 404
    table = (await admin.get(f"{mother.path}/export?format=csv")).content.decode("utf-8-sig")
    assert f"'{formula}" in table
    assert "장보호,모," in table
    book = await admin.get(f"{mother.path}/export")
    assert book.content.startswith(b"PK")
    assert (await mother.client.get(f"{mother.path}/export")).status_code == 404
    assert (await admin.get(f"{mother.path}/export?format=exe")).status_code == 400


async def test_only_those_whom_an_answer_concerns_get_its_files(family: Web) -> None:
    notice = await publish(family.office)
    mother = await before(family, MOTHER, notice)
    paper = await family.keep(MOTHER, "등본.pdf", b"paper", "application/pdf")
    await told(await mother.submit("student_a", answers=ANSWERS | {"papers": [paper]}), 201)
    for key, status in {
        MOTHER: 200,
        "admin": 200,
        "teacher_a": 200,
        "teacher_a2": 404,
        "officer": 404,
        FATHER: 404,
        "student_a": 404,
    }.items():
        assert (await (await family.as_(key)).get(f"/files/{paper}")).status_code == status, key


async def test_more_documents_than_can_be_written_are_put_off(
    family: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = await publish(family.office)
    admin = await family.as_("admin")
    write, may_write = table.as_xlsx, threading.Event()

    def write_late(rows: Iterator[list[table.Cell]], title: str) -> bytes:
        may_write.wait(30)
        return write(rows, title)

    monkeypatch.setattr(table, "as_xlsx", write_late)
    path, too_many = f"/notices/{notice}/submissions/export", 5
    asks = [asyncio.create_task(admin.get(path)) for _ in range(WAITING + too_many)]
    first = islice(asyncio.as_completed(asks, timeout=30), too_many)
    try:
        assert [(await answer).status_code for answer in first] == too_many * [503]
    finally:
        may_write.set()
    answers = await asyncio.gather(*asks)
    assert [answer.status_code for answer in answers].count(200) == WAITING
    assert (await admin.get(path)).status_code == 200
