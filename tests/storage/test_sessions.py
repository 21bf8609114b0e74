import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from rooms.ids import new_person_id
from storage.mongo import Mongo
from storage.sessions import REMEMBERED, RESERVED, Kept, MongoIdempotency, MongoSessions

DAY = timedelta(days=1)


def today() -> datetime:
    """Give the time in whole milliseconds; MongoDB erases by its own time what has expired."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@pytest.fixture
def sessions(mongo: Mongo) -> MongoSessions:
    return MongoSessions(mongo)


@pytest.fixture
def idempotency(mongo: Mongo) -> MongoIdempotency:
    return MongoIdempotency(mongo)


async def test_a_sign_in_holds_until_it_expires(sessions: MongoSessions) -> None:
    now, secret = today(), secrets.token_hex()
    row = await sessions.create(new_person_id(), secret, now, now + DAY, "Firefox")
    assert row.id.startswith("s")
    almost, after = now + DAY - timedelta(milliseconds=1), now + DAY
    assert await sessions.get(row.id, almost) == row
    assert await sessions.by_secret(secret, almost) == row
    assert await sessions.get(row.id, after) is None
    assert await sessions.by_secret(secret, after) is None
    assert await sessions.get("sgone", now) is None
    assert await sessions.by_secret("gone", now) is None


async def test_a_sign_in_that_is_extended_holds_longer(sessions: MongoSessions) -> None:
    now = today()
    row = await sessions.create(new_person_id(), secrets.token_hex(), now, now + DAY, "")
    await sessions.extend(row.id, now + 2 * DAY)
    found = await sessions.get(row.id, now + DAY)
    assert found is not None
    assert found.expires_at == now + 2 * DAY


async def test_sign_ins_end_one_by_one_or_all_together(sessions: MongoSessions) -> None:
    now, anna, ben = today(), new_person_id(), new_person_id()
    rows = [
        await sessions.create(person, secrets.token_hex(), now, now + DAY, "")
        for person in (anna, anna, anna, ben)
    ]
    await sessions.end(rows[0].id)
    assert [await sessions.get(row.id, now) is not None for row in rows] == [False, True, True, True]
    await sessions.end_all(anna)
    assert [await sessions.get(row.id, now) is not None for row in rows] == [False, False, False, True]


async def test_only_a_hash_and_a_short_agent_are_kept(sessions: MongoSessions, mongo: Mongo) -> None:
    now = today()
    row = await sessions.create(
        new_person_id(), "the hash " + secrets.token_hex(), now, now + DAY, "x" * 5000
    )
    kept = await mongo["sessions"].find_one({"_id": row.id})
    assert kept is not None
    assert len(kept["agent"]) == 200
    assert kept["secret"].startswith("the hash")


# Requests that may be repeated


async def test_the_first_request_runs_and_the_others_get_its_answer(idempotency: MongoIdempotency) -> None:
    key, now = secrets.token_hex(), today()
    assert await idempotency.begin(key, "print", now) is None
    assert await idempotency.begin(key, "print", now) == Kept("print", None, b"")
    await idempotency.finish(key, 201, b"answer", now)
    assert await idempotency.begin(key, "other", now) == Kept("print", 201, b"answer")
    almost = now + REMEMBERED - timedelta(milliseconds=1)
    assert await idempotency.begin(key, "print", almost) == Kept("print", 201, b"answer")
    assert await idempotency.begin(key, "print", now + REMEMBERED) is None


async def test_of_many_at_once_one_runs(idempotency: MongoIdempotency) -> None:
    key, now = secrets.token_hex(), today()
    begun = await asyncio.gather(*(idempotency.begin(key, f"print {n}", now) for n in range(10)))
    assert sum(one is None for one in begun) == 1
    assert len({one.fingerprint for one in begun if one is not None}) == 1


async def test_a_request_that_failed_may_be_tried_again(idempotency: MongoIdempotency) -> None:
    key, now = secrets.token_hex(), today()
    await idempotency.begin(key, "print", now)
    await idempotency.abandon(key)
    assert await idempotency.begin(key, "another print", now) is None


async def test_a_reservation_whose_process_died_gives_way(idempotency: MongoIdempotency) -> None:
    key, now = secrets.token_hex(), today()
    assert await idempotency.begin(key, "print", now) is None
    almost = now + RESERVED - timedelta(milliseconds=1)
    assert await idempotency.begin(key, "print", almost) == Kept("print", None, b"")
    assert await idempotency.begin(key, "second print", now + RESERVED) is None
    assert await idempotency.begin(key, "print", now + RESERVED) == Kept("second print", None, b"")


async def test_all_sign_ins_but_one_end(sessions: MongoSessions) -> None:
    now, person = today(), new_person_id()
    rows = [await sessions.create(person, secrets.token_hex(), now, now + DAY, "") for _ in range(3)]
    others = await sessions.create(new_person_id(), secrets.token_hex(), now, now + DAY, "")
    await sessions.end_others(person, rows[1].id)
    asked = [*(row.id for row in rows), others.id, "sgone"]
    assert await sessions.alive(asked) == {rows[1].id, others.id}
