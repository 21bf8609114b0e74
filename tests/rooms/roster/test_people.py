import pytest

from rooms.people import Role
from tests.support.rosters import GUARDIANS, PEOPLE, SMALL, STUDENTS, bring, changed


def plus(file: str, *rows: str) -> dict[str, str]:
    return {**SMALL, file: SMALL[file] + "".join(f"{row}\n" for row in rows)}


def test_roles_come_from_their_files() -> None:
    done = bring(SMALL)
    assert done.faults == []
    assert done.roles("E1") == {("O1", Role.ADMINISTRATOR)}
    assert done.roles("E2") == {("S1-D1", Role.STAFF), ("S1-2026-3-1", Role.TEACHER)}
    assert done.roles("C1") == {("S1-2026-3-1", Role.STUDENT)}


def test_guardians_are_guardians_in_their_childrens_classes() -> None:
    done = bring(SMALL)
    assert done.roles("G1") == {("S1-2026-3-1", Role.GUARDIAN), ("S2-2026-1-1", Role.GUARDIAN)}
    assert done.roles("G2") == set(), "no right to messages, no place in the class"
    assert done.roles("E3") == {("S1-D2", Role.STAFF), ("S1-2026-3-2", Role.GUARDIAN)}


def test_a_login_is_the_code_where_none_is_given() -> None:
    done = bring(SMALL)
    assert (done.person("C1").login, done.person("E2").login) == ("c1", "kim")


def test_a_login_once_given_stays_where_the_file_has_none() -> None:
    first = bring(SMALL)
    again = bring(changed(SMALL, "people.csv", "E3,lee,", "E3,,"), first)
    assert again.person("E3").login == "lee"
    assert len(again.edits) == 0


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("E9,new,새사람,NOPE,직원,,", "소속코드", "unknown_unit"),
        ("E9,new,새사람,S1,담임,,", "역할", "teacher_needs_class"),
        ("E2,kim,김바다,S1-D1,직원,,", "개인코드", "duplicate"),
        ("E2,kim,다른이름,S1,직원,,", "이름", "person_differs"),
        ("E2,kim2,김바다,S1,직원,,", "아이디", "person_differs"),
        ("E9,KIM,새사람,S1,직원,,", "아이디", "login_twice"),
        ("가나,,새사람,S1,직원,,", "개인코드", "no_login"),
        ("E9,new,새사람,S1,교장,,", "역할", "not_role"),
        ("E9,new,새사람,S1,직원,,짧다", "초기비밀번호", "bad_password"),
    ],
)
def test_a_row_of_the_staff_that_does_not_fit_is_left_out(row: str, column: str, reason: str) -> None:
    done = bring(plus("people.csv", row))
    assert done.found() == [("people.csv", 6, column, reason)]
    assert done.roles("E2") == {("S1-D1", Role.STAFF), ("S1-2026-3-1", Role.TEACHER)}


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("C9,새학생,S1,2026,9,9", "반", "unknown_unit"),
        ("C1,박하나,S1,2026,3,2", "학생코드", "duplicate"),
        ("E2,김바다,S1,2026,3,2", "학생코드", "person_taken"),
    ],
)
def test_a_student_that_does_not_fit_is_left_out(row: str, column: str, reason: str) -> None:
    done = bring(plus("students.csv", row))
    assert done.found() == [("students.csv", 5, column, reason)]
    assert done.roles("C1") == {("S1-2026-3-1", Role.STUDENT)}


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("G9,새사람,NOPE,모,전체", "학생코드", "unknown_student"),
        ("G9,새사람,E2,모,전체", "학생코드", "unknown_student"),
        ("C2,박두리,C1,형,전체", "보호자코드", "person_taken"),
        ("G1,정모친,C1,모,전체", "학생코드", "duplicate"),
        ("G1,다른이름,C3,모,전체", "이름", "person_differs"),
        ("E2,이름다름,C1,모,전체", "이름", "person_differs"),
        ("G9,새사람,C1,모,", "권리", "empty"),
    ],
)
def test_a_guardian_that_does_not_fit_is_left_out(row: str, column: str, reason: str) -> None:
    done = bring(plus("guardians.csv", row))
    assert done.found() == [("guardians.csv", 6, column, reason)]
    assert len(done.state.cares) == 4


def test_a_guardian_of_a_rejected_student_is_told_where() -> None:
    files = changed(SMALL, "students.csv", "C1,박하나,S1,2026,3,1", "C1,박하나,S1,2026,3,7")
    done = bring(files)
    assert [(found[0], found[1], found[3]) for found in done.found()] == [
        ("students.csv", 2, "unknown_unit"),
        ("guardians.csv", 2, "student_rejected"),
        ("guardians.csv", 4, "student_rejected"),
    ]


def test_whoever_is_a_student_in_the_database_is_nobody_else() -> None:
    first = bring(SMALL)
    again = bring({"people.csv": PEOPLE + "C1,,박하나,S1,직원,,\n"}, first)
    assert again.found() == [("people.csv", 2, "개인코드", "person_taken")]
    again = bring({"students.csv": STUDENTS + "E2,김바다,S1,2026,3,1\nG1,정모친,S1,2026,3,1\n"}, first)
    assert [found[3] for found in again.found()] == ["person_taken", "person_taken"]


def test_a_guardian_may_name_a_student_of_the_database() -> None:
    first = bring(SMALL)
    again = bring({"guardians.csv": SMALL["guardians.csv"] + "G3,최조모,C3,조모,대화\n"}, first)
    assert again.faults == []
    assert again.roles("G3") == {("S1-2026-3-2", Role.GUARDIAN)}


def test_a_login_of_the_database_is_taken() -> None:
    first = bring(SMALL)
    again = bring({"people.csv": PEOPLE + "E9,lee,새사람,S1,직원,,\n"}, first)
    assert again.found() == [("people.csv", 2, "아이디", "login_taken")]


def test_two_people_may_swap_logins() -> None:
    first = bring(SMALL)
    files = changed(SMALL, "people.csv", "E3,lee,", "E3,kim,")
    files = changed(files, "people.csv", "E2,kim,", "E2,lee,")
    again = bring(files, first)
    assert again.faults == []
    assert (again.person("E2").login, again.person("E3").login) == ("lee", "kim")
    assert set(again.edits.parked) == {again.person("E2").id, again.person("E3").id}


def test_who_was_to_take_a_login_that_stays_is_left_out() -> None:
    """E3 is to give `lee` to a new person, but E3's row is bad, so `lee` stays."""
    first = bring(SMALL)
    files = changed(SMALL, "people.csv", "E3,lee,이들,S1-D2", "E3,lee2,이들,NOPE")
    files = {**files, "people.csv": files["people.csv"] + "E9,lee,새사람,S1,직원,,\n"}
    files["guardians.csv"] = GUARDIANS + "G1,정모친,C1,모,전체\n"
    again = bring(files, first)
    assert [found[3] for found in again.found()] == ["unknown_unit", "login_taken"]
