"""Importing with the real database: the steps around the pure ones."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from rooms.ids import UnitId
from rooms.people import Role
from rooms.roster.importing import Prepared, Roster
from storage import schema
from storage.mongo import Mongo, connected
from storage.org.roster import MongoRoster
from tests.support.emptied import migrated
from tests.support.rosters import PEOPLE, SMALL, STUDENTS, changed


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


class PowerCut(Exception):
    pass


@dataclass
class Office:
    """A database with an importer, and what it asked for."""

    mongo: Mongo
    synced: list[set[UnitId]] = field(default_factory=list)
    hashed: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    power_cut: bool = False

    async def sync(self, units: Iterable[UnitId]) -> int:
        if self.power_cut:
            raise PowerCut
        self.synced.append(set(units))
        return 7

    async def hash(self, password: str) -> str:
        self.hashed.append(password)
        return f"hash of {password}"

    def roster(self, store: MongoRoster) -> Roster:
        return Roster(store, self.sync, self.hash, lambda step, _done, _total: self.steps.append(step))

    async def bring(
        self, files: Mapping[str, str], *, prune: bool = False, source: str = "roster"
    ) -> tuple[Prepared, int]:
        store = MongoRoster(self.mongo, Clock())
        async with store.alone():
            roster = self.roster(store)
            prepared = await roster.prepare({name: text.encode() for name, text in files.items()}, source)
            moved = await roster.bring_in(prepared)
            if prune:
                await roster.prune(prepared)
        return prepared, moved

    async def person(self, login: str) -> dict[str, object]:
        found = await self.mongo[schema.PEOPLE].find_one({"login": login})
        assert found is not None
        return found

    async def roles(self, login: str) -> set[tuple[str, str]]:
        units = {unit["_id"]: unit["code"] for unit in await self.mongo[schema.UNITS].find({}).to_list(None)}
        found = await self.mongo[schema.PEOPLE].find_one({"login": login})
        assert found is not None
        return {(units[held["unit"]], held["role"]) for held in found["roles"]}


@pytest.fixture
async def office(mongod_url: str, emptied_database: str) -> AsyncIterator[Office]:
    async with connected(mongod_url, emptied_database) as mongo:
        await migrated(mongo)
        yield Office(mongo)


async def test_a_first_import_brings_everything_in_and_a_second_changes_nothing(office: Office) -> None:
    first, moved = await office.bring(SMALL)
    assert (first.report.changes, first.faults, moved) == (25, (), 7)
    assert {kind: tally.added for kind, tally in first.report.tallies.items()} == {
        "office": 1,
        "district": 2,
        "school": 2,
        "grade": 2,
        "class": 3,
        "department": 3,
        "staff": 3,
        "student": 3,
        "guardian": 2,
        "guardianship": 4,
    }
    again, moved = await office.bring(SMALL)
    assert (again.report.changes, len(again.edits), moved) == (0, 0, 0)
    assert all((tally.added, tally.changed) == (0, 0) for tally in again.report.tallies.values())
    assert len(office.synced) == 1


async def test_nothing_is_written_before_everything_was_read(office: Office) -> None:
    store = MongoRoster(office.mongo, Clock())
    files = {name: text.encode() for name, text in SMALL.items()}
    await office.roster(store).prepare(files, "roster")
    assert [
        await office.mongo[name].count_documents({}) for name in ("units", "people", "guardianships")
    ] == [0] * 3


async def test_files_may_come_one_by_one(office: Office) -> None:
    for name, text in SMALL.items():
        prepared, _ = await office.bring({name: text})
        assert prepared.faults == ()
        assert not prepared.missing
    assert await office.roles("g1") == {("S1-2026-3-1", "guardian"), ("S2-2026-1-1", "guardian")}
    assert (await office.bring(SMALL))[0].report.changes == 0


async def test_several_files_of_one_kind_are_one_roster(office: Office) -> None:
    rows = SMALL["people.csv"].splitlines()
    parts = {"people-2.csv": "\n".join([rows[0], *rows[3:]]), "people.csv": "\n".join(rows[:3])}
    others = {name: text for name, text in SMALL.items() if name != "people.csv"}
    prepared, _ = await office.bring(others | parts)
    assert prepared.faults == ()
    assert not (await office.bring(SMALL))[0].missing


async def test_a_child_that_changes_class_moves_guardians_the_files_do_not_name(office: Office) -> None:
    await office.bring(SMALL)
    prepared, _ = await office.bring({"students.csv": STUDENTS + "C1,박하나,S1,2026,3,2\n"})
    assert await office.roles("g1") == {("S1-2026-3-2", "guardian"), ("S2-2026-1-1", "guardian")}
    assert prepared.report.tallies["guardian"].changed == 1


async def test_rooms_of_an_interrupted_import_are_brought_in_line_by_the_next(office: Office) -> None:
    office.power_cut = True
    with pytest.raises(PowerCut):
        await office.bring(SMALL)
    office.power_cut = False
    prepared, moved = await office.bring(SMALL)
    assert (prepared.report.changes, moved) == (0, 7)
    [units] = office.synced
    codes = {
        unit["code"]
        for unit in await office.mongo[schema.UNITS].find({"_id": {"$in": list(units)}}).to_list(None)
    }
    assert codes >= {"S1-D1", "S1-2026-3-1", "S2-2026-1-1"}
    assert (await office.bring(SMALL))[1] == 0


async def test_first_passwords_are_hashed_once_and_never_again(office: Office) -> None:
    files = changed(
        SMALL,
        "people.csv",
        "E1,admin,손하늘,O1,관리자,주무관,",
        "E1,admin,손하늘,O1,관리자,주무관,봄봄봄봄1234",
    )
    await office.bring(files)
    assert office.hashed == ["봄봄봄봄1234"]
    assert (await office.person("admin"))["password"] == "hash of 봄봄봄봄1234"
    assert "password" not in await office.person("kim")
    await office.bring(changed(files, "people.csv", "봄봄봄봄1234", "여름여름5678"))
    assert len(office.hashed) == 1


async def test_pruning_disables_archives_and_ends(office: Office) -> None:
    await office.bring(SMALL)
    files = {**SMALL, "people.csv": PEOPLE + "E1,admin,손하늘,O1,관리자,주무관,\n"}
    files["departments.csv"] = files["departments.csv"].replace("S1-D2,연구부,S1,2\n", "")
    files["guardians.csv"] = files["guardians.csv"].replace("G2,박부친,C1,부,없음\n", "")
    told, _ = await office.bring(files)
    assert {kind: gone.names for kind, gone in told.report.missing.items()} == {
        "department": ("물빛초등학교 연구부 (S1-D2)",),
        "staff": ("김바다 (E2)", "이들 (E3)"),
        "guardian": ("박부친 (G2)",),
        "guardianship": ("박부친 – 박하나",),
    }
    assert not (await office.person("kim"))["disabled"]
    await office.bring(files, prune=True)
    assert (await office.person("kim"))["disabled"]
    assert (await office.person("g2"))["disabled"]
    assert await office.roles("lee") == {("S1-2026-3-2", str(Role.GUARDIAN))}
    again, _ = await office.bring(files)
    assert (again.report.changes, bool(again.missing)) == (0, False)
    states = Counter([unit["archived"] async for unit in office.mongo[schema.UNITS].find({})])
    assert states == {True: 1, False: 12}


async def test_a_file_of_no_roster_is_refused(office: Office) -> None:
    with pytest.raises(ValueError, match=r"menu\.csv"):
        await office.bring({"menu.csv": "a,b\n1,2\n"})


async def test_the_same_people_under_another_name_change_nothing_anybody_sees(office: Office) -> None:
    await office.bring(SMALL, source="sample")
    prepared, _ = await office.bring(SMALL)
    assert prepared.report.changes == 0
    assert not (
        await office.bring({"people.csv": PEOPLE + "E1,admin,손하늘,O1,관리자,주무관,\n"}, source="other")
    )[0].missing
