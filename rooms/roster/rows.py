"""The rows of roster files, and how a file becomes rows. Pure.

A field that is None had no column; what is known of it stays as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

from rooms.people import Role
from rooms.roster.table import Column, Fault, Record, read_table
from rooms.roster.values import BadCell


class Place(Struct, frozen=True):
    """Where a row stands, for reports."""

    file: str
    line: int


class SchoolRow(Struct, frozen=True):
    """A school, as the national data set of school locations describes it."""

    place: Place
    school: str
    name: str
    office: str
    office_name: str
    district: str
    district_name: str
    level: str | None = None
    founding: str | None = None
    branch: str | None = None
    status: str | None = None
    address: str | None = None


class DepartmentRow(Struct, frozen=True):
    """A department; `unit` is the code of the unit above it."""

    place: Place
    code: str
    name: str
    unit: str
    order: int | None = None


class ClassRow(Struct, frozen=True):
    """A class of a school year."""

    place: Place
    school: str
    year: int
    grade: str
    room: str


class PersonRow(Struct, frozen=True):
    """A role of somebody on the staff."""

    place: Place
    code: str
    name: str
    unit: str
    role: Role
    login: str = ""
    title: str | None = None
    email: str | None = None
    password: str = ""


class StudentRow(Struct, frozen=True):
    """A student in a class."""

    place: Place
    code: str
    name: str
    school: str
    year: int
    grade: str
    room: str
    number: int | None = None
    login: str = ""
    email: str | None = None
    password: str = ""


class GuardianRow(Struct, frozen=True):
    """A guardian of one student."""

    place: Place
    code: str
    name: str
    student: str
    relation: str
    rights: tuple[str, ...]
    login: str = ""
    email: str | None = None
    password: str = ""


R = TypeVar("R")


class Cell(Struct, frozen=True):
    """A column, how its cells are read, and a line on it in Korean and in English."""

    column: Column
    read: Callable[[str], Any]
    about: tuple[str, str]


class Sheet(Struct, Generic[R], frozen=True):
    """A kind of file: its name, its columns, the rows it has, and the codes a row brings in."""

    name: str
    row: type[R]
    cells: tuple[Cell, ...]
    brings: Callable[[Mapping[str, Any]], set[str]]
    """Which codes the readable cells of a row stand for, so that a bad row is not taken for a missing one."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """List the columns."""
        return tuple(cell.column for cell in self.cells)


class Reading(Struct, Generic[R], frozen=True):
    """What came of one file.

    `spared` holds the codes that bad rows name, with the line; `blind` says that a row could not
    be read well enough to know whom it names.
    """

    file: str
    encoding: str
    rows: tuple[R, ...]
    faults: tuple[Fault, ...]
    spared: dict[str, int]
    blind: bool


def read_sheet(sheet: Sheet[R], file: str, data: bytes) -> Reading[R]:
    """Read the rows of a file; each bad cell is reported, and costs its row."""
    table = read_table(file, data, sheet.columns)
    faults = list(table.faults)
    rows: list[R] = []
    spared: dict[str, int] = {}
    blind = table.blind
    readers = [(cell.column.field, cell.column.korean, cell.read) for cell in sheet.cells]
    make: Callable[..., R] = sheet.row
    for record in table.records:
        cells, bad = _clean(record, readers, file)
        if not bad:
            rows.append(make(place=Place(file, record.line), **cells))
            continue
        faults += bad
        named = sheet.brings(cells)
        spared |= {code: record.line for code in named if code not in spared}
        blind = blind or not named
    return Reading(file, table.encoding, tuple(rows), tuple(faults), spared, blind)


def _clean(
    record: Record, readers: list[tuple[str, str, Callable[[str], Any]]], file: str
) -> tuple[dict[str, Any], list[Fault]]:
    cells: dict[str, Any] = {}
    bad: list[Fault] = []
    for field, label, read in readers:
        if (cell := record.cells.get(field)) is None:
            continue
        try:
            cells[field] = read(cell)
        except BadCell as fault:
            bad.append(Fault(file, record.line, label, fault.reason, fault.params))
    return cells, bad


def grade_code(school: str, grade: str) -> str:
    """Make the code of a grade, which stays from year to year: `B000009527-3`."""
    return f"{school}-{grade}"


def class_code(school: str, year: int, grade: str, room: str) -> str:
    """Make the code of a class, which is another one each year: `B000009527-2026-3-2`."""
    return f"{school}-{year}-{grade}-{room}"
