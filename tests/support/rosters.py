"""Rosters for tests: small files, and imports of them without a database."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rooms.people import Role, UnitKind
from rooms.roster.diff import State, plan
from rooms.roster.known import Edits, KnownPerson, KnownUnit
from rooms.roster.missing import Missing, Named, find_missing, prune
from rooms.roster.people import PeopleReader, Units
from rooms.roster.rows import Place, read_sheet
from rooms.roster.sheets import sheet_of
from rooms.roster.table import Fault
from rooms.roster.units import UnitReader

SCHOOLS = (
    "학교ID,학교명,학교급구분,본교분교구분,운영상태,시도교육청코드,시도교육청명,교육지원청코드,교육지원청명\n"
)
DEPARTMENTS = "부서코드,부서명,소속코드,순서\n"
CLASSES = "학교코드,학년도,학년,반\n"
PEOPLE = "개인코드,아이디,이름,소속코드,역할,직위,초기비밀번호\n"
STUDENTS = "학생코드,이름,학교코드,학년도,학년,반\n"
GUARDIANS = "보호자코드,이름,학생코드,관계,권리\n"

OFFICE = "O1,한빛도교육청"
EAST = "D1,동부교육지원청"
WEST = "D2,서부교육지원청"

SMALL = {
    "schools.csv": SCHOOLS
    + f"S1,물빛초등학교,초등학교,본교,운영,{OFFICE},{EAST}\n"
    + f"S2,솔내중학교,중학교,본교,운영,{OFFICE},{WEST}\n",
    "departments.csv": DEPARTMENTS + "S1-D1,교무부,S1,1\nS1-D2,연구부,S1,2\nO1-D1,총무과,O1,1\n",
    "classes.csv": CLASSES + "S1,2026,3,1\nS1,2026,3,2\nS2,2026,1,1\n",
    "people.csv": PEOPLE
    + "E1,admin,손하늘,O1,관리자,주무관,\n"
    + "E2,kim,김바다,S1-D1,직원,교사,\n"
    + "E2,kim,김바다,S1-2026-3-1,담임,교사,\n"
    + "E3,lee,이들,S1-D2,직원,연구부장,\n",
    "students.csv": STUDENTS + "C1,박하나,S1,2026,3,1\nC2,박두리,S2,2026,1,1\nC3,최세찬,S1,2026,3,2\n",
    "guardians.csv": GUARDIANS
    + "G1,정모친,C1,모,전체\n"
    + "G1,정모친,C2,모,전체\n"
    + "G2,박부친,C1,부,없음\n"
    + "E3,이들,C3,모,대화·알림\n",
}
"""Two schools in two districts, staff, a family across both schools, a guardian without rights."""


class Imported(Struct):
    """An import without a database: what would be written, the state then, and what is missing."""

    edits: Edits
    state: State
    missing: Missing
    faults: list[Fault]

    def unit(self, code: str) -> KnownUnit:
        """Find a unit."""
        return next(unit for unit in self.state.units.values() if unit.code == code)

    def person(self, code: str) -> KnownPerson:
        """Find a person."""
        return next(person for person in self.state.people.values() if person.code == code)

    def roles(self, code: str) -> set[tuple[str, Role]]:
        """List a person's roles by the codes of their units."""
        return {(self.state.units[held.unit].code, held.role) for held in self.person(code).roles}

    def path(self, code: str) -> list[str]:
        """List the codes on the way to a unit."""
        return [self.state.units[step].code for step in self.unit(code).path]

    def kinds(self) -> dict[str, UnitKind]:
        """Map the codes of the units in use to their kinds."""
        return {unit.code: unit.kind for unit in self.state.units.values() if not unit.archived}

    def found(self) -> list[tuple[str, int | None, str | None, str]]:
        """List the faults: file, line, column, reason."""
        return [(fault.file, fault.line, fault.column, fault.reason) for fault in self.faults]

    def put_away(self) -> "Imported":
        """Prune what is missing."""
        edits = prune("roster", self.missing, self.state)
        return Imported(edits, applied(self.state, edits), Missing(), [])


def bring(files: Mapping[str, str], before: "Imported | None" = None, source: str = "roster") -> Imported:
    """Import files into what `before` left."""
    state = before.state if before is not None else State({}, {}, {})
    readings = {
        name: read_sheet(sheet, name, text.encode())
        for name, text in files.items()
        if (sheet := sheet_of(name)) is not None
    }
    rows: dict[str, list[Any]] = {}
    spared: dict[str, dict[str, Place]] = {}
    blind: set[str] = set()
    for name, reading in readings.items():
        kind = name.partition(".")[0].partition("-")[0]
        rows.setdefault(kind, []).extend(reading.rows)
        spared.setdefault(kind, {}).update({code: Place(name, line) for code, line in reading.spared.items()})
        if reading.blind:
            blind.add(kind)
    units = ("schools", "departments", "classes")
    reader = UnitReader(
        {unit.code: unit for unit in state.units.values()},
        {code: place for sheet in units for code, place in spared.get(sheet, {}).items()},
    )
    tree = reader.read(*(rows.get(sheet, []) for sheet in units))
    people = PeopleReader(
        Units(reader.kind, reader.unknown),
        {person.code: person for person in state.people.values()},
        {person.login: person.code for person in state.people.values()},
        {sheet: spared.get(sheet, {}) for sheet in ("people", "students", "guardians")},
    ).read(*(rows.get(sheet, []) for sheet in ("people", "students", "guardians")))
    edits, after = plan(source, tree.wishes, people.wishes, people.cares, state)
    named = Named(
        source,
        frozenset(rows) - blind,
        tree.wishes,
        tree.closed,
        people.wishes,
        people.cares,
        {**dict.fromkeys(units, tree.spared), **people.spared},
    )
    faults = [fault for reading in readings.values() for fault in reading.faults]
    return Imported(edits, after, find_missing(named, after), [*faults, *tree.faults, *people.faults])


def applied(before: State, edits: Edits) -> State:
    """Do what edits say."""
    return State(
        before.units | {edit.unit.id: edit.unit for edit in edits.units},
        before.people | {edit.person.id: edit.person for edit in edits.people},
        before.cares | {(edit.care.guardian, edit.care.student): edit.care for edit in edits.cares},
    )


def changed(files: Mapping[str, str], file: str, old: str, new: str) -> dict[str, str]:
    """Give the files with one thing replaced in one of them."""
    assert old in files[file]
    return {**files, file: files[file].replace(old, new)}
