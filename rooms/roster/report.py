"""What an import did or would do, in numbers and names. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from rooms.ids import UnitId
from rooms.people import UnitKind
from rooms.roster.diff import State
from rooms.roster.known import Edits, KnownPerson
from rooms.roster.missing import Missing
from rooms.roster.people import STAFF_SHEET, STUDENT_SHEET, People
from rooms.roster.units import UnitWish

GUARDIANSHIP: Final = "guardianship"

CATEGORIES: Final = (*(str(kind) for kind in UnitKind), "staff", "student", "guardian", GUARDIANSHIP)
"""Of what an import counts, in the order of reports."""


class FileReport(Struct, frozen=True):
    """A file: its encoding, its good rows, and on how many lines something was wrong."""

    file: str
    encoding: str
    rows: int
    bad: int


class Tally(Struct, frozen=True):
    """Of one category: how many came in new, changed, or stayed as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class Gone(Struct, frozen=True):
    """Of one category: the names of what is missing."""

    names: tuple[str, ...]


class Report(Struct, frozen=True):
    """An import in numbers; categories without any are left out.

    `kept` names units that are missing, but have something below them that is not.
    """

    changes: int
    tallies: dict[str, Tally]
    missing: dict[str, Gone]
    kept: tuple[str, ...]


def report(
    units: Mapping[str, UnitWish],
    people: People,
    edits: Edits,
    missing: Missing,
    before: State,
    after: State,
) -> Report:
    """Count what an import does."""
    asked = Counter(str(wish.kind) for wish in units.values())
    asked.update(_category(wish.places) for wish in people.wishes.values())
    asked[GUARDIANSHIP] = len(people.cares)
    added: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for unit in edits.units:
        if is_silent(unit.changed):
            continue
        (changed if unit.changed else added)[str(unit.unit.kind)] += 1
        beside[str(unit.unit.kind)] += unit.unit.code not in units
    for person in edits.people:
        if is_silent(person.changed):
            continue
        wish = people.wishes.get(person.person.code)
        category = _category(wish.places if wish is not None else _sheets(person.person))
        new = person.person.id not in before.people
        (added if new else changed)[category] += 1
        beside[category] += wish is None
    for care in edits.cares:
        if is_silent(care.changed):
            continue
        (changed if care.changed else added)[GUARDIANSHIP] += 1
    tallies = {
        category: Tally(
            added[category],
            changed[category],
            asked[category] - added[category] - changed[category] + beside[category],
        )
        for category in CATEGORIES
        if asked[category] or changed[category]
    }
    changes = sum(added.values()) + sum(changed.values())
    return Report(changes, tallies, _gone(missing, after), _names(missing.kept, after))


def is_silent(changed: Collection[str]) -> bool:
    """Tell whether an edit only notes that another import names the same: nobody sees that."""
    return bool(changed) and {"sources", "imported"}.issuperset(changed)


def _gone(missing: Missing, state: State) -> dict[str, Gone]:
    names: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for unit in missing.units:
        names[str(state.units[unit].kind)].append(_full_name(unit, state))
    for person in missing.people:
        found = state.people[person]
        names[_category(_sheets(found))].append(f"{found.name} ({found.code})")
    for guardian, student in missing.cares:
        names[GUARDIANSHIP].append(f"{state.people[guardian].name} – {state.people[student].name}")
    return {category: Gone(tuple(sorted(some))) for category, some in names.items() if some}


def _names(units: Iterable[UnitId], state: State) -> tuple[str, ...]:
    return tuple(sorted(_full_name(unit, state) for unit in units))


def _full_name(unit: UnitId, state: State) -> str:
    """Name a unit with what it belongs to, up to its school or office, as its own name alone tells little."""
    found = state.units[unit]
    parts = [found.name]
    for step in reversed(found.path[:-1]):
        if found.kind not in {UnitKind.DEPARTMENT, UnitKind.GRADE, UnitKind.CLASS}:
            break
        above = state.units[step]
        if above.kind is not UnitKind.GRADE:
            parts.insert(0, above.name)
        found = above
    return f"{' '.join(parts)} ({state.units[unit].code})"


def _sheets(person: KnownPerson) -> set[str]:
    return {source.rpartition("/")[2] for source in person.imported}


def _category(sheets: Collection[str]) -> str:
    if STAFF_SHEET in sheets:
        return "staff"
    return "student" if STUDENT_SHEET in sheets else "guardian"
