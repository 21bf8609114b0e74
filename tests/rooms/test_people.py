from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.ids import PersonId, UnitId
from rooms.people import (
    STAFF_ROLES,
    Person,
    PersonKind,
    Role,
    RoleAt,
    Unit,
    UnitKind,
    family_scope,
    initials,
    name_keys,
    place_name,
    search_key,
)

TREE = {
    "office": (UnitKind.OFFICE, ["office"]),
    "district": (UnitKind.DISTRICT, ["office", "district"]),
    "school": (UnitKind.SCHOOL, ["office", "district", "school"]),
    "grade": (UnitKind.GRADE, ["office", "district", "school", "grade"]),
    "class": (UnitKind.CLASS, ["office", "district", "school", "grade", "class"]),
    "desk": (UnitKind.DEPARTMENT, ["office", "district", "school", "desk"]),
    "bureau": (UnitKind.DEPARTMENT, ["office", "bureau"]),
}
UNITS = {
    UnitId(name): Unit(
        UnitId(name),
        kind,
        name,
        UnitId(path[-2]) if len(path) > 1 else None,
        tuple(UnitId(step) for step in path),
    )
    for name, (kind, path) in TREE.items()
}
KINDS: dict[UnitId, UnitKind] = {unit.id: unit.kind for unit in UNITS.values()}


def person(*roles: Role) -> Person:
    return Person(PersonId("p1"), "이름", tuple(RoleAt(UnitId("school"), role) for role in roles))


def scope(role: Role, unit: str) -> set[str]:
    return set(family_scope([RoleAt(UnitId(unit), role)], UNITS, KINDS))


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
@pytest.mark.parametrize("other", [None, *Role])
def test_any_staff_role_makes_staff(role: Role, other: Role | None) -> None:
    someone = person(*([other] if other else []), role)
    assert someone.kind is PersonKind.STAFF
    assert someone.is_staff


def test_the_others_are_guardians_or_students() -> None:
    assert person(Role.GUARDIAN).kind is PersonKind.GUARDIAN
    assert person(Role.STUDENT, Role.GUARDIAN).kind is PersonKind.GUARDIAN
    assert person(Role.STUDENT).kind is PersonKind.STUDENT
    assert not person(Role.GUARDIAN, Role.STUDENT).is_staff


def test_whoever_has_no_role_has_the_least_rights() -> None:
    assert person().kind is PersonKind.GUARDIAN
    assert not person().is_staff


@pytest.mark.parametrize(
    ("role", "unit", "expected"),
    [
        (Role.ADMINISTRATOR, "office", {"office"}),
        (Role.ADMINISTRATOR, "district", {"district"}),
        (Role.ADMINISTRATOR, "school", {"school"}),
        (Role.ADMINISTRATOR, "class", {"class", "school"}),
        (Role.STAFF, "office", set()),
        (Role.STAFF, "bureau", set()),
        (Role.STAFF, "district", set()),
        (Role.STAFF, "school", {"school"}),
        (Role.STAFF, "desk", {"school"}),
        (Role.TEACHER, "class", {"school"}),
    ],
)
def test_whose_families_staff_may_see(role: Role, unit: str, expected: set[str]) -> None:
    assert scope(role, unit) == expected


@pytest.mark.parametrize(("role", "unit"), list(product([Role.GUARDIAN, Role.STUDENT], TREE)))
def test_families_see_no_families_by_their_role(role: Role, unit: str) -> None:
    assert scope(role, unit) == set()


def test_a_role_in_a_unit_that_is_gone_opens_nothing() -> None:
    assert scope(Role.ADMINISTRATOR, "gone") == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("김하늘", "ㄱㅎㄴ"),
        ("가힣", "ㄱㅎ"),
        ("까쁨", "ㄲㅃ"),
        ("Kim 하늘3", "Kim ㅎㄴ3"),
        ("ㄱ", "ㄱ"),
        ("", ""),
    ],
)
def test_initials(text: str, expected: str) -> None:
    assert initials(text) == expected


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=12))
def test_any_part_of_a_name_and_of_its_initials_is_the_beginning_of_a_key(name: str) -> None:
    keys = name_keys(name)
    assert len(keys) <= 80
    for start in range(len(name)):
        for end in range(start + 1, len(name) + 1):
            for wanted in (name[start:end], initials(name)[start:end]):
                assert any(key.startswith(search_key(wanted)) for key in keys)


def test_searches_ignore_case_and_blanks() -> None:
    assert search_key("  KIM ha\tneul ") == "kimhaneul"
    assert "kimhaneul" in name_keys("Kim Ha Neul")


def test_a_long_name_has_a_bounded_number_of_keys() -> None:
    assert len(name_keys("가나다라마바사아자차카타파하" * 20)) <= 80
    assert search_key("가" * 1000) == "가" * 40


def test_a_place_is_named_with_the_institution_it_belongs_to() -> None:
    office = Unit(UnitId("u1"), UnitKind.OFFICE, "한빛도교육청", None, (UnitId("u1"),))
    school = Unit(UnitId("u2"), UnitKind.SCHOOL, "물빛초", UnitId("u1"), (UnitId("u1"), UnitId("u2")))
    path = (UnitId("u1"), UnitId("u2"), UnitId("u3"))
    desk = Unit(UnitId("u3"), UnitKind.DEPARTMENT, "연구부", UnitId("u2"), path)
    above = {unit.id: unit for unit in (office, school, desk)}
    assert place_name(desk, above) == "물빛초 연구부"
    assert place_name(school, above) == "물빛초"
    assert place_name(desk, {}) == "연구부"
