from typing import Any

import pytest

from config.settings import Limits
from rooms.ids import RoomId
from tests.support.web import Web
from tests.support.web import web as run_web


async def test_a_direct_room_is_made_once(web: Web) -> None:
    people = web.office.people
    teacher, head = await web.as_("teacher_a"), await web.as_("head_a")
    made = await teacher.post("/rooms", json={"kind": "direct", "members": [people["head_a"]]})
    assert made.status_code == 201
    room = made.json()["room"]
    assert (room["kind"], room["title"], room["peer"]) == ("direct", "최교장", people["head_a"])
    assert made.json()["people"] == {people["head_a"]: {"name": "최교장"}}
    found = await head.post(
        "/rooms", json={"kind": "direct", "members": [people["teacher_a"], people["head_a"]]}
    )
    assert found.status_code == 200
    assert found.json()["room"]["id"] == room["id"]
    assert found.json()["room"]["title"] == "정담임"


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("teacher_a", {"kind": "direct", "members": []}, 400),
        ("teacher_a", {"kind": "direct", "members": ["teacher_a"]}, 400),
        ("teacher_a", {"kind": "direct", "members": ["head_a", "head_b"]}, 400),
        ("teacher_a", {"kind": "direct", "members": ["student_b"]}, 404),
        ("teacher_a", {"kind": "direct", "members": ["gone"]}, 404),
        ("teacher_a", {"kind": "direct", "members": ["guardian_a"]}, 201),
        ("guardian_a", {"kind": "direct", "members": ["teacher_a"]}, 404),
        ("guardian_a", {"kind": "direct", "members": ["student_a"]}, 403),
        ("teacher_a", {"kind": "group", "members": []}, 400),
        ("teacher_a", {"kind": "group", "members": ["head_a"], "title": "x" * 101}, 413),
        ("teacher_a", {"kind": "group", "members": ["head_a"], "title": "a\x00b"}, 400),
        ("teacher_a", {"kind": "unit", "members": ["head_a"]}, 400),
        ("student_a", {"kind": "group", "members": ["student_a2"]}, 404),
    ],
)
async def test_who_may_open_which_room(web: Web, who: str, body: dict[str, Any], status: int) -> None:
    told = body | {"members": [web.office.people[member] for member in body["members"]]}
    answer = await (await web.as_(who)).post("/rooms", json=told)
    assert answer.status_code == status, answer.text


async def test_my_rooms_as_they_stand(web: Web) -> None:
    quiet = await web.office.group("teacher_a", "head_a", title="조용한 방")
    busy = await web.office.group("head_a", "teacher_a", title="바쁜 방")
    await web.office.group("head_a", "teacher_a2", title="남의 방")
    await web.say("head_a", busy, "안녕하세요", mentions=[web.office.people["teacher_a"]])
    client = await web.as_("teacher_a")
    said = (await client.get("/rooms")).json()
    assert [room["id"] for room in said["rooms"]] == [busy, quiet]
    room = said["rooms"][0]
    assert (room["unread"], room["mentioned"], room["top"], room["members"]) == (1, 1, 1, 2)
    assert "missed" not in room
    assert said["people"][web.office.people["head_a"]] == {"name": "최교장"}
    assert (await client.get(f"/rooms/{busy}")).json()["room"] == room


async def test_pages_of_a_log(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    for number in range(1, 8):
        await web.say("head_a", room, f"{number}번")
    client = await web.as_("teacher_a")

    async def page(query: str) -> tuple[list[int], int, bool]:
        said = (await client.get(f"/rooms/{room}/events?{query}")).json()
        return [event["seq"] for event in said["events"]], said["top"], said["more"]

    assert await page("limit=3") == ([5, 6, 7], 7, True)
    assert await page("before=5&limit=3") == ([2, 3, 4], 7, True)
    assert await page("before=2&limit=3") == ([1], 7, False)
    assert await page("since=0&limit=3") == ([1, 2, 3], 7, True)
    assert await page("since=4") == ([5, 6, 7], 7, False)
    assert await page("since=9007199254740991") == ([], 7, False)
    assert (await client.get(f"/rooms/{room}/events?since=1&before=5")).status_code == 400


async def test_sending_and_reading(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    people = web.office.people
    client, other = await web.as_("teacher_a"), await web.as_("head_a")
    sent = await client.post(
        f"/rooms/{room}/events", json={"text": "  회의는 3시\n", "mentions": [people["head_a"]]}
    )
    assert sent.status_code == 201
    assert sent.json() == {"seq": 1, "at": "2026-11-23T09:00:00.000Z"}
    reply = await other.post(f"/rooms/{room}/events", json={"text": "네", "reply_to": 1})
    assert reply.json()["seq"] == 2
    said = (await other.get(f"/rooms/{room}/events")).json()
    assert [event["body"] for event in said["events"]] == [
        {"text": "  회의는 3시\n", "mentions": [people["head_a"]]},
        {"text": "네", "reply_to": 1},
    ]
    assert said["people"][people["teacher_a"]] == {"name": "정담임"}
    assert (await client.post(f"/rooms/{room}/read", json={"seq": 2})).status_code == 204
    assert (await client.get(f"/rooms/{room}")).json()["room"]["read"] == 2


async def test_a_message_is_sent_once_under_its_key_or_its_cid(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    client = await web.as_("teacher_a")
    path, key = f"/rooms/{room}/events", {"idempotency-key": "k1"}
    first = await client.post(path, json={"text": "한 번"}, headers=key)
    again = await client.post(path, json={"text": "한 번"}, headers=key)
    assert first.json() == again.json()
    assert again.status_code == 201
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = await client.post(path, json={"text": "두 번"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    cid = "0b1f8a52-9c1e-4f0a-8f5d-2b8f3f1c9a10"
    sent = [(await client.post(path, json={"text": "세 번", "cid": cid})).json()["seq"] for _ in range(2)]
    assert sent == [2, 2]
    without = [(await client.post(path, json={"text": "네 번"})).json()["seq"] for _ in range(2)]
    assert without == [3, 4]
    elsewhere = await web.office.group("teacher_a", "head_a")
    there = await client.post(f"/rooms/{elsewhere}/events", json={"text": "한 번"}, headers=key)
    assert there.json()["seq"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "\x00"}, 400),
        ({"text": "x" * 8001}, 413),
        ({"text": "x" * 8000}, 201),
        ({"text": "a", "cid": "1"}, 400),
        ({"text": "a", "reply_to": 99}, 404),
        ({"text": "a", "mentions": ["p000000000000"]}, 404),
        ({"text": "a", "files": ["f000000000000"]}, 400),
    ],
)
async def test_what_a_message_may_be(web: Web, body: dict[str, Any], status: int) -> None:
    room = await web.office.group("teacher_a", "head_a")
    answer = await (await web.as_("teacher_a")).post(f"/rooms/{room}/events", json=body)
    assert answer.status_code == status, answer.text


async def test_readers_read(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a", readers=["guardian_a"])
    client = await web.as_("guardian_a")
    assert (await client.get(f"/rooms/{room}/events")).status_code == 200
    answer = await client.post(f"/rooms/{room}/events", json={"text": "저도요"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_texts_a_message_had(web: Web) -> None:
    room = await web.office.group("head_a", "teacher_a", "teacher_a2")
    seq = await web.say("teacher_a", room, "처음")
    cid = "0b1f8a52-9c1e-4f0a-8f5d-2b8f3f1c9a10"
    await (await web.services.messages.edit(web.office.people["teacher_a"], RoomId(room), seq, cid, "나중"))
    path = f"/rooms/{room}/events/{seq}/versions"
    for key in ("teacher_a", "head_a"):  # the author, an owner
        versions = (await (await web.as_(key)).get(path)).json()["versions"]
        assert [(version["seq"], version["text"]) for version in versions] == [(1, "처음"), (2, "나중")]
        assert versions[0]["by"] == web.office.people["teacher_a"]
    assert (await (await web.as_("teacher_a2")).get(path)).status_code == 404


async def test_titles(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a", title="옛 이름")
    owner, member = await web.as_("teacher_a"), await web.as_("head_a")
    assert (await member.patch(f"/rooms/{room}", json={"title": "새 이름"})).status_code == 403
    changed = await owner.patch(f"/rooms/{room}", json={"title": " 새  이름 "})
    assert changed.json()["room"]["title"] == "새 이름"
    direct = await web.office.direct("teacher_a", "head_a")
    assert (await owner.patch(f"/rooms/{direct}", json={"title": "x"})).status_code == 403


async def test_opening_and_changing_rooms_is_limited(mongod_url: str, database_name: str) -> None:
    async with run_web(mongod_url, database_name, limits=Limits(changes_per_minute=2)) as web:
        client = await web.as_("teacher_a")
        group = {"kind": "group", "title": "x", "members": [web.office.people["head_a"]]}
        room = (await client.post("/rooms", json=group)).json()["room"]["id"]
        assert (await client.patch(f"/rooms/{room}", json={"title": "y"})).status_code == 200
        for refused in (
            await client.post("/rooms", json=group),
            await client.patch(f"/rooms/{room}", json={"title": "z"}),
            await client.post(f"/rooms/{room}/members", json={"remove": ["me"]}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        web.clock.advance(60)
        assert (await client.post("/rooms", json=group)).status_code == 201
