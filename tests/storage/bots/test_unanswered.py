"""Messages that wait for a chatbot: held by one process at a time, for as long as that lives."""

import asyncio
from datetime import UTC, datetime, timedelta

from rooms.bots import PERSONS, Unanswered
from rooms.faq.scope import Bot
from rooms.ids import new_person_id, new_room_id
from storage.bots.unanswered import MongoUnanswered
from storage.mongo import Mongo

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=20)
LAST = LATER + timedelta(seconds=20)


def asked(count: int) -> list[Unanswered]:
    room, person = new_room_id(), new_person_id()
    return [Unanswered(room, seq, PERSONS[Bot.SCHOOL], person, NOW) for seq in range(1, count + 1)]


async def test_what_a_process_holds_no_other_takes_over_until_it_is_missed(own: Mongo) -> None:
    store, some = MongoUnanswered(own), asked(3)
    await store.note(some, "one", LATER)
    await store.note(some[:1], "one", LATER)  # as after an answer of MongoDB's that was lost
    assert await store.claim(NOW, LAST, "two", 10) == []
    await store.hold([some[0].key], "one", LAST)
    assert await store.claim(LATER, LAST, "two", 10) == some[1:]
    await store.hold([one.key for one in some], "one", NOW)
    assert await store.claim(LATER, LAST, "three", 10) == some[:1], "it has no say any more in the others"


async def test_each_is_taken_over_by_one_alone(own: Mongo) -> None:
    store, some = MongoUnanswered(own), asked(20)
    await store.note(some, "one", NOW)
    claims = await asyncio.gather(*(store.claim(NOW, LAST, f"other {number}", 20) for number in range(4)))
    taken = [one.key for claim in claims for one in claim]
    assert sorted(taken) == sorted(one.key for one in some)
    assert len(await store.claim(LAST, LAST, "last", 5)) == 5, "no more than wanted"


async def test_what_was_answered_is_forgotten_whoever_holds_it(own: Mongo) -> None:
    store, some = MongoUnanswered(own), asked(2)
    await store.note(some, "one", NOW)
    await store.erase([some[0].key])
    assert await store.claim(NOW, LAST, "two", 10) == some[1:]
