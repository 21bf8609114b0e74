"""Bringing rosters in: the files say what there is, the database follows, and the rooms follow it.

`Roster.prepare` reads and checks everything and writes nothing; `Roster.bring_in` writes; what the
files no longer name is only told, until `Roster.prune` puts it away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, Final, Protocol

from msgspec import Struct

from rooms.ids import PersonId, UnitId
from rooms.people import Role
from rooms.roster.diff import State, plan, tag
from rooms.roster.known import Edits, KnownCare, KnownPerson, KnownUnit
from rooms.roster.missing import Missing, Named, find_missing, prune
from rooms.roster.people import GUARDIAN_SHEET, STAFF_SHEET, STUDENT_SHEET, People, PeopleReader, Units
from rooms.roster.report import FileReport, Report, report
from rooms.roster.rows import Place, Reading, read_sheet
from rooms.roster.sheets import CLASSES, DEPARTMENTS, SCHOOLS, sheet_of
from rooms.roster.table import Fault
from rooms.roster.units import Tree, UnitReader

UNIT_SHEETS: Final = (SCHOOLS.name, DEPARTMENTS.name, CLASSES.name)
PEOPLE_SHEETS: Final = (STAFF_SHEET, STUDENT_SHEET, GUARDIAN_SHEET)

HASHED_AT_ONCE: Final = 16

Progress = Callable[[str, int, int], None]
"""Told how far a step is: its name, done, total."""


class RosterStore(Protocol):
    """What is stored of units, people and guardianships, in bulk. One importer at a time holds its lock."""

    async def units(self) -> list[KnownUnit]:
        """Read all units."""

    async def people(
        self,
        *,
        ids: Collection[PersonId] = (),
        codes: Collection[str] = (),
        logins: Collection[str] = (),
        sources: Collection[str] = (),
        units: Collection[UnitId] = (),
    ) -> dict[PersonId, KnownPerson]:
        """Read the people any of these names, brought in or gave a role."""

    async def cares(
        self,
        *,
        guardians: Collection[PersonId] = (),
        students: Collection[PersonId] = (),
        sources: Collection[str] = (),
    ) -> list[KnownCare]:
        """Read the guardianships of these guardians or students, or from one of these sources."""

    async def write(self, edits: Edits, hashes: Mapping[PersonId, str], progress: Progress) -> None:
        """Write edits, durably; `hashes` are of first passwords. Raises RosterLocked, RosterClash."""

    async def unsynced(self) -> set[UnitId]:
        """Read the units whose rooms an earlier import changed and did not live to bring in line."""

    async def mark_unsynced(self, units: Collection[UnitId]) -> None:
        """Remember these units, and no others, as ones whose rooms are to be brought in line."""


class RosterLocked(Exception):
    """Another import is at work; or the lock was lost to one."""


class RosterClash(Exception):
    """The database holds something that contradicts the files since they were compared with it."""


class Prepared(Struct, frozen=True):
    """What an import would do: its edits, what is missing, and everything that was wrong."""

    source: str
    files: tuple[FileReport, ...]
    faults: tuple[Fault, ...]
    edits: Edits
    missing: Missing
    unjudged: tuple[str, ...]
    """Kinds of file of which nothing is called missing, because some rows could not be read."""
    report: Report


class Roster:
    """Brings rosters in.

    `sync` brings the rooms of units in line (`rooms.unit_rooms`), `hash_password` makes of a first
    password what is stored. The caller holds the store's lock.
    """

    def __init__(
        self,
        store: RosterStore,
        sync: Callable[[Iterable[UnitId]], Awaitable[int]],
        hash_password: Callable[[str], Awaitable[str]],
        progress: Progress,
    ) -> None:
        self._store = store
        self._sync = sync
        self._hash = hash_password
        self._progress = progress

    async def prepare(self, files: Mapping[str, bytes], source: str) -> Prepared:
        """Read the files and find what they change. Writes nothing.

        `files` are by name (`people.csv`, `people-2.csv`); `source` names the import, whose earlier
        runs are compared. Raises ValueError where a name is none of a roster's.
        """
        readings = self._read(files)
        known = {unit.id: unit for unit in await self._store.units()}
        reader, tree = _tree(readings, known)
        people, before = await self._people(readings, Units(reader.kind, reader.unknown), known, source)
        edits, after = plan(source, tree.wishes, people.wishes, people.cares, before)
        faults = [fault for some in readings.values() for reading in some for fault in reading.faults]
        faults += [*tree.faults, *people.faults]
        blind = {sheet for sheet, some in readings.items() if any(reading.blind for reading in some)}
        named = Named(
            source,
            frozenset(readings) - blind,
            tree.wishes,
            tree.closed,
            people.wishes,
            people.cares,
            {**dict.fromkeys(UNIT_SHEETS, tree.spared), **people.spared},
        )
        missing = find_missing(named, after)
        reports = tuple(
            FileReport(
                reading.file,
                reading.encoding,
                len(reading.rows),
                len({fault.line for fault in faults if fault.file == reading.file}),
            )
            for some in readings.values()
            for reading in some
        )
        order = {file: place for place, file in enumerate(files)}
        faults.sort(key=lambda fault: (order[fault.file], fault.line or 0))
        summary = report(tree.wishes, people, edits, missing, before, after)
        return Prepared(source, reports, tuple(faults), edits, missing, tuple(sorted(blind)), summary)

    async def bring_in(self, prepared: Prepared) -> int:
        """Write what `prepare` found. Returns how many room memberships changed.

        Interrupted at any point it may simply be run again. Raises RosterLocked.
        """
        return await self._write(prepared.edits)

    async def prune(self, prepared: Prepared) -> tuple[Edits, int]:
        """Put away what is missing: units archived, people disabled, rights ended; no message is erased.

        Call it after `bring_in`. Returns the edits and how many room memberships changed. Raises
        RosterLocked.
        """
        missing = prepared.missing
        gone = [guardian for guardian, _ in missing.cares]
        people = await self._store.people(ids={*missing.people, *gone}, units=missing.units)
        units = {unit.id: unit for unit in await self._store.units()}
        state = await self._with_families(State(units, people, {}), people)
        edits = prune(prepared.source, missing, state)
        return edits, await self._write(edits)

    def _read(self, files: Mapping[str, bytes]) -> dict[str, list[Reading[Any]]]:
        readings: dict[str, list[Reading[Any]]] = {}
        for done, (file, data) in enumerate(files.items()):
            self._progress("read", done, len(files))
            sheet = sheet_of(file)
            if sheet is None:
                raise ValueError(f"{file} is no file of a roster")
            readings.setdefault(sheet.name, []).append(read_sheet(sheet, file, data))
        self._progress("read", len(files), len(files))
        return readings

    async def _people(
        self,
        readings: Mapping[str, list[Reading[Any]]],
        references: Units,
        units: dict[UnitId, KnownUnit],
        source: str,
    ) -> tuple[People, State]:
        rows = {sheet: _rows(readings, sheet) for sheet in PEOPLE_SHEETS}
        everyone = [row for some in rows.values() for row in some]
        codes = {row.code for row in everyone} | {row.student for row in rows[GUARDIAN_SHEET]}
        logins = {login for row in everyone for login in (row.login, row.code.lower()) if login}
        given = [sheet for sheet in PEOPLE_SHEETS if sheet in readings]
        self._progress("compare", 0, 2)
        known = await self._store.people(
            codes=codes, logins=logins, sources=[tag(source, sheet) for sheet in given]
        )
        self._progress("compare", 1, 2)
        before = State(units, known, {})
        if {STUDENT_SHEET, GUARDIAN_SHEET} & set(given):
            sources = [tag(source, GUARDIAN_SHEET)] if GUARDIAN_SHEET in given else []
            before = await self._with_families(before, _family(known.values()), sources)
        reader = PeopleReader(
            references,
            {person.code: person for person in before.people.values() if person.code},
            {person.login: person.code for person in before.people.values() if person.login},
            {sheet: _spared(readings.get(sheet, ())) for sheet in PEOPLE_SHEETS},
        )
        people = reader.read(rows[STAFF_SHEET], rows[STUDENT_SHEET], rows[GUARDIAN_SHEET])
        self._progress("compare", 2, 2)
        return people, before

    async def _with_families(
        self, state: State, family: Collection[PersonId], sources: Collection[str] = ()
    ) -> State:
        """Add the guardians and children of these people, with all guardianships of those guardians."""
        cares = await self._store.cares(guardians=family, students=family, sources=sources)
        found = {(care.guardian, care.student): care for care in cares}
        others = {care.guardian for care in cares}.difference(family)
        found |= {(care.guardian, care.student): care for care in await self._store.cares(guardians=others)}
        ids = {person for pair in found for person in pair}.difference(state.people)
        return State(state.units, state.people | await self._store.people(ids=ids), found)

    async def _write(self, edits: Edits) -> int:
        hashes: dict[PersonId, str] = {}
        new = [edit for edit in edits.people if edit.password]
        for start in range(0, len(new), HASHED_AT_ONCE):
            self._progress("passwords", start, len(new))
            part = new[start : start + HASHED_AT_ONCE]
            hashed = await asyncio.gather(*(self._hash(edit.password) for edit in part))
            hashes |= zip((edit.person.id for edit in part), hashed, strict=True)
        rooms = edits.rooms | await self._store.unsynced()
        if rooms:
            await self._store.mark_unsynced(rooms)
        await self._store.write(edits, hashes, self._progress)
        if not rooms:
            return 0
        self._progress("rooms", 0, 1)
        changed = await self._sync(rooms)
        await self._store.mark_unsynced(())
        self._progress("rooms", 1, 1)
        return changed


def _tree(
    readings: Mapping[str, list[Reading[Any]]], known: Mapping[UnitId, KnownUnit]
) -> tuple[UnitReader, Tree]:
    spared = {
        code: place for sheet in UNIT_SHEETS for code, place in _spared(readings.get(sheet, ())).items()
    }
    reader = UnitReader({unit.code: unit for unit in known.values() if unit.code}, spared)
    schools, departments, classes = (_rows(readings, sheet) for sheet in UNIT_SHEETS)
    return reader, reader.read(schools, departments, classes)


def _family(people: Iterable[KnownPerson]) -> list[PersonId]:
    return [
        person.id
        for person in people
        if any(role.role in {Role.STUDENT, Role.GUARDIAN} for role in person.roles)
        or any(source.endswith((f"/{GUARDIAN_SHEET}", f"/{STUDENT_SHEET}")) for source in person.imported)
    ]


def _rows(readings: Mapping[str, list[Reading[Any]]], sheet: str) -> list[Any]:
    return [row for reading in readings.get(sheet, ()) for row in reading.rows]


def _spared(readings: Iterable[Reading[Any]]) -> dict[str, Place]:
    return {code: Place(reading.file, line) for reading in readings for code, line in reading.spared.items()}
