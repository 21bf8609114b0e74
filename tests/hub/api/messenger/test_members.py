from typing import Any

from tests.support.web import Web


async def test_members_come_in_pages(web: Web) -> None:
    keys = ["teacher_a", "head_a", "teacher_a2", "officer", "guardian_a"]
    room = await web.office.group(*keys)
    client = await web.as_("teacher_a")
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = (await client.get(f"/rooms/{room}/members?limit=2{after}")).json()
        found += page["members"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [row["id"] for row in found] == sorted(web.office.people[key] for key in keys)
    assert {row["name"] for row in found} == {"정담임", "최교장", "강하늘", "이하늘", "장보호"}
    owner = next(row for row in found if row["name"] == "정담임")
    assert owner == {
        "id": web.office.people["teacher_a"],
        "name": "정담임",
        "role": "owner",
        "read": 0,
        "joined_at": "2026-11-23T09:00:00.000Z",
    }


async def test_adding_and_removing(web: Web) -> None:
    people = web.office.people
    room = await web.office.group("teacher_a", "head_a")
    owner, member = await web.as_("teacher_a"), await web.as_("head_a")
    path = f"/rooms/{room}/members"
    added = await owner.post(path, json={"add": [people["teacher_a2"], people["guardian_a"]]})
    assert (added.status_code, added.json()["room"]["members"]) == (200, 4)
    assert (await member.post(path, json={"remove": [people["guardian_a"]]})).status_code == 403
    assert (await owner.post(path, json={"add": [people["student_b"]]})).status_code == 404
    assert (await owner.post(path, json={"remove": [people["officer"]]})).status_code == 404
    assert (await owner.post(path, json={})).status_code == 400
    removed = await owner.post(path, json={"remove": [people["guardian_a"]]})
    assert removed.json()["room"]["members"] == 3
    left = await member.post(path, json={"remove": ["me"]})
    assert (left.status_code, left.json()) == (200, {"room": None, "people": {}})
    assert (await member.get(f"/rooms/{room}")).status_code == 404
    events = (await owner.get(f"/rooms/{room}/events")).json()["events"]
    assert [event["kind"] for event in events] == ["members"] * 3


async def test_what_members_may_do_is_changed_by_adding_them_again(web: Web) -> None:
    people = web.office.people
    room = await web.office.group("teacher_a", "head_a")
    owner = await web.as_("teacher_a")
    path = f"/rooms/{room}/members"

    async def roles() -> dict[str, str]:
        rows = (await owner.get(path)).json()["members"]
        return {web.office.key(row["id"]): row["role"] for row in rows}

    answer = await owner.post(path, json={"add": [people["head_a"], people["guardian_a"]], "role": "reader"})
    assert answer.status_code == 200
    assert await roles() == {"teacher_a": "owner", "head_a": "reader", "guardian_a": "reader"}
    assert (await owner.post(path, json={"add": [people["head_a"]], "role": "boss"})).status_code == 400
    assert (await owner.post(path, json={"add": [people["head_a"]], "role": "owner"})).status_code == 200
    assert (await roles())["head_a"] == "owner"


async def test_a_unit_room_keeps_its_members_but_not_what_they_may_do(web: Web) -> None:
    people = web.office.people
    room = await web.office.unit_room("school_a", "head_a", "teacher_a")
    head, teacher = await web.as_("head_a"), await web.as_("teacher_a")
    path = f"/rooms/{room}/members"
    assert (await head.post(path, json={"add": [people["officer"]]})).status_code == 403
    assert (await head.post(path, json={"remove": [people["teacher_a"]]})).status_code == 403
    assert (await teacher.post(path, json={"add": [people["teacher_a"]], "role": "owner"})).status_code == 403
    assert (await head.post(path, json={"add": [people["teacher_a"]], "role": "reader"})).status_code == 200
    assert (await teacher.post(f"/rooms/{room}/events", json={"text": "네"})).status_code == 403


async def test_who_has_read(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a", "guardian_a")
    seq = await web.say("teacher_a", room, "공지")
    head = await web.as_("head_a")
    web.clock.advance(60)
    await head.post(f"/rooms/{room}/read", json={"seq": seq})
    said = (await head.get(f"/rooms/{room}/receipts?seq={seq}")).json()
    assert said["seq"] == seq
    assert [row["name"] for row in said["read"]] == ["최교장"]
    assert said["read"][0]["at"] is not None
    assert sorted(row["name"] for row in said["unread"]) == ["장보호", "정담임"]
    assert said["counts"] == {"read": 1, "unread": 2}
    assert (await head.get(f"/rooms/{room}/receipts")).status_code == 400
