from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rooms.ids import UnitId
from rooms.people import Role, RoleAt, UnitKind
from rooms.roster.diff import State, lay_paths
from rooms.roster.known import KnownUnit
from tests.support.rosters import CLASSES, PEOPLE, SMALL, applied, bring, changed


def test_a_second_import_changes_nothing() -> None:
    first = bring(SMALL)
    again = bring(SMALL, first)
    assert len(first.edits) == 10 + 8 + 4 + 4 - 1
    assert len(again.edits) == 0
    assert again.edits.rooms == frozenset()
    assert not again.missing


def test_the_edits_lead_to_the_state() -> None:
    first = bring(SMALL)
    assert applied(State({}, {}, {}), first.edits) == first.state


def test_rows_in_another_order_change_nothing() -> None:
    first = bring(SMALL)
    shuffled = {
        file: "\n".join([lines[0], *reversed(lines[1:]), ""])
        for file, text in SMALL.items()
        for lines in [text.splitlines()]
    }
    assert len(bring(shuffled, first).edits) == 0


def test_what_changed_is_changed_and_nothing_else() -> None:
    first = bring(SMALL)
    files = changed(SMALL, "people.csv", "E2,kim,김바다,S1-D1,직원,교사", "E2,kim,김바다,S1-D2,직원,부장교사")
    files = changed(files, "departments.csv", "교무부", "교무기획부")
    again = bring(files, first)
    assert [(edit.unit.code, edit.changed) for edit in again.edits.units] == [("S1-D1", ("name",))]
    [person] = again.edits.people
    assert (person.person.code, set(person.changed)) == ("E2", {"roles", "imported", "attrs"})
    assert again.edits.rooms == {first.unit("S1-D1").id, first.unit("S1-D2").id}


def test_a_column_that_is_not_there_leaves_what_is_known() -> None:
    first = bring(SMALL)
    people = (
        "개인코드,이름,소속코드,역할\nE1,손하늘,O1,관리자\nE2,김바다,S1-D1,직원\nE2,김바다,S1-2026-3-1,담임\n"
    )
    assert len(bring({"people.csv": people + "E3,이들,S1-D2,직원\n"}, first).edits) == 0
    emptied = bring(changed(SMALL, "people.csv", "주무관", ""), first)
    assert emptied.person("E1").attrs == {}


def test_a_child_that_changes_class_takes_the_guardians_along() -> None:
    first = bring(SMALL)
    moved = changed(SMALL, "students.csv", "C1,박하나,S1,2026,3,1", "C1,박하나,S1,2026,3,2")
    again = bring({"students.csv": moved["students.csv"]}, first)
    assert again.roles("G1") == {("S1-2026-3-2", Role.GUARDIAN), ("S2-2026-1-1", Role.GUARDIAN)}
    assert {edit.person.code for edit in again.edits.people} == {"C1", "G1"}


def test_a_guardian_who_loses_the_right_leaves_the_class() -> None:
    first = bring(SMALL)
    again = bring(changed(SMALL, "guardians.csv", "G1,정모친,C1,모,전체", "G1,정모친,C1,모,기록"), first)
    assert again.roles("G1") == {("S2-2026-1-1", Role.GUARDIAN)}
    assert [edit.changed for edit in again.edits.cares] == [("rights",)]
    assert again.edits.rooms == {first.unit("S1-2026-3-1").id}


def test_a_bad_row_takes_nothing_from_whom_it_names() -> None:
    first = bring(SMALL)
    again = bring(
        changed(SMALL, "people.csv", "E2,kim,김바다,S1-2026-3-1", "E2,kim,김바다,S1-2026-3-9"), first
    )
    assert [found[3] for found in again.found()] == ["unknown_unit"]
    assert again.roles("E2") == first.roles("E2")
    assert len(again.edits) == 0
    assert not again.missing


def test_a_role_that_no_import_gave_stays() -> None:
    first = bring(SMALL)
    person = first.person("E3")
    extra = RoleAt(first.unit("S2").id, Role.ADMINISTRATOR)
    first.state.people[person.id] = replace(person, roles=(*person.roles, extra))
    again = bring(SMALL, first)
    assert len(again.edits) == 0
    assert ("S2", Role.ADMINISTRATOR) in again.roles("E3")


def test_two_imports_may_speak_of_one_person() -> None:
    first = bring(SMALL)
    second = bring({"people.csv": PEOPLE + "E2,kim,김바다,S2,직원,교사,\n"}, first, source="other")
    assert second.roles("E2") == first.roles("E2") | {("S2", Role.STAFF)}
    assert len(bring(SMALL, second).edits) == 0
    assert not bring(SMALL, second).missing


def test_a_first_password_is_for_somebody_without_one() -> None:
    files = changed(
        SMALL,
        "people.csv",
        "E3,lee,이들,S1-D2,직원,연구부장,",
        "E3,lee,이들,S1-D2,직원,연구부장,봄봄봄봄1234",
    )
    first = bring(files)
    [edit] = [edit for edit in first.edits.people if edit.password]
    assert (edit.person.code, edit.password, edit.changed) == ("E3", "봄봄봄봄1234", ())
    again = bring(files, first)
    assert [edit.changed for edit in again.edits.people] == [("password",)]
    person = first.person("E3")
    first.state.people[person.id] = replace(person, has_password=True)
    assert len(bring(files, first).edits) == 0


def test_new_units_and_people_need_no_room_brought_in_line_but_roles_do() -> None:
    first = bring(SMALL)
    again = bring({"classes.csv": CLASSES + "S1,2026,4,1\n"}, first)
    assert again.edits.rooms == frozenset()
    assert {unit.code for unit in first.state.units.values() if unit.id in first.edits.rooms} == {
        *("O1", "S1-D1", "S1-D2", "S1-2026-3-1", "S1-2026-3-2", "S2-2026-1-1")
    }


@given(st.data())
def test_paths_follow_parents(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    units: dict[UnitId, KnownUnit] = {}
    for number in range(size):
        name = UnitId(f"u{number}")
        parent = data.draw(st.sampled_from([None, *units]))
        units[name] = KnownUnit(name, "", UnitKind.DEPARTMENT, "", parent, ())
    shuffled = {name: units[name] for name in data.draw(st.permutations(list(units)))}
    lay_paths(shuffled)
    for name, unit in shuffled.items():
        assert unit.path[-1] == name
        above = () if unit.parent is None else shuffled[unit.parent].path
        assert unit.path[:-1] == above
