"""From the chatbot to a person and back, over HTTP; what the chatbot keeps of a talk is put there by hand."""

import asyncio
from datetime import datetime, timedelta

import pytest

from config.settings import Settings
from hub.api.bots import handoffs
from hub.bots.asking import Guest
from hub.bots.wiring import make_guest_retention
from hub.housekeeping import Housekeeping
from rooms.errors import ErrorCode, Refusal
from rooms.handoff import OPEN, Handoff, Phase
from rooms.ids import RoomId, new_cid, new_id, new_room_id
from storage.bots.handoffs import CONVERSATIONS, MongoHandoffs
from tests.support.handoffs import card_in, cards_in, conversation, heard, take_over
from tests.support.waiting import eventually
from tests.support.web import Web


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams look at nothing of their own accord: what they give here they were woken for."""
    monkeypatch.setattr(handoffs, "BEAT_SECONDS", 3_600.0)


async def test_the_first_of_the_room_takes_it_both_talk_and_the_bot_has_it_back(web: Web) -> None:
    guardian, teacher, other = [await web.as_(key) for key in ("guardian_a", "teacher_a", "teacher_a2")]
    path = await conversation(web, web.office.people["guardian_a"])
    none = (await guardian.get(path)).json()
    assert (none["state"], none["available"]) == ("none", False)
    nobody = await guardian.post(path, json={})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "conflict")

    room = await take_over(web)
    waiting = (await guardian.post(path, json={"text": "상담 부탁드려요 900101-1234567"})).json()
    assert (waiting["state"], waiting["open"], waiting["unit"]["name"]) == ("waiting", True, "물빛초등학교")
    assert (await guardian.post(path, json={})).json()["state"] == "waiting"
    body = await card_in(teacher, room)
    assert "급식비 언제 내요?" in body["text"]
    assert "15일에 빠져나갑니다." in body["text"]
    assert "상담 부탁드려요 ******-*******" in body["text"]
    waits = {"text": "기다릴게요 1234-5678-9012-3456, 010-1234-5678", "cid": new_cid()}
    said = await guardian.post(f"{path}/messages", json=waits)
    assert said.status_code == 201

    handoff = f"/handoffs/{body['handoff']}"
    both = await asyncio.gather(teacher.post(f"{handoff}/take"), other.post(f"{handoff}/take"))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    winner, loser = (teacher, other) if both[0].status_code == 200 else (other, teacher)
    card = (await winner.post(f"{handoff}/take")).json()
    assert (card["state"], card["mine"], card["asker"]) == ("taken", True, "장보호")
    seen = (await loser.get(handoff)).json()
    assert (seen["by"], seen["mine"], seen["talk"]) == (card["by"], False, None)
    assert (await loser.post(f"{handoff}/done")).status_code == 409
    assert (await guardian.get(path)).json()["by"] == card["by"], "the person sees who"
    notes = (await loser.get(f"/rooms/{room}/events")).json()["events"]
    assert card["by"]["name"] in notes[-1]["body"]["text"]

    talk = f"/rooms/{card['talk']}"
    told = (await winner.get(f"{talk}/events")).json()["events"]
    texts = [event["body"]["text"] for event in told if event["kind"] == "message"]
    assert "그럼 환불은요?" in texts[0]
    assert texts[1:] == ["상담 부탁드려요 ******-*******", "기다릴게요 ****-****-****-****, 010-1234-5678"]
    assert (await loser.get(talk)).status_code == 404
    await winner.post(f"{talk}/events", json={"text": "네, 말씀하세요", "cid": new_cid()})
    following = asyncio.create_task(heard(guardian, path, "data-handoff"))
    finished = (await winner.post(f"{handoff}/done")).json()
    assert finished["state"] == "done"
    parts = await following
    messages = [part["data"] for part in parts if part["type"] == "data-handoff-message"]
    assert [(one["from"], one["text"]) for one in messages[1:]] == [
        ("person", texts[1]),
        ("person", texts[2]),
        ("staff", "네, 말씀하세요"),
    ]
    assert messages[3]["name"] == card["by"]["name"]
    assert parts[-1]["data"]["state"] == "done"
    again = await heard(guardian, path, "data-handoff", after=messages[2]["seq"])
    assert [part["data"]["text"] for part in again if part["type"] == "data-handoff-message"] == [
        "네, 말씀하세요"
    ]
    over = await guardian.post(f"{path}/messages", json={"text": "더요", "cid": new_cid()})
    assert over.status_code == 409
    refused = await guardian.post(f"{talk}/events", json={"text": "더요", "cid": new_cid()})
    assert refused.status_code == 403, "it may still be read, in the messenger too"
    kept = await web.services.mongo[CONVERSATIONS].find_one({"handoff.state": "done"})
    assert kept is not None
    assert (await guardian.post(path, json={})).json()["state"] == "waiting", "and handed over again"


async def test_who_presses_more_than_once_takes_it_once(web: Web) -> None:
    room = await take_over(web)
    path = await conversation(web, web.office.people["guardian_a"])
    await (await web.as_("guardian_a")).post(path, json={})
    teacher = await web.as_("teacher_a")
    handoff = (await card_in(teacher, room))["handoff"]
    takes = await asyncio.gather(*(teacher.post(f"/handoffs/{handoff}/take") for _ in range(5)))
    assert {answer.status_code for answer in takes} == {200}
    by = web.office.people["teacher_a"]
    for place in (room, takes[0].json()["talk"]):
        events = (await teacher.get(f"/rooms/{place}/events")).json()["events"]
        assert sum(event["by"] == by for event in events) == 1


async def test_nobody_answers_a_visitor_who_hears_no_more_of_it(web: Web) -> None:
    room = await take_over(web)
    visitor = await web.anybody("http://hub.test/api/v1")
    token = (await visitor.get("/bots/school")).json()["visitor"]["token"]
    visitor.headers["Madang-Visitor"] = token
    path = await conversation(web, web.services.visitors.read(token, web.clock.now()).id, visitor=True)
    await visitor.post(path, json={})
    teacher = await web.as_("teacher_a")
    handoff = f"/handoffs/{(await card_in(teacher, room))['handoff']}"
    talk = (await teacher.post(f"{handoff}/take")).json()["talk"]
    assert (await visitor.post(f"{path}/done")).json()["state"] == "done"
    late = await teacher.post(f"/rooms/{talk}/events", json={"text": "늦은 답", "cid": new_cid()})
    assert (late.status_code, late.json()["code"]) == (403, "forbidden")
    assert (await teacher.get(f"/rooms/{talk}/events")).status_code == 200


async def test_a_request_whose_answer_was_lost_hands_over_once(web: Web) -> None:
    guardian, teacher = await web.as_("guardian_a"), await web.as_("teacher_a")
    path, room = await conversation(web, web.office.people["guardian_a"]), await take_over(web)
    key = {"Idempotency-Key": "pressed once"}
    both = await asyncio.gather(*[guardian.post(path, json={}, headers=key) for _ in range(2)])
    assert [answer.json()["state"] for answer in both] == ["waiting", "waiting"]
    handoff = f"/handoffs/{(await card_in(teacher, room))['handoff']}"
    await teacher.post(f"{handoff}/take")
    # The person goes back just then: by what they know nobody has it.
    ended = await MongoHandoffs(web.services.mongo).move(handoff.rpartition("/")[2], OPEN, Phase.DONE)
    assert ended is not None
    assert ended.by == web.office.people["teacher_a"]
    assert (await teacher.post(f"{handoff}/done")).json()["mine"]
    late = await guardian.post(path, json={}, headers=key)
    assert (late.status_code, late.json()["state"]) == (200, "done")
    talk = late.json()["talk"]
    refused = await guardian.post(f"/rooms/{talk}/events", json={"text": "더요", "cid": new_cid()})
    assert refused.status_code == 403, "the end was brought to its end"
    assert len(await cards_in(teacher, room)) == 1
    assert (await guardian.post(path, json={}, headers={"Idempotency-Key": "again"})).json()["state"] == (
        "waiting"
    )
    assert len(await cards_in(teacher, room)) == 2


async def test_a_request_that_was_interrupted_is_brought_to_its_end(web: Web) -> None:
    guardian, teacher = await web.as_("guardian_b"), await web.as_("teacher_a")
    asker = web.office.people["guardian_b"]
    path, room = await conversation(web, asker), await take_over(web)
    half = Handoff(
        id=new_id("h"),
        conversation=f"c-{asker}",
        bot="school",
        asker=asker,
        unit=web.office.units["school_a"],
        room=RoomId(room),
        card=0,
        talk=new_room_id(),
        phase=Phase.WAITING,
        at=web.clock.now(),
    )
    before = len(await cards_in(teacher, room))
    assert await MongoHandoffs(web.services.mongo).add(half)
    for _ in range(2):
        assert (await guardian.post(path, json={"text": "계세요?"})).json()["talk"] == half.talk
    cards = await cards_in(teacher, room)
    assert len(cards) == before + 1
    taken = (await teacher.post(f"/handoffs/{cards[-1]['handoff']}/take")).json()
    said = (await teacher.get(f"/rooms/{taken['talk']}/events")).json()["events"]
    assert said[1]["body"]["text"] == "계세요?"


async def test_who_signed_out_follows_no_more(web: Web) -> None:
    guardian = await web.as_("guardian_a2")
    path = await conversation(web, web.office.people["guardian_a2"])
    await take_over(web)
    await guardian.post(path, json={})
    following = asyncio.create_task(heard(guardian, path, "data-handoff"))
    await eventually(lambda: web.services.handoff_limits._open, what="the stream is open")
    assert (await guardian.delete("/sessions/current")).status_code == 204
    parts = await following
    assert parts[-1]["data"]["state"] == "waiting", "not over, and yet the stream has ended"


async def test_outside_of_the_hours_a_message_is_left(web: Web) -> None:
    hours = {"start": 9 * 60, "end": 17 * 60, "days": [0, 1, 2, 3, 4]}
    room = await take_over(web, "district", hours=hours, away="방학에는 교무실로 전화해 주세요.")
    web.clock.advance(24 * 3_600 - web.clock.now().hour * 3_600 - 2 * 3_600)  # seven in the morning in Seoul
    visitor = await web.anybody("http://hub.test/api/v1")
    state = (await visitor.get("/bots/school")).json()
    visitor.headers["Madang-Visitor"] = state["visitor"]["token"]
    seen = web.services.visitors.read(state["visitor"]["token"], web.clock.now())
    path = await conversation(web, seen.id, visitor=True, unit="school_b")
    closed = (await visitor.get(path)).json()
    assert (closed["available"], closed["open"]) == (True, False)
    assert closed["opens_at"] is not None
    assert closed["away"] == "방학에는 교무실로 전화해 주세요."
    for nowhere in ("", "asdf", "900101-1234567"):  # the last is masked
        refused = await visitor.post(path, json={"text": "전화 주세요", "contact": nowhere})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
        assert "전화번호나 이메일" in refused.json()["detail"]
    assert (await visitor.get(path)).json()["state"] == "none"
    left = await visitor.post(path, json={"text": "전\u202e화\x00주세요", "contact": "031-000-0000"})
    assert left.json()["state"] == "left"
    teacher = await web.as_("district_admin")
    body = await card_in(teacher, room)
    assert "전화 주세요" in body["text"]
    assert "031-000-0000" in body["text"]
    for _ in range(2):  # what is left a second time is not lost, nor doubled
        more = await visitor.post(path, json={"text": "오후에요", "contact": "031-000-0001"})
        assert more.json()["state"] == "left"
    events = (await teacher.get(f"/rooms/{room}/events")).json()["events"]
    added = [event["body"]["text"] for event in events if event["body"].get("reply_to")]
    assert added == ["남긴 말: 오후에요\n연락처: 031-000-0001"]
    taken = (await teacher.post(f"/handoffs/{body['handoff']}/take")).json()
    assert taken["asker"].startswith("방문자 ")
    await teacher.post(f"/rooms/{taken['talk']}/events", json={"text": "안녕하세요", "cid": new_cid()})
    ended = await visitor.post(f"{path}/done")
    assert ended.json()["state"] == "done"
    parts = await heard(visitor, path, "data-handoff")
    messages = [part["data"] for part in parts if part["type"] == "data-handoff-message"]
    assert [(one["from"], one["text"]) for one in messages[1:]] == [
        ("person", "전화 주세요\n연락처: 031-000-0000"),
        ("person", "오후에요\n연락처: 031-000-0001"),
        ("staff", "안녕하세요"),
    ]


async def test_nobody_is_there_on_days_that_are_closed_here_or_above(web: Web) -> None:
    today = web.clock.now().astimezone(web.services.settings.zone).date()
    tomorrow = (today + timedelta(days=1)).isoformat()
    await take_over(web)
    guardian = await web.as_("guardian_a")
    path = await conversation(web, web.office.people["guardian_a"])
    assert (await guardian.get(path)).json()["open"]
    await take_over(
        web,
        "office",
        closed=[
            {"first": tomorrow, "last": tomorrow},
            {"first": today.isoformat(), "last": today.isoformat()},
        ],
    )
    shut = (await guardian.get(path)).json()
    assert (shut["available"], shut["open"]) == (True, False)
    opens = datetime.fromisoformat(shut["opens_at"]).astimezone(web.services.settings.zone)
    assert (opens.date(), opens.hour) == (today + timedelta(days=2), 0)
    assert (await guardian.post(path, json={"text": "연락 주세요"})).json()["state"] == "left"
    admin = await web.as_("admin")
    told = (await admin.get(f"/faq/desks/{web.office.units['office']}")).json()
    assert [one["first"] for one in told["handoff"]["closed"]] == [today.isoformat(), tomorrow]


async def test_only_so_many_are_handed_over_in_an_hour(web: Web) -> None:
    await take_over(web)
    guardian = await web.as_("guardian_b")
    path = await conversation(web, web.office.people["guardian_b"])
    for _ in range(web.services.settings.limits.handoffs_per_hour):
        assert (await guardian.post(path, json={})).json()["state"] == "waiting"
        assert (await guardian.post(path, json={})).status_code == 200, "what waits is not made anew"
        assert (await guardian.post(f"{path}/done")).json()["state"] == "done"
        web.clock.advance(1)
    refused = await guardian.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert (await guardian.get(path)).json()["state"] == "done", "and nobody was called"
    web.clock.advance(3_600)
    guardian = await web.as_("guardian_b")
    assert (await guardian.post(path, json={})).json()["state"] == "waiting"


async def test_visitors_of_one_address_share_what_may_be_handed_over(web: Web) -> None:
    await take_over(web)
    limits, bound = web.services.handoff_limits, web.services.settings.limits
    for number in range(bound.handoffs_per_address):
        await limits.take(Guest(f"v-{number}", "198.51.100.7"))
    visitor = await web.anybody("http://hub.test/api/v1")
    seen = web.services.visitors.make(web.clock.now())
    visitor.headers["Madang-Visitor"] = seen.token
    path = await conversation(web, seen.id, visitor=True)
    assert (await visitor.post(path, json={})).status_code == 200, "another address has its own"
    with pytest.raises(Refusal) as refusal:
        await limits.take(Guest("v-another", "198.51.100.7"))
    assert (refusal.value.code, refusal.value.reason) == (ErrorCode.RATE_LIMITED, "too_many_handoffs")


async def test_only_so_many_streams_follow_one_person(web: Web) -> None:
    await take_over(web)
    guardian, person = await web.as_("guardian_b"), web.office.people["guardian_b"]
    path = await conversation(web, person)
    await guardian.post(path, json={})
    most = web.services.settings.limits.handoff_streams
    # One more than may be, all in one instant.
    asked = [asyncio.create_task(guardian.get(f"{path}/stream")) for _ in range(most + 1)]
    [refused], others = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert (refused.result().status_code, refused.result().json()["code"]) == (429, "rate_limited")
    await guardian.post(f"{path}/done")
    assert [answer.status_code for answer in await asyncio.gather(*others)] == [200] * most
    assert await heard(guardian, path, "data-handoff"), "and when they are over there may be others"


async def test_nobody_else_meets_a_hand_off(web: Web) -> None:
    await take_over(web)
    path = await conversation(web, web.office.people["guardian_a"])
    guardian = await web.as_("guardian_a")
    await guardian.post(path, json={})
    handoff = (await web.services.mongo["handoffs"].find_one({}) or {})["_id"]
    for key in ("guardian_b", "student_a", "teacher_b", "officer"):
        client = await web.as_(key)
        answers = [
            await client.get(f"/handoffs/{handoff}"),
            await client.post(f"/handoffs/{handoff}/take"),
            await client.post(f"/handoffs/{handoff}/take-over", json={"version": 0}),
            await client.post(f"/handoffs/{handoff}/give-back", json={"version": 0}),
            await client.post(f"/handoffs/{handoff}/done"),
            await client.get(path),
            await client.post(path, json={}),
            await client.post(f"{path}/messages", json={"text": "끼어들기", "cid": new_cid()}),
            await client.get(f"{path}/stream"),
            await client.post(f"{path}/done"),
        ]
        assert {answer.status_code for answer in answers} == {404}, key
    unit = web.office.units["school_a"]
    for key in ("teacher_a", "guardian_a", "head_b"):
        client = await web.as_(key)
        assert (await client.get(f"/faq/desks/{unit}")).status_code == 404
        assert (await client.put(f"/faq/desks/{unit}", json={})).status_code == 404


async def test_a_desk_is_set_by_its_administrators(web: Web) -> None:
    unit, people = web.office.units["school_a"], web.office.people
    head = await web.as_("head_a")
    body = {
        "keepers": [people["teacher_a"]],
        "handoff": {"room_of": web.office.units["teachers_a"], "hours": None},
    }
    told = (await head.put(f"/faq/desks/{unit}", json=body)).json()
    assert [one["name"] for one in told["keepers"]] == ["정담임"]
    assert told["handoff"] == body["handoff"] | {"closed": [], "away": ""}
    keeper = await web.as_("teacher_a")
    assert told["may_change"]
    assert told["responsible"]["id"] == unit
    assert (await keeper.get(f"/faq/desks/{unit}")).json() == told | {"may_change": False}
    assert (await keeper.get("/faq/desks")).status_code == 200
    for bad, status in (
        ({"keepers": [people["guardian_a"]]}, 404),
        ({"handoff": {"room_of": web.office.units["school_b"]}}, 404),
        ({"handoff": {"room_of": unit, "hours": {"start": 600, "end": 600, "days": [0]}}}, 400),
        ({"handoff": {"room_of": unit, "hours": {"start": 600, "end": 660, "days": []}}}, 400),
        ({"handoff": {"room_of": unit, "closed": [{"first": "2026-12-26", "last": "2026-12-25"}]}}, 400),
        ({"handoff": {"room_of": unit, "closed": [{"first": "2026-12-26", "last": "2027-12-28"}]}}, 400),
    ):
        assert (await head.put(f"/faq/desks/{unit}", json=bad)).status_code == status
    # Whoever had the settings before them that another changed meanwhile takes nothing from that one.
    version = told["version"]
    admin = await web.as_("admin")
    both = [{"handoff": None, "version": version}, {"keepers": [], "version": version}]
    answers = await asyncio.gather(
        *[client.put(f"/faq/desks/{unit}", json=one) for client, one in zip((head, admin), both, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [late] = [answer.json() for answer in answers if answer.status_code == 409]
    assert late["code"] == "conflict"
    assert "다른 관리자" in late["detail"]
    assert (await head.get(f"/faq/desks/{unit}")).json()["version"] == version + 1
    assert (await head.put(f"/faq/desks/{unit}", json={})).json()["handoff"] is None
    assert (await keeper.get("/faq/desks")).status_code == 404
    other = web.office.units["school_b"]
    assert (await admin.get(f"/faq/desks/{other}")).json()["version"] == 0, "never set"
    assert (await admin.put(f"/faq/desks/{other}", json={"version": 0})).json()["version"] == 1
    assert (await admin.put(f"/faq/desks/{other}", json={"version": 0})).status_code == 409


async def test_what_a_guest_said_goes_when_its_time_is_over(web: Web) -> None:
    room = await take_over(web)
    visitor = await web.anybody("http://hub.test/api/v1")
    token = (await visitor.get("/bots/school")).json()["visitor"]["token"]
    visitor.headers["Madang-Visitor"] = token
    path = await conversation(web, web.services.visitors.read(token, web.clock.now()).id, visitor=True)
    await visitor.post(path, json={"text": "전화 주세요", "contact": "031-000-0000"})
    await visitor.post(path, json={"text": "급해요", "contact": "031-000-0001"})
    guardian = await web.as_("guardian_a")
    kept = await conversation(web, web.office.people["guardian_a"])
    await guardian.post(kept, json={})
    teacher = await web.as_("teacher_a")
    [card, other] = await cards_in(teacher, room)
    talk = (await teacher.post(f"/handoffs/{card['handoff']}/take")).json()["talk"]
    web.clock.advance(3_600)
    teacher = await web.as_("teacher_a")
    last = await teacher.post(f"/rooms/{talk}/events", json={"text": "전화드렸어요", "cid": new_cid()})
    assert last.status_code == 201
    services = web.services
    guests = make_guest_retention(services)
    keeping = Housekeeping(services.files, guests, web.clock, Settings(guest_days=30))
    web.clock.advance(30 * 86_400)
    assert await keeping.forget_guests() == 0, "not before the time is over"
    assert await services.mongo["people"].find_one({"guest": True}) is not None
    web.clock.advance(1)
    assert await keeping.forget_guests() == 1
    assert await keeping.forget_guests() == 0
    assert await services.mongo["people"].find_one({"guest": True}) is None
    teacher = await web.as_("teacher_a")
    assert (await teacher.get(f"/rooms/{talk}/events")).status_code == 404
    assert (await teacher.get(f"/handoffs/{card['handoff']}")).status_code == 404
    shown = (await teacher.get(f"/rooms/{room}/events")).json()["events"]
    assert "031-000-000" not in str(shown)
    assert any(event["kind"] == "recall" for event in shown), "open pages see it go"
    assert (await teacher.get(f"/handoffs/{other['handoff']}")).status_code == 200
    left = [
        str(one) async for one in services.mongo["events"].find({"body.text": {"$regex": "전화|급해요|031-"}})
    ]
    assert left == []


async def test_the_talk_is_called_after_the_matter_and_answers_come_without_their_marks(web: Web) -> None:
    room, path = await take_over(web), await conversation(web, web.office.people["guardian_a"])
    said = [("급식비는요?", "**매달 15일**이에요.", "sure"), ("상담원 연결해줘", "네.", "talk")]
    turns = [
        {"run": f"a-{question}", "question": question, "answer": answer, "band": band, "at": web.clock.now()}
        for question, answer, band in said
    ]
    kept = {"_id": f"c-{web.office.people['guardian_a']}"}
    await web.services.mongo[CONVERSATIONS].update_one(kept, {"$push": {"turns": {"$each": turns}}})
    guardian = await web.as_("guardian_a")
    talk = (await guardian.post(path, json={})).json()["talk"]
    rooms = (await guardian.get("/rooms")).json()["rooms"]
    assert [one["title"] for one in rooms if one["id"] == talk] == ["챗봇 상담: 급식비는요?"]
    text = (await card_in(await web.as_("teacher_a"), room))["text"]
    assert "챗봇: 매달 15일이에요." in text.splitlines()
