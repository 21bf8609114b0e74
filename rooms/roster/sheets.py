"""The six files of a roster.

Each column goes by its Korean or its English header (`--help` and the README list them). Several
files of one kind may be given, such as `people-middle.csv` beside `people.csv`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from rooms.roster import values
from rooms.roster.rows import (
    Cell,
    ClassRow,
    DepartmentRow,
    GuardianRow,
    PersonRow,
    SchoolRow,
    Sheet,
    StudentRow,
    class_code,
    grade_code,
)
from rooms.roster.table import Column


def _school_codes(cells: Mapping[str, Any]) -> set[str]:
    if "school" not in cells:
        return set()
    return {cells[field] for field in ("school", "office", "district") if cells.get(field)}


def _class_codes(cells: Mapping[str, Any]) -> set[str]:
    if not {"school", "year", "grade", "room"} <= cells.keys():
        return set()
    school, year, grade, room = (cells[field] for field in ("school", "year", "grade", "room"))
    return {grade_code(school, grade), class_code(school, year, grade, room)}


def _own_code(cells: Mapping[str, Any]) -> set[str]:
    return {cells["code"]} if "code" in cells else set()


def _cell(
    field: str,
    korean: str,
    read: Callable[[str], Any],
    about: tuple[str, str],
    *aliases: str,
    required: bool = True,
    english: str = "",
) -> Cell:
    return Cell(Column(field, korean, aliases, required, english), read, about)


_LOGIN: Final = _cell(
    "login",
    "아이디",
    values.login,
    ("비우면 코드를 소문자로 씁니다", "the code in lower case where empty"),
    required=False,
)
_EMAIL: Final = _cell("email", "이메일", values.email, ("", ""), "전자우편", "e-mail", required=False)
_PASSWORD: Final = _cell(
    "password",
    "초기비밀번호",
    values.password,
    (
        "8자 이상, 아직 비밀번호가 없는 사람에게만 적용합니다",
        "8 characters or more; taken only by somebody who has none yet",
    ),
    "비밀번호",
    required=False,
)
_CLASS: Final = (
    _cell("school", "학교코드", values.code, ("학교ID", "the 학교ID of schools.csv"), "학교ID"),
    _cell("year", "학년도", values.year, ("예: 2026", "e.g. 2026")),
    _cell("grade", "학년", values.label, ("숫자나 낱말", "a number or a word")),
    _cell("room", "반", values.label, ("숫자나 낱말", "a number or a word"), "학급", english="class"),
)

SCHOOLS: Final = Sheet(
    "schools",
    SchoolRow,
    (
        _cell("school", "학교ID", values.code, ("학교 코드", "the school's code"), "school_id"),
        _cell("name", "학교명", values.name, ("", ""), "school_name"),
        _cell("office", "시도교육청코드", values.code, ("교육청 코드", "the office's code"), "office_code"),
        _cell("office_name", "시도교육청명", values.name, ("", "")),
        _cell(
            "district",
            "교육지원청코드",
            values.optional_code,
            ("비우면 교육청 직속", "empty: directly below the office"),
            "district_code",
        ),
        _cell("district_name", "교육지원청명", values.note, ("", "")),
        _cell("level", "학교급구분", values.note, ("", ""), required=False),
        _cell("founding", "설립형태", values.note, ("", ""), required=False),
        _cell(
            "branch",
            "본교분교구분",
            values.note,
            ("분교도 교육지원청 아래에 놓입니다", "a branch (분교) also stands below its district"),
            required=False,
        ),
        _cell(
            "status",
            "운영상태",
            values.note,
            ("폐교는 들이지 않고, 있던 학교는 보관합니다", "폐교 (closed): left out, archived if known"),
            required=False,
        ),
        _cell("address", "소재지도로명주소", values.note, ("", ""), required=False),
    ),
    _school_codes,
)
DEPARTMENTS: Final = Sheet(
    "departments",
    DepartmentRow,
    (
        _cell("code", "부서코드", values.code, ("바뀌지 않는 코드", "a code that stays"), "코드"),
        _cell("name", "부서명", values.name, ("", ""), "부서"),
        _cell(
            "unit",
            "소속코드",
            values.code,
            (
                "교육청·교육지원청·학교·상위 부서의 코드",
                "code of the unit above: office, school, department …",
            ),
            "상위코드",
        ),
        _cell("order", "순서", values.number, ("", "order among its neighbours"), required=False),
    ),
    _own_code,
)
CLASSES: Final = Sheet("classes", ClassRow, _CLASS, _class_codes)
PEOPLE: Final = Sheet(
    "people",
    PersonRow,
    (
        _cell("code", "개인코드", values.code, ("바뀌지 않는 코드", "a code that stays"), "코드", "직원코드"),
        _LOGIN,
        _cell("name", "이름", values.name, ("", ""), "성명"),
        _cell(
            "unit",
            "소속코드",
            values.code,
            (
                "기관·부서 코드, 학급은 학교ID-학년도-학년-반",
                "code of a unit; of a class 학교ID-year-grade-class",
            ),
        ),
        _cell(
            "role",
            "역할",
            values.role,
            ("관리자, 직원, 담임(학급)", "administrator, staff, or teacher (of a class)"),
        ),
        _cell("title", "직위", values.note, ("", "kept with the person"), "직책", required=False),
        _EMAIL,
        _PASSWORD,
    ),
    _own_code,
)
STUDENTS: Final = Sheet(
    "students",
    StudentRow,
    (
        _cell("code", "학생코드", values.code, ("바뀌지 않는 코드", "a code that stays"), "코드"),
        _cell("name", "이름", values.name, ("", ""), "성명"),
        *_CLASS,
        _cell("number", "번호", values.number, ("", "number in the class"), required=False),
        _LOGIN,
        _EMAIL,
        _PASSWORD,
    ),
    _own_code,
)
GUARDIANS: Final = Sheet(
    "guardians",
    GuardianRow,
    (
        _cell(
            "code",
            "보호자코드",
            values.code,
            ("교직원이면 people.csv의 개인코드", "for somebody on the staff, their code in people.csv"),
            "코드",
        ),
        _cell("name", "이름", values.name, ("", ""), "성명"),
        _cell("student", "학생코드", values.code, ("", "")),
        _cell("relation", "관계", values.name, ("부, 모, 조모 …", "father, mother, grandmother …")),
        _cell(
            "rights",
            "권리",
            values.rights,
            (
                "전체, 없음, 또는 대화·알림·동의·기록 가운데; 비울 수 없습니다",
                "all, none, or some of messages, notices, consent, records; never empty",
            ),
        ),
        _LOGIN,
        _EMAIL,
        _PASSWORD,
    ),
    _own_code,
)

SHEETS: Final[tuple[Sheet[Any], ...]] = (SCHOOLS, DEPARTMENTS, CLASSES, PEOPLE, STUDENTS, GUARDIANS)
"""In the order in which they build on each other."""


def sheet_of(file: str) -> Sheet[Any] | None:
    """Find what kind of roster a file name stands for: `people.csv`, `people-middle.csv`."""
    stem, dot, ending = file.rpartition(".")
    if not dot or ending.lower() != "csv":
        return None
    kind = stem.partition("-")[0].lower()
    return next((sheet for sheet in SHEETS if sheet.name == kind), None)
