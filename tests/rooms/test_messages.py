import unicodedata
from collections.abc import Awaitable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.bots import PERSONS
from rooms.errors import ErrorCode
from rooms.events import Appended, MessageBody
from rooms.faq.scope import Bot
from rooms.ids import PersonId, RoomId, new_cid, new_file_id, new_person_id, new_room_id
from rooms.limits import Rule
from rooms.messages import MessageLimits, is_emoji
from rooms.model import Member, RoomRole, Seat
from storage.mongo import Mongo
from tests.support.core import Core, answers, landed, refused, running_core
from tests.support.people import Office

EMOJI = [
    *("👍", "❤️", "❤", "🎉", "✅", "👍🏽", "🇰🇷", "👨‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👩🏽", "🏳️‍🌈", "1️⃣", "#️⃣", "↔️", "‼️", "©️"),
    *("🩷", "🫨", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
]
NO_EMOJI = [
    *("", " ", "a", "가", "1", "12", "#", "+", "^", "`", "^^", "<", "\x00", "\ud800", "\u200d", "\ufe0f"),
    *(
        "👍 ",
        " 👍",
        "👍\n",
        "👍👍",
        "👍👎",
        "👍a",
        "👍1",
        "📞0101234567",
        "👍\u200d",
        "\u200d👍",
        "🎉" * 10_000,
    ),
    *("🏽", "🇰", "🇰🇷🇰🇷"),
]


# Sending


async def test_a_message_says_what_it_was_given(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    file = await core.upload(office.teacher)
    first = await core.say(office.mother, room, "안녕하세요\n\t선생님")
    second = await core.say(
        office.teacher,
        room,
        "네",
        reply_to=first,
        files=[file, file],
        mentions=[office.mother.id, office.mother.id],
    )
    assert [event.body for event in await core.raw(room)] == [
        {"text": "안녕하세요\n\t선생님"},
        {
            "text": "네",
            "reply_to": first,
            "files": [{"id": file, "name": "a.txt", "size": 5, "type": "text/plain"}],
            "mentions": [office.mother.id],
        },
    ]
    assert (first, second) == (1, 2)


async def test_only_members_who_may_write_send(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, readers=[office.mother])
    await refused(core.say(office.mother, room), ErrorCode.FORBIDDEN, "reader")
    said = await answers(core.say(office.father, room), core.say(office.teacher, new_room_id()))
    assert said == {("not_found", "no_room", "{}")}
    assert await core.raw(room) == []


async def test_hangul_is_kept_composed(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    cid = new_cid()
    seq = await core.say(office.teacher, room, unicodedata.normalize("NFD", "한글"), cid=cid)
    assert (await core.raw(room))[0].body["text"] == "한글"
    again = await landed(core.messages.send(office.teacher.id, room, cid, "한글"))
    assert (again.seq, again.repeated) == (seq, True)


@pytest.mark.parametrize("text", ["\x00", "a\x07b", "\x1b[0m", "\r", "\x7f", "\x85", "\ud800"])
async def test_control_characters_and_lone_surrogates_are_refused(
    core: Core, office: Office, text: str
) -> None:
    room = await core.room(office.teacher)
    await refused(core.say(office.teacher, room, text), ErrorCode.BAD_REQUEST, "control_characters")


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u3000"])
async def test_a_message_has_text_or_files(core: Core, office: Office, text: str) -> None:
    room = await core.room(office.teacher)
    await refused(core.say(office.teacher, room, text), ErrorCode.BAD_REQUEST, "empty_text")
    file = await core.upload(office.teacher)
    assert await core.say(office.teacher, room, text, files=[file]) == 1


async def test_a_reply_answers_a_message_one_may_see(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    seq = await core.say(office.teacher, room)
    reaction = await core.react(office.teacher, room, seq, "👍")
    for other in (0, reaction, 99, 2**53 - 1):
        await refused(core.say(office.teacher, room, reply_to=other), ErrorCode.NOT_FOUND, "no_message")


async def test_people_outside_the_room_cannot_be_mentioned(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    said = await answers(
        core.say(office.teacher, room, mentions=[office.mother.id, office.father.id]),
        core.say(office.teacher, room, mentions=[new_person_id()]),
    )
    assert said == {("not_found", "no_person", "{}")}


async def test_only_own_files_are_attached(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    theirs = await core.upload(office.mother)
    mine = await core.upload(office.teacher)
    said = await answers(
        core.say(office.teacher, room, files=[mine, theirs]),
        core.say(office.teacher, room, files=[mine, new_file_id()]),
    )
    assert said == {("bad_request", "no_file", "{}")}
    file = await core.files.get(mine)
    assert file is not None
    assert file.rooms == (), "what is refused gives nobody the file"
    await refused(
        core.say(office.teacher, room, files=[mine], mentions=[office.father.id]), ErrorCode.NOT_FOUND
    )
    assert file == await core.files.get(mine)
    await core.say(office.teacher, room, files=[mine])
    file = await core.files.get(mine)
    assert file is not None
    assert file.rooms == (room,)


# Repeats


async def test_a_repeat_is_answered_even_where_the_message_would_be_refused_by_now(
    core: Core, office: Office
) -> None:
    room = await core.room(office.teacher, office.colleague, office.mother)
    cid, file, mention = new_cid(), await core.upload(office.colleague), [office.mother.id]
    seq = await core.say(office.colleague, room, "글", cid=cid, files=[file], mentions=mention)
    await core.rooms.unseat(room, [office.mother.id])
    await core.rooms.set_role(room, [office.colleague.id], RoomRole.READER)

    async def again(**changed: object) -> int:
        body: dict[str, object] = {
            "text": "글",
            "cid": cid.upper(),
            "files": [file],
            "mentions": mention,
        } | changed
        return await core.say(office.colleague, room, **body)  # type: ignore[arg-type]

    assert await again() == seq
    others: list[dict[str, object]] = [
        {"text": "anders"},
        {"cid": new_cid()},
        {"files": []},
        {"mentions": []},
        {"reply_to": 1},
    ]
    for other in others:
        await refused(again(**other), ErrorCode.FORBIDDEN, "reader")
    await refused(
        landed(core.messages.send(office.teacher.id, room, cid, "글", mentions=mention)), ErrorCode.NOT_FOUND
    )


async def test_a_repeated_change_is_answered_whatever_happened_since(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague)
    seq = await core.say(office.colleague, room)
    cids = [new_cid() for _ in range(4)]

    async def change(which: int, cid: str) -> int:
        who, messages = office.colleague.id, core.messages
        match which:
            case 0:
                one = messages.edit(who, room, seq, cid, "neu", mentions=[office.teacher.id])
            case 1:
                one = messages.react(who, room, seq, cid, "👍", on=True)
            case 2:
                one = messages.pin(who, room, seq, cid, on=True)
            case _:
                one = messages.recall(who, room, seq, cid)
        return (await landed(one)).seq

    places = [await change(which, cid) for which, cid in enumerate(cids)]
    assert places == [2, 3, 4, 5]
    core.clock.advance(10 * 86_400)
    await core.rooms.unseat(room, [office.teacher.id])
    assert [await change(which, cid) for which, cid in enumerate(cids)] == places
    assert len(await core.raw(room)) == 5
    for which in range(4):
        await refused(change(which, cids[which - 1]), ErrorCode.CONFLICT, "cid_reused")


async def test_a_text_is_stored_in_the_form_that_is_given_to_it(core: Core, office: Office) -> None:
    heard = []

    def hear(seat: Seat, body: MessageBody, queued: Awaitable[Appended]) -> Awaitable[Appended]:
        heard.append(body.text)
        return queued

    def word(seat: Seat, text: str, mentions: Sequence[str]) -> str:
        return text.replace("1", "*") if seat.room.id == room and mentions else text

    room, other = [await core.room(office.teacher, office.colleague) for _ in range(2)]
    core.messages.on_message(hear, word)
    cid, mention = new_cid(), [office.teacher.id]
    seq = await core.say(office.colleague, room, "112", cid=cid, mentions=mention)
    await core.say(office.colleague, room, "112")
    await core.say(office.colleague, other, "112", mentions=mention)
    await core.edit(office.colleague, room, seq, "119", mentions=mention)
    assert heard == ["**2", "112", "112"]
    assert [event.body["text"] for event in await core.raw(room)] == ["**2", "112", "**9"]
    await core.rooms.set_role(room, [office.colleague.id], RoomRole.READER)
    assert await core.say(office.colleague, room, "112", cid=cid, mentions=mention) == seq, "a repeat"


# Changing


async def test_only_the_author_edits_and_recalls(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague)
    seq = await core.say(office.colleague, room)
    await refused(core.edit(office.teacher, room, seq, "neu"), ErrorCode.FORBIDDEN, "not_yours")
    await refused(core.recall(office.teacher, room, seq), ErrorCode.FORBIDDEN, "not_yours")
    edit = await core.edit(office.colleague, room, seq, "neu")
    recall = await core.recall(office.colleague, room, seq)
    assert (edit, recall) == (2, 3)


@pytest.mark.parametrize("what", ["edit", "recall", "react", "pin"])
async def test_there_is_no_changing_what_is_no_message_or_cannot_be_seen(
    core: Core, office: Office, what: str
) -> None:
    room, other = await core.room(office.teacher), await core.room(office.colleague)
    theirs = await core.say(office.colleague, other)
    seq = await core.say(office.teacher, room)
    reaction = await core.react(office.teacher, room, seq, "👍")

    async def change(where: RoomId, place: int) -> int:
        match what:
            case "edit":
                return await core.edit(office.teacher, where, place, "neu")
            case "recall":
                return await core.recall(office.teacher, where, place)
            case "react":
                return await core.react(office.teacher, where, place, "👍")
            case _:
                return await core.pin(office.teacher, where, place)

    said = await answers(*(change(room, place) for place in (0, reaction, 99, 2**53 - 1)))
    assert said == {("not_found", "no_message", "{}")}
    said = await answers(change(other, theirs), change(other, 99), change(new_room_id(), 1))
    assert said == {("not_found", "no_room", "{}")}


async def test_nothing_is_done_to_a_recalled_message(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    seq = await core.say(office.teacher, room)
    await core.recall(office.teacher, room, seq)
    for change in (
        core.edit(office.teacher, room, seq, "neu"),
        core.recall(office.teacher, room, seq),
        core.react(office.teacher, room, seq, "👍"),
        core.pin(office.teacher, room, seq),
    ):
        await refused(change, ErrorCode.CONFLICT, "recalled")
    assert await core.say(office.teacher, room, reply_to=seq) == 3, "there was a message"


@pytest.mark.parametrize("what", ["edit", "recall"])
async def test_the_time_for_changing_ends_exactly(mongo: Mongo, office: Office, what: str) -> None:
    limits = MessageLimits(edit_seconds=60, recall_seconds=60)
    async with running_core(mongo, limits=limits) as core:
        room = await core.room(office.teacher)
        on_time = await core.say(office.teacher, room)
        late = await core.say(office.teacher, room)

        async def change(seq: int) -> int:
            if what == "edit":
                return await core.edit(office.teacher, room, seq, "neu")
            return await core.recall(office.teacher, room, seq)

        core.clock.advance(60)
        assert await change(on_time) == 3
        core.clock.advance(0.001)
        refusal = await refused(change(late), ErrorCode.FORBIDDEN, f"{what}_too_late")
        assert refusal.params == {"seconds": 60}


@pytest.mark.parametrize("what", ["edit", "recall"])
async def test_the_two_times_are_told_apart_and_zero_is_no_end(
    mongo: Mongo, office: Office, what: str
) -> None:
    limits = MessageLimits(
        edit_seconds=0 if what == "edit" else 60, recall_seconds=0 if what == "recall" else 60
    )
    async with running_core(mongo, limits=limits) as core:
        room = await core.room(office.teacher)
        seq = await core.say(office.teacher, room)
        core.clock.advance(10 * 365 * 86_400)
        change, other = core.edit(office.teacher, room, seq, "neu"), core.recall(office.teacher, room, seq)
        if what == "recall":
            change.close()
            await refused(core.edit(office.teacher, room, seq, "neu"), ErrorCode.FORBIDDEN, "edit_too_late")
            assert await other == 2
        else:
            await refused(other, ErrorCode.FORBIDDEN, "recall_too_late")
            assert await change == 2


async def test_readers_react_and_take_back_but_write_nothing(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    seq = await core.say(office.mother, room)
    await core.rooms.set_role(room, [office.mother.id], RoomRole.READER)
    assert await core.react(office.mother, room, seq, "👍") == 2
    await refused(core.pin(office.mother, room, seq), ErrorCode.FORBIDDEN, "reader")
    await refused(core.edit(office.mother, room, seq, "neu"), ErrorCode.FORBIDDEN, "reader")
    assert await core.recall(office.mother, room, seq) == 3


async def test_a_chatbot_is_mentioned_once_it_was_invited(core: Core, office: Office) -> None:
    bot = PERSONS[Bot.OFFICE]
    room = await core.room(office.teacher, office.mother)
    await refused(core.say(office.teacher, room, mentions=[bot]), ErrorCode.NOT_FOUND, "no_bot_here")
    both = [bot, office.father.id]
    await refused(core.say(office.teacher, room, mentions=both), ErrorCode.NOT_FOUND, "no_person")
    await core.rooms.seat([Member(room, bot, RoomRole.MEMBER, 1, core.clock.now())])
    await core.say(office.teacher, room, mentions=[bot, office.mother.id])


async def test_an_edit_is_checked_like_a_message(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    seq = await core.say(office.teacher, room)
    for text, reason in (("", "empty_text"), ("\x00", "control_characters")):
        await refused(core.edit(office.teacher, room, seq, text), ErrorCode.BAD_REQUEST, reason)
    await refused(
        core.edit(office.teacher, room, seq, "neu", mentions=[office.father.id]),
        ErrorCode.NOT_FOUND,
        "no_person",
    )
    await core.edit(office.teacher, room, seq, "neu", mentions=[office.mother.id] * 2)
    assert (await core.raw(room))[-1].body == {"seq": seq, "text": "neu", "mentions": [office.mother.id]}


# Reactions


@pytest.mark.parametrize("emoji", EMOJI)
def test_one_emoji_is_one(emoji: str) -> None:
    assert is_emoji(emoji)


@pytest.mark.parametrize("text", NO_EMOJI)
def test_anything_else_is_none(text: str) -> None:
    assert not is_emoji(text)


@given(st.text(max_size=12))
def test_no_reaction_holds_words(text: str) -> None:
    if is_emoji(text):
        assert len(text) <= 10
        assert not any(char.isalpha() or char.isspace() for char in text)


async def test_a_reaction_is_an_emoji(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    seq = await core.say(office.teacher, room)
    await refused(core.react(office.teacher, room, seq, "ha"), ErrorCode.BAD_REQUEST, "no_emoji")


# Limits


async def test_the_longest_text(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    for text in ("가" * 8000, "😀" * 8000, unicodedata.normalize("NFD", "각" * 8000)):
        assert await core.say(office.teacher, room, text)
        beyond = text + text[-1:]
        for change in (core.say(office.teacher, room, beyond), core.edit(office.teacher, room, 1, beyond)):
            refusal = await refused(change, ErrorCode.TOO_LARGE, "text_too_long")
            assert refusal.params == {"limit": 8000}
    assert await core.edit(office.teacher, room, 1, "나" * 8000)
    # Some characters have no composed form: what is kept counts.
    await refused(core.say(office.teacher, room, "\ufb2c" * 8000), ErrorCode.TOO_LARGE)


async def test_the_most_mentions(mongo: Mongo, office: Office) -> None:
    async with running_core(mongo, limits=MessageLimits(mentions=3)) as core:
        people = [office.teacher, office.colleague, office.mother, office.father]
        room = await core.room(*people)
        ids = [person.id for person in people]
        seq = await core.say(office.teacher, room, mentions=[*ids[:3], *ids[:3]])
        await core.edit(office.teacher, room, seq, "neu", mentions=ids[:3])
        for change in (
            core.say(office.teacher, room, mentions=ids),
            core.edit(office.teacher, room, seq, "neu", mentions=ids),
        ):
            refusal = await refused(change, ErrorCode.TOO_LARGE, "too_many_mentions")
            assert refusal.params == {"limit": 3}


async def test_the_most_files(mongo: Mongo, office: Office) -> None:
    async with running_core(mongo, limits=MessageLimits(files=2)) as core:
        room = await core.room(office.teacher)
        files = [await core.upload(office.teacher) for _ in range(3)]
        await core.say(office.teacher, room, files=files[:2])
        refusal = await refused(
            core.say(office.teacher, room, files=files), ErrorCode.TOO_LARGE, "too_many_files"
        )
        assert refusal.params == {"limit": 2}


async def test_the_most_different_reactions(mongo: Mongo, office: Office) -> None:
    async with running_core(mongo, limits=MessageLimits(reactions=2)) as core:
        room = await core.room(office.teacher, office.mother)
        seq = await core.say(office.teacher, room)
        await core.react(office.teacher, room, seq, "👍")
        await core.react(office.teacher, room, seq, "🎉")
        refusal = await refused(
            core.react(office.mother, room, seq, "✅"), ErrorCode.TOO_LARGE, "too_many_reactions"
        )
        assert refusal.params == {"limit": 2}
        await core.react(office.mother, room, seq, "👍")
        await core.react(office.mother, room, seq, "✅", on=False)
        await core.react(office.teacher, room, seq, "🎉", on=False)
        await core.react(office.mother, room, seq, "✅")


@pytest.mark.parametrize("what", ["send", "edit", "recall", "react", "pin"])
async def test_nobody_writes_faster_than_the_rate(mongo: Mongo, office: Office, what: str) -> None:
    async with running_core(mongo, rules=[Rule(3, 10), Rule(4, 60)]) as core:
        room = await core.room(office.teacher, office.mother)
        await core.say(office.teacher, room)
        await core.say(office.teacher, room)

        async def change(cid: str) -> int:
            messages, who = core.messages, office.teacher.id
            queued = {
                "send": lambda: messages.send(who, room, cid, "글"),
                "edit": lambda: messages.edit(who, room, 1, cid, "neu"),
                "recall": lambda: messages.recall(who, room, 2, cid),
                "react": lambda: messages.react(who, room, 1, cid, "👍", on=True),
                "pin": lambda: messages.pin(who, room, 1, cid, on=True),
            }
            return (await landed(queued[what]())).seq

        core.clock.advance(1)
        third, fourth = new_cid(), new_cid()
        assert await change(third) == 3
        refusal = await refused(core.say(office.teacher, room), ErrorCode.RATE_LIMITED, "too_fast")
        assert refusal.retry_after == pytest.approx(9, abs=0.01)
        assert refusal.temporary
        if what != "recall":
            await refused(change(fourth), ErrorCode.RATE_LIMITED, "too_fast")
        assert await core.say(office.mother, room) == 4, "others are not held up"
        core.clock.advance(9.01)
        await core.say(office.teacher, room)
        core.clock.advance(11)
        refusal = await refused(core.say(office.teacher, room), ErrorCode.RATE_LIMITED, "too_fast")
        assert refusal.retry_after == pytest.approx(60 - 21.01, abs=0.01)


async def test_a_person_that_is_no_member_costs_nothing(mongo: Mongo, office: Office) -> None:
    """A refused message does not use up the sender's rate before it was checked who they are."""
    async with running_core(mongo, rules=[Rule(1, 10)]) as core:
        room = await core.room(office.teacher)
        await refused(core.say(office.mother, room), ErrorCode.NOT_FOUND)
        mine = await core.room(office.mother)
        assert await core.say(office.mother, mine) == 1
        assert PersonId(office.mother.id) == office.mother.id
