"""Messages to a chatbot that is not there: a hub, and a peer in place of the chatbot's process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bots.wire import Refused, Taken
from config.limits import Limits
from hub.app import Hub
from rooms.bots import PERSONS
from rooms.events import Event
from rooms.faq.scope import Bot
from rooms.ids import RoomId, new_cid
from rooms.model import Member, RoomRole
from storage.bots.schema import UNANSWERED
from storage.messenger.rooms import MongoRooms
from storage.mongo import Document
from tests.support.bot_peer import peer_in
from tests.support.inside import hub_inside, wire_inside
from tests.support.school import Pupil, School, log_of, school_in
from tests.support.waiting import eventually
from tests.support.wire import Wire

BOT = PERSONS[Bot.OFFICE]
STARTING = "준비 중"


@dataclass
class Stage:
    """A school, and somebody in a room of theirs with the chatbot."""

    url: str
    folder: Path
    school: School
    asker: Pupil
    room: RoomId

    @asynccontextmanager
    async def hub(self, **settings: Any) -> AsyncIterator[tuple[Hub, Wire]]:
        """Run a hub, and connect whoever asks."""
        name = self.school.mongo.name
        async with (
            hub_inside(self.url, name, self.folder, bot="on", **settings) as hub,
            wire_inside(hub, self.asker.token()) as line,
        ):
            await line.command("open")
            yield hub, line

    def peer(self) -> Any:
        """Let the chatbot be there."""
        return peer_in(self.folder / "bots")

    async def send(self, line: Wire, text: str, room: RoomId | None = None, **more: Any) -> int:
        said = await line.command("send", room=room or self.room, cid=new_cid(), text=text, **more)
        seq: int = said["seq"]
        return seq

    async def answers(self, count: int, room: RoomId | None = None) -> list[Event]:
        """Wait until the chatbot has said so much in a room."""

        async def said() -> list[Event]:
            found = [event for event in await log_of(self.school, room or self.room) if event.by == BOT]
            return found if len(found) >= count else []

        found = await eventually(said, what="the chatbot answers")
        assert len(found) == count
        return found

    async def notes(self) -> list[Document]:
        return await self.school.mongo[UNANSWERED].find().to_list(None)

    async def noted(self, count: int) -> list[Document]:
        """Wait until so many messages are written down."""

        async def found() -> bool:
            return len(await self.notes()) == count

        await eventually(found, what=f"{count} messages are noted")
        return await self.notes()


@pytest.fixture
async def stage(mongod_url: str, database_name: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        school = await stack.enter_async_context(school_in(mongod_url, database_name))
        (asker,) = await school.people("Anna")
        chatbot = Pupil(BOT, "", "", "", "")
        yield Stage(mongod_url, tmp_path, school, asker, await school.direct(asker, chatbot))


def of_bot(frame: dict[str, Any]) -> bool:
    return any(event["by"] == BOT for event in frame.get("push", {}).get("events", ()))


def held_up(seq: int) -> Any:
    def wanted(frame: dict[str, Any]) -> bool:
        push = frame.get("push", {})
        return push.get("seq") == seq and push.get("part", {}).get("type") == "data-status"

    return wanted


async def test_what_is_asked_before_it_is_there_is_answered_once_it_is_in_its_order(stage: Stage) -> None:
    async with stage.hub() as (_, line):
        questions = ["전학은 어떻게 해요?", "언제까지요?", "서류는요?"]
        seqs = [await stage.send(line, text) for text in questions]
        assert (await line.push("typing"))["typing"]["by"] == BOT
        told = (await line.until(held_up(seqs[0])))["push"]
        assert (told["room"], told["part"]["transient"]) == (stage.room, True)
        assert {note["seq"] for note in await stage.noted(3)} == set(seqs)
        assert len(await log_of(stage.school, stage.room)) == 3, "nothing is said before"
        async with stage.peer() as peer:
            for text in questions:
                ask = await peer.asked()
                assert ask.question == text
                await eventually(peer.requests.empty, what="one after another")
                peer.answer(ask, f"{text} 이렇게요.")
            said = await stage.answers(3)
            assert [event.body["reply_to"] for event in said] == seqs
            assert [event.body["text"] for event in said] == [f"{text} 이렇게요." for text in questions]
            await stage.noted(0)


async def test_a_message_is_answered_as_it_is_by_then_and_not_if_it_is_none_any_more(stage: Stage) -> None:
    async with stage.hub() as (_, line):
        edited, recalled, last = [await stage.send(line, text) for text in ("전할", "모르겠다", "결석은요?")]
        await line.command("edit", room=stage.room, seq=edited, text="전학은요?", cid=new_cid())
        await line.command("recall", room=stage.room, seq=recalled, cid=new_cid())
        async with stage.peer() as peer:
            asked = []
            for _ in range(2):
                asked.append(await peer.asked())
                peer.answer(asked[-1], "이렇게요.")
            assert [ask.question for ask in asked] == ["전학은요?", "결석은요?"]
            assert [event.body["reply_to"] for event in await stage.answers(2)] == [edited, last]
            await stage.noted(0)


async def test_after_a_while_it_is_said_that_it_is_not_there(stage: Stage) -> None:
    async with stage.hub(bot_wait_seconds=0) as (_, line):
        seq = await stage.send(line, "전학은요?")
        said = (await line.until(of_bot))["push"]["events"][0]
        assert said["body"]["reply_to"] == seq
        assert STARTING in said["body"]["text"]
    async with stage.hub(bot_wait_seconds=1) as (_, line):
        await stage.send(line, "전학은요?")
        await stage.noted(1)
        (_, said) = await stage.answers(2)
        assert STARTING in said.body["text"]
        await stage.noted(0)


async def test_no_more_is_kept_than_allowed(stage: Stage) -> None:
    limits = {"bot_messages_each": 1, "bot_messages": 2}
    async with stage.hub(limits=Limits(**limits)) as (_, line):
        first = await stage.send(line, "전학은요?")
        await line.until(held_up(first))
        second = await stage.send(line, "결석은요?")
        (said,) = await stage.answers(1)
        assert said.body["reply_to"] == second
        assert STARTING in said.body["text"]
        async with stage.peer() as peer:
            ask = await peer.asked()
            assert ask.question == "전학은요?"
            peer.answer(ask, "이렇게요.")
            await stage.answers(2)


async def test_whom_a_group_asks_waits_too(stage: Stage) -> None:
    (ben,) = await stage.school.people("Ben")
    group = await stage.school.room(stage.asker, ben)
    seat = Member(group, BOT, RoomRole.MEMBER, 1, datetime.now(UTC))
    await MongoRooms(stage.school.mongo).seat([seat])
    async with stage.hub() as (_, line):
        seq = await stage.send(line, "@행정 챗봇 전학은요?", group, mentions=[BOT])
        await line.until(held_up(seq))
        async with stage.peer() as peer:
            ask = await peer.asked()
            assert (ask.question, ask.owner) == ("전학은요?", stage.asker.id)
            peer.answer(ask, "이렇게요.")
            (said,) = await stage.answers(1, group)
            assert (said.body["reply_to"], said.body["mentions"]) == (seq, [stage.asker.id])


async def test_a_question_that_it_dies_of_is_not_asked_for_ever(stage: Stage) -> None:
    async with stage.hub() as (_, line), stage.peer() as peer:
        await stage.send(line, "전학은요?")
        for _ in range(3):
            await peer.asked()
            peer.cut()
        (said,) = await stage.answers(1)
        assert STARTING in said.body["text"]
        await stage.send(line, "결석은요?")
        ask = await peer.asked()
        assert ask.question == "결석은요?"
        peer.answer(ask, "이렇게요.")
        await stage.answers(2)


async def test_what_a_hub_left_when_it_ended_another_one_answers_once(stage: Stage) -> None:
    async with stage.hub() as (_, line):
        seqs = [await stage.send(line, text) for text in ("전학은요?", "결석은요?")]
    assert len(await stage.notes()) == 2
    async with stage.peer() as peer, stage.hub():
        for _ in seqs:
            going_on = await peer.asked()
            assert going_on.question is None, "it may have been begun"
            peer.say(Refused(going_on.n, "not_found", "no_run"))
            peer.answer(await peer.asked(), "이렇게요.")
        assert [event.body["reply_to"] for event in await stage.answers(2)] == seqs
        await stage.noted(0)


async def test_what_was_begun_before_is_gone_on_with(stage: Stage) -> None:
    async with stage.peer() as peer:
        async with stage.hub() as (_, line):
            await stage.send(line, "전학은요?")
            begun = await peer.asked()
            peer.say(Taken(begun.n, begun.run, "c1"))
        (note,) = await stage.notes()
        assert note["person"] == stage.asker.id
        async with stage.hub():
            going_on = await peer.asked()
            assert (going_on.question, going_on.run) == (None, begun.run)
            peer.answer(going_on, "이렇게요.")
            (said,) = await stage.answers(1)
            assert said.body["text"] == "이렇게요."
            await stage.noted(0)


async def test_what_was_said_already_is_not_said_again(stage: Stage) -> None:
    async with stage.hub() as (_, line), stage.peer() as peer:
        seq = await stage.send(line, "전학은요?")
        peer.answer(await peer.asked(), "이렇게요.")
        await stage.answers(1)
        assert await stage.notes() == [], "what is answered at once is not noted"
    now = datetime.now(UTC)
    await stage.school.mongo[UNANSWERED].insert_one(
        {
            "_id": f"{stage.room} {seq} {BOT}",
            "room": stage.room,
            "seq": seq,
            "bot": BOT,
            "person": stage.asker.id,
            "at": now,
            "holder": "of a process that died before it could forget",
            "until": now,
        }
    )
    async with stage.hub(), stage.peer() as peer:
        await stage.noted(0)
        assert peer.requests.empty()
    await stage.answers(1)
