"""People, the org tree they stand in, and guardianships."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from rooms.ids import PersonId, UnitId


class UnitKind(StrEnum):
    """Levels of the org tree, from the office down; departments hang below any of them."""

    OFFICE = "office"
    DISTRICT = "district"
    SCHOOL = "school"
    GRADE = "grade"
    CLASS = "class"
    DEPARTMENT = "department"


class Role(StrEnum):
    """What a person is in an org unit."""

    ADMINISTRATOR = "administrator"
    STAFF = "staff"
    TEACHER = "teacher"
    GUARDIAN = "guardian"
    STUDENT = "student"


STAFF_ROLES: Final = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.TEACHER})
FAMILY_ROLES: Final = frozenset({Role.GUARDIAN, Role.STUDENT})


class PersonKind(StrEnum):
    """Whose rules a person falls under; whoever has any staff role is staff."""

    STAFF = "staff"
    GUARDIAN = "guardian"
    STUDENT = "student"


class RoleAt(Struct, frozen=True):
    """A role in a unit."""

    unit: UnitId
    role: Role


class Unit(Struct, frozen=True):
    """A unit of the org tree; `path` leads from the office down to the unit itself."""

    id: UnitId
    kind: UnitKind
    name: str
    parent: UnitId | None
    path: tuple[UnitId, ...]


class Person(Struct, frozen=True):
    """A person as the rules see them; `locale` is the language they chose, if they did.

    A chatbot is a person too, without any role: `bot` names which.
    """

    id: PersonId
    name: str
    roles: tuple[RoleAt, ...] = ()
    login: str | None = None
    locale: str | None = None
    disabled: bool = False
    bot: str | None = None

    @property
    def kind(self) -> PersonKind:
        """Staff, student or guardian; the last also for somebody without any role, as whose rights ended."""
        held = {role.role for role in self.roles}
        if held & STAFF_ROLES:
            return PersonKind.STAFF
        return PersonKind.STUDENT if held == {Role.STUDENT} else PersonKind.GUARDIAN

    @property
    def is_staff(self) -> bool:
        """Whether the staff rules apply."""
        return self.kind is PersonKind.STAFF


_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST_SYLLABLE: Final = 0xAC00
_LAST_SYLLABLE: Final = 0xD7A3
_PER_INITIAL: Final = 588


def initials(text: str) -> str:
    """Write each Hangul syllable as its first consonant (초성), the rest as it is."""
    return "".join(
        _INITIALS[(ord(char) - _FIRST_SYLLABLE) // _PER_INITIAL]
        if _FIRST_SYLLABLE <= ord(char) <= _LAST_SYLLABLE
        else char
        for char in text
    )


def name_keys(name: str) -> list[str]:
    """List what a search for this name may begin with: every ending of it, and of its 초성.

    A prefix look-up in an index over these keys finds any part of a name, so that 하늘 and ㅎㄴ
    find 김하늘. At most 80 keys.
    """
    plain = "".join(name.lower().split())[:40]
    first = initials(plain)
    return list(
        dict.fromkeys([plain[i:] for i in range(len(plain))] + [first[i:] for i in range(len(first))])
    )


def search_key(query: str) -> str:
    """Bring what somebody typed into the form of `name_keys`."""
    return "".join(query.lower().split())[:40]


INSTITUTIONS: Final = frozenset({UnitKind.OFFICE, UnitKind.DISTRICT, UnitKind.SCHOOL})


def place_name(unit: Unit, units: Mapping[UnitId, Unit]) -> str:
    """Name a unit with the school, district or office it belongs to, so that no two 연구부 look alike.

    `units` holds the units of its path.
    """
    if unit.kind in INSTITUTIONS:
        return unit.name
    above = (units[step] for step in reversed(unit.path) if step in units)
    home = next((step for step in above if step.kind in INSTITUTIONS), None)
    return unit.name if home is None else f"{home.name} {unit.name}"


def family_scope(
    roles: Iterable[RoleAt], units: dict[UnitId, Unit], kinds: dict[UnitId, UnitKind]
) -> set[UnitId]:
    """Find the units whose students and guardians these staff roles may see.

    An administrator sees the families below their unit, anybody else on the staff of a school
    those of that school; staff of the office and of districts see none. `units` holds the units
    of the roles, `kinds` the kind of every unit on their paths.
    """
    scope: set[UnitId] = set()
    for held in roles:
        unit = units.get(held.unit)
        if unit is None or held.role not in STAFF_ROLES:
            continue
        if held.role is Role.ADMINISTRATOR:
            scope.add(unit.id)
        scope.update(step for step in unit.path if kinds.get(step) is UnitKind.SCHOOL)
    return scope
