"""What delivery is told of notices: what rows say, and when they are not wanted any more."""

from datetime import timedelta
from typing import Any

from rooms.delivery.channels import Channel, Outcome, Reason, State
from rooms.delivery.outbox import Delivery, delivery_id
from rooms.delivery.ports import Content, Unwanted
from rooms.ids import PersonId
from tests.hub.api.conftest import database_name, emptied_database, kept_database, web
from tests.support.notice_web import allow, expand, publish
from tests.support.web import Web

__all__ = ["database_name", "emptied_database", "kept_database", "web"]


async def said(web: Web, notice: str, person: str, what: str) -> Content | Unwanted:
    who, now = PersonId(web.office.people[person]), web.clock.now()
    row = Delivery(delivery_id(notice, what, who, Channel.PUSH), notice, who, Channel.PUSH, what, now, now)
    return (await web.services.notices.news.contents([row]))[row.id]


async def test_a_row_says_what_the_notice_says_by_now_in_the_language_of_the_person(web: Web) -> None:
    teacher = await web.as_("teacher_a")
    made = await publish(
        web, teacher, "class_a1", translations={"en": {"title": "Bring pencils", "text": "x"}}, confirm=True
    )
    korean = await said(web, made["id"], "guardian_a", "v1")
    assert korean == Content("물빛초등학교 1반 · 알림장", "내일 준비물", f"/family#/notices/{made['id']}")
    await web.services.people.set_locale(PersonId(web.office.people["guardian_a"]), "en")
    english = await said(web, made["id"], "guardian_a", "v1")
    assert isinstance(english, Content)
    assert (english.title, english.text) == ("물빛초등학교 1반 · Class note", "Bring pencils")
    reminder = await said(web, made["id"], "student_a", "r1")
    assert isinstance(reminder, Content)
    assert reminder.text == "아직 확인하지 않으셨습니다: 내일 준비물"
    await teacher.patch(f"/notices/{made['id']}", json={"title": "모레 준비물"})
    await expand(web)
    late = await said(web, made["id"], "student_a", "v1")
    assert isinstance(late, Content)
    assert late.text == "모레 준비물"
    corrected = await said(web, made["id"], "student_a", "c2")
    assert isinstance(corrected, Content)
    assert corrected.text == "[고침] 모레 준비물"


async def test_what_was_read_withdrawn_or_is_not_theirs_any_more_is_not_sent(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    deadline = (web.clock.now() + timedelta(hours=1)).isoformat()
    made = await publish(web, teacher, "class_a1", confirm=True, deadline=deadline)
    notice = made["id"]

    async def unwanted(person: str, what: str) -> Any:
        found = await said(web, notice, person, what)
        return found.reason if isinstance(found, Unwanted) else None

    assert await unwanted("guardian_a2", "v1") is Reason.NO_RIGHT
    await guardian.post(f"/notices/{notice}/seen", json={"version": 1})
    assert await unwanted("guardian_a", "v1") is Reason.READ
    assert await unwanted("guardian_a", "r1") is None, "it was opened, and is still to be confirmed"
    await guardian.post(f"/notices/{notice}/seen", json={"version": 1, "confirm": True})
    assert await unwanted("guardian_a", "r1") is Reason.READ
    await teacher.patch(f"/notices/{notice}", json={"text": "둘"})
    await teacher.patch(f"/notices/{notice}", json={"text": "셋"})
    assert await unwanted("student_a", "c2") is Reason.SUPERSEDED
    assert await unwanted("student_a", "c3") is None
    await allow(web, "guardian_a", "student_a", "messages")
    assert await unwanted("guardian_a", "c3") is Reason.NO_RIGHT
    web.clock.advance(3_600)
    assert await unwanted("student_a", "r1") is Reason.PAST_DEADLINE
    await (await web.as_("teacher_a")).post(f"/notices/{notice}/withdraw", json={})
    assert await unwanted("student_a", "c3") is Reason.WITHDRAWN


async def test_who_may_approve_is_told_of_what_was_submitted_and_its_author_of_what_was_decided(
    web: Web,
) -> None:
    officer, admin, people = await web.as_("officer"), await web.as_("admin"), web.office.people
    body = {"kind": "note", "unit": web.office.units["office"], "title": "눈", "text": "옵니다."}
    made = (await officer.post("/notices", json=body | {"audience": [{"unit": body["unit"]}]})).json()
    path, deliveries = f"/notices/{made['id']}", web.services.mongo["deliveries"]

    async def told() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        async for row in deliveries.find({"about": made["id"]}):
            found.setdefault(row["what"], []).append(web.office.key(row["person"]))
        return found

    async def text(person: str, what: str) -> Any:
        content = await said(web, made["id"], person, what)
        if isinstance(content, Unwanted):
            return content.reason
        assert content.url == f"/author#{path}"
        return content.text

    await officer.post(f"{path}/submit")
    ((asked, approvers),) = (await told()).items()
    assert approvers == ["admin"], "the nearest administrators, and nobody below"
    assert await text("admin", asked) == "결재를 기다립니다: 눈"
    assert await text("guardian_a", asked) is Reason.NO_RIGHT
    await admin.post(f"{path}/refuse", json={"reason": "날짜가 없습니다."})
    assert await text("admin", asked) is Reason.READ
    ((refused, authors),) = [(what, who) for what, who in (await told()).items() if what != asked]
    assert authors == ["officer"]
    assert await text("officer", refused) == "돌려보냈습니다. 까닭을 보고 고쳐 주세요: 눈"
    web.clock.advance(60)
    await officer.post(f"{path}/submit")
    assert await text("admin", asked) is await text("officer", refused) is Reason.SUPERSEDED
    await admin.post(f"{path}/approve")
    granted = next(what for what in await told() if what.startswith("d") and what != refused)
    assert await text("officer", granted) == "승인되었습니다: 눈"
    now = web.clock.now()
    sent = Outcome(made["id"], people["officer"], Channel.PUSH, granted, State.SENT, now)
    await web.services.notices.news.told([sent])
    assert await web.services.mongo["recipients"].count_documents({"sent_at": {"$ne": None}}) == 0


async def test_outcomes_make_the_reach_per_person_and_channel(web: Web) -> None:
    teacher = await web.as_("teacher_a")
    made = await publish(web, teacher, "class_a1")
    people, now = web.office.people, web.clock.now()

    def outcome(person: str, state: State, reason: Reason | None = None) -> Outcome:
        return Outcome(made["id"], PersonId(people[person]), Channel.PUSH, "v1", state, now, reason)

    news = web.services.notices.news
    await news.told([outcome("guardian_a", State.SENT), outcome("guardian_a", State.DELIVERED)])
    await news.told([outcome("guardian_a", State.SENT)])
    await news.told([outcome("student_a", State.SKIPPED, Reason.NO_SUBSCRIPTION)])
    reach = (await teacher.get(f"/notices/{made['id']}/reach")).json()
    counts = reach["counts"]
    assert (counts["recipients"], counts["sent"], counts["delivered"], counts["opened"]) == (2, 1, 1, 0)
    assert counts["channels"]["push"] == {"waiting": 0, "sent": 0, "delivered": 1, "skipped": 1, "failed": 0}
    rows = {row["name"]: row["channels"]["push"] for row in reach["people"]}
    assert (rows["장보호"]["state"], rows["장보호"]["reason"]) == ("delivered", None)
    assert (rows["장하늘"]["state"], rows["장하늘"]["reason"]) == ("skipped", "no_subscription")
