"""Who sees whom, in the directory, on the real store."""

import unicodedata
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rooms.access import Access
from rooms.bots import PERSONS
from rooms.directory import Directory, DirectoryPage, PersonRow
from rooms.errors import ErrorCode, Refusal
from rooms.faq.scope import Bot
from rooms.ids import PersonId, UnitId, new_person_id
from rooms.people import Person, name_keys, search_key
from storage import schema
from storage.bots.people import seat_bots
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from storage.mongo import connected
from storage.org.directory import FEW_UNITS, MongoDirectory
from tests.support.core import refused
from tests.support.emptied import migrated
from tests.support.office import DISABLED, PEOPLE, UNITS, Office, build_office, path_of, person_document

STAFF = {"administrator", "staff", "teacher"}


class World:
    """The directory over an office."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.store = MongoDirectory(office.mongo)
        self.access = Access(MongoRooms(office.mongo), self.store, MongoLog(office.mongo))
        self.directory = Directory(self.access, self.store)

    async def viewer(self, key: str) -> Person:
        found = await self.store.person(self.office.people[key])
        assert found is not None
        return found

    async def page(
        self,
        key: str,
        unit: str | None = None,
        query: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> DirectoryPage:
        asked = self.office.units[unit] if unit is not None else None
        return await self.directory.page(await self.viewer(key), asked, query, after, limit)

    async def keys(self, key: str, unit: str | None = None, query: str | None = None) -> set[str]:
        return {self.office.key(row.id) for row in (await self.page(key, unit, query)).people}

    async def units(self, key: str, unit: str | None = None) -> dict[str, int]:
        names = {found: known for known, found in self.office.units.items()}
        return {names[UnitId(row.id)]: row.people for row in (await self.page(key, unit)).units}


@pytest.fixture
async def world(mongod_url: str, emptied_database: str) -> AsyncIterator[World]:
    async with connected(mongod_url, emptied_database) as mongo:
        await migrated(mongo)
        yield World(await build_office(mongo))


async def test_staff_walk_down_the_whole_tree(world: World) -> None:
    assert await world.units("teacher_a") == {"office": 2}  # 김관리 and, in a department, 이하늘
    assert await world.units("teacher_a", "office") == {"it": 1, "district": 1}
    assert await world.units("teacher_a", "district") == {"support": 0, "school_a": 8, "school_b": 2}
    page = await world.page("teacher_a", "class_a1")
    assert page.unit is not None
    assert (page.unit.name, page.unit.kind) == ("1반", "class")
    assert [step.name for step in page.unit.path] == [
        *("한빛도교육청", "가온교육지원청", "물빛초등학교", "1학년", "1반"),
    ]
    assert page.units == []
    assert [row.name for row in page.people] == ["장보호", "장하늘", "정담임"]


async def test_a_count_is_of_those_who_may_be_seen(world: World) -> None:
    # 3 of the staff, and 5 of the families, among them 윤하나 of another school
    assert await world.units("head_a", "district") == {"support": 0, "school_a": 8, "school_b": 2}
    assert (await world.units("officer", "district")) == {"support": 0, "school_a": 3, "school_b": 2}
    assert await world.units("admin", "grade_a1") == {"class_a1": 3, "class_a2": 4}
    assert await world.units("officer", "grade_a1") == {"class_a1": 1, "class_a2": 1}


@pytest.mark.parametrize(
    ("viewer", "unit", "seen"),
    [
        ("officer", "class_a1", {"teacher_a"}),
        ("head_b", "class_a1", {"teacher_a"}),
        ("teacher_a2", "class_a1", {"teacher_a", "guardian_a", "student_a"}),
        ("teacher_b", "class_a2", {"teacher_a2"}),
        ("district_admin", "class_b1", {"teacher_b", "guardian_b", "student_b"}),
        ("admin", "class_a2", {"teacher_a2", "guardian_a2", "student_a2", "teacher_b"}),
        ("teacher_a", "teachers_a", {"teacher_a"}),
    ],
)
async def test_families_are_seen_at_their_school_and_by_those_above(
    world: World, viewer: str, unit: str, seen: set[str]
) -> None:
    assert await world.keys(viewer, unit) == seen


async def test_families_see_the_way_to_their_own_and_nobody_of_the_staff(world: World) -> None:
    assert list(await world.units("guardian_a")) == ["office"]
    assert list(await world.units("guardian_a", "district")) == ["school_a"]
    assert list(await world.units("guardian_a", "grade_a1")) == ["class_a1"]
    assert await world.keys("guardian_a") == {"guardian_a", "student_a"}
    assert await world.keys("guardian_a", "class_a1") == {"guardian_a", "student_a"}
    assert await world.keys("student_a") == {"student_a", "guardian_a"}
    assert await world.keys("student_a2") == {"student_a2", "guardian_a2", "teacher_b"}
    for unit in ("school_b", "class_a2", "teachers_a", "it"):
        with pytest.raises(Refusal) as refused:
            await world.page("guardian_a", unit)
        assert refused.value.code is ErrorCode.NOT_FOUND


async def test_families_see_those_they_talk_with(world: World) -> None:
    await world.office.group("teacher_a", "guardian_a", "guardian_a2")
    assert await world.keys("guardian_a") == {"guardian_a", "student_a", "teacher_a", "guardian_a2"}
    assert await world.keys("guardian_a", query="정담") == {"teacher_a"}
    assert await world.keys("guardian_a", query="ㅈㅎㄴ") == {"student_a"}
    assert await world.keys("guardian_a", "class_a1", "보호") == {"guardian_a"}
    assert await world.units("guardian_a", "grade_a1") == {"class_a1": 3}


async def test_somebody_new_sees_nothing_but_themselves(world: World) -> None:
    assert await world.units("newcomer") == {}
    assert await world.keys("newcomer") == {"newcomer"}
    assert await world.keys("newcomer", query="김") == set()


async def test_units_that_do_not_exist_or_are_archived(world: World) -> None:
    with pytest.raises(Refusal):
        await world.directory.page(await world.viewer("admin"), UnitId("u000000000000"), None, None, 10)
    units = world.office.mongo[schema.UNITS]
    await units.update_one({"_id": world.office.units["class_a2"]}, {"$set": {"archived": True}})
    assert await world.units("admin", "grade_a1") == {"class_a1": 3}
    assert (await world.units("officer", "district"))["school_a"] == 2


@pytest.mark.parametrize(
    ("viewer", "query", "seen"),
    [
        ("officer", "하늘", {"officer", "teacher_a2"}),
        ("officer", "ㅎㄴ", {"officer", "teacher_a2", "teacher_b"}),
        ("teacher_a", "하늘", {"officer", "teacher_a2", "student_a", "student_a2"}),
        ("admin", "하늘", {"officer", "teacher_a2", "student_a", "student_a2"}),
        ("head_b", "보호", {"guardian_b"}),
        ("district_admin", "보호", {"guardian_a", "guardian_a2", "guardian_b"}),
        ("teacher_a", " 정 담임 ", {"teacher_a"}),
        ("teacher_a", unicodedata.normalize("NFD", "정담임"), {"teacher_a"}),
        ("teacher_a", "서전임", set()),
        ("teacher_a", "", set()),
        ("teacher_a", ".*", set()),
        ("teacher_a", "x" * 100, set()),
    ],
)
async def test_people_are_found_by_any_part_of_their_name(
    world: World, viewer: str, query: str, seen: set[str]
) -> None:
    assert await world.keys(viewer, query=query) == seen


@pytest.mark.parametrize(
    ("viewer", "unit", "seen"),
    [
        ("admin", "school_a", {"teacher_a2", "student_a", "student_a2"}),
        ("admin", "class_a1", {"student_a"}),
        ("admin", "it", {"officer"}),
        ("admin", "office", {"officer", "teacher_a2", "student_a", "student_a2"}),
        ("officer", "school_a", {"teacher_a2"}),
        ("head_b", "school_a", {"teacher_a2"}),
        ("head_a", "district", {"teacher_a2", "student_a", "student_a2"}),
    ],
)
async def test_a_search_stays_in_its_unit(world: World, viewer: str, unit: str, seen: set[str]) -> None:
    assert await world.keys(viewer, unit, "하늘") == seen


def may_see(viewer: str, key: str) -> bool:
    """Tell the rules once more, in the plainest way: who is listed at a unit for whom."""
    mine = PEOPLE[viewer][1]
    scope = {unit for unit, role in mine if role == "administrator"}
    scope |= {
        step for unit, role in mine if role in STAFF for step in path_of(unit) if UNITS[step][0] == "school"
    }
    if key in DISABLED:
        return False
    return any(role in STAFF or scope & set(path_of(unit)) for unit, role in PEOPLE[key][1])


@pytest.mark.parametrize(
    "viewer", [key for key, (_, roles) in PEOPLE.items() if {r for _, r in roles} & STAFF]
)
async def test_searching_tells_exactly_what_the_rules_allow(world: World, viewer: str) -> None:
    for query in ("하", "ㅎ", "보", "ㄱ", "임", "마루"):
        expected = {
            key
            for key, (name, _) in PEOPLE.items()
            if may_see(viewer, key) and any(known.startswith(query) for known in name_keys(name))
        }
        assert await world.keys(viewer, query=query) == expected, query


async def walk(world: World, key: str, unit: str | None, query: str | None, limit: int) -> list[PersonRow]:
    """Read all pages."""
    found: list[PersonRow] = []
    after: str | None = None
    while True:
        page = await world.page(key, unit, query, after, limit)
        assert len(page.people) <= limit
        found += page.people
        after = page.next
        if after is None:
            return found


async def crowd(world: World) -> list[dict[str, Any]]:
    """Add people whose names fit in several places, are the same, or almost."""
    names = [
        "김",
        "김김",
        "김김김",
        "가김",
        "김가",
        "이김이",
        "김 김",
        "Kim 김",
        "김하늘",
        "김하늘",
        "김하늘",
        "ㄱㄱ",
    ]
    places = [("class_a1", "student"), ("class_a2", "guardian"), ("it", "staff"), ("school_b", "staff")]
    documents = [
        person_document(
            new_person_id(), f"crowd{number}", names[number % 12], [(world.office.units[unit], role)]
        )
        for number, (unit, role) in enumerate(places * 9)
    ]
    await world.office.mongo[schema.PEOPLE].insert_many(documents)
    return documents


@pytest.mark.parametrize(
    ("viewer", "unit"), [("admin", None), ("admin", "school_a"), ("officer", None), ("head_a", None)]
)
async def test_pages_of_a_search_hold_everybody_once(world: World, viewer: str, unit: str | None) -> None:
    await crowd(world)
    for query in ("김", "ㄱ", "김하늘", "하", "k"):
        whole = (await world.page(viewer, unit, query)).people
        assert len(whole) > 1 or query == "k"
        first = [min(key for key in name_keys(row.name) if key.startswith(query)) for row in whole]
        assert first == sorted(first)
        for limit in (1, 3, 7):
            ids = [row.id for row in await walk(world, viewer, unit, query, limit)]
            assert ids == [row.id for row in whole]
            assert len(set(ids)) == len(ids)


async def test_somebody_with_two_roles_in_a_place_counts_once(world: World) -> None:
    roles = [
        {"unit": world.office.units[unit], "role": role}
        for unit, role in (("class_a1", "teacher"), ("class_a2", "guardian"))
    ]
    await world.office.mongo[schema.PEOPLE].update_one({"login": "teacher_a"}, {"$set": {"roles": roles}})
    assert (await world.units("head_a", "district"))["school_a"] == 8


async def test_large_parts_of_the_tree_are_searched_by_name_first(world: World) -> None:
    documents = await crowd(world)
    many = [UnitId(f"u{number}") for number in range(FEW_UNITS)]
    roles = frozenset(await families(world))
    few = await world.store.find("김", roles, [world.office.units["class_a1"]], None, 100)
    all_ = await world.store.find("김", roles, [world.office.units["class_a1"], *many], None, 100)
    assert few == all_
    assert {match.person.id for match in few} == {
        document["_id"]
        for document in documents
        if "김" in document["name"] and document["roles"][0]["unit"] == world.office.units["class_a1"]
    }


async def families(world: World) -> list[Any]:
    person = await world.viewer("guardian_a")
    return [held.role for held in person.roles] + [
        held.role for held in (await world.viewer("student_a")).roles
    ]


async def test_pages_of_a_unit_hold_everybody_once(world: World) -> None:
    await crowd(world)
    for viewer, unit in (("admin", "class_a1"), ("officer", "it"), ("student_a", None)):
        whole = (await world.page(viewer, unit)).people
        assert [row.id for row in await walk(world, viewer, unit, None, 2)] == [row.id for row in whole]
        assert [(row.name, row.id) for row in whole] == sorted((row.name, row.id) for row in whole)


@pytest.mark.parametrize("after", ["x", "!", "W10", "WzEsMl0", "\u00e9", "WyJhIl0", "A" * 399])
async def test_a_cursor_of_nobody(world: World, after: str) -> None:
    for query in (None, "김"):
        with pytest.raises(Refusal) as refused:
            await world.page("admin", "it", query, after)
        assert refused.value.reason == "bad_cursor"


async def people(world: World, viewer: str, *keys: str) -> dict[str, PersonRow]:
    ids = [world.office.people[key] for key in keys]
    rows = await world.directory.people(await world.viewer(viewer), [*ids, PersonId("p000000000000")])
    return {world.office.key(row.id): row for row in rows}


async def test_people_are_described_as_far_as_they_concern_the_viewer(world: World) -> None:
    seen = await people(world, "officer", "teacher_b", "guardian_a", "officer")
    assert set(seen) == {"teacher_b", "officer"}
    row = seen["teacher_b"]
    assert (row.name, row.kind, row.login) == ("윤하나", "staff", "teacher_b")
    assert [(role.unit_name, role.role) for role in row.roles] == [
        ("솔빛중학교 1반", "teacher")
    ]  # not whose parent she is
    for viewer in ("head_a", "admin", "teacher_b"):
        roles = (await people(world, viewer, "teacher_b"))["teacher_b"].roles
        assert {role.role for role in roles} == {"teacher", "guardian"}, viewer


async def test_chatbots_stand_once_on_top_and_only_for_those_whom_they_answer(world: World) -> None:
    names = {PERSONS[Bot.SCHOOL]: "학교생활 챗봇", PERSONS[Bot.OFFICE]: "행정 챗봇"}
    await seat_bots(world.office.mongo, names)
    world.office.people.update({name: bot for bot, name in names.items()})
    await world.office.group("teacher_a", "guardian_a", *names.values())
    for query in (None, "챗봇", "행정"):
        rows = [row.name for row in (await world.page("guardian_a", query=query)).people]
        expected = [] if query == "행정" else ["학교생활 챗봇"]
        assert [name for name in rows if "챗봇" in name] == expected == rows[: len(expected)]
    assert [row.name for row in (await world.page("teacher_a")).people] == sorted(names.values())
    guardian = await world.viewer("guardian_a")
    assert set(await world.access.may_start_with(guardian, [PERSONS[Bot.SCHOOL]]))
    await refused(world.access.may_start_with(guardian, [PERSONS[Bot.OFFICE]]), ErrorCode.NOT_FOUND)
    # Whoever reads it in that room is told its name there.
    (row,) = await world.directory.people(guardian, [PERSONS[Bot.OFFICE]])
    assert row.name == "행정 챗봇"


async def test_families_are_told_no_logins(world: World) -> None:
    await world.office.group("teacher_a", "guardian_a")
    seen = await people(world, "guardian_a", *PEOPLE)
    assert set(seen) == {"guardian_a", "student_a", "teacher_a"}
    assert not any(row.login for row in seen.values())
    assert not any(row.login for row in (await people(world, "head_a", "guardian_a", "student_a")).values())


def test_what_is_typed_becomes_a_key() -> None:
    assert search_key(" 정 담임 ") == "정담임"
