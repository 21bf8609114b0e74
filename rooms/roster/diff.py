"""What has to be written so that the database says what the files say. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rooms.ids import PersonId, UnitId, new_person_id, new_unit_id
from rooms.people import Role, RoleAt
from rooms.roster.known import (
    CareEdit,
    Edits,
    KnownCare,
    KnownPerson,
    KnownUnit,
    PersonEdit,
    UnitEdit,
    differences,
)
from rooms.roster.people import GUARDIAN_SHEET, CareWish, PersonWish, login_of
from rooms.roster.units import UnitWish

MESSAGES = "messages"
"""The right of a guardian without which a class's rooms are not theirs."""

Pair = tuple[PersonId, PersonId]


class State(Struct):
    """What was read of the database: all units by id, and those people and guardianships that matter."""

    units: dict[UnitId, KnownUnit]
    people: dict[PersonId, KnownPerson]
    cares: dict[Pair, KnownCare]


def tag(source: str, sheet: str) -> str:
    """Name what a kind of file of an import brings in: `roster/classes`."""
    return f"{source}/{sheet}"


def plan(
    source: str,
    units: Mapping[str, UnitWish],
    people: Mapping[str, PersonWish],
    cares: Mapping[tuple[str, str], CareWish],
    before: State,
) -> tuple[Edits, State]:
    """Find the edits that bring in what the files ask for; and the state after them.

    Nothing is taken away but from what the files speak of: roles and rights of those they name.
    """
    after = State(_units(source, units, before.units), _people(people, before), dict(before.cares))
    unit_ids = {unit.code: unit.id for unit in after.units.values() if unit.code}
    person_ids = {person.code: person.id for person in after.people.values() if person.code}
    for code, wish in people.items():
        person = after.people[person_ids[code]]
        after.people[person.id] = _with_roles(source, wish, person, unit_ids)
    for care in cares.values():
        pair = person_ids[care.guardian], person_ids[care.student]
        after.cares[pair] = _care(source, care, pair, before.cares.get(pair))
    derive_guardians(after)
    passwords = {
        person_ids[code]: wish.password
        for code, wish in people.items()
        if wish.password and not after.people[person_ids[code]].has_password
    }
    return edits(before, after, passwords), after


def edits(before: State, after: State, passwords: Mapping[PersonId, str]) -> Edits:
    """Compare two states; `passwords` are first passwords to set."""
    units = [
        UnitEdit(unit, changed)
        for unit in after.units.values()
        if (changed := _changed(before.units.get(unit.id), unit)) is not None
    ]
    people: list[PersonEdit] = []
    for person in after.people.values():
        changed = _changed(before.people.get(person.id), person)
        password = passwords.get(person.id, "")
        if password and changed != ():
            changed = (*(changed or ()), "password")
        if changed is not None:
            people.append(PersonEdit(person, changed, password))
    cares = [
        CareEdit(care, changed)
        for pair, care in after.cares.items()
        if (changed := _changed(before.cares.get(pair), care)) is not None
    ]
    return Edits(
        tuple(units), tuple(people), tuple(cares), _parked(before, people), _rooms(before, units, people)
    )


def derive_guardians(state: State) -> None:
    """Give each guardian of the state their role in their children's classes, and in no other."""
    held: dict[PersonId, dict[RoleAt, None]] = {guardian: {} for guardian, _ in state.cares}
    for (guardian, student), care in state.cares.items():
        child = state.people.get(student)
        if child is None or child.disabled or MESSAGES not in care.rights:
            continue
        for role in child.roles:
            if role.role is Role.STUDENT:
                held[guardian][RoleAt(role.unit, Role.GUARDIAN)] = None
    for guardian, derived in held.items():
        person = state.people.get(guardian)
        if person is None:
            continue
        others = [role for role in person.roles if role.role is not Role.GUARDIAN]
        roles = () if person.pruned else (*others, *derived)
        if set(roles) != set(person.roles):
            state.people[guardian] = replace(person, roles=roles)


def lay_paths(units: dict[UnitId, KnownUnit]) -> None:
    """Bring every unit's path in line with its parents."""
    paths: dict[UnitId | None, tuple[UnitId, ...]] = {None: ()}
    for unit in list(units.values()):
        chain: list[KnownUnit] = []
        at: UnitId | None = unit.id
        while at not in paths:
            step = units.get(at) if at is not None else None
            if step is None or step in chain:
                paths[at] = ()
                break
            chain.append(step)
            at = step.parent
        for step in reversed(chain):
            paths[step.id] = (*paths[step.parent], step.id)
            if step.path != paths[step.id]:
                units[step.id] = replace(step, path=paths[step.id])


def _units(
    source: str, wishes: Mapping[str, UnitWish], known: Mapping[UnitId, KnownUnit]
) -> dict[UnitId, KnownUnit]:
    after = dict(known)
    by_code = {unit.code: unit for unit in known.values() if unit.code}
    ids = {code: unit.id for code, unit in by_code.items()}
    ids |= {code: new_unit_id() for code in wishes if code not in ids}
    for code, wish in wishes.items():
        old = by_code.get(code)
        after[ids[code]] = KnownUnit(
            id=ids[code],
            code=code,
            kind=wish.kind,
            name=wish.name,
            parent=ids[wish.parent] if wish.parent is not None else None,
            path=old.path if old is not None else (),
            order=wish.order if wish.order is not None else old.order if old is not None else 0,
            attrs=_filled((old.attrs if old is not None else {}) | wish.attrs),
            sources=_with(old.sources if old is not None else (), tag(source, wish.sheet)),
        )
    lay_paths(after)
    return after


def _people(wishes: Mapping[str, PersonWish], before: State) -> dict[PersonId, KnownPerson]:
    after = dict(before.people)
    by_code = {person.code: person for person in before.people.values() if person.code}
    for code, wish in wishes.items():
        old = by_code.get(code)
        attrs: dict[str, Any] = {
            name: value for name in ("title", "email", "number") if (value := getattr(wish, name)) is not None
        }
        if old is None:
            person = KnownPerson(new_person_id(), code, login_of(wish, None), wish.name, attrs=_filled(attrs))
        else:
            person = replace(
                old,
                login=login_of(wish, old),
                name=wish.name,
                attrs=_filled(old.attrs | attrs),
                disabled=old.disabled and not old.pruned,
                pruned=False,
            )
        after[person.id] = person
    return after


def _with_roles(
    source: str, wish: PersonWish, person: KnownPerson, units: Mapping[str, UnitId]
) -> KnownPerson:
    """Replace the roles that these files gave by those they give now; roles from elsewhere stay."""
    imported = dict(person.imported)
    for sheet in wish.places:
        roles = [RoleAt(units[unit], role) for unit, role in wish.roles.get(sheet, {})]
        if sheet in wish.partial:
            roles += person.imported.get(tag(source, sheet), ())
        imported[tag(source, sheet)] = tuple(dict.fromkeys(roles))
    return replace(person, imported=imported, roles=_combined(person, imported))


def _combined(person: KnownPerson, imported: Mapping[str, Iterable[RoleAt]]) -> tuple[RoleAt, ...]:
    once = {role for roles in person.imported.values() for role in roles}
    stays = [role for role in person.roles if role not in once]
    given = [role for roles in imported.values() for role in roles]
    return tuple(dict.fromkeys([*given, *stays]))


def without(person: KnownPerson, sources: Collection[str], units: Collection[UnitId]) -> KnownPerson:
    """Take from a person the roles of these sources and those in these units."""
    imported = {
        source: tuple(role for role in roles if role.unit not in units)
        for source, roles in person.imported.items()
        if source not in sources
    }
    roles = tuple(role for role in _combined(person, imported) if role.unit not in units)
    return replace(person, imported=imported, roles=roles)


def _care(source: str, wish: CareWish, pair: Pair, old: KnownCare | None) -> KnownCare:
    sources = _with(old.sources if old is not None else (), tag(source, GUARDIAN_SHEET))
    return KnownCare(*pair, wish.relation, wish.rights, sources)


def _with(sources: tuple[str, ...], source: str) -> tuple[str, ...]:
    return sources if source in sources else (*sources, source)


def _filled(attrs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attrs.items() if value not in ("", 0)}


def _changed(before: Struct | None, after: Struct) -> tuple[str, ...] | None:
    """Name the fields that differ; () for something new, None for no difference."""
    if before is None:
        return ()
    return (None if before is after else differences(before, after)) or None


def _parked(before: State, people: Iterable[PersonEdit]) -> tuple[PersonId, ...]:
    holders = {person.login: person.id for person in before.people.values()}
    return tuple(
        holders[edit.person.login]
        for edit in people
        if holders.get(edit.person.login, edit.person.id) != edit.person.id
    )


def _rooms(before: State, units: Iterable[UnitEdit], people: Iterable[PersonEdit]) -> frozenset[UnitId]:
    """Find the units whose rooms may have other members now: a unit that moved takes all below along."""
    found: set[UnitId] = set()
    for unit in units:
        if {"path", "archived"} & set(unit.changed):
            old = before.units[unit.unit.id]
            found.update(old.path, unit.unit.path)
    for edit in people:
        if edit.changed and not {"roles", "disabled"} & set(edit.changed):
            continue
        was = before.people.get(edit.person.id)
        old_roles = set(was.roles) if was is not None else set()
        new_roles = set(edit.person.roles)
        if "disabled" in edit.changed:
            found.update(role.unit for role in old_roles | new_roles)
        found.update(role.unit for role in old_roles ^ new_roles)
    return frozenset(found)
