"""What a process is to answer, and when that is written down; on the real MongoDB."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from hub.bots.notes import BEAT_SECONDS, HELD_SECONDS, NOTE_SECONDS, Notes
from rooms.bots import PERSONS, Unanswered
from rooms.faq.scope import Bot
from rooms.ids import new_person_id, new_room_id
from storage.bots.schema import UNANSWERED
from storage.bots.unanswered import MongoUnanswered
from storage.mongo import Mongo, connected
from tests.support.clock import SteppedClock


class Stage:
    """Two processes of a hub."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self.store = MongoUnanswered(mongo)
        self.clock = SteppedClock()
        self.notes, self.other = [Notes(self.store, self.clock, most=2) for _ in range(2)]
        self.taken: list[Unanswered] = []
        self.other.take = self.taken.append

    def asked(self) -> Unanswered:
        bot = PERSONS[Bot.SCHOOL]
        return Unanswered(new_room_id(), 1, bot, new_person_id(), self.clock.now())

    async def kept(self) -> set[str]:
        return {note["_id"] for note in await self._mongo[UNANSWERED].find().to_list(None)}


@pytest.fixture
async def stage(mongod_url: str, database_name: str) -> AsyncIterator[Stage]:
    async with connected(mongod_url, database_name) as mongo:
        yield Stage(mongo)


async def test_what_is_answered_soon_is_never_written_down(stage: Stage) -> None:
    one, other = stage.asked(), stage.asked()
    stage.notes.begin(one)
    stage.notes.begin(other)
    assert stage.notes.full
    await stage.notes.step()
    stage.notes.settle(one)
    assert await stage.kept() == set()
    stage.clock.advance(NOTE_SECONDS)
    await stage.notes.step()
    assert await stage.kept() == {other.key}
    stage.notes.settle(other)
    await stage.notes.step()
    assert await stage.kept() == set()
    assert len(stage.notes) == 0


async def test_what_has_to_wait_is_written_down_at_once_and_taken_over_when_its_process_is_missed(
    stage: Stage,
) -> None:
    one = stage.asked()
    stage.notes.begin(one)
    stage.notes.hurry(one)
    await stage.notes.step()
    for _ in range(int(2 * HELD_SECONDS / BEAT_SECONDS)):
        stage.clock.advance(BEAT_SECONDS)
        await stage.notes.step()
        await stage.other.step()
    assert stage.taken == []
    for _ in range(int(HELD_SECONDS / BEAT_SECONDS)):  # and says nothing any more
        stage.clock.advance(BEAT_SECONDS)
        await stage.other.step()
    assert stage.taken == [one]
    stage.other.begin(one, noted=True)
    stage.other.settle(one)
    await stage.other.step()
    assert await stage.kept() == set()


async def test_what_is_left_another_process_takes_over_at_its_next_look(stage: Stage) -> None:
    one = stage.asked()
    stage.notes.begin(one)
    stage.notes.hurry(one)
    await stage.notes.step()
    stage.notes.leave(one)
    await stage.notes.step()
    await stage.other.step()
    assert stage.taken == [one]


async def test_a_process_takes_over_no_more_than_it_has_room_for(stage: Stage) -> None:
    some = [stage.asked() for _ in range(4)]
    await stage.store.note(some, "one that died", stage.clock.now())
    stage.other.begin(stage.asked())
    await stage.other.step()
    assert len(stage.taken) == 1


async def test_what_could_not_be_written_down_is_once_mongodb_is_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise AutoReconnect("away")

    one = stage.asked()
    stage.notes.begin(one)
    stage.notes.hurry(one)
    with monkeypatch.context() as mongodb:
        mongodb.setattr(stage.store, "note", away)
        with pytest.raises(AutoReconnect):
            await stage.notes.step()
    stage.notes.leave(one)  # neither could its answer
    await stage.notes.step()
    assert await stage.kept() == {one.key}
    for _ in range(2):
        stage.clock.advance(HELD_SECONDS)
        await stage.notes.step()
        await stage.other.step()
    assert stage.taken[:1] == [one]
