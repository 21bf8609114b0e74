import random
import unicodedata
from datetime import timedelta
from typing import Any

import httpx
import pytest

from rooms.errors import Refusal
from rooms.ids import RoomId, new_cid
from rooms.search import MANY, Search
from storage import schema
from storage.messenger.search import MongoSearch
from tests.support.clock import START
from tests.support.web import Web


async def found(client: httpx.AsyncClient, q: str, **more: Any) -> list[str]:
    """Read all pages and list the texts."""
    texts: list[str] = []
    before: str | None = None
    while True:
        query = {"q": q, **more} | ({"before": before} if before else {})
        answer = await client.get("/search", params=query)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        texts += [hit["event"]["body"]["text"] for hit in said["hits"]]
        before = said["next"]
        if before is None:
            return texts


async def edit(web: Web, key: str, room: RoomId, seq: int, text: str) -> None:
    await (await web.services.messages.edit(web.office.people[key], room, seq, new_cid(), text))


async def recall(web: Web, key: str, room: RoomId, seq: int) -> None:
    await (await web.services.messages.recall(web.office.people[key], room, seq, new_cid()))


async def test_messages_are_found_in_all_of_ones_rooms_newest_first(web: Web) -> None:
    rooms = [await web.office.group("teacher_a", "head_a") for _ in range(3)]
    foreign = await web.office.group("head_a", "officer")
    for number in range(9):
        web.clock.advance(60)
        await web.say("head_a", rooms[number % 3], f"회의 {number}")
        await web.say("head_a", foreign, f"남의 회의 {number}")
    client = await web.as_("teacher_a")
    assert await found(client, "회의") == [f"회의 {number}" for number in reversed(range(9))]
    assert await found(client, "회의", room=rooms[1]) == ["회의 7", "회의 4", "회의 1"]
    assert await found(client, "없는 말") == []
    answer = (await client.get("/search", params={"q": "회의 8"})).json()
    (hit,) = answer["hits"]
    assert (hit["room"], hit["event"]["seq"], hit["event"]["by"]) == (
        rooms[2],
        3,
        web.office.people["head_a"],
    )
    assert answer["people"] == {web.office.people["head_a"]: {"name": "최교장"}}
    refused = await client.get("/search", params={"q": "회의", "room": foreign})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("가정통신", ["내일 가정통신문을 보냅니다."]),
        ("통신문을", ["내일 가정통신문을 보냅니다."]),
        (unicodedata.normalize("NFD", "통신문"), ["내일 가정통신문을 보냅니다."]),
        ("보냅니다 내일", ["내일 가정통신문을 보냅니다."]),
        ("내일", ["내일 봐요", "내일 가정통신문을 보냅니다."]),
        ("zoom", ["ZOOM 회의 https://zoom.example/j/1?pwd=a.b"]),
        ("pwd=a.b", ["ZOOM 회의 https://zoom.example/j/1?pwd=a.b"]),
        ("pwd=aXb", []),
        (".*", []),
        ("(", []),
        ("두\t줄", ["첫 줄\n두 줄"]),
        ("ÉCOLE", ["école 방문"]),
        ("👍", ["👍👍"]),
    ],
)
async def test_any_part_of_a_word_is_found_in_any_case(web: Web, query: str, texts: list[str]) -> None:
    room = await web.office.group("teacher_a", "head_a")
    for text in (
        "내일 가정통신문을 보냅니다.",
        "내일 봐요",
        "ZOOM 회의 https://zoom.example/j/1?pwd=a.b",
        "첫 줄\n두 줄",
        "école 방문",
        "👍👍",
    ):
        web.clock.advance(1)
        await web.say("head_a", room, text)
    assert await found(await web.as_("teacher_a"), query) == texts


async def test_what_was_edited_is_found_by_what_it_says_now(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    seq = await web.say("teacher_a", room, "회의는 3시")
    web.clock.advance(10)
    await web.say("teacher_a", room, "알겠습니다 회의")
    web.clock.advance(10)
    await edit(web, "teacher_a", room, seq, "회의는 4시")
    web.clock.advance(10)
    await edit(web, "teacher_a", room, seq, "회의는 5시")
    client = await web.as_("head_a")
    assert await found(client, "3시") == []
    assert await found(client, "4시") == []
    assert await found(client, "회의") == ["회의는 5시", "알겠습니다 회의"]
    (hit,) = (await client.get("/search", params={"q": "5시"})).json()["hits"]
    assert (hit["event"]["kind"], hit["event"]["seq"]) == ("message", seq)
    assert hit["event"]["state"]["edited"]["seq"] == 4


async def test_what_was_recalled_is_found_no_more(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    first = await web.say("teacher_a", room, "비밀 하나")
    second = await web.say("teacher_a", room, "하나")
    await edit(web, "teacher_a", room, second, "비밀 둘")
    for seq in (first, second):
        await recall(web, "teacher_a", room, seq)
    for key in ("teacher_a", "head_a"):
        assert await found(await web.as_(key), "비밀") == []


async def test_what_was_said_before_one_came_is_not_found(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    early = await web.say("teacher_a", room, "이전 이야기")
    teacher = await web.services.access.person(web.office.people["teacher_a"])
    await web.services.management.change(teacher, room, add=[web.office.people["officer"]])
    await web.say("teacher_a", room, "이후 이야기")
    await edit(web, "teacher_a", room, early, "고친 이전 이야기")
    assert await found(await web.as_("officer"), "이야기") == ["이후 이야기"]
    owner = await web.as_("teacher_a")
    await owner.post(f"/rooms/{room}/members", json={"remove": [web.office.people["officer"]]})
    assert await found(await web.as_("officer"), "이야기") == []


async def test_pages_hold_every_message_once_however_they_were_written(web: Web) -> None:
    """Several rooms, gaps of years, many messages in one millisecond, edits and recalls: as if read whole."""
    dice = random.Random(20261123)
    rooms = [await web.office.group("teacher_a", "head_a") for _ in range(4)]
    texts: dict[tuple[RoomId, int], tuple[int, str | None]] = {}
    for number in range(300):
        web.clock.advance(dice.choice([0, 0, 0, 0.001, 1, 60, 3600, 86_400]))
        room = dice.choice(rooms)
        mine = [seq for known, seq in texts if known == room]
        if mine and dice.random() < 0.2:
            seq = dice.choice(mine)
            if texts[room, seq][1] is None:
                continue
            if dice.random() < 0.3:
                await recall_now(web, room, seq)
                texts[room, seq] = (number, None)
            else:
                text = dice.choice(["공지 수정", "다른 말"]) + f" {number}"
                await edit_now(web, room, seq, text)
                texts[room, seq] = (number, text)
        else:
            text = dice.choice(["공지", "인사", "공지와 인사"]) + f" {number}"
            texts[room, await web.say("teacher_a", room, text)] = (number, text)
    web.clock.advance(400 * 86_400)
    expected = {text for _, text in texts.values() if text and "공지" in text}
    client = await web.as_("head_a")
    whole = await found(client, "공지")
    assert len(whole) == len(expected)
    assert set(whole) == expected
    for limit in (1, 7, 50):
        assert await found(client, "공지", limit=limit) == whole


async def edit_now(web: Web, room: RoomId, seq: int, text: str) -> None:
    """Append an edit, however late."""
    from rooms.events import EditBody, draft

    await web.services.log.append(draft(room, web.office.people["teacher_a"], new_cid(), EditBody(seq, text)))


async def recall_now(web: Web, room: RoomId, seq: int) -> None:
    """Append a recall, however late."""
    from rooms.events import RecallBody, draft

    await web.services.log.append(draft(room, web.office.people["teacher_a"], new_cid(), RecallBody(seq)))


async def test_a_search_does_a_bounded_piece_of_work_and_says_where_to_go_on(web: Web) -> None:
    """A needle behind thirty thousand messages, each window of which takes a second."""
    room = await web.office.group("teacher_a", "head_a")
    count = 30_000
    documents = [
        {
            "room": room,
            "seq": seq,
            "n": seq,
            "kind": "message",
            "sender": web.office.people["teacher_a"],
            "at": START - timedelta(seconds=(count - seq) / 4),
            "cid": f"c{seq}",
            "body": {"text": "바늘" if seq == 1 else f"지푸라기 {seq}"},
        }
        for seq in range(1, count + 1)
    ]
    await web.office.mongo[schema.EVENTS].insert_many(documents, ordered=False)

    class Slow(MongoSearch):
        most = 0

        async def texts(self, *args: Any) -> Any:
            web.clock.advance(1.0)
            return await super().texts(*args)

        async def count(self, *args: Any) -> int:
            counted = await super().count(*args)
            self.most = max(self.most, counted)
            return counted

    services = web.services
    store = Slow(services.mongo)
    search = Search(services.access, store, services.store, services.clock)
    person = web.office.people["teacher_a"]
    pieces, before = 0, None
    while True:
        began = web.clock.monotonic()
        piece = await search.find(person, "바늘", room=None, before=before, limit=10)
        assert web.clock.monotonic() - began <= 1.0
        pieces += 1
        before = piece.next
        if piece.hits or before is None:
            break
    assert [hit.event.seq for hit in piece.hits] == [1]
    assert count / MANY <= pieces <= 4 * count / MANY
    assert store.most == MANY  # it counts no further than it must know


async def test_nobody_without_rooms_finds_anything(web: Web) -> None:
    assert await found(await web.as_("newcomer"), "회의") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"q": ""}, 400),
        ({"q": " \n"}, 400),
        ({"q": "a\x00b"}, 400),
        ({"q": "x" * 201}, 400),
        ({"q": " ".join("abcdefghijk")}, 413),
        ({"q": "a", "before": "x"}, 400),
        ({"q": "a", "before": "WzFd"}, 200),
        ({"q": "a", "before": "Wy01XQ"}, 200),
        ({"q": "a", "before": "Wzk5OTk5OTk5OTk5OTk5OTk5XQ"}, 400),
        ({"q": "a", "before": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OV0"}, 400),
        ({"q": "a", "room": "r000000000000"}, 404),
    ],
)
async def test_what_is_no_search(web: Web, query: dict[str, str], status: int) -> None:
    room = await web.office.group("teacher_a", "head_a")
    await web.say("teacher_a", room, "a")
    answer = await (await web.as_("teacher_a")).get("/search", params=query)
    assert answer.status_code == status, answer.text


async def test_somebody_who_is_not_in_a_room_is_refused_by_the_rules_themselves(web: Web) -> None:
    room = await web.office.group("teacher_a", "head_a")
    search = Search(web.services.access, MongoSearch(web.services.mongo), web.services.store, web.clock)
    with pytest.raises(Refusal):
        await search.find(web.office.people["officer"], "a", room=room, before=None, limit=1)
