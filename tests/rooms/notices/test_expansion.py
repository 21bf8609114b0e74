import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from rooms.delivery.channels import Channel, Reason
from rooms.delivery.outbox import Delivery, Due, Rules
from rooms.notices.expansion import HELD, LEASE, Expander
from rooms.notices.model import Aim, Expansion, Notice, NoticeState, Who
from rooms.notices.newcomers import Newcomers
from rooms.notices.occasions import expansion_after
from rooms.notices.post import Post
from rooms.people import Role
from storage.delivery.contacts import MongoContacts
from storage.delivery.outbox import MongoOutbox
from storage.mongo import Mongo, connected
from storage.org.pupils import MongoPupils
from tests.support.clock import SteppedClock
from tests.support.core import clock_of_today
from tests.support.emptied import migrated
from tests.support.notices import Family, Stores
from tests.support.people import Office

RULES = Rules(ZoneInfo("Asia/Seoul"), timedelta(days=7), frozenset({Channel.PUSH}))


@pytest.fixture
async def mongo(mongod_url: str, emptied_database: str) -> AsyncIterator[Mongo]:
    """Give a database of the test's own: an expander takes up whatever there is."""
    async with connected(mongod_url, emptied_database) as handle:
        await migrated(handle)
        yield handle


class Told:
    """`NoticeWakeups` that tells nobody."""

    def changed(self, *_: object) -> None:
        """See `NoticeWakeups`."""

    def changed_for(self, *_: object) -> None:
        """See `NoticeWakeups`."""

    def to_expand(self) -> None:
        """See `NoticeWakeups`."""

    def reached(self, _: object) -> None:
        """See `NoticeWakeups`."""


class Dying(MongoOutbox):
    """An outbox whose process dies at a call: before it writes, or after."""

    def __init__(self, mongo: Mongo, *, before: bool) -> None:
        super().__init__(mongo)
        self._before = before

    async def put(self, rows: Sequence[Delivery], now: datetime) -> None:
        """Die."""
        if not self._before:
            await super().put(rows, now)
        raise asyncio.CancelledError


def expander(
    mongo: Mongo, stores: Stores, clock: SteppedClock, outbox: MongoOutbox | None = None
) -> Expander:
    post = Post(MongoContacts(mongo, None), outbox or MongoOutbox(mongo), RULES, lambda: None)
    return Expander(
        stores.notices,
        stores.recipients,
        MongoPupils(mongo),
        stores.cares,
        stores.people,
        post,
        Told(),
        clock,
    )


async def until_done(work: Expander) -> None:
    while await work.work():
        pass


async def rows_of(mongo: Mongo, notice: Notice) -> tuple[Counter[str], Counter[str]]:
    """Count the recipients and the deliveries of each person."""
    recipients = await mongo["recipients"].find({"notice": notice.id}).to_list(None)
    deliveries = await mongo["deliveries"].find({"about": notice.id}).to_list(None)
    return Counter(row["person"] for row in recipients), Counter(row["person"] for row in deliveries)


async def deliveries_of(mongo: Mongo, notice: Notice) -> list[dict[str, Any]]:
    return await mongo["deliveries"].find({"about": notice.id}).to_list(None)


@pytest.mark.parametrize("before", [True, False])
async def test_a_process_that_dies_in_the_middle_loses_nothing_and_doubles_nothing(
    mongo: Mongo, office: Office, *, before: bool
) -> None:
    stores, clock = Stores.of(mongo), clock_of_today()
    family = await Family.make(mongo, office)
    notice = await stores.out(
        office.official, office.district, *family.schools, expanded=Expansion("v1"), changed_at=clock.now()
    )
    dying = expander(mongo, stores, clock, Dying(mongo, before=before))
    with pytest.raises(asyncio.CancelledError):
        await until_done(dying)
    other = expander(mongo, stores, clock)
    assert await other.work() is None, "the lease of the dead is respected"
    clock.advance(LEASE.total_seconds() + 1)
    await until_done(other)
    expected = dict.fromkeys(
        [family.mother.id, family.father.id, family.stranger.id, *(child.id for child in family.children)], 1
    )
    recipients, deliveries = await rows_of(mongo, notice)
    classmate = next(iter(set(recipients) - set(expected)))
    assert recipients == deliveries == Counter({**expected, classmate: 1})
    mother = await stores.recipients.recipient(notice.id, family.mother.id)
    assert mother is not None
    assert set(mother.students) == {child.id for child in family.children}
    done = await stores.notices.notice(notice.id)
    assert done is not None
    assert done.expanded is not None
    assert done.expanded.done


async def test_who_loses_the_lease_stops_and_two_at_once_double_nothing(mongo: Mongo, office: Office) -> None:
    stores, clock = Stores.of(mongo), clock_of_today()
    family = await Family.make(mongo, office)
    notice = await stores.out(
        family.teachers[0], family.classes[0], expanded=Expansion("v1"), changed_at=clock.now()
    )
    slow, quick = expander(mongo, stores, clock), expander(mongo, stores, clock)
    taken = await stores.notices.take(clock.now(), clock.now() + LEASE, slow._owner)
    assert taken is not None
    clock.advance(LEASE.total_seconds() + 1)
    await until_done(quick)
    assert taken.expanded is not None
    assert await slow._publish(taken, taken.expanded) is False
    recipients, deliveries = await rows_of(mongo, notice)
    assert set(recipients.values()) == set(deliveries.values()) == {1}


async def test_corrections_tell_everybody_again_silent_ones_nobody_and_withdrawals_take_back(
    mongo: Mongo, office: Office
) -> None:
    stores, clock = Stores.of(mongo), clock_of_today()
    family = await Family.make(mongo, office)
    aims = (Aim(family.classes[1].id, Who.GUARDIANS),)
    notice = await stores.out(
        family.teachers[1], family.classes[1], audience=aims, expanded=Expansion("v1"), changed_at=clock.now()
    )
    work = expander(mongo, stores, clock)
    await until_done(work)
    people = {family.mother.id, family.father.id}

    async def occasions() -> set[tuple[str, str, str]]:
        rows = await mongo["deliveries"].find({"about": notice.id}).to_list(None)
        assert {row["person"] for row in rows} == people
        return {(row["what"], row["kind"], row["state"]) for row in rows}

    assert await occasions() == {("v1", "show", "waiting")}
    for what, expected in (
        ("t2", {("v1", "show", "waiting")}),
        ("c3", {("v1", "show", "waiting"), ("c3", "show", "waiting")}),
    ):
        await mongo["notices"].update_one(
            {"_id": notice.id},
            {"$set": {"expanded.done": False, "expanded.what": what, "expanded.lease": None}},
        )
        await until_done(work)
        assert await occasions() == expected
    withdrawn = {
        "state": str(NoticeState.WITHDRAWN),
        "expanded": {"what": "w", "done": False, "after": "", "recipients": 2, "lease": None, "owner": ""},
    }
    await mongo["notices"].update_one({"_id": notice.id}, {"$set": withdrawn})
    await until_done(work)
    assert await occasions() == {
        ("v1", "show", "skipped"),
        ("c3", "show", "skipped"),
        ("w", "close", "waiting"),
    }
    reasons = await mongo["deliveries"].distinct("reason", {"about": notice.id})
    assert reasons == [str(Reason.WITHDRAWN)]


async def test_a_correction_that_comes_while_rows_are_written_waits_until_all_have_theirs(
    mongo: Mongo, office: Office
) -> None:
    stores, clock = Stores.of(mongo), clock_of_today()
    family = await Family.make(mongo, office)
    first = min(family.classes, key=lambda unit: unit.id)
    notice = await stores.out(
        office.official, office.district, *family.classes, expanded=Expansion("v1"), changed_at=clock.now()
    )
    slow = expander(mongo, stores, clock)
    begun = await stores.notices.take(clock.now(), clock.now() + LEASE, slow._owner)
    assert begun is not None
    assert begun.expanded is not None
    part = replace(begun, audience=(Aim(first.id),))
    rows = await slow._rows(part, [(first, family.children[family.classes.index(first)].id)], None)
    dues = [Due(notice.id, row.person, "v1", clock.now()) for row in rows]
    await slow._write(part, rows, await slow._post.plan(dues), clock.now())
    under_way = replace(begun.expanded, after=first.id)

    corrected = expansion_after(under_way, "c2", wider=False)
    assert (corrected.what, corrected.after, corrected.then, corrected.owner) == ("v1", first.id, "c2", "")
    second = replace(begun.current, version=2, text="모레 갑니다.", at=clock.now())
    fields = {"version": 2, "versions": (begun.current, second), "expanded": corrected}
    assert await stores.notices.change(begun, replace(begun, **fields))
    assert not await stores.notices.expanded(notice.id, begun.expanded, under_way), "it is told to stop"

    await until_done(expander(mongo, stores, clock))
    recipients, _ = await rows_of(mongo, notice)
    told = {(row["person"], row["what"]) for row in await deliveries_of(mongo, notice)}
    early = {row.person for row in rows}
    assert set(recipients) >= {family.mother.id, family.father.id, *(child.id for child in family.children)}
    assert told == {(one, "v1") for one in recipients} | {(one, "c2") for one in early}
    done = await stores.notices.notice(notice.id)
    assert done is not None
    assert done.expanded is not None
    assert (done.expanded.done, done.expanded.recipients) == (True, len(recipients))


def test_what_follows_what_is_forgotten_by_nobody() -> None:
    done, begun = Expansion("v1", done=True, recipients=9), Expansion("v1", after="u1", owner="x")
    assert expansion_after(None, "c2", wider=False) == Expansion("c2")
    assert expansion_after(done, "c2", wider=False) == Expansion("c2", recipients=9)
    assert expansion_after(done, "", wider=True) == Expansion("v1", recipients=9)
    assert expansion_after(done, "c2", wider=True) == Expansion("v1", recipients=9, then="c2")
    assert expansion_after(begun, "t3", wider=False) == Expansion("v1", after="u1", then="t3")
    assert expansion_after(replace(begun, then="c2"), "", wider=True) == Expansion("v1", then="c2")
    assert expansion_after(Expansion("c2"), "", wider=True) == Expansion("v1", then="c2")


@pytest.mark.parametrize("urgent", [True, False])
async def test_pushes_of_a_notice_for_many_wait_until_all_are_there_unless_it_is_urgent(
    mongo: Mongo, office: Office, monkeypatch: pytest.MonkeyPatch, *, urgent: bool
) -> None:
    monkeypatch.setattr("rooms.notices.expansion.STUDENTS", 1)
    stores, clock = Stores.of(mongo), clock_of_today()
    family = await Family.make(mongo, office)
    notice = await stores.out(
        office.official,
        office.district,
        *family.schools,
        urgent=urgent,
        expanded=Expansion("v1"),
        changed_at=clock.now(),
    )
    await until_done(expander(mongo, stores, clock))
    due = {row["due_at"] for row in await deliveries_of(mongo, notice)}
    assert due == {clock.now() if urgent else clock.now() + HELD}


async def test_families_who_come_into_a_class_get_what_is_still_current_there(
    mongo: Mongo, office: Office
) -> None:
    stores, clock = Stores.of(mongo), clock_of_today()
    family = await Family.make(mongo, office)
    now = clock.now()
    made = {"expanded": Expansion("v1", done=True), "published_at": now, "changed_at": now}
    teacher, at = family.teachers[0], family.classes[0]
    current = await stores.out(teacher, at, **made)
    due = await stores.out(teacher, at, deadline=now + timedelta(hours=1), **made)
    old = await stores.out(teacher, at, **made | {"published_at": now - timedelta(days=90)})
    elsewhere = await stores.out(family.teachers[1], family.classes[1], **made)
    newcomers = Newcomers(stores.notices, stores.cares, stores.people, Told(), clock)
    await newcomers.look()
    clock.advance(7_200)
    moved = [{"unit": at.id, "role": str(Role.STUDENT)}]
    child = await office.registry.change(family.children[2], roles=moved, moved_at=clock.now())
    clock.advance(60)
    assert await newcomers.look() == 1
    begun = await stores.notices.notice(current.id)
    assert begun is not None
    assert begun.expanded is not None
    assert begun.expanded.only == (at.id,), "nobody else's class is gone through"
    await until_done(expander(mongo, stores, clock))
    assert await stores.recipients.recipient(current.id, child.id) is not None
    assert await stores.recipients.recipient(current.id, family.mother.id) is not None
    for other in (due, old, elsewhere):
        assert await stores.recipients.recipient(other.id, child.id) is None

    busy = {"expanded.done": False, "expanded.what": "t2", "expanded.only": []}
    await mongo["notices"].update_one({"_id": current.id}, {"$set": busy})
    clock.advance(60)
    late = await office.registry.change(family.children[1], roles=moved, moved_at=clock.now())
    clock.advance(60)
    assert await newcomers.look() == 0, "a correction is told first"
    await until_done(expander(mongo, stores, clock))
    clock.advance(300)
    assert await newcomers.look() == 1
    await until_done(expander(mongo, stores, clock))
    assert await stores.recipients.recipient(current.id, late.id) is not None
