import asyncio
import secrets
from datetime import timedelta

import pytest
from msgspec.structs import replace

from rooms.delivery.channels import Channel, Kind, Reason, State, Urgency
from rooms.delivery.outbox import Delivery, delivery_id
from rooms.ids import PersonId, new_id, new_person_id
from storage.delivery.outbox import MongoOutbox, Settled
from storage.mongo import Mongo
from tests.support.clock import START as NOW

MINUTE = timedelta(minutes=1)


def row(
    about: str = "",
    person: PersonId | None = None,
    *,
    what: str = "v1",
    late: timedelta = timedelta(0),
    channel: Channel = Channel.PUSH,
    kind: Kind = Kind.SHOW,
    digest: str | None = None,
) -> Delivery:
    about, person = about or new_id("n"), person or new_person_id()
    return Delivery(
        delivery_id(about, what, person, channel),
        about,
        person,
        channel,
        what,
        NOW + late,
        NOW + timedelta(days=3),
        kind=kind,
        digest=digest,
    )


@pytest.fixture
def outbox(own: Mongo) -> MongoOutbox:
    return MongoOutbox(own)


async def claim(outbox: MongoOutbox, limit: int = 100, at: timedelta = timedelta(0)) -> tuple[str, set[str]]:
    token = secrets.token_hex()
    held = await outbox.claim(limit, NOW + at, NOW + at + MINUTE, token)
    return token, {one.row.id for one in held}


async def test_rows_are_put_once_however_often_they_are_put(outbox: MongoOutbox) -> None:
    rows = [row() for _ in range(5)]
    await outbox.put(rows[:3], NOW)
    token, held = await claim(outbox)
    await outbox.settle([Settled(one, token, State.SENT, NOW) for one in held])
    await outbox.put(rows, NOW)
    assert (await claim(outbox))[1] == {one.id for one in rows[3:]}
    await outbox.put([], NOW)


async def test_of_many_workers_each_row_has_one(outbox: MongoOutbox) -> None:
    rows = [row() for _ in range(200)]
    await outbox.put(rows, NOW)
    held: list[str] = []
    while len(held) < len(rows):
        claims = await asyncio.gather(*(claim(outbox, 10) for _ in range(8)))
        held += [one for _, ids in claims for one in ids]
    assert sorted(held) == sorted(one.id for one in rows)


async def test_only_what_is_due_and_no_more_than_asked_for(outbox: MongoOutbox) -> None:
    soon, later = row(), row(late=MINUTE)
    await outbox.put([soon, later], NOW)
    assert (await claim(outbox))[1] == {soon.id}
    assert (await claim(outbox, 1, MINUTE - timedelta(milliseconds=1)))[1] == set()
    assert len((await claim(outbox, 1, MINUTE))[1]) == 1


async def test_when_the_next_row_is_due(outbox: MongoOutbox) -> None:
    assert await outbox.next_due() is None
    await outbox.put([row(late=2 * MINUTE), row(late=MINUTE)], NOW)
    assert await outbox.next_due() == NOW + MINUTE
    token, [held] = await claim(outbox, at=MINUTE)
    await outbox.settle([Settled(held, token, State.SENT, NOW)])
    assert await outbox.next_due() == NOW + 2 * MINUTE


async def test_a_lease_that_ran_out_is_anothers_and_the_first_cannot_write_any_more(
    outbox: MongoOutbox,
) -> None:
    one = row()
    await outbox.put([one], NOW)
    first, held = await claim(outbox)
    assert held == {one.id}
    second, held = await claim(outbox, at=MINUTE)
    assert held == {one.id}
    await outbox.settle([Settled(one.id, first, State.FAILED, NOW, Reason.AWAY)])
    assert (kept := await outbox.get(one.id)) is not None
    assert kept.state is State.WAITING
    await outbox.settle([Settled(one.id, second, State.SENT, NOW + MINUTE)])
    assert (kept := await outbox.get(one.id)) is not None
    assert (kept.state, kept.reason, kept.sent_at) == (State.SENT, None, NOW + MINUTE)


async def test_another_attempt_remembers_the_devices_that_have_it(outbox: MongoOutbox) -> None:
    one = row()
    await outbox.put([one], NOW)
    token, _ = await claim(outbox)
    again = Settled(one.id, token, State.WAITING, NOW, Reason.BUSY, again_at=NOW + 2 * MINUTE, done=("w1",))
    await outbox.settle([again])
    assert (await claim(outbox, at=MINUTE))[1] == set()
    (held,) = await outbox.claim(10, NOW + 2 * MINUTE, NOW + 3 * MINUTE, "t2")
    assert (held.attempts, held.done, held.row.id) == (1, ("w1",), one.id)
    untried = Settled(one.id, "t2", State.WAITING, NOW, again_at=NOW + 4 * MINUTE, tried=False)
    await outbox.settle([untried])
    (held,) = await outbox.claim(10, NOW + 4 * MINUTE, NOW + 5 * MINUTE, "t3")
    assert held.attempts == 1
    await outbox.settle([Settled(one.id, "t3", State.SENT, NOW + 4 * MINUTE)])
    assert (kept := await outbox.get(one.id)) is not None
    assert (kept.state, kept.reason) == (State.SENT, None)


async def test_a_receipt_counts_once_even_where_it_comes_before_the_worker_noted_the_sending(
    outbox: MongoOutbox,
) -> None:
    one = row()
    await outbox.put([one], NOW)
    token, _ = await claim(outbox)
    assert [news.id for news in await outbox.delivered([one.id, "gone"], NOW)] == [one.id]
    assert await outbox.delivered([one.id], NOW + MINUTE) == []
    await outbox.settle([Settled(one.id, token, State.SENT, NOW)])
    assert (kept := await outbox.get(one.id)) is not None
    assert (kept.state, kept.delivered_at, kept.row.about) == (State.DELIVERED, NOW, one.about)


async def test_what_is_withdrawn_is_not_sent_even_where_a_worker_holds_it(outbox: MongoOutbox) -> None:
    notice, anna, ben = new_id("n"), new_person_id(), new_person_id()
    rows = [row(notice, anna), row(notice, ben), row()]
    await outbox.put(rows, NOW)
    token, _ = await claim(outbox)
    assert await outbox.withdraw(notice, Reason.READ, NOW, [anna]) == 1
    assert await outbox.withdraw(notice, Reason.WITHDRAWN, NOW) == 1
    await outbox.settle([Settled(rows[0].id, token, State.WAITING, NOW, again_at=NOW)])
    assert (await claim(outbox, at=2 * MINUTE))[1] == {rows[2].id}
    assert (kept := await outbox.get(rows[0].id)) is not None
    assert (kept.state, kept.reason) == (State.SKIPPED, Reason.READ)


async def test_whether_a_push_may_be_on_a_screen(outbox: MongoOutbox) -> None:
    one, mail = row(), row(channel=Channel.EMAIL)
    await outbox.put([one, mail], NOW)
    token, held = await claim(outbox)
    assert not await outbox.shown(one.about, one.person)
    await outbox.settle([Settled(id_, token, State.SENT, NOW) for id_ in held])
    assert await outbox.shown(one.about, one.person)
    assert not await outbox.shown(mail.about, mail.person)


async def test_a_digest_finds_what_waits_for_it(outbox: MongoOutbox) -> None:
    one, other = row(digest="d1", late=MINUTE), row(digest="d1", late=MINUTE)
    await outbox.put([one, other, row(digest="d2", late=MINUTE), row()], NOW)
    found = await outbox.gathered(["d1", "d3"])
    assert {item.id for item in found["d1"]} == {one.id, other.id}
    assert found["d3"] == []
    await outbox.end_gathered({}, NOW)
    await outbox.end_gathered({one.id: Reason.IN_DIGEST}, NOW)
    assert [item.id for item in (await outbox.gathered(["d1"]))["d1"]] == [other.id]
    await outbox.end_gathered({one.id: Reason.READ, other.id: Reason.READ}, NOW)
    assert await outbox.gathered(["d1"]) == {"d1": []}
    ends = [await outbox.get(id_) for id_ in (one.id, other.id)]
    assert [(end.state, end.reason) for end in ends if end] == [
        (State.SENT, Reason.IN_DIGEST),
        (State.SKIPPED, Reason.READ),
    ]


async def test_what_a_digest_took_along_is_delivered_with_it(outbox: MongoOutbox) -> None:
    digest = row("digest-1")
    along, left = row(digest=digest.id, late=MINUTE), row(digest=digest.id, late=MINUTE)
    await outbox.put([digest, along, left], NOW)
    token, _ = await claim(outbox)
    await outbox.settle([Settled(digest.id, token, State.SENT, NOW)])
    await outbox.end_gathered({along.id: Reason.IN_DIGEST, left.id: Reason.READ}, NOW)
    assert [news.id for news in await outbox.delivered([digest.id], NOW)] == [digest.id, along.id]
    assert await outbox.delivered([digest.id], NOW) == []


async def test_what_is_urgent_comes_before_what_waits_longer(outbox: MongoOutbox) -> None:
    urgent = replace(row(), urgency=Urgency.HIGH)
    await outbox.put([*(row(late=-MINUTE) for _ in range(50)), urgent], NOW)
    _, held = await claim(outbox, 10)
    assert urgent.id in held
    assert len(held) == 10


async def test_what_was_sent_while_it_was_withdrawn_is_told(outbox: MongoOutbox) -> None:
    rows = [row(), row()]
    await outbox.put(rows, NOW)
    token, _ = await claim(outbox)
    await outbox.withdraw(rows[0].about, Reason.READ, NOW)
    sent = [Settled(one.id, token, State.SENT, NOW) for one in rows]
    assert [one.id for one in await outbox.settle(sent)] == [rows[0].id]
    assert (kept := await outbox.get(rows[1].id)) is not None
    assert kept.state is State.SENT
    assert await outbox.settle([]) == []


async def test_how_much_waits_and_since_when(outbox: MongoOutbox) -> None:
    assert await outbox.waiting(NOW) == (0, None)
    await outbox.put([row(), row(late=-MINUTE), row(late=MINUTE)], NOW)
    assert await outbox.waiting(NOW) == (2, NOW - MINUTE)
    assert await outbox.get("gone") is None
