import pytest

from rooms.people import UnitKind
from tests.support.rosters import (
    CLASSES,
    DEPARTMENTS,
    EAST,
    OFFICE,
    SCHOOLS,
    SMALL,
    WEST,
    bring,
    changed,
)


def schools(*rows: str) -> dict[str, str]:
    return {"schools.csv": SCHOOLS + "".join(f"{row}\n" for row in rows)}


def test_the_tree_leads_from_the_office_to_the_class() -> None:
    done = bring(SMALL)
    assert done.faults == []
    assert done.path("S1-2026-3-1") == ["O1", "D1", "S1", "S1-3", "S1-2026-3-1"]
    assert done.path("S1-D1") == ["O1", "D1", "S1", "S1-D1"]
    assert done.path("O1-D1") == ["O1", "O1-D1"]
    assert done.kinds()["S1-3"] is UnitKind.GRADE
    assert done.unit("S1-2026-3-1").name == "3학년 1반"
    assert done.unit("S1-3").name == "3학년"


def test_grades_and_classes_may_be_words() -> None:
    done = bring(
        schools(f"S4,온새미학교,특수학교,본교,운영,{OFFICE},{WEST}")
        | {"classes.csv": CLASSES + "S4,2026,초등부,사랑\n"}
    )
    assert done.unit("S4-2026-초등부-사랑").name == "초등부 사랑"
    assert done.unit("S4").order == 4


def test_a_branch_stands_below_its_district_and_knows_its_main_school() -> None:
    done = bring(
        schools(
            f"S1,물빛초등학교,초등학교,본교,운영,{OFFICE},{EAST}",
            f"S2,물빛초등학교솔분교장,초등학교,분교,운영,{OFFICE},{EAST}",
            f"S3,물빛초등학교들분교장,초등학교,분교,운영,{OFFICE},{WEST}",
        )
    )
    assert done.path("S2") == ["O1", "D1", "S2"]
    assert done.unit("S2").attrs == {
        "level": "초등학교",
        "status": "운영",
        "branch": True,
        "main_school": "S1",
    }
    assert "main_school" not in done.unit("S3").attrs


def test_a_school_without_a_district_stands_below_the_office() -> None:
    done = bring(
        schools(
            f"S1,한빛고등학교,고등학교,본교,운영,{OFFICE},,",
            f"S2,새빛고등학교,고등학교,본교,운영,{OFFICE},{OFFICE}",
        )
    )
    assert done.path("S1") == ["O1", "S1"]
    assert done.path("S2") == ["O1", "S2"]
    assert done.faults == []


def test_a_closed_school_is_not_brought_in_and_a_suspended_one_is() -> None:
    done = bring(
        schools(
            f"S1,물빛초등학교,초등학교,본교,폐교,{OFFICE},{EAST}",
            f"S2,솔내초등학교,초등학교,본교,휴교,{OFFICE},{EAST}",
        )
        | {"departments.csv": DEPARTMENTS + "X,교무부,S1,1\n"}
    )
    assert set(done.kinds()) == {"O1", "D1", "S2"}
    assert done.found() == [("departments.csv", 2, "소속코드", "unit_closed")]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (f"S1,다른학교,중학교,본교,운영,{OFFICE},{EAST}", "학교ID", "duplicate"),
        ("S9,새학교,중학교,본교,운영,O1,다른교육청,D1,동부교육지원청", "시도교육청명", "name_differs"),
        (f"S9,새학교,중학교,본교,운영,{OFFICE},D1,남부교육지원청", "교육지원청명", "name_differs"),
        (f"S9,새학교,중학교,본교,운영,O2,새교육청,{EAST}", "시도교육청코드", "parent_differs"),
        (f"D1,새학교,중학교,본교,운영,{OFFICE},{EAST}", "학교ID", "code_taken"),
        (f"S9,새학교,중학교,본교,운영,{OFFICE},S1,동부교육지원청", "교육지원청코드", "code_taken"),
        (f"S9,새학교,중학교,본교,운영,{OFFICE},D3,", "교육지원청명", "empty"),
        (f",새학교,중학교,본교,운영,{OFFICE},{EAST}", "학교ID", "empty"),
    ],
)
def test_a_school_that_contradicts_an_earlier_row_is_left_out(row: str, column: str, reason: str) -> None:
    done = bring(schools(f"S1,물빛초등학교,초등학교,본교,운영,{OFFICE},{EAST}", row))
    assert done.found() == [("schools.csv", 3, column, reason)]
    assert set(done.kinds()) == {"O1", "D1", "S1"}


def test_departments_hang_below_departments_in_any_order_of_rows() -> None:
    done = bring(SMALL | {"departments.csv": DEPARTMENTS + "C,팀,B,\nB,과,A,\nA,국,O1,\n"})
    assert done.path("C") == ["O1", "A", "B", "C"]


def test_departments_in_a_circle_are_left_out_with_all_below() -> None:
    done = bring(
        {k: v for k, v in SMALL.items() if k == "schools.csv"}
        | {"departments.csv": DEPARTMENTS + "A,국,B,\nB,과,A,\nC,팀,B,\nD,실,O1,\n"}
    )
    assert done.found() == [
        ("departments.csv", 2, "소속코드", "cycle"),
        ("departments.csv", 3, "소속코드", "cycle"),
        ("departments.csv", 4, "소속코드", "unit_rejected"),
    ]
    assert done.kinds()["D"] is UnitKind.DEPARTMENT


def test_a_department_cannot_move_below_what_the_database_has_below_it() -> None:
    first = bring(SMALL | {"departments.csv": DEPARTMENTS + "A,국,O1,\nB,과,A,\n"})
    again = bring({"departments.csv": DEPARTMENTS + "A,국,B,\n"}, first)
    assert again.found() == [("departments.csv", 2, "소속코드", "cycle")]
    assert again.path("B") == ["O1", "A", "B"]
    assert len(again.edits) == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("X,부서,NOPE,", "unknown_unit"),
        ("X,부서,S1-2026-3-1,", "unknown_unit"),
        ("S1-D1,또,S1,", "duplicate"),
        ("S2,부서,S1,", "code_taken"),
    ],
)
def test_a_department_that_does_not_fit_is_left_out(row: str, reason: str) -> None:
    files = {k: v for k, v in SMALL.items() if k in {"schools.csv", "departments.csv"}}
    done = bring(files | {"departments.csv": files["departments.csv"] + f"{row}\n"})
    assert [found[3] for found in done.found()] == [reason]


def test_a_class_needs_a_school() -> None:
    done = bring(
        SMALL | {"classes.csv": SMALL["classes.csv"] + "D1,2026,1,1\nNOPE,2026,1,1\nS1,2026,03,01\n"}
    )
    assert done.found() == [
        ("classes.csv", 5, "학교코드", "wrong_unit"),
        ("classes.csv", 6, "학교코드", "unknown_unit"),
        ("classes.csv", 7, "반", "duplicate"),
    ]


def test_a_row_that_refers_to_a_bad_row_says_so() -> None:
    files = changed(SMALL, "schools.csv", "S2,솔내중학교", "S2,솔내\u200b중학교")
    done = bring({k: v for k, v in files.items() if k in {"schools.csv", "classes.csv"}})
    assert done.found() == [
        ("schools.csv", 3, "학교명", "invisible"),
        ("classes.csv", 4, "학교코드", "unit_rejected"),
    ]
    assert done.faults[1].params == {"code": "S2", "at_file": "schools.csv", "at_line": 3}


def test_references_may_go_to_what_only_the_database_knows() -> None:
    first = bring(SMALL)
    again = bring({"classes.csv": CLASSES + "S2,2026,2,1\n"}, first)
    assert again.faults == []
    assert again.path("S2-2026-2-1") == ["O1", "D2", "S2", "S2-2", "S2-2026-2-1"]


def test_a_school_that_moves_takes_everything_below_along() -> None:
    first = bring(SMALL)
    moved = bring(changed(SMALL, "schools.csv", f"{OFFICE},{EAST}", f"{OFFICE},{WEST}"), first)
    assert moved.path("S1-2026-3-1") == ["O1", "D2", "S1", "S1-3", "S1-2026-3-1"]
    assert moved.unit("S1").id == first.unit("S1").id
    assert {first.unit("D1").id, first.unit("D2").id} <= moved.edits.rooms
