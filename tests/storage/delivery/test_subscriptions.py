import secrets
from datetime import timedelta

import pytest

from rooms.ids import PersonId, new_person_id
from storage.delivery.subscriptions import Keys, MongoSubscriptions, Subscription
from storage.mongo import Mongo
from storage.sessions import MongoSessions
from tests.support.clock import START as NOW

KEYS = Keys("BPub", "secret")
DAY = timedelta(days=1)


@pytest.fixture
def subscriptions(mongo: Mongo) -> MongoSubscriptions:
    return MongoSubscriptions(mongo)


async def add(
    subscriptions: MongoSubscriptions,
    person: PersonId,
    *,
    session: str = "s1",
    endpoint: str = "",
    days: int = 0,
    most: int = 20,
) -> tuple[Subscription, bool]:
    endpoint = endpoint or f"https://push.example.org/{secrets.token_hex()}"
    return await subscriptions.add(
        person, session, endpoint, KEYS, "key", "Firefox " + "x" * 300, NOW + days * DAY, most
    )


async def test_an_endpoint_is_kept_once_and_belongs_to_who_signed_in_there_last(
    subscriptions: MongoSubscriptions,
) -> None:
    anna, ben = new_person_id(), new_person_id()
    first, new = await add(subscriptions, anna)
    assert (new, first.id[0], len(first.agent), first.keys) == (True, "w", 200, KEYS)
    same, new = await add(subscriptions, anna, endpoint=first.endpoint)
    assert (new, same.id) == (False, first.id)
    moved, new = await add(subscriptions, ben, endpoint=first.endpoint, session="s2")
    assert (new, moved.id, moved.session) == (False, first.id, "s2")
    assert await subscriptions.of([anna, ben]) == {ben: [moved]}


async def test_beyond_the_limit_the_one_goes_that_was_used_longest_ago(
    subscriptions: MongoSubscriptions,
) -> None:
    anna = new_person_id()
    first, second, third = [(await add(subscriptions, anna, days=n, most=3))[0] for n in range(3)]
    await subscriptions.worked([first.id], NOW + 3 * DAY)
    fourth, _ = await add(subscriptions, anna, days=4, most=3)
    kept = {row.id for row in (await subscriptions.of([anna]))[anna]}
    assert kept == {first.id, third.id, fourth.id}
    assert second.id not in kept


async def test_people_remove_their_own_and_services_those_that_are_gone(
    subscriptions: MongoSubscriptions,
) -> None:
    anna = new_person_id()
    one, two, three = [(await add(subscriptions, anna))[0] for _ in range(3)]
    assert not await subscriptions.remove(new_person_id(), one.id)
    assert await subscriptions.remove(anna, one.id)
    assert not await subscriptions.remove(anna, one.id)
    await subscriptions.remove_dead({two.id: two.endpoint, three.id: "https://push.example.org/before"})
    assert [row.id for row in (await subscriptions.of([anna]))[anna]] == [three.id]


async def test_what_is_known_of_how_they_work(subscriptions: MongoSubscriptions) -> None:
    anna = new_person_id()
    one, _ = await add(subscriptions, anna)
    await subscriptions.failed([one.id])
    await subscriptions.failed([one.id])
    assert (await subscriptions.of([anna]))[anna][0].failures == 2
    await subscriptions.worked([one.id], NOW + DAY)
    await subscriptions.delivered({one.id: NOW + 2 * DAY})
    await subscriptions.delivered({one.id: NOW})
    (row,) = (await subscriptions.of([anna]))[anna]
    assert (row.failures, row.last_ok_at, row.delivered_at) == (0, NOW + DAY, NOW + 2 * DAY)
    for nothing in (subscriptions.worked([], NOW), subscriptions.failed([]), subscriptions.delivered({})):
        await nothing


async def test_who_signs_out_gets_no_more_pushes_there(
    subscriptions: MongoSubscriptions, mongo: Mongo
) -> None:
    sessions, anna = MongoSessions(mongo), new_person_id()
    for session in ("s1", "s2", "s3", "s4"):
        await add(subscriptions, anna, session=session + anna)
    await sessions.end("s1" + anna)
    left = (await subscriptions.of([anna]))[anna]
    assert {row.session[:2] for row in left} == {"s2", "s3", "s4"}
    await sessions.end_others(anna, "s3" + anna)
    assert [row.session[:2] for row in (await subscriptions.of([anna]))[anna]] == ["s3"]
    await sessions.end_all(anna)
    assert await subscriptions.of([anna]) == {}
