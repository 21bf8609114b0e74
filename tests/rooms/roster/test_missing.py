from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rooms.people import Role
from tests.support.rosters import (
    CLASSES,
    DEPARTMENTS,
    EAST,
    GUARDIANS,
    OFFICE,
    PEOPLE,
    SCHOOLS,
    SMALL,
    STUDENTS,
    WEST,
    Imported,
    bring,
    changed,
)


def without(file: str, row: str) -> dict[str, str]:
    return changed(SMALL, file, row + "\n", "")


def missing(done: Imported) -> set[str]:
    """Name by their codes what is missing."""
    state = done.state
    cares = {f"{state.people[one].code}-{state.people[other].code}" for one, other in done.missing.cares}
    return {
        *(state.units[unit].code for unit in done.missing.units),
        *(state.people[person].code for person in done.missing.people),
        *cares,
    }


def test_nothing_is_missing_from_files_that_are_not_given() -> None:
    first = bring(SMALL)
    for file, text in SMALL.items():
        again = bring({file: text}, first)
        assert missing(again) == set(), file
        assert len(again.edits) == 0


def test_what_is_missing_is_told_and_left() -> None:
    first = bring(SMALL)
    again = bring(without("departments.csv", "O1-D1,총무과,O1,1"), first)
    assert missing(again) == {"O1-D1"}
    assert len(again.edits) == 0
    assert not again.unit("O1-D1").archived


def test_pruning_archives_units_once_and_bringing_back_restores_them() -> None:
    first = bring(SMALL)
    files = without("departments.csv", "O1-D1,총무과,O1,1")
    pruned = bring(files, first).put_away()
    assert pruned.unit("O1-D1").archived
    again = bring(files, pruned)
    assert not again.missing
    assert len(again.edits) == 0
    back = bring(SMALL, pruned)
    assert [(edit.unit.code, set(edit.changed)) for edit in back.edits.units] == [
        ("O1-D1", {"archived", "sources"})
    ]
    assert back.unit("O1-D1").id == first.unit("O1-D1").id


def test_a_unit_with_something_below_it_is_kept() -> None:
    first = bring(SMALL)
    files = {
        "schools.csv": SCHOOLS + f"S2,솔내중학교,중학교,본교,운영,{OFFICE},{WEST}\n",
        "classes.csv": CLASSES + "S1,2026,3,1\n",
    }
    again = bring(files, first)
    assert missing(again) == {"S1-2026-3-2", "S2-2026-1-1", "S2-1"}
    assert {again.state.units[unit].code for unit in again.missing.kept} == {"S1", "D1"}


def test_a_school_that_is_gone_takes_all_below_along() -> None:
    first = bring(SMALL)
    again = bring({"schools.csv": SCHOOLS + f"S2,솔내중학교,중학교,본교,운영,{OFFICE},{WEST}\n"}, first)
    assert missing(again) == {*("D1", "S1", "S1-D1", "S1-D2", "S1-3", "S1-2026-3-1", "S1-2026-3-2")}
    pruned = again.put_away()
    assert set(pruned.kinds()) == {"O1", "O1-D1", "D2", "S2", "S2-1", "S2-2026-1-1"}
    assert pruned.roles("E2") == set()
    assert not pruned.person("E2").disabled, "people.csv was not given: nobody says they are gone"
    assert pruned.roles("G1") == {("S2-2026-1-1", Role.GUARDIAN)}


def test_a_closed_school_is_missing_with_all_below() -> None:
    first = bring(SMALL)
    again = bring(
        changed(
            SMALL, "schools.csv", "S1,물빛초등학교,초등학교,본교,운영", "S1,물빛초등학교,초등학교,본교,폐교"
        ),
        first,
    )
    assert missing(again) >= {"S1", "S1-D1", "S1-D2", "S1-3", "S1-2026-3-1", "S1-2026-3-2"}
    assert "D1" not in missing(again)
    assert again.put_away().unit("S1").archived


def test_people_who_are_gone_are_disabled_without_roles() -> None:
    first = bring(SMALL)
    files = {**SMALL, "people.csv": PEOPLE + "E1,admin,손하늘,O1,관리자,주무관,\n"}
    again = bring(files, first)
    assert missing(again) == {"E2", "E3"}
    pruned = again.put_away()
    assert (pruned.person("E2").disabled, pruned.roles("E2")) == (True, set())
    assert pruned.roles("E3") == {("S1-2026-3-2", Role.GUARDIAN)}, "guardians.csv still names them"
    assert not pruned.person("E3").disabled
    assert {first.unit("S1-D1").id, first.unit("S1-2026-3-1").id} <= pruned.edits.rooms
    assert not bring(files, pruned).missing
    back = bring(SMALL, pruned)
    assert back.roles("E2") == first.roles("E2")
    assert not back.person("E2").disabled


def test_somebody_disabled_by_hand_stays_so() -> None:
    first = bring(SMALL)
    person = first.person("E2")
    first.state.people[person.id] = replace(person, disabled=True)
    assert bring(SMALL, first).person("E2").disabled


def test_a_student_who_is_gone_takes_the_guardians_role_along() -> None:
    first = bring(SMALL)
    again = bring({"students.csv": SMALL["students.csv"].replace("C1,박하나,S1,2026,3,1\n", "")}, first)
    assert missing(again) == {"C1"}
    assert again.roles("G1") == first.roles("G1")
    pruned = again.put_away()
    assert pruned.person("C1").disabled
    assert pruned.roles("G1") == {("S2-2026-1-1", Role.GUARDIAN)}


def test_a_guardianship_that_is_gone_loses_its_rights() -> None:
    first = bring(SMALL)
    again = bring(without("guardians.csv", "G1,정모친,C1,모,전체"), first)
    assert missing(again) == {"G1-C1"}
    pruned = again.put_away()
    care = pruned.state.cares[pruned.person("G1").id, pruned.person("C1").id]
    assert (care.rights, care.sources, care.relation) == ((), (), "모")
    assert pruned.roles("G1") == {("S2-2026-1-1", Role.GUARDIAN)}


def test_bad_rows_are_not_missing() -> None:
    first = bring(SMALL)
    files = {
        "departments.csv": SMALL["departments.csv"].replace("S1-D2,연구부,S1", "S1-D2,연구부,NOPE"),
        "people.csv": SMALL["people.csv"].replace("E3,lee,이들,S1-D2,직원", "E3,lee,이들,S1-D2,교장"),
        "students.csv": SMALL["students.csv"].replace("C2,박두리,S2", "C2,박두리,S9"),
        "guardians.csv": SMALL["guardians.csv"].replace("G2,박부친,C1,부,없음", "G2,박부친,C1,부,"),
    }
    again = bring(files, first)
    assert len(again.faults) == 4
    assert missing(again) == set()
    assert len(again.edits) == 0


def test_rows_that_cannot_be_told_apart_leave_nothing_missing_in_their_file() -> None:
    first = bring(SMALL)
    files = without("people.csv", "E1,admin,손하늘,O1,관리자,주무관,")
    files["people.csv"] += "E7,zu,wenig\n"
    assert missing(bring(files, first)) == set()


def test_an_import_of_another_name_misses_nothing() -> None:
    first = bring(SMALL)
    other = bring({"departments.csv": DEPARTMENTS + "S1-D9,상담실,S1,9\n"}, first, source="other")
    assert missing(other) == set()


def test_a_unit_that_two_imports_name_is_archived_with_the_last() -> None:
    first = bring(SMALL)
    both = bring({"departments.csv": DEPARTMENTS + "S1-D1,교무부,S1,1\n"}, first, source="other")
    files = without("departments.csv", "S1-D1,교무부,S1,1")
    files = changed(files, "people.csv", "E2,kim,김바다,S1-D1,직원,교사,\n", "")
    mine = bring(files, both)
    assert missing(mine) == set()
    released = mine.put_away()
    assert not released.unit("S1-D1").archived
    last = bring({"departments.csv": DEPARTMENTS + "S1-D3,새부서,S1,3\n"}, released, source="other")
    assert missing(last) == {"S1-D1"}


def _roster(data: st.DataObject) -> dict[str, str]:
    """Draw a small office in which nothing is wrong."""
    schools = data.draw(st.sets(st.sampled_from(["S1", "S2", "S3"]), min_size=1))
    rows = [
        f"{s},학교{s},중학교,본교,운영,{OFFICE},{data.draw(st.sampled_from([EAST, WEST]))}"
        for s in sorted(schools)
    ]
    classes = [(s, g) for s in sorted(schools) for g in "12" if g == "1" or data.draw(st.booleans())]
    desks = [f"{s}-D" for s in sorted(schools) if data.draw(st.booleans())]
    staff = [
        f"E{n},,직원{n},{unit},직원,,"
        for n in range(4)
        for unit in sorted(data.draw(st.sets(st.sampled_from([*sorted(schools), *desks]))))
    ]
    students = [
        f"C{n},학생{n},{s},2026,{g},1"
        for n in range(4)
        if data.draw(st.booleans()) or n == 0
        for s, g in [data.draw(st.sampled_from(classes))]
    ]
    names = [row.partition(",")[0] for row in students]
    guardians = [
        f"{guardian},{'직원' if guardian[0] == 'E' else '보호자'}{guardian[1]},{student},모,{rights}"
        for guardian in ("G1", "G2", "E1")
        for student in names
        if (rights := data.draw(st.sampled_from(["", "전체", "없음", "알림"])))
    ]
    texts = {
        "schools.csv": SCHOOLS + "\n".join(rows),
        "departments.csv": DEPARTMENTS
        + "\n".join(["O1-D,총무과,O1,1", *(f"{d},교무부,{d[:2]},1" for d in desks)]),
        "classes.csv": CLASSES + "\n".join(f"{s},2026,{g},1" for s, g in classes),
        "people.csv": PEOPLE + "\n".join(["E9,,교육감,O1,관리자,,", *staff]),
        "students.csv": STUDENTS + "\n".join(students),
        "guardians.csv": GUARDIANS + "\n".join(["E9,교육감,C0,부,전체", *guardians]),
    }
    return {file: text + "\n" for file, text in texts.items()}


def _seen(done: Imported) -> tuple[object, ...]:
    """Give what counts of a state, without ids and without what has ended."""
    state = done.state
    return (
        {
            unit.code: (unit.name, tuple(done.path(unit.code)))
            for unit in state.units.values()
            if not unit.archived
        },
        {p.code: (p.name, frozenset(done.roles(p.code))) for p in state.people.values() if not p.disabled},
        {
            (state.people[one].code, state.people[other].code): care.rights
            for (one, other), care in state.cares.items()
            if care.sources
        },
    )


@given(st.data())
def test_an_import_over_an_older_one_and_a_pruning_give_what_a_fresh_import_gives(
    data: st.DataObject,
) -> None:
    older, newer = _roster(data), _roster(data)
    first = bring(older)
    assert first.faults == []
    over = bring(newer, first)
    assert over.faults == []
    pruned = over.put_away()
    assert _seen(pruned) == _seen(bring(newer))
    again = bring(newer, pruned)
    assert len(again.edits) == 0
    assert not again.missing
