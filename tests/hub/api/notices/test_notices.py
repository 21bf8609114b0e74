from datetime import timedelta
from typing import Any

import httpx
import pytest

from hub.notices.schedule import LOOK_SECONDS, NoticeSchedule
from tests.support.notice_web import allow, expand, publish
from tests.support.web import Web

FORM = {"fields": [{"id": "trip", "type": "agree", "label": "현장 체험 학습에 참가합니다"}]}


async def ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/notices", params=query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["notices"]]


def in_days(web: Web, days: float) -> str:
    return (web.clock.now() + timedelta(days=days)).isoformat()


async def test_a_class_note_reaches_the_families_of_the_class_and_nobody_else(web: Web) -> None:
    teacher = await web.as_("teacher_a")
    made = await publish(web, teacher, "class_a1", text="# 내일\n\n**색연필**을 가져옵니다.")
    assert (made["state"], made["staff"]["level"]) == ("published", "author")
    guardian = await web.as_("guardian_a")
    answer = (await guardian.get("/notices")).json()
    (row,) = answer["notices"]
    people = web.office.people
    assert row["title"] == "내일 준비물"
    assert row["excerpt"] == "내일 색연필을 가져옵니다."
    assert row["unit"]["name"] == "물빛초등학교 1반"
    assert (row["students"], row["seen_version"], row["opened_at"]) == ([people["student_a"]], 0, None)
    assert [(child["name"], child["unit"]) for child in answer["students"]] == [
        ("장하늘", "물빛초등학교 1학년 1반")
    ]
    assert answer["years"] == [2026]
    full = (await guardian.get(f"/notices/{made['id']}")).json()
    assert "<strong>색연필</strong>" in full["texts"]["ko"]["html"]
    assert full["staff"] is None
    assert await ids(await web.as_("student_a")) == [made["id"]]
    for other in ("guardian_a2", "student_a2", "guardian_b", "teacher_b", "newcomer"):
        client = await web.as_(other)
        assert await ids(client) == []
        assert (await client.get(f"/notices/{made['id']}")).status_code == 404


async def test_seen_and_confirmed_are_told_once_and_make_the_reach(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    made = await publish(web, teacher, "class_a1", confirm=True)
    reach = (await teacher.get(f"/notices/{made['id']}/reach")).json()
    assert (reach["goal"], reach["complete"], reach["counts"]["recipients"]) == ("confirmed", True, 2)
    assert {row["kind"] for row in reach["people"]} == {"guardian", "student"}
    path = f"/notices/{made['id']}/seen"
    seen = await guardian.post(path, json={"version": 1})
    assert seen.json()["family"]["confirmed_at"] is None
    assert await ids(guardian, state="open") == [made["id"]]
    web.clock.advance(60)
    confirmed = (await guardian.post(path, json={"version": 1, "confirm": True})).json()["family"]
    assert confirmed["opened_at"] < confirmed["confirmed_at"]
    assert (await guardian.post(path, json={"version": 1, "confirm": True})).json()["family"] == confirmed
    assert await ids(guardian, state="open") == []
    counts = (await teacher.get(f"/notices/{made['id']}/reach")).json()["counts"]
    assert (counts["opened"], counts["confirmed"]) == (1, 1)
    missing = (await teacher.get(f"/notices/{made['id']}/reach?missing=confirmed")).json()["people"]
    assert [row["name"] for row in missing] == ["장하늘"]
    assert (await guardian.post(path, json={"version": 2})).status_code == 400
    assert (await guardian.get(f"/notices/{made['id']}/reach")).status_code == 404
    plain = await publish(web, teacher, "class_a1")
    refused = await guardian.post(f"/notices/{plain['id']}/seen", json={"version": 1, "confirm": True})
    assert refused.status_code == 403


async def test_a_correction_shows_what_changed_and_a_withdrawal_takes_the_text(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    made = await publish(web, teacher, "class_a1", text="내일 아홉 시에 모입니다.")
    path = f"/notices/{made['id']}"
    await guardian.post(f"{path}/seen", json={"version": 1})
    web.clock.advance(60)
    change = {"text": "내일 열 시에 모입니다.", "note": "시간을 바로잡습니다."}
    assert (await teacher.patch(path, json=change)).json()["version"] == 2
    await expand(web)
    full = (await guardian.get(path)).json()
    (correction,) = full["corrections"]
    assert (correction["version"], correction["note"]) == (2, "시간을 바로잡습니다.")
    changed = [(part["op"], part["text"]) for part in correction["text"] if part["op"] != "same"]
    assert changed == [("removed", "아홉"), ("added", "열")]
    assert full["family"]["seen_version"] == 1
    (again,) = (await guardian.get("/notices")).json()["notices"]
    assert (again["version"], again["seen_version"]) == (2, 1)
    assert (await teacher.patch(path, json={"urgent": True})).status_code == 409
    assert (await teacher.patch(path, json={"text": change["text"]})).json()["version"] == 2
    gone = (await teacher.post(f"{path}/withdraw", json={"reason": "다른 반 알림입니다."})).json()
    assert gone["state"] == "withdrawn"
    assert (await teacher.post(f"{path}/withdraw", json={})).json() == gone
    await expand(web)
    full = (await guardian.get(path)).json()
    assert full["texts"]["ko"] == {"title": "내일 준비물", "text": "", "html": ""}
    assert (full["withdrawn_note"], full["corrections"]) == ("다른 반 알림입니다.", [])
    assert (await teacher.get(path)).json()["texts"]["ko"]["text"] == "내일 열 시에 모입니다."
    assert (await teacher.patch(path, json={"text": "x"})).status_code == 409


async def test_an_audience_grows_and_only_who_is_new_is_told(web: Web) -> None:
    head, people, units = await web.as_("head_a"), web.office.people, web.office.units
    made = await publish(web, head, "grade_a1", audience=[{"unit": units["class_a1"], "who": "guardians"}])
    path, deliveries = f"/notices/{made['id']}", web.services.mongo["deliveries"]

    async def told() -> set[tuple[str, str]]:
        return {(row["person"], row["what"]) async for row in deliveries.find({"about": made["id"]})}

    assert await told() == {(people["guardian_a"], "v1")}
    for fewer in ([{"unit": units["class_a2"]}], [{"unit": units["class_a1"], "who": "students"}]):
        assert (await head.patch(path, json={"audience": fewer})).status_code == 409
    wider = [{"unit": units["class_a1"]}, {"unit": units["class_a2"], "who": "guardians"}]
    grown = (await head.patch(path, json={"audience": wider})).json()
    assert (grown["version"], len(grown["staff"]["audience"])) == (1, 2)
    assert await ids(await web.as_("guardian_a2")) == [made["id"]], "before its rows are written"
    await expand(web)
    newcomers = {people[name] for name in ("student_a", "guardian_a2", "teacher_b")}
    assert await told() == {(people["guardian_a"], "v1"), *((one, "v1") for one in newcomers)}
    assert (await head.get(path)).json()["staff"]["recipients"] == 4
    stranger = [*wider, {"unit": units["class_b1"]}]
    assert (await head.patch(path, json={"audience": stranger})).status_code == 403


async def test_search_finds_notices_of_ones_family_and_of_ones_own_and_no_others(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    out = await publish(web, teacher, "class_a1", title="박물관 견학", text="**나비** 전시실에 갑니다.")
    await publish(web, await web.as_("teacher_b"), "class_b1", title="박물관 나비")
    draft = {
        "kind": "note",
        "unit": web.office.units["class_a1"],
        "title": "나비 박물관",
        "text": "아직.",
    }
    web.clock.advance(60)
    kept = (await teacher.post("/notices", json=draft)).json()

    async def hits(client: httpx.AsyncClient, **query: str) -> list[tuple[str, str]]:
        answer = await client.get("/search", params=query)
        assert answer.status_code == 200, answer.text
        return [(hit["box"], hit["id"]) for hit in answer.json()["notices"]]

    assert await hits(guardian, q="나비 박물관") == [("family", out["id"])]
    (hit,) = (await guardian.get("/search", params={"q": "나비"})).json()["notices"]
    assert (hit["excerpt"], hit["unit"]["name"]) == ("나비 전시실에 갑니다.", "물빛초등학교 1반")
    assert await hits(teacher, q="박물관 나비") == [("authored", kept["id"]), ("authored", out["id"])]
    assert await hits(teacher, q="나.비") == []
    assert await hits(await web.as_("student_a2"), q="나비") == []
    await allow(web, "guardian_a", "student_a", "messages")
    assert await hits(guardian, q="나비") == [], "a right that is gone"
    await teacher.post(f"/notices/{out['id']}/withdraw", json={})
    assert await hits(await web.as_("student_a"), q="나비") == []
    assert await hits(await web.as_("student_a"), q="견학") == [("family", out["id"])]


async def test_what_needs_approval_goes_out_when_somebody_else_approves(web: Web) -> None:
    officer, admin = await web.as_("officer"), await web.as_("admin")
    desks = (await officer.get("/notices/audiences")).json()["desks"]
    assert [(desk["name"], len(desk["approval"])) for desk in desks] == [("한빛도교육청", 4)]
    body = {
        "kind": "newsletter",
        "unit": web.office.units["office"],
        "audience": [{"unit": web.office.units["school_a"], "who": "guardians"}],
        "title": "안전 안내",
        "text": "눈이 옵니다.",
    }
    made = (await officer.post("/notices", json=body)).json()
    path = f"/notices/{made['id']}"
    assert (await officer.post(f"{path}/publish", json={})).status_code == 409
    assert (await officer.post(f"{path}/submit")).json()["state"] == "submitted"
    assert (await officer.post(f"{path}/approve")).status_code == 403
    waiting = (await admin.get("/notices?box=authored&state=submitted")).json()["authored"]
    assert [row["id"] for row in waiting] == [made["id"]]
    assert (await admin.post(f"{path}/refuse", json={"reason": ""})).status_code == 400
    refused = (await admin.post(f"{path}/refuse", json={"reason": "날짜가 없습니다."})).json()
    assert (refused["state"], refused["staff"]["approval"]["refused"]) == ("draft", "날짜가 없습니다.")
    await officer.patch(path, json={"text": "23일에 눈이 옵니다."})
    await officer.post(f"{path}/submit")
    assert (await officer.patch(path, json={"text": "24일에 눈이 옵니다."})).json()["state"] == "draft"
    await officer.post(f"{path}/submit")
    out = (await admin.post(f"{path}/approve")).json()
    assert (out["state"], out["staff"]["approval"]["by"]["name"]) == ("published", "김관리")
    await expand(web)
    assert await ids(await web.as_("guardian_a")) == [made["id"]]
    assert await ids(await web.as_("student_a")) == []
    assert await ids(await web.as_("guardian_b")) == []


async def test_a_scheduled_notice_goes_out_at_its_time_and_not_before(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    made = await publish(web, teacher, "class_a1", publish_at=in_days(web, 1), deadline=in_days(web, 3))
    assert (made["state"], made["published_at"]) == ("scheduled", None)
    schedule = NoticeSchedule(web.services.notices.writing)
    assert await schedule.step() == LOOK_SECONDS
    assert (await guardian.get(f"/notices/{made['id']}")).status_code == 404
    web.clock.advance(86_400 - 2)
    assert 1.0 < await schedule.step() <= 2.0
    web.clock.advance(2)
    assert await schedule.step() == 0.0
    assert await schedule.step() == LOOK_SECONDS
    await expand(web)
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    assert await ids(guardian) == [made["id"]]
    back = await publish(web, teacher, "class_a1", publish_at=in_days(web, 1))
    draft = (await teacher.post(f"/notices/{back['id']}/unschedule")).json()
    assert draft["state"] == "draft"
    assert (await teacher.delete(f"/notices/{back['id']}")).status_code == 204
    assert (await teacher.get(f"/notices/{back['id']}")).status_code == 404


async def test_a_family_has_one_feed_and_one_notice_whatever_the_number_of_children(web: Web) -> None:
    await allow(web, "guardian_a", "student_b", "notices", "consent")
    await allow(web, "guardian_a", "student_a2", "notices")
    head, district = await web.as_("head_b"), await web.as_("district_admin")
    one = await publish(web, await web.as_("teacher_a"), "class_a1")
    web.clock.advance(1)
    two = await publish(web, head, "school_b", kind="newsletter")
    web.clock.advance(1)
    units = web.office.units
    audience = [{"unit": units["school_a"]}, {"unit": units["school_b"]}, {"unit": units["class_a1"]}]
    wide = await publish(web, district, "district", audience=audience, title="모두에게")
    guardian, people = await web.as_("guardian_a"), web.office.people
    assert await ids(guardian) == [wide["id"], two["id"], one["id"]]
    assert await ids(guardian, student=people["student_b"]) == [wide["id"], two["id"]]
    assert await ids(guardian, kind="newsletter") == [two["id"]]
    assert await ids(guardian, q="모두 색연필") == [wide["id"]]
    assert await ids(guardian, year=2025) == []
    first = (await guardian.get("/notices?limit=2")).json()
    rest = (await guardian.get(f"/notices?limit=2&cursor={first['next']}")).json()
    found = [row["id"] for row in first["notices"] + rest["notices"]]
    assert (found, rest["next"]) == ([wide["id"], two["id"], one["id"]], None)
    children = (await guardian.get(f"/notices/{wide['id']}")).json()["family"]["children"]
    assert {child["name"] for child in children} == {"장하늘", "임하늘", "한마루"}
    rows = await web.services.mongo["recipients"].count_documents({"notice": wide["id"]})
    assert rows == 7, "one row for each person: four guardians, one of them on the staff, three students"
    deliveries = web.services.mongo["deliveries"]
    mine = {"about": wide["id"], "person": people["guardian_a"]}
    assert await deliveries.count_documents(mine) == 1
    await web.services.notices.store.again(wide["id"], "v1")
    await expand(web)
    assert await deliveries.count_documents({"about": wide["id"]}) == 7
    assert await web.services.mongo["recipients"].count_documents({"notice": wide["id"]}) == 7
    web.clock.advance(1)
    since = (await guardian.get("/notices")).json()["now"]
    web.clock.advance(5)
    await head.patch(f"/notices/{two['id']}", json={"text": "바뀌었습니다."})
    await expand(web)
    assert await ids(guardian, since=since) == [two["id"]]


async def test_a_mail_merge_gives_each_child_its_own_words_and_others_nothing(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    await allow(web, "guardian_a", "student_a2", "notices")
    mongo, people = web.services.mongo, web.office.people
    for number, student in enumerate(("student_a", "student_a2"), 1):
        await mongo["people"].update_one({"_id": people[student]}, {"$set": {"attrs.number": number}})
    unit, head = web.office.units["grade_a1"], await web.as_("head_a")
    draft = await head.post(
        "/notices",
        json={
            "kind": "note",
            "unit": unit,
            "audience": [{"unit": unit}],
            "title": "{{이름}} 급식비",
            "text": "낼 돈은 **{{금액}}** 입니다.",
        },
    )
    path = f"/notices/{draft.json()['id']}"
    table = '반,번호,이름,금액,남는 열\n1,1,장하늘,"12,000원 <b>*",x\n1,9,아무개,1,x\n2,2,딴이름,1,x\n'
    said = await head.put(f"{path}/merge", files={"file": ("표.csv", table.encode("cp949"), "text/csv")})
    report = said.json()
    assert (report["rows"], report["faulty"], report["without"]) == (1, 2, 1)
    assert [(fault["line"], fault["code"]) for fault in report["faults"]] == [
        (3, "merge_unknown_child"),
        (4, "merge_other_name"),
    ]
    assert report["faults"][1]["message"] == "이름이 명부와 다릅니다. 표에는 딴이름, 명부에는 임하늘입니다."
    assert (report["missing"], report["unused"]) == (["이름"], ["남는 열"])
    refused = await head.post(f"{path}/publish", json={})
    assert (refused.status_code, "이름" in refused.json()["detail"]) == (400, True)
    await head.patch(path, json={"title": "급식비"})
    assert (await head.post(f"{path}/publish", json={})).status_code == 200
    (awaited,) = (await guardian.get("/notices")).json()["notices"]
    await expand(web)
    (row,) = (await guardian.get("/notices")).json()["notices"]
    assert awaited["students"] == row["students"] == [people["student_a"]]
    full = (await guardian.get(path)).json()
    assert "<strong>12,000원 &lt;b&gt;*</strong>" in full["texts"]["ko"]["html"]
    assert full["family"]["children"][0]["texts"]["ko"]["html"] == full["texts"]["ko"]["html"]
    assert await ids(await web.as_("student_a2")) == []
    assert teacher is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"audience": []}, 400),
        ({"title": "", "text": "x"}, 400),
        ({"text": ""}, 400),
        ({"deadline": "2020-01-01T00:00:00+09:00"}, 400),
        ({"title": "가" * 201}, 413),
        ({"text": "가" * 20_001}, 413),
        ({"text": "null\x00"}, 400),
        ({"kind": "consent"}, 400),
        ({"form": FORM}, 400),
        ({"kind": "consent", "form": {"fields": []}}, 400),
        ({"translations": {"english!": {"title": "a"}}}, 400),
        ({"translations": {"en": {"title": "", "text": "b"}}}, 400),
        (
            {"follow_up": [{"after_hours": 1, "channel": "teacher"}, {"after_hours": 2, "channel": "push"}]},
            400,
        ),
        (
            {
                "follow_up": [{"after_hours": 9, "channel": "push"}] * 3
                + [{"after_hours": 0, "channel": "push"}]
            },
            400,
        ),
        ({"urgent": True}, 403),
        ({"files": ["fnone"]}, 404),
        ({"audience": [{"unit": "u-none"}]}, 404),
        ({"text": "{{없는 열}}"}, 400),
    ],
)
async def test_what_cannot_go_out_is_told_and_changes_nothing_for_families(
    web: Web, change: dict[str, Any], reason: int
) -> None:
    teacher, unit = await web.as_("teacher_a"), web.office.units["class_a1"]
    body = {
        "kind": "note",
        "unit": unit,
        "audience": [{"unit": unit}],
        "title": "제목",
        "text": "글",
        "publish": True,
    }
    answer = await teacher.post("/notices", json=body | change)
    assert answer.status_code == reason, answer.text
    assert answer.json()["detail"]
    assert await ids(await web.as_("guardian_a")) == []
    elsewhere = [{"unit": web.office.units["class_a2"]}]
    assert (await teacher.post("/notices", json=body | {"audience": elsewhere})).status_code == 403


async def test_reminders_go_to_those_missing_and_not_too_often(web: Web) -> None:
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    made = await publish(web, teacher, "class_a1", deadline=in_days(web, 2))
    path = f"/notices/{made['id']}"
    await guardian.post(f"{path}/seen", json={"version": 1})
    assert (await teacher.post(f"{path}/remind")).json() == {"people": 1}
    rows = web.services.mongo["deliveries"]
    assert await rows.distinct("person", {"about": made["id"], "what": "r1"}) == [
        web.office.people["student_a"]
    ]
    again = await teacher.post(f"{path}/remind")
    assert (again.status_code, again.headers["retry-after"]) == (429, "600")
    web.clock.advance(3 * 86_400)
    teacher, guardian = await web.as_("teacher_a"), await web.as_("guardian_a")
    assert (await teacher.post(f"{path}/remind")).status_code == 409
    assert (await guardian.post(f"{path}/remind")).status_code == 404


async def test_the_follow_up_reaches_those_not_reached_before_the_deadline_and_then_the_teacher(
    web: Web,
) -> None:
    head, guardian = await web.as_("head_a"), await web.as_("guardian_a")
    steps = [{"after_hours": 24, "channel": "push"}, {"after_hours": 96, "channel": "teacher"}]
    made = await publish(web, head, "school_a", follow_up=steps, deadline=in_days(web, 3))
    path, follow_up = f"/notices/{made['id']}", web.services.notices.follow_up
    shown = (await head.get(path)).json()["staff"]["follow_up"]
    assert [step["at"][:13] for step in shown] == ["2026-11-24T09", "2026-11-25T09"], (
        "a day before the deadline"
    )
    assert await follow_up.run_due() == 0
    await guardian.post(f"{path}/seen", json={"version": 1})
    web.clock.advance(86_401)
    people = web.office.people
    assert await follow_up.run_due() == 4
    assert await follow_up.run_due() == 0
    told = await web.services.mongo["deliveries"].distinct("person", {"about": made["id"], "what": "f1"})
    assert set(told) == {people[key] for key in ("student_a", "student_a2", "guardian_a2", "teacher_b")}
    web.clock.advance(86_400)
    await follow_up.run_due()
    teacher, head = await web.as_("teacher_a2"), await web.as_("head_a")
    box = (await teacher.get("/notices?box=homeroom")).json()["authored"]
    assert [row["id"] for row in box] == [made["id"]]
    reach = (await teacher.get(f"{path}/reach?missing=opened")).json()
    assert {row["name"] for row in reach["people"] if row["listed_at"]} == {"임보호", "임하늘", "윤하나"}
    assert reach["counts"]["listed"] == 3
    counts = (await head.get(f"{path}/reach")).json()["counts"]
    assert (counts["recipients"], counts["opened"], counts["listed"]) == (5, 1, 4)


async def test_units_set_rules_that_hold_below_them(web: Web) -> None:
    head, teacher = await web.as_("head_a"), await web.as_("teacher_a")
    units = web.office.units
    path = f"/units/{units['school_a']}/notice-rules"
    assert (await teacher.put(path, json={"approval": ["consent"]})).status_code == 403
    assert (await head.get(path)).json()["of"] is None
    steps = [{"after_hours": 48, "channel": "teacher"}, {"after_hours": 24, "channel": "push"}]
    rules = {"approval": ["consent"], "urgent": True, "follow_up": steps}
    set_ = (await head.put(path, json=rules)).json()
    assert set_ == rules | {
        "unit": units["school_a"],
        "own": True,
        "name": "물빛초등학교",
        "of": "물빛초등학교",
        "follow_up": steps[::-1],
    }
    assert (await head.put(path, json=rules | {"follow_up": steps * 6})).status_code == 413
    desks = {desk["id"]: desk for desk in (await teacher.get("/notices/audiences")).json()["desks"]}
    assert desks[units["class_a1"]]["follow_up"] == steps[::-1]
    assert not desks[units["class_a1"]]["administers"]
    below = (await teacher.get(f"/units/{units['class_a1']}/notice-rules")).json()
    assert (below["approval"], below["urgent"], below["own"]) == (["consent"], True, False)
    assert (await publish(web, teacher, "class_a1", urgent=True))["urgent"] is True
    body = {
        "kind": "consent",
        "unit": units["class_a1"],
        "audience": [{"unit": units["class_a1"]}],
        "title": "동의서",
        "form": FORM,
        "publish": True,
    }
    assert (await teacher.post("/notices", json=body)).status_code == 409
    guardian = await web.as_("guardian_a")
    assert (await guardian.get(path)).status_code == 404
    assert (await teacher.delete(path)).status_code == 403
    dropped = (await head.delete(path)).json()
    assert (dropped["own"], dropped["of"], dropped["follow_up"]) == (False, None, [])
    below = (await head.get(f"/notices/audiences?unit={units['school_a']}")).json()["units"]
    assert {unit["name"]: unit["below"] for unit in below} == {"교무부": False, "1학년": True}
    students = {unit["name"]: unit["students"] for unit in below}
    assert students["교무부"] is None
    desks = (await head.get("/notices/audiences")).json()["desks"]
    whole = next(desk["students"] for desk in desks if desk["id"] == units["school_a"])
    assert whole == students["1학년"] > 0
    assert (await teacher.get(f"/notices/audiences?unit={units['school_b']}")).status_code == 404
