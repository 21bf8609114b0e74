"""What the database knows that a roster may speak of, and how edits of it are written down. Pure.

`sources` tell which imports brought something in: `roster/classes` is the file kind `classes` of the
import named `roster`. What no source names any more is missing; what none ever named was not
imported and is left alone.
"""

from typing import Any

from msgspec import Struct

from rooms.ids import PersonId, UnitId
from rooms.people import RoleAt, UnitKind


class KnownUnit(Struct, frozen=True):
    """An org unit as it is stored; `path` leads from the top to the unit itself."""

    id: UnitId
    code: str
    kind: UnitKind
    name: str
    parent: UnitId | None
    path: tuple[UnitId, ...]
    order: int = 0
    attrs: dict[str, Any] = {}
    archived: bool = False
    sources: tuple[str, ...] = ()


class KnownPerson(Struct, frozen=True):
    """A person as stored; `imported` holds the roles that each source gave them.

    `pruned` marks who was disabled because no source named them any more; somebody disabled by
    hand stays so.
    """

    id: PersonId
    code: str
    login: str
    name: str
    roles: tuple[RoleAt, ...] = ()
    imported: dict[str, tuple[RoleAt, ...]] = {}
    attrs: dict[str, Any] = {}
    disabled: bool = False
    pruned: bool = False
    has_password: bool = False


class KnownCare(Struct, frozen=True):
    """A guardianship as stored; one without sources and rights has ended."""

    guardian: PersonId
    student: PersonId
    relation: str
    rights: tuple[str, ...]
    sources: tuple[str, ...] = ()


class UnitEdit(Struct, frozen=True):
    """A unit as it shall be; `changed` names the fields that differ, empty for a new one."""

    unit: KnownUnit
    changed: tuple[str, ...] = ()


class PersonEdit(Struct, frozen=True):
    """A person as they shall be; `password` is a first password in plain text, to be hashed."""

    person: KnownPerson
    changed: tuple[str, ...] = ()
    password: str = ""


class CareEdit(Struct, frozen=True):
    """A guardianship as it shall be."""

    care: KnownCare
    changed: tuple[str, ...] = ()


class Edits(Struct, frozen=True):
    """What one import writes. An edit without `changed` is of something new.

    `parked` are people whose login another one takes over: theirs is set aside first. `rooms`
    are the units whose rooms may have other members afterwards.
    """

    units: tuple[UnitEdit, ...] = ()
    people: tuple[PersonEdit, ...] = ()
    cares: tuple[CareEdit, ...] = ()
    parked: tuple[PersonId, ...] = ()
    rooms: frozenset[UnitId] = frozenset()

    def __len__(self) -> int:
        """Count the edits."""
        return len(self.units) + len(self.people) + len(self.cares)


def differences(before: Struct, after: Struct) -> tuple[str, ...]:
    """Name the fields in which two of a kind differ; the order of roles and sources is nothing."""
    return tuple(
        field
        for field in before.__struct_fields__
        if _plain(getattr(before, field), field) != _plain(getattr(after, field), field)
    )


def _plain(value: Any, field: str) -> Any:
    if field in {"roles", "sources", "rights"}:
        return frozenset(value)
    if field == "imported":
        return {source: frozenset(roles) for source, roles in value.items()}
    return value
