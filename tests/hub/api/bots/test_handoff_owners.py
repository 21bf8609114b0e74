"""Who has a hand-off: taken over from somebody who fell away, given back, and never anybody's twice."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from hub.api.bots import handoffs
from rooms.handoff import Phase
from rooms.ids import PersonId, new_cid
from storage.bots.handoffs import MongoHandoffs
from storage.messenger.rooms import MongoRooms
from tests.support.handoffs import around, card_in, conversation, heard, take_over, texts_in
from tests.support.web import Web

PATIENCE = 60
STAFF = ("teacher_a", "teacher_a2", "head_a")


@dataclass
class Held:
    """A hand-off that 정담임 has taken; `at` is its address, `path` that of the guardian's."""

    web: Web
    guardian: httpx.AsyncClient
    path: str
    room: str
    at: str
    talk: str

    async def card(self, key: str) -> dict[str, Any]:
        """See it as somebody of the unit's room."""
        card: dict[str, Any] = (await (await self.web.as_(key)).get(self.at)).json()
        return card

    async def present(self) -> set[str]:
        """Tell who of the staff is in the talk."""
        people = self.web.office.people
        found = await self.web.services.rooms.members(self.talk)  # type: ignore[arg-type]
        return {key for key in STAFF if people[key] in {member.person for member in found}}

    async def notes(self) -> list[dict[str, Any]]:
        """Read what the unit's room was told since the card."""
        client = await self.web.as_("head_a")
        events = (await client.get(f"/rooms/{self.room}/events")).json()["events"]
        return [event["body"] for event in events if event["body"].get("reply_to")]


@pytest.fixture
async def held(web: Web) -> Held:
    room, path = await take_over(web), await conversation(web, web.office.people["guardian_a"])
    guardian, owner = await web.as_("guardian_a"), await web.as_("teacher_a")
    await guardian.post(path, json={"text": "급해요"})
    at = f"/handoffs/{(await card_in(owner, room))['handoff']}"
    talk = (await owner.post(f"{at}/take")).json()["talk"]
    return Held(web, guardian, path, room, at, talk)


async def test_another_of_the_room_takes_it_over_and_everybody_knows(held: Held) -> None:
    web, people = held.web, held.web.office.people
    owner, other = await web.as_("teacher_a"), await web.as_("teacher_a2")
    seen = await held.card("teacher_a2")
    assert (seen["version"], seen["said_at"], seen["before"]) == (1, None, None)
    say = f"/rooms/{held.talk}/events"
    said = await owner.post(say, json={"text": "확인해 볼게요", "cid": new_cid()})
    assert (await held.card("teacher_a2"))["said_at"] == said.json()["at"]
    web.published.clear()

    taken = await other.post(f"{held.at}/take-over", json={"version": 1})
    assert taken.status_code == 200
    card = taken.json()
    assert (card["by"], card["mine"], card["talk"]) == ({"name": "강하늘"}, True, held.talk)
    assert (card["before"], card["was_mine"], card["version"]) == ({"name": "정담임"}, False, 2)
    old = await held.card("teacher_a")
    assert (old["by"], old["mine"], old["talk"]) == ({"name": "강하늘"}, False, None)
    assert old["was_mine"]
    assert (await held.guardian.get(held.path)).json()["by"] == {"name": "강하늘"}
    [_, note] = await held.notes()
    assert note["text"] == "강하늘 님이 @정담임 님의 상담을 이어받았습니다."
    assert note["mentions"] == [people["teacher_a"]]

    assert await held.present() == {"teacher_a2"}
    assert any(topic == f"p:{people['teacher_a']}" for topic, _ in web.published), "their pages are told"
    assert "확인해 볼게요" in await texts_in(other, held.talk), "what was said so far is there"
    for refused in (await owner.get(say), await owner.post(say, json={"text": "더요", "cid": new_cid()})):
        assert refused.status_code == 404
    assert (await owner.post(f"{held.at}/done")).status_code == 409
    assert (await other.post(say, json={"text": "이어서 도와드릴게요", "cid": new_cid()})).status_code == 201
    events = (await held.guardian.get(say)).json()["events"]
    moved = [event["body"] for event in events if event["kind"] == "members"]
    assert moved == [
        {"added": [people["teacher_a"]]},
        {"added": [people["teacher_a2"]], "removed": [people["teacher_a"]]},
    ]

    back = await owner.post(f"{held.at}/take-over", json={"version": 2})
    assert (back.status_code, back.json()["mine"]) == (200, True)
    assert "이어서 도와드릴게요" in await texts_in(owner, held.talk)
    assert (await owner.post(f"{held.at}/done")).json()["state"] == "done"
    assert (await other.post(f"{held.at}/take-over", json={"version": 3})).status_code == 409
    assert (await other.post(f"{held.at}/take-over", json={"version": 4})).status_code == 409
    assert (await owner.post(f"{held.at}/give-back", json={"version": 4})).status_code == 409
    assert await held.present() == {"teacher_a"}


async def test_whoever_asked_hears_at_once_who_is_there_now(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handoffs, "BEAT_SECONDS", 3_600.0)
    shown = asyncio.Queue[str]()

    async def seen(view: Any, *args: Any) -> Any:
        told = await view(*args)
        shown.put_nowait("" if told.by is None else told.by.name)
        return told

    around(monkeypatch, handoffs.HandoffApi, "_view", seen)
    following = asyncio.create_task(heard(held.guardian, held.path, "data-handoff"))
    assert await shown.get() == "정담임"
    other = await held.web.as_("teacher_a2")
    await other.post(f"{held.at}/take-over", json={"version": 1})
    assert await shown.get() == "강하늘"
    await other.post(f"{held.at}/give-back", json={"version": 2})
    assert await shown.get() == ""
    await (await held.web.as_("head_a")).post(f"{held.at}/take")
    assert await shown.get() == "최교장"
    await (await held.web.as_("head_a")).post(f"{held.at}/done")
    views = [part["data"] for part in await following if part["type"] == "data-handoff"]
    assert [(view["state"], (view["by"] or {}).get("name")) for view in views] == [
        ("taken", "정담임"),
        ("taken", "강하늘"),
        ("waiting", None),
        ("taken", "최교장"),
        ("done", "최교장"),
    ]


def together(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """Let none change a hand-off before all are about to, having seen the same."""
    all_there = asyncio.Barrier(parties)

    async def waits(move: Any, *args: Any, **kwargs: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            await all_there.wait()
        return await move(*args, **kwargs)

    around(monkeypatch, MongoHandoffs, "move", waits)


async def test_of_two_who_take_it_over_at_once_one_has_it(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {key: await held.web.as_(key) for key in ("teacher_a2", "head_a")}
    together(monkeypatch, 2)
    answers = await asyncio.gather(
        *[other.post(f"{held.at}/take-over", json={"version": 1}) for other in others.values()]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = {key for key, answer in zip(others, answers, strict=True) if answer.status_code == 200}
    assert await held.present() == won
    assert (await held.card("teacher_a"))["version"] == 2
    assert len([note for note in await held.notes() if note.get("mentions")]) == 1


async def test_who_takes_over_or_gives_back_more_than_once_does_it_once(held: Held) -> None:
    other = await held.web.as_("teacher_a2")
    for what, version in (("take-over", 1), ("give-back", 2)):
        call = {"json": {"version": version}, "headers": {"Idempotency-Key": what}}
        [first, *_] = answers = [await other.post(f"{held.at}/{what}", **call) for _ in range(2)]  # type: ignore[arg-type]
        answers += await asyncio.gather(
            *(other.post(f"{held.at}/{what}", json={"version": version}) for _ in range(4))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert [answer.json() for answer in answers] == [first.json()] * len(answers)
    assert (await held.card("head_a"))["version"] == 3
    assert len(await held.notes()) == 3
    # What arrives late changes nothing of what others did meanwhile.
    owner = await held.web.as_("teacher_a")
    assert (await owner.post(f"{held.at}/take")).json()["mine"]
    for what, version in (("take-over", 1), ("give-back", 2)):
        assert (await other.post(f"{held.at}/{what}", json={"version": version})).status_code == 409
        call = {"json": {"version": version}, "headers": {"Idempotency-Key": what}}
        assert (await other.post(f"{held.at}/{what}", **call)).status_code == 200  # type: ignore[arg-type]
    assert (await held.card("teacher_a"))["mine"]
    assert await held.present() == {"teacher_a"}
    assert len(await held.notes()) == 4


@pytest.mark.parametrize("what", ["give-back", "done"])
async def test_what_the_owner_does_while_another_takes_over_is_done_or_refused(
    held: Held, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    owner, other = await held.web.as_("teacher_a"), await held.web.as_("teacher_a2")
    together(monkeypatch, 2)
    mine, theirs = await asyncio.gather(
        owner.post(f"{held.at}/{what}", json={"version": 1}),
        other.post(f"{held.at}/take-over", json={"version": 1}),
    )
    assert sorted([mine.status_code, theirs.status_code]) == [200, 409]
    card = await held.card("head_a")
    if theirs.status_code == 200:
        assert (card["state"], card["by"]) == ("taken", {"name": "강하늘"})
        assert await held.present() == {"teacher_a2"}
    elif what == "done":
        assert (card["state"], card["by"]) == ("done", {"name": "정담임"})
    else:
        assert (card["state"], card["by"]) == ("waiting", None)
        assert await held.present() == set()


async def test_what_is_given_back_waits_for_another_with_all_that_was_said(held: Held) -> None:
    owner, other = await held.web.as_("teacher_a"), await held.web.as_("head_a")
    await owner.post(f"/rooms/{held.talk}/events", json={"text": "확인해 볼게요", "cid": new_cid()})
    assert (await other.post(f"{held.at}/give-back", json={"version": 1})).status_code == 409
    given = (await owner.post(f"{held.at}/give-back", json={"version": 1})).json()
    assert (given["state"], given["by"], given["mine"], given["talk"]) == ("waiting", None, False, None)
    assert (given["before"], given["was_mine"]) == ({"name": "정담임"}, True)
    told = (await held.guardian.get(held.path)).json()
    assert (told["state"], told["by"]) == ("waiting", None)
    assert await held.present() == set()
    [*_, note] = await held.notes()
    assert note["text"] == "정담임 님이 상담을 돌려놓았습니다. 맡아 주실 분을 기다립니다."
    assert f"/handoffs/{note['handoff']}" == held.at, "and it can be taken right there"
    waits = {"text": "계세요?", "cid": new_cid()}
    assert (await held.guardian.post(f"{held.path}/messages", json=waits)).status_code == 201
    assert (await held.guardian.post(held.path, json={"text": "아직 기다려요"})).json()["state"] == "waiting"
    assert (await held.notes())[-1]["text"] == "남긴 말: 아직 기다려요"
    assert (await other.post(f"{held.at}/take-over", json={"version": 2})).status_code == 409
    taken = (await other.post(f"{held.at}/take")).json()
    assert (taken["mine"], taken["version"], taken["before"]) == (True, 3, None)
    said = await texts_in(other, held.talk)
    assert [text for text in said if text in {"확인해 볼게요", "계세요?"}] == ["확인해 볼게요", "계세요?"]
    assert (await held.notes())[-1]["text"] == "최교장 님이 맡았습니다."


async def test_what_is_given_back_outside_of_the_hours_stands_like_a_message_that_was_left(
    held: Held,
) -> None:
    today = held.web.clock.now().astimezone(held.web.services.settings.zone).date().isoformat()
    await take_over(held.web, closed=[{"first": today, "last": today}])
    owner = await held.web.as_("teacher_a")
    given = (await owner.post(f"{held.at}/give-back", json={"version": 1})).json()
    assert given["state"] == "left"
    assert (await held.guardian.get(held.path)).json()["state"] == "left"
    assert (await owner.post(f"{held.at}/take")).json()["state"] == "taken"


async def test_what_was_interrupted_half_way_is_brought_to_its_end_by_the_next(held: Held) -> None:
    people, store = held.web.office.people, MongoHandoffs(held.web.services.mongo)
    handoff = held.at.rpartition("/")[2]
    # The process that did it died before any room was told.
    died = await store.move(
        handoff, frozenset({Phase.TAKEN}), Phase.TAKEN, PersonId(people["teacher_a2"]), version=1
    )
    assert died is not None
    assert await held.present() == {"teacher_a"}
    head = await held.web.as_("head_a")
    assert (await head.post(f"{held.at}/take-over", json={"version": 2})).json()["mine"]
    assert await held.present() == {"head_a"}
    assert [note["text"] for note in await held.notes()] == [
        "정담임 님이 맡았습니다.",
        "강하늘 님이 @정담임 님의 상담을 이어받았습니다.",
        "최교장 님이 @강하늘 님의 상담을 이어받았습니다.",
    ]
    assert await store.move(handoff, frozenset({Phase.TAKEN}), Phase.WAITING, version=3) is not None
    other = await held.web.as_("teacher_a2")
    assert (await other.post(f"{held.at}/take")).json()["mine"]
    assert await held.present() == {"teacher_a2"}
    assert "최교장 님이 상담을 돌려놓았습니다." in (await held.notes())[-2]["text"]


async def test_who_is_seated_late_does_not_stay_where_another_has_it_by_then(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, head = await held.web.as_("teacher_a2"), await held.web.as_("head_a")
    late, go = asyncio.Event(), asyncio.Event()

    async def held_up(seat: Any, rooms: Any, members: Any) -> None:
        if not late.is_set():
            late.set()
            await go.wait()
        await seat(rooms, members)

    around(monkeypatch, MongoRooms, "seat", held_up)
    taking = asyncio.create_task(other.post(f"{held.at}/take-over", json={"version": 1}))
    await late.wait()
    assert (await head.post(f"{held.at}/take-over", json={"version": 2})).json()["mine"]
    assert await held.present() == {"head_a"}
    go.set()
    told = (await taking).json()
    assert (told["mine"], told["was_mine"], told["by"]) == (False, True, {"name": "최교장"})
    assert await held.present() == {"head_a"}


async def test_hand_offs_of_before_versions_were_counted_go_on_like_others(held: Held) -> None:
    handoff = held.at.rpartition("/")[2]
    old = {"version": "", "before": "", "opening": ""}
    await held.web.services.mongo["handoffs"].update_one({"_id": handoff}, {"$unset": old})
    owner, other = await held.web.as_("teacher_a"), await held.web.as_("teacher_a2")
    assert (await held.card("teacher_a2"))["version"] == 0
    assert (await owner.post(f"{held.at}/take")).json()["mine"]
    assert len(await held.notes()) == 1, "told before"
    given = (await owner.post(f"{held.at}/give-back", json={"version": 0})).json()
    assert (given["state"], given["version"]) == ("waiting", 1)
    assert "돌려놓았습니다" in (await held.notes())[-1]["text"]
    assert (await other.post(f"{held.at}/take")).json()["version"] == 2
    assert (await owner.post(f"{held.at}/take-over", json={"version": 2})).json()["mine"]
    assert await held.present() == {"teacher_a"}
    assert len(await held.notes()) == 4


async def test_who_asks_for_a_person_does_not_take_it_themselves(web: Web) -> None:
    """Of the staff some ask the chatbot too, and are in the room where it waits."""
    room, path = await take_over(web), await conversation(web, web.office.people["teacher_a"])
    asker, other = await web.as_("teacher_a"), await web.as_("teacher_a2")
    await asker.post(path, json={"text": "급해요"})
    at = f"/handoffs/{(await card_in(other, room))['handoff']}"
    assert (await asker.get(at)).json()["asked"]
    assert not (await other.get(at)).json()["asked"]
    refused = await asker.post(f"{at}/take")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "내가 요청한" in refused.json()["detail"]
    card = (await other.post(f"{at}/take")).json()
    assert card["mine"]
    over = await asker.post(f"{at}/take-over", json={"version": card["version"]})
    assert over.status_code == 403
    assert (await other.get(at)).json()["mine"]


async def test_who_is_signed_in_leaves_a_message_without_a_contact(web: Web) -> None:
    tomorrow = (web.clock.now().weekday() + 2) % 7
    await take_over(web, hours={"start": 9 * 60, "end": 10 * 60, "days": [tomorrow]})
    path = await conversation(web, web.office.people["guardian_a"])
    left = await (await web.as_("guardian_a")).post(path, json={"text": "답 주세요"})
    assert (left.status_code, left.json()["state"]) == (200, "left")


async def test_whoever_asked_keeps_no_room_that_its_owner_left(held: Held) -> None:
    people = held.web.office.people
    owner, other = await held.web.as_("teacher_a"), await held.web.as_("teacher_a2")
    left = await owner.post(f"/rooms/{held.talk}/members", json={"remove": [people["teacher_a"]]})
    assert left.is_success
    assert await held.present() == set()
    assert (await other.post(f"{held.at}/take-over", json={"version": 1})).json()["mine"]
    out = {"remove": [people["teacher_a2"]]}
    refused = await held.guardian.post(f"/rooms/{held.talk}/members", json=out)
    assert refused.status_code == 403
    assert await held.present() == {"teacher_a2"}
    said = {"text": "계세요?", "cid": new_cid()}
    assert (await held.guardian.post(f"{held.path}/messages", json=said)).status_code == 201


async def test_who_left_the_office_has_it_taken_over(held: Held) -> None:
    people = held.web.office.people
    await held.web.services.mongo["people"].update_one(
        {"_id": people["teacher_a"]}, {"$set": {"disabled": True}}
    )
    await held.web.services.rooms.unseat(held.room, [people["teacher_a"]])  # type: ignore[arg-type]
    other = await held.web.as_("teacher_a2")
    assert (await other.post(f"{held.at}/take-over", json={"version": 1})).json()["mine"]
    [*_, note] = await held.notes()
    assert "정담임" in note["text"]
    assert "mentions" not in note, "whoever is not there is not called"
    assert await held.present() == {"teacher_a2"}
