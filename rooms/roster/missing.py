"""What earlier imports brought in and the files no longer name; and how it is put away. Pure.

Nothing is erased: units are archived, people disabled, guardianships keep their row without rights.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from rooms.ids import PersonId, UnitId
from rooms.roster.diff import Pair, State, derive_guardians, edits, tag, without
from rooms.roster.known import Edits
from rooms.roster.people import GUARDIAN_SHEET, PersonWish
from rooms.roster.units import UnitWish


class Missing(Struct, frozen=True):
    """What is missing.

    `units` with all below them, those of `closed` schools among them; `people` with the sources
    that no longer name them; guardianships. `kept` are units that still have something below
    them, `released` those that another source still names.
    """

    units: tuple[UnitId, ...] = ()
    closed: tuple[UnitId, ...] = ()
    people: dict[PersonId, tuple[str, ...]] = {}
    cares: tuple[Pair, ...] = ()
    kept: tuple[UnitId, ...] = ()
    released: tuple[UnitId, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to put away."""
        return bool(self.units or self.people or self.cares or self.released)


class Named(Struct, frozen=True):
    """What the files name, bad rows included: those are not missing.

    `sheets` are the kinds of file that were given and could be read in full; only of those can
    anything be missing. `spared` holds codes of bad rows by kind of file.
    """

    source: str
    sheets: frozenset[str]
    units: Mapping[str, UnitWish]
    closed: Collection[str]
    people: Mapping[str, PersonWish]
    cares: Collection[tuple[str, str]]
    spared: Mapping[str, Collection[str]]


def find_missing(named: Named, state: State) -> Missing:
    """Find what the same source brought in before and does not name any more."""
    tags = {tag(named.source, sheet): sheet for sheet in named.sheets}
    spared_units = {code for sheet in ("schools", "departments", "classes") for code in named.spared[sheet]}
    used = _used(named, state, spared_units)
    closed = {unit.id for unit in state.units.values() if unit.code in named.closed and not unit.archived}
    gone = [
        unit.id
        for unit in state.units.values()
        if not unit.archived
        and unit.code not in named.units
        and unit.code not in spared_units
        and not tags.keys().isdisjoint(unit.sources)
        and unit.id not in closed
    ]
    released = {unit for unit in gone if not set(state.units[unit].sources) <= tags.keys()}
    heads = closed | {unit for unit in gone if unit not in used and unit not in released}
    units = tuple(
        unit.id for unit in state.units.values() if not unit.archived and not heads.isdisjoint(unit.path)
    )
    people = {
        person.id: lost
        for person in state.people.values()
        if not person.pruned
        and (
            lost := tuple(
                source
                for source in person.imported
                if (sheet := tags.get(source)) is not None
                and person.code not in named.spared[sheet]
                and (person.code not in named.people or sheet not in named.people[person.code].places)
            )
        )
    }
    return Missing(
        units,
        tuple(closed),
        people,
        _cares(named, state) if GUARDIAN_SHEET in named.sheets else (),
        tuple(unit for unit in gone if unit in used and unit not in released),
        tuple(released),
    )


def prune(source: str, missing: Missing, before: State) -> Edits:
    """Find the edits that put away what is missing.

    `before` must hold the people with a role in `missing.units`, and all guardianships of the
    people who are missing and of their guardians.
    """
    after = State(dict(before.units), dict(before.people), dict(before.cares))
    archived = set(missing.units)
    for unit_id in archived.union(missing.released):
        unit = before.units[unit_id]
        sources = tuple(name for name in unit.sources if not name.startswith(f"{source}/"))
        after.units[unit_id] = replace(unit, archived=unit_id in archived, sources=sources)
    for person in before.people.values():
        lost = missing.people.get(person.id, ())
        if not lost and not any(role.unit in archived for role in person.roles):
            continue
        rest = without(person, lost, archived)
        if lost and not rest.imported:
            rest = replace(rest, roles=(), disabled=True, pruned=not person.disabled)
        after.people[person.id] = rest
    for pair in missing.cares:
        care = before.cares[pair]
        sources = tuple(name for name in care.sources if name != tag(source, GUARDIAN_SHEET))
        after.cares[pair] = replace(care, sources=sources, rights=care.rights if sources else ())
    derive_guardians(after)
    return edits(before, after, {})


def _used(named: Named, state: State, spared: Collection[str]) -> set[UnitId]:
    """Find the units on the way to anything that the files still name."""
    by_code = {unit.code: unit for unit in state.units.values()}
    codes = {*named.units, *spared}
    codes.update(unit for wish in named.people.values() for held in wish.roles.values() for unit, _ in held)
    found: set[UnitId] = set()
    for code in codes:
        if (unit := by_code.get(code)) is not None:
            found.update(unit.path)
    return found


def _cares(named: Named, state: State) -> tuple[Pair, ...]:
    source = tag(named.source, GUARDIAN_SHEET)
    found: list[Pair] = []
    for pair, care in state.cares.items():
        guardian, student = (state.people.get(person) for person in pair)
        if source not in care.sources or guardian is None or student is None:
            continue
        if guardian.code in named.spared[GUARDIAN_SHEET]:
            continue
        if (guardian.code, student.code) not in named.cares:
            found.append(pair)
    return tuple(found)
