import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from rooms.ids import PersonId, UnitId
from rooms.people import Role, RoleAt, UnitKind, name_keys
from rooms.roster.importing import RosterClash, RosterLocked
from rooms.roster.known import CareEdit, Edits, KnownCare, KnownPerson, KnownUnit, PersonEdit, UnitEdit
from storage import schema
from storage.mongo import Mongo, connected
from storage.org.roster import BATCH, LEASE, MongoRoster
from tests.support.emptied import migrated


@dataclass
class Clock:
    at: datetime = field(default_factory=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@pytest.fixture
async def mongo(mongod_url: str, emptied_database: str) -> AsyncIterator[Mongo]:
    async with connected(mongod_url, emptied_database) as handle:
        await migrated(handle)
        yield handle


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(mongo: Mongo, clock: Clock) -> MongoRoster:
    return MongoRoster(mongo, clock)


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


async def write(store: MongoRoster, edits: Edits, **hashes: str) -> None:
    async with store.alone():
        await store.write(edits, {PersonId(person): value for person, value in hashes.items()}, quiet)


UNIT = KnownUnit(
    UnitId("u1"),
    "S1",
    UnitKind.SCHOOL,
    "물빛초등학교",
    UnitId("u0"),
    (UnitId("u0"), UnitId("u1")),
    order=1,
    attrs={"level": "초등학교"},
    sources=("roster/schools",),
)
PERSON = KnownPerson(
    PersonId("p1"),
    "E1",
    "kim",
    "김하늘",
    roles=(RoleAt(UnitId("u1"), Role.STAFF),),
    imported={"roster/people": (RoleAt(UnitId("u1"), Role.STAFF),)},
    attrs={"title": "교사"},
)
CARE = KnownCare(PersonId("p2"), PersonId("p1"), "모", ("messages",), ("roster/guardians",))


async def test_nobody_has_chosen_a_language_yet(store: MongoRoster, mongo: Mongo) -> None:
    await write(store, Edits(people=(PersonEdit(PERSON),)))
    assert "locale" not in (await mongo[schema.PEOPLE].find_one({"_id": "p1"}) or {})


async def test_what_was_written_is_read_as_it_was(store: MongoRoster) -> None:
    await write(store, Edits((UnitEdit(UNIT),), (PersonEdit(PERSON),), (CareEdit(CARE),)))
    assert await store.units() == [UNIT]
    assert await store.people(codes=["E1"]) == {"p1": PERSON}
    assert await store.cares(students=[PersonId("p1")]) == [CARE]


async def test_people_are_found_by_whatever_names_them(store: MongoRoster) -> None:
    await write(store, Edits(people=(PersonEdit(PERSON),)))
    for found in (
        await store.people(ids=[PERSON.id]),
        await store.people(logins=["kim"]),
        await store.people(sources=["roster/people"]),
        await store.people(units=[UnitId("u1")]),
    ):
        assert found == {PERSON.id: PERSON}
    assert await store.people(codes=["E2"], logins=["x"], sources=["other/people"]) == {}
    assert await store.people() == {}


async def test_guardianships_are_found_by_either_end(store: MongoRoster) -> None:
    await write(store, Edits(cares=(CareEdit(CARE),)))
    assert await store.cares(guardians=[CARE.guardian], students=[CARE.student]) == [CARE]
    assert await store.cares(sources=["roster/guardians"]) == [CARE]
    assert await store.cares() == []


async def test_a_change_touches_only_what_changed(store: MongoRoster, mongo: Mongo) -> None:
    await write(store, Edits(people=(PersonEdit(PERSON),)), p1="hash-1")
    await mongo[schema.PEOPLE].update_one({"_id": "p1"}, {"$set": {"locale": "en"}})
    renamed = KnownPerson(PERSON.id, "ignored", "ignored", "김바다")
    await write(store, Edits(people=(PersonEdit(renamed, ("name",)),)))
    document = await mongo[schema.PEOPLE].find_one({"_id": "p1"})
    assert document is not None
    assert (document["name"], document["keys"]) == ("김바다", name_keys("김바다"))
    assert (document["login"], document["locale"], document["password"]) == ("kim", "en", "hash-1")
    assert (await store.people(ids=[PERSON.id]))[PERSON.id].has_password


async def test_two_people_can_swap_what_is_unique(store: MongoRoster) -> None:
    other = KnownPerson(PersonId("p3"), "E3", "lee", "이들")
    await write(store, Edits(people=(PersonEdit(PERSON), PersonEdit(other))))
    swapped = Edits(
        people=(
            PersonEdit(KnownPerson(PERSON.id, "", "lee", ""), ("login",)),
            PersonEdit(KnownPerson(other.id, "", "kim", ""), ("login",)),
        ),
        parked=(PERSON.id, other.id),
    )
    await write(store, swapped)
    found = await store.people(codes=["E1", "E3"])
    assert {person.code: person.login for person in found.values()} == {"E1": "lee", "E3": "kim"}


async def test_what_the_database_refuses_is_a_clash(store: MongoRoster) -> None:
    await write(store, Edits(people=(PersonEdit(PERSON),)))
    twin = KnownPerson(PersonId("p9"), "E9", "kim", "김둘")
    with pytest.raises(RosterClash, match="kim"):
        await write(store, Edits(people=(PersonEdit(twin),)))


async def test_many_edits_go_in_batches_and_tell_how_far_they_are(store: MongoRoster) -> None:
    people = tuple(
        PersonEdit(KnownPerson(PersonId(f"p{n}"), f"E{n}", f"e{n}", "이름")) for n in range(BATCH * 2 + 1)
    )
    told: list[tuple[str, int, int]] = []
    async with store.alone():
        await store.write(Edits(people=people), {}, lambda *step: told.append(step))
    total = BATCH * 2 + 1
    assert told == [("write", BATCH, total), ("write", BATCH * 2, total), ("write", total, total)]
    assert len(await store.people(codes=[f"E{n}" for n in range(total)])) == total


async def test_one_importer_at_a_time(store: MongoRoster, mongo: Mongo, clock: Clock) -> None:
    other = MongoRoster(mongo, clock)
    async with store.alone():
        with pytest.raises(RosterLocked):
            async with other.alone():
                pytest.fail("two importers at once")
    async with other.alone():
        pass


async def test_the_lock_of_one_who_died_is_free_after_a_while(
    store: MongoRoster, mongo: Mongo, clock: Clock
) -> None:
    other = MongoRoster(mongo, clock)
    async with store.alone():
        clock.at += LEASE
        with pytest.raises(RosterLocked):
            async with other.alone():
                pytest.fail("the lease was not over")
        clock.at += timedelta(seconds=1)
        async with other.alone():
            with pytest.raises(RosterLocked):
                await store.write(Edits(people=(PersonEdit(PERSON),)), {}, quiet)
    assert await store.people(codes=["E1"]) == {}
    async with other.alone():
        pass


async def test_whoever_lost_the_lock_does_not_take_it_again(
    store: MongoRoster, mongo: Mongo, clock: Clock
) -> None:
    async with store.alone():
        clock.at += LEASE * 2
        async with MongoRoster(mongo, clock).alone():
            pass
        with pytest.raises(RosterLocked):
            await store.write(Edits(people=(PersonEdit(PERSON),)), {}, quiet)


async def test_the_lock_is_held_longer_while_it_is_needed(
    store: MongoRoster, mongo: Mongo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = asyncio.Event()
    monkeypatch.setattr("storage.org.roster.RENEW_SECONDS", 0.01)
    keep = store._keep

    async def watched() -> None:
        await keep()
        if clock.at > Clock().at:
            renewed.set()

    monkeypatch.setattr(store, "_keep", watched)
    async with store.alone():
        clock.at += LEASE
        await renewed.wait()
        clock.at += timedelta(seconds=1)
        with pytest.raises(RosterLocked):
            async with MongoRoster(mongo, clock).alone():
                pytest.fail("the lease was not made longer")


async def test_rooms_to_bring_in_line_are_remembered(store: MongoRoster) -> None:
    assert await store.unsynced() == set()
    await store.mark_unsynced({UnitId("u1"), UnitId("u2")})
    await store.mark_unsynced({UnitId("u2")})
    assert await store.unsynced() == {"u2"}
    await store.mark_unsynced(())
    assert await store.unsynced() == set()
