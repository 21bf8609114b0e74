"""From the rows of schools, departments and classes to the org tree they describe. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from rooms.people import UnitKind
from rooms.roster.known import KnownUnit
from rooms.roster.rows import ClassRow, DepartmentRow, Place, SchoolRow, class_code, grade_code
from rooms.roster.table import Fault

CLOSED: Final = "폐교"
BRANCH: Final = "분교"

_LEVELS: Final = {"유치원": 0, "초등학교": 1, "중학교": 2, "고등학교": 3, "특수학교": 4}
_OTHER_LEVEL: Final = 5
_DEPARTMENT_PARENTS: Final = frozenset(
    {UnitKind.OFFICE, UnitKind.DISTRICT, UnitKind.SCHOOL, UnitKind.DEPARTMENT}
)
_STEPS: Final = 50


class UnitWish(Struct, frozen=True):
    """A unit that the files ask for; `parent` is a code, `sheet` the kind of file, None stays as it is."""

    code: str
    kind: UnitKind
    name: str
    parent: str | None
    sheet: str
    place: Place
    order: int | None = None
    attrs: dict[str, Any] = {}


class Tree(Struct):
    """The units the files ask for by code, the closed schools, and what was wrong.

    `spared` holds the codes that bad rows name, with where they stand.
    """

    wishes: dict[str, UnitWish]
    closed: dict[str, Place]
    faults: list[Fault]
    spared: dict[str, Place]


class UnitReader:
    """Collects the wishes of all files; references may also go to units the database knows.

    `known` holds those by code; `spared` the codes of bad rows, with where they stand.
    """

    def __init__(self, known: Mapping[str, KnownUnit], spared: Mapping[str, Place]) -> None:
        self._known = known
        self._codes = {unit.id: unit.code for unit in known.values()}
        self._spared = dict(spared)
        self._wishes: dict[str, UnitWish] = {}
        self._closed: dict[str, Place] = {}
        self._faults: list[Fault] = []

    def read(
        self,
        schools: Iterable[SchoolRow],
        departments: Iterable[DepartmentRow],
        classes: Iterable[ClassRow],
    ) -> Tree:
        """Read all rows; each bad one is reported and left out."""
        for row in schools:
            self._school(row)
        self._branches()
        self._departments(departments)
        for room in classes:
            self._class(room)
        return Tree(self._wishes, self._closed, self._faults, self._spared)

    def _school(self, row: SchoolRow) -> None:
        first = self._wishes.get(row.school)
        if first is not None and first.kind is UnitKind.SCHOOL:
            self._fault(row.place, "학교ID", "duplicate", _at(first.place))
            return
        if row.status == CLOSED:
            self._closed[row.school] = row.place
            self._spare(row.place, row.office, row.district)
            return
        direct = row.district in {"", row.office}
        if not direct and not row.district_name:
            self._fault(row.place, "교육지원청명", "empty", {})
            self._spare(row.place, row.school, row.office, row.district)
            return
        above = UnitWish(row.office, UnitKind.OFFICE, row.office_name, None, "schools", row.place)
        chain = [(above, "시도교육청")]
        if not direct:
            above = UnitWish(
                row.district, UnitKind.DISTRICT, row.district_name, row.office, "schools", row.place
            )
            chain.append((above, "교육지원청"))
        attrs = {
            field: value
            for field in ("level", "founding", "status", "address")
            if (value := getattr(row, field)) is not None
        }
        if row.branch is not None:
            attrs["branch"] = row.branch == BRANCH
        order = None if row.level is None else _LEVELS.get(row.level, _OTHER_LEVEL)
        chain.append(
            (
                UnitWish(
                    row.school, UnitKind.SCHOOL, row.name, above.code, "schools", row.place, order, attrs
                ),
                "학교ID",
            )
        )
        if all(self._fits(wish, label) for wish, label in chain):
            for wish, _ in chain:
                self._wishes.setdefault(wish.code, wish)
        else:
            self._spare(row.place, row.school, row.office, row.district)

    def _fits(self, wish: UnitWish, label: str) -> bool:
        """Check a unit of a school's row against what earlier rows and the database say of its code."""
        code = label if label == "학교ID" else f"{label}코드"
        first = self._wishes.get(wish.code)
        if not self._free(wish, code):
            return False
        if first is None:
            return True
        if first.name != wish.name:
            self._fault(wish.place, f"{label}명", "name_differs", _at(first.place) | {"name": first.name})
            return False
        if first.parent != wish.parent:
            self._fault(
                wish.place, "시도교육청코드", "parent_differs", _at(first.place) | {"parent": first.parent}
            )
            return False
        return True

    def _free(self, wish: UnitWish, column: str) -> bool:
        taken = self._wishes.get(wish.code) or self._known.get(wish.code)
        if taken is None or taken.kind is wish.kind:
            return True
        self._fault(
            wish.place,
            column,
            "code_taken",
            {"code": wish.code, "name": taken.name, "kind": str(taken.kind)},
        )
        return False

    def _branches(self) -> None:
        """Note at each branch school (분교) which main school of its district it belongs to, by its name."""
        mains = {
            (wish.parent, wish.name): wish.code
            for wish in self._wishes.values()
            if wish.kind is UnitKind.SCHOOL and not wish.attrs.get("branch")
        }
        for code, wish in self._wishes.items():
            if not wish.attrs.get("branch"):
                continue
            main = next(
                (
                    mains[wish.parent, wish.name[:end]]
                    for end in range(len(wish.name) - 1, 1, -1)
                    if (wish.parent, wish.name[:end]) in mains
                ),
                None,
            )
            if main is not None:
                attrs = wish.attrs | {"main_school": main}
                self._wishes[code] = UnitWish(
                    code, wish.kind, wish.name, wish.parent, wish.sheet, wish.place, wish.order, attrs
                )

    def _departments(self, rows: Iterable[DepartmentRow]) -> None:
        pending: dict[str, UnitWish] = {}
        for row in rows:
            wish = UnitWish(
                row.code, UnitKind.DEPARTMENT, row.name, row.unit, "departments", row.place, row.order
            )
            if (first := pending.get(row.code)) is not None:
                self._fault(row.place, "부서코드", "duplicate", _at(first.place))
            elif self._free(wish, "부서코드"):
                pending[row.code] = wish
            else:
                self._spare(row.place, row.code)
        self._wishes |= pending
        # A department that falls out may have been the one above others: look again until none does.
        while bad := [wish for wish in pending.values() if not self._hangs(wish)]:
            for wish in bad:
                del pending[wish.code], self._wishes[wish.code]
                self._spare(wish.place, wish.code)

    def _hangs(self, wish: UnitWish) -> bool:
        """Check that a department hangs below something that holds departments, and not below itself."""
        assert wish.parent is not None  # noqa: S101 - departments are made with one
        kind = self.kind(wish.parent)
        if kind is None:
            self._unknown(wish.place, "소속코드", wish.parent)
            return False
        if kind not in _DEPARTMENT_PARENTS:
            self._fault(wish.place, "소속코드", "not_for_departments", {"kind": str(kind)})
            return False
        if wish.code in self._above(wish.parent):
            self._fault(wish.place, "소속코드", "cycle", {"code": wish.code})
            return False
        return True

    def _above(self, code: str) -> list[str]:
        """List a unit's code and those above it, as the files have it and the database beyond."""
        found: list[str] = []
        at: str | None = code
        while at is not None and at not in found and len(found) < _STEPS:
            found.append(at)
            wish = self._wishes.get(at)
            if wish is not None:
                at = wish.parent
                continue
            known = self._known.get(at)
            at = self._codes.get(known.parent) if known is not None and known.parent is not None else None
        return found

    def _class(self, row: ClassRow) -> None:
        code = class_code(row.school, row.year, row.grade, row.room)
        if (first := self._wishes.get(code)) is not None:
            self._fault(row.place, "반", "duplicate", _at(first.place))
            return
        grade = grade_code(row.school, row.grade)
        if self.kind(row.school) is not UnitKind.SCHOOL:
            self._unknown(row.place, "학교코드", row.school)
            self._spare(row.place, code, grade)
            return
        grade_name = f"{row.grade}학년" if row.grade.isdigit() else row.grade
        room_name = f"{row.room}반" if row.room.isdigit() else row.room
        above = UnitWish(
            grade, UnitKind.GRADE, grade_name, row.school, "classes", row.place, _order(row.grade)
        )
        wish = UnitWish(
            code,
            UnitKind.CLASS,
            f"{grade_name} {room_name}",
            grade,
            "classes",
            row.place,
            _order(row.room),
            {"year": row.year},
        )
        if self._free(above, "학년") and self._free(wish, "반"):
            self._wishes.setdefault(grade, above)
            self._wishes[code] = wish
        else:
            self._spare(row.place, code, grade)

    def kind(self, code: str) -> UnitKind | None:
        """Find the kind of a unit that the files ask for or that the database has in use."""
        wish = self._wishes.get(code)
        if wish is not None:
            return wish.kind
        known = self._known.get(code)
        return None if known is None or known.archived or code in self._closed else known.kind

    def unknown(self, code: str) -> tuple[str, dict[str, Any]]:
        """Say why a reference to a unit leads nowhere."""
        if code in self._closed:
            return "unit_closed", {"code": code}
        if code in self._spared:
            return "unit_rejected", {"code": code} | _at(self._spared[code])
        known = self._known.get(code)
        if known is not None and known.archived:
            return "unit_archived", {"code": code, "name": known.name}
        if (found := self._wishes.get(code) or known) is not None:
            return "wrong_unit", {"code": code, "name": found.name, "kind": str(found.kind)}
        return "unknown_unit", {"code": code}

    def _unknown(self, place: Place, column: str, code: str) -> None:
        self._fault(place, column, *self.unknown(code))

    def _spare(self, place: Place, *codes: str) -> None:
        """Remember that a row was bad: what it names is not missing."""
        for code in codes:
            self._spared.setdefault(code, place)

    def _fault(self, place: Place, column: str, reason: str, params: dict[str, Any]) -> None:
        self._faults.append(Fault(place.file, place.line, column, reason, params))


def _at(place: Place) -> dict[str, Any]:
    return {"at_file": place.file, "at_line": place.line}


def _order(label: str) -> int:
    return int(label) if label.isdigit() else 0
