"""People talk: each scenario is written once and proven on both clients."""

import uuid

import pytest

from hub.client.items import Refused
from tests.scenarios.conftest import Connect
from tests.support.school import School

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_message_reaches_the_other_with_all_it_says(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one, other = await connect(teacher), await connect(colleague)

    first = await one.send(room, "내일 회의는 3시입니다")
    second = await other.send(room, "네, 알겠습니다", reply_to=first, mentions=[teacher.id])

    seen = await one.told.seq(room, second)
    assert seen["by"] == colleague.id
    assert seen["body"] == {"text": "네, 알겠습니다", "reply_to": first, "mentions": [teacher.id]}
    assert (await other.told.seq(room, first))["body"] == {"text": "내일 회의는 3시입니다"}
    # One's own messages come back too, so that every device of a person shows the same log.
    assert (await one.told.seq(room, first))["by"] == teacher.id
    assert [event["seq"] for event in one.told.events(room)] == [first, second]


async def test_text_is_normalised_so_that_hangul_typed_anywhere_is_the_same(
    connect: Connect, school: School
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.direct(teacher, colleague)
    one, other = await connect(teacher), await connect(colleague)

    seq = await one.send(room, "\u1112\u1161\u11ab\u1100\u1173\u11af 👩‍🏫 \U0001f1f0\U0001f1f7")

    assert (await other.told.seq(room, seq))["body"]["text"] == "한글 👩‍🏫 🇰🇷"


async def test_typing_and_read_marks_are_told_to_the_others(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one, other = await connect(teacher), await connect(colleague)

    await one.typing(room)
    await other.told.item("typing", room=room, by=teacher.id)

    seq = await one.send(room, "읽어 주세요")
    await other.told.seq(room, seq)
    await other.read(room, seq)
    await one.told.item("read", room=room, read={"seq": seq, "by": colleague.id})


async def test_a_read_cursor_never_moves_back_and_counts_what_is_unread(
    connect: Connect, school: School
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one = await connect(teacher)
    seqs = [await one.send(room, f"{number}") for number in range(5)]

    other = await connect(colleague)
    assert _room(other.told.items, room)["unread"] == 5
    await other.read(room, seqs[3])
    await other.read(room, seqs[1])
    await one.told.item("read", room=room, read={"seq": seqs[3], "by": colleague.id})

    phone = await connect(colleague)
    shown = _room(phone.told.items, room)
    assert (shown["read"], shown["unread"]) == (seqs[3], 1)


async def test_presence_of_who_is_watched(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    await school.room(teacher, colleague)
    one = await connect(teacher)

    await one.watch([colleague.id])
    await one.told.item("presence", presence={colleague.id: "offline"})
    other = await connect(colleague)
    await one.told.item("presence", presence={colleague.id: "online"})
    await other.close()
    await one.told.item("presence", 2, presence={colleague.id: "offline"})


async def test_edits_recalls_reactions_and_pins_fold_as_a_fresh_read_does(
    connect: Connect, school: School
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one, other = await connect(teacher), await connect(colleague)

    notice = await one.send(room, "현장 학습은 화요일")
    slip = await one.send(room, "잘못 보낸 글")
    await other.react(room, notice, "👍")
    await one.edit(room, notice, "현장 학습은 수요일")
    await other.react(room, slip, "🎉")
    await other.pin(room, notice)
    await one.react(room, notice, "👍")
    await other.react(room, notice, "👍", on=False)
    await one.recall(room, slip)
    last = await one.edit(room, notice, "현장 학습은 목요일")

    for driver in (one, other):
        await driver.told.seq(room, last)
        live = await driver.fold(driver.told.events(room))
        page = await driver.history(room)
        fresh = [event for event in page["events"] if event["kind"] == "message"]
        assert live == fresh
        assert live[0]["body"] == {"text": "현장 학습은 목요일"}
        assert live[0]["state"]["reactions"] == {"👍": [teacher.id]}
        assert live[0]["state"]["pinned"]["by"] == colleague.id
        assert live[1]["body"] == {"text": ""}
        assert live[1]["state"]["recalled"]["by"] == teacher.id
        # What was read folded may meet the events it was folded from.
        assert await driver.fold(page["events"]) == fresh


async def test_what_may_not_be_done_is_refused_and_the_connection_goes_on(
    connect: Connect, school: School
) -> None:
    teacher, colleague, outsider = await school.people("김교사", "이부장", "박주무관")
    room = await school.room(teacher, colleague)
    foreign = await school.room(outsider, colleague)
    one, other = await connect(teacher), await connect(colleague)
    seq = await one.send(room, "제 글입니다")

    for code, attempt in (
        ("not_found", one.send(foreign, "남의 방")),
        ("not_found", one.send("r0000000000", "없는 방")),
        ("bad_request", one.send(room, "   ")),
        ("too_large", one.send(room, "가" * 8001)),
        ("forbidden", other.edit(room, seq, "남의 글")),
        ("forbidden", other.recall(room, seq)),
        ("not_found", one.react(room, 999, "👍")),
        ("bad_request", one.react(room, seq, "abc")),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert refused.value.code == code

    assert await one.send(room, "계속합니다") == seq + 1
    assert one.told.onlines == 1


async def test_the_same_cid_again_gives_the_same_place(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one, phone = await connect(teacher), await connect(teacher)
    other = await connect(colleague)
    cid = str(uuid.uuid4())

    seq = await one.send(room, "한 번만", cid=cid)
    assert await one.send(room, "한 번만", cid=cid) == seq
    assert await phone.send(room, "한 번만", cid=cid) == seq
    with pytest.raises(Refused) as refused:
        await phone.send(room, "다른 글", cid=cid)
    assert refused.value.code == "conflict"

    # The same `cid` of somebody else is another message.
    theirs = await other.send(room, "한 번만", cid=cid)
    assert theirs == seq + 1
    await one.told.seq(room, theirs)
    assert one.told.texts(room) == ["한 번만", "한 번만"]


async def test_history_is_read_backwards_to_its_beginning(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one = await connect(teacher)
    seqs = [await one.send(room, f"{number}") for number in range(25)]

    pages, before = [], None
    while True:
        page = await one.history(room, before=before, limit=10)
        pages.append([event["seq"] for event in page["events"]])
        if not page["more"]:
            break
        before = page["events"][0]["seq"]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(seq for page in pages for seq in page) == seqs


def _room(items: list[dict[str, object]], room: str) -> dict[str, object]:
    """Find a room in the last answer to `open`."""
    opened = [item for item in items if item["type"] == "opened"][-1]
    rooms = opened["rooms"]
    assert isinstance(rooms, list)
    found: dict[str, object] = next(view for view in rooms if view["id"] == room)
    return found
