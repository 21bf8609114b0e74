"""From the rows of people, students and guardians to the persons and guardianships they describe. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field

from rooms.people import STAFF_ROLES, Role, UnitKind
from rooms.roster.known import KnownPerson
from rooms.roster.rows import GuardianRow, PersonRow, Place, StudentRow, class_code
from rooms.roster.table import Fault
from rooms.roster.values import BadCell, login

STAFF_SHEET: Final = "people"
STUDENT_SHEET: Final = "students"
GUARDIAN_SHEET: Final = "guardians"

_CODE_COLUMN: Final = {
    STAFF_SHEET: "개인코드",
    STUDENT_SHEET: "학생코드",
    GUARDIAN_SHEET: "보호자코드",
}


class PersonWish(Struct):
    """A person that the files ask for; None stays as it is, an empty login too.

    `roles` holds the roles (unit code, role) by the kind of file that gives them; `partial` the
    kinds in which some row of theirs was bad, so that roles not named may still be theirs.
    """

    code: str
    name: str
    login: str
    places: dict[str, Place]
    email: str | None = None
    password: str = ""
    title: str | None = None
    number: int | None = None
    roles: dict[str, dict[tuple[str, Role], Place]] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)

    @property
    def place(self) -> Place:
        """Give the first row that speaks of them."""
        return next(iter(self.places.values()))


class CareWish(Struct, frozen=True):
    """A guardianship that the files ask for, between two codes."""

    guardian: str
    student: str
    relation: str
    rights: tuple[str, ...]
    place: Place


class People(Struct):
    """The persons the files ask for by code, and the guardianships by (guardian, student).

    `spared` holds, by kind of file, the codes that bad rows name, with where they stand.
    """

    wishes: dict[str, PersonWish]
    cares: dict[tuple[str, str], CareWish]
    faults: list[Fault]
    spared: dict[str, dict[str, Place]]


class Units(Struct, frozen=True):
    """How references to units are looked up: their kind, or why there is none."""

    kind: Callable[[str], UnitKind | None]
    unknown: Callable[[str], tuple[str, dict[str, Any]]]


class PeopleReader:
    """Collects the wishes of all files.

    `known` holds the people of the database by code, `logins` whose code each login is taken by
    ("" for somebody without one); `spared` the codes of bad rows, with where they stand, by kind of file.
    """

    def __init__(
        self,
        units: Units,
        known: Mapping[str, KnownPerson],
        logins: Mapping[str, str],
        spared: Mapping[str, Mapping[str, Place]],
    ) -> None:
        self._units = units
        self._known = known
        self._logins = logins
        self._spared = {sheet: dict(spared.get(sheet, {})) for sheet in _CODE_COLUMN}
        self._wishes: dict[str, PersonWish] = {}
        self._cares: dict[tuple[str, str], CareWish] = {}
        self._faults: list[Fault] = []

    def read(
        self,
        people: Iterable[PersonRow],
        students: Iterable[StudentRow],
        guardians: Iterable[GuardianRow],
    ) -> People:
        """Read all rows; each bad one is reported and left out."""
        for person in people:
            self._person(person)
        for student in students:
            self._student(student)
        self._check_logins()
        for guardian in guardians:
            self._guardian(guardian)
        self._check_logins()
        for sheet, codes in self._spared.items():
            for code in codes:
                if code in self._wishes:
                    self._wishes[code].partial.add(sheet)
        return People(self._wishes, self._cares, self._faults, self._spared)

    def _person(self, row: PersonRow) -> None:
        kind = self._units.kind(row.unit)
        key = (row.unit, row.role)
        wish = self._wishes.get(row.code)
        first = wish.roles[STAFF_SHEET].get(key) if wish is not None else None
        if kind is None:
            self._fault(row.place, "소속코드", *self._units.unknown(row.unit))
        elif row.role is Role.TEACHER and kind is not UnitKind.CLASS:
            self._fault(row.place, "역할", "teacher_needs_class", {"kind": str(kind)})
        elif first is not None:
            self._fault(row.place, "개인코드", "duplicate", _at(first))
        elif self._student_in_database(row.code):
            self._fault(row.place, "개인코드", "person_taken", {"code": row.code})
        elif (found := self._same(row, STAFF_SHEET)) is not None:
            found.roles.setdefault(STAFF_SHEET, {})[key] = row.place
            found.title = found.title or row.title
            return
        self._spare(row.code, STAFF_SHEET)

    def _student(self, row: StudentRow) -> None:
        room = class_code(row.school, row.year, row.grade, row.room)
        known = self._known.get(row.code)
        if self._units.kind(room) is not UnitKind.CLASS:
            self._fault(row.place, "반", *self._units.unknown(room))
        elif (other := self._wishes.get(row.code)) is not None:
            reason = "duplicate" if STUDENT_SHEET in other.places else "person_taken"
            self._fault(row.place, "학생코드", reason, _at(other.place) | {"code": row.code})
        elif known is not None and {role.role for role in known.roles} & {*STAFF_ROLES, Role.GUARDIAN}:
            self._fault(row.place, "학생코드", "person_taken", {"code": row.code})
        elif (wish := self._same(row, STUDENT_SHEET)) is not None:
            wish.roles[STUDENT_SHEET] = {(room, Role.STUDENT): row.place}
            wish.number = row.number
            return
        self._spare(row.code, STUDENT_SHEET)

    def _guardian(self, row: GuardianRow) -> None:
        key = (row.code, row.student)
        if (first := self._cares.get(key)) is not None:
            self._fault(row.place, "학생코드", "duplicate", _at(first.place))
        elif not self._is_student(row.student):
            self._fault(row.place, "학생코드", *self._no_student(row.student))
        elif self._is_student(row.code):
            self._fault(row.place, "보호자코드", "person_taken", {"code": row.code})
        elif (wish := self._same(row, GUARDIAN_SHEET)) is not None:
            wish.roles.setdefault(GUARDIAN_SHEET, {})
            self._cares[key] = CareWish(row.code, row.student, row.relation, row.rights, row.place)
            return
        self._spare(row.code, GUARDIAN_SHEET)

    def _same(self, row: PersonRow | StudentRow | GuardianRow, sheet: str) -> PersonWish | None:
        """Find or begin the wish of a row's person; None where the row contradicts an earlier one."""
        wish = self._wishes.get(row.code)
        if wish is None:
            wish = PersonWish(row.code, row.name, row.login, {sheet: row.place}, row.email, row.password)
            if not self._login_of(wish):
                column = "아이디" if row.login else _CODE_COLUMN[sheet]
                self._fault(row.place, column, "no_login", {"code": row.code})
                return None
            self._wishes[row.code] = wish
            return wish
        if wish.name != row.name:
            self._fault(row.place, "이름", "person_differs", _at(wish.place) | {"first": wish.name})
            return None
        if row.login and wish.login and wish.login != row.login:
            self._fault(row.place, "아이디", "person_differs", _at(wish.place) | {"first": wish.login})
            return None
        wish.login = wish.login or row.login
        wish.email = wish.email or row.email
        wish.password = wish.password or row.password
        wish.places.setdefault(sheet, row.place)
        return wish

    def _login_of(self, wish: PersonWish) -> str:
        """Find the login somebody will have: the file's, else the one they have, else their code."""
        return login_of(wish, self._known.get(wish.code))

    def _check_logins(self) -> None:
        """Take out people whose login another one has, who keeps it."""
        while True:
            holders: dict[str, PersonWish] = {}
            before = len(self._wishes)
            for wish in list(self._wishes.values()):
                name = self._login_of(wish)
                other = holders.setdefault(name, wish)
                if other is not wish:
                    self._drop(wish, "login_twice", _at(other.place) | {"login": name, "code": other.code})
            for name, wish in holders.items():
                if self._kept_by_another(name, wish.code):
                    self._drop(wish, "login_taken", {"login": name})
            # Whoever was to give up a login and fell out keeps it, so look again.
            if len(self._wishes) == before:
                return

    def _kept_by_another(self, name: str, code: str) -> bool:
        holder = self._logins.get(name)
        if holder is None or holder == code:
            return False
        keeper = self._wishes.get(holder)
        return keeper is None or self._login_of(keeper) == name

    def _drop(self, wish: PersonWish, reason: str, params: dict[str, Any]) -> None:
        self._fault(wish.place, "아이디", reason, params)
        for sheet in wish.places:
            self._spare(wish.code, sheet)
        del self._wishes[wish.code]
        for key in [key for key in self._cares if wish.code in key]:
            del self._cares[key]

    def _is_student(self, code: str) -> bool:
        wish = self._wishes.get(code)
        if wish is not None:
            return STUDENT_SHEET in wish.places
        return self._student_in_database(code)

    def _student_in_database(self, code: str) -> bool:
        known = self._known.get(code)
        return (
            known is not None and not known.pruned and any(held.role is Role.STUDENT for held in known.roles)
        )

    def _no_student(self, code: str) -> tuple[str, dict[str, Any]]:
        place = self._spared.get(STUDENT_SHEET, {}).get(code)
        if place is not None:
            return "student_rejected", {"code": code} | _at(place)
        return "unknown_student", {"code": code}

    def _spare(self, code: str, sheet: str) -> None:
        """Remember that a row of somebody was bad: they are not missing, and nothing is taken from them."""
        place = Place(self._faults[-1].file, self._faults[-1].line or 0)
        self._spared[sheet].setdefault(code, place)

    def _fault(self, place: Place, column: str, reason: str, params: dict[str, Any]) -> None:
        self._faults.append(Fault(place.file, place.line, column, reason, params))


def login_of(wish: PersonWish, known: KnownPerson | None) -> str:
    """Find the login somebody will have: the file's, else the one they have, else their code; "" for none."""
    if wish.login:
        return wish.login
    if known is not None and known.login:
        return known.login
    try:
        return login(wish.code)
    except BadCell:
        return ""


def _at(place: Place) -> dict[str, Any]:
    return {"at_file": place.file, "at_line": place.line}
