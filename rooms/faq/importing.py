"""Bringing many entries in at once: what a file would change, and then the change."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from rooms.errors import Refusal, bad_request, conflict, not_found
from rooms.faq import records
from rooms.faq.content import Content
from rooms.faq.desk import BATCH, Clash
from rooms.faq.entries import Scope
from rooms.faq.files import RowFault
from rooms.faq.records import Act, Record, State, Write
from rooms.faq.rows import Row
from rooms.ids import PersonId, derived_id
from rooms.people import INSTITUTIONS, Unit
from rooms.ports import Clock


class ImportStore(Protocol):
    """What an import asks of the entries."""

    async def records(self, entries: Iterable[str]) -> dict[str, Record]:
        """Read entries; those that do not exist are left out."""

    async def write(self, writes: Sequence[Write]) -> list[int]:
        """Store changes, all of them or none. Raises Clash."""


class UnitNames(Protocol):
    """Finds units by what files call them."""

    async def units_named(self, names: Iterable[str]) -> dict[str, Unit]:
        """Find units by id or code; names of none are left out."""


class Tally(Struct, frozen=True, kw_only=True):
    """What an import does, or did: entries that are new, changed, as they were, and rows left out."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: tuple[RowFault, ...] = ()


class Importer:
    """Brings rows in as entries of the units they name.

    `may` tells whether whoever imports keeps a unit; an entry of a unit they do not keep is left as it is.
    """

    def __init__(
        self,
        store: ImportStore,
        units: UnitNames,
        clock: Clock,
        may: Callable[[Unit], bool],
        by: PersonId | None,
    ) -> None:
        self._store = store
        self._units = units
        self._clock = clock
        self._may = may
        self._by = by

    async def run(
        self,
        rows: Sequence[Row],
        unit: Unit,
        *,
        publish: bool,
        dry: bool = False,
        document: str | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Tally:
        """Bring rows in; those that name no unit belong to `unit`. With `dry` nothing is written.

        A row with the id of an entry changes that entry; one without an id is known again by its unit, title
        and question, so that the same file twice is there once. What is out stays out until its change is
        published. A row whose entry somebody changes in this moment is a fault.
        """
        named = await self._units.units_named({row.unit for row in rows if row.unit})
        rows = _with_ids(rows, unit, named)
        counts = {"added": 0, "changed": 0, "unchanged": 0}
        faults: list[RowFault] = []
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            known = await self._store.records([row.id for row in some])
            owners = await self._units.units_named({record.unit for record in known.values()})
            writes: dict[int, Write] = {}
            for row in some:
                try:
                    place = self._place(row, unit, named)
                    write = self._write(
                        row, place, known.get(row.id), owners, publish=publish, document=document
                    )
                except Refusal as refusal:
                    faults.append(RowFault(line=row.line, field="", why=refusal))
                    continue
                if write is None:
                    counts["unchanged"] += 1
                else:
                    writes[row.line] = write
            clashed = set() if dry else await self._store_all(list(writes.values()))
            for line, write in writes.items():
                if write.record.id in clashed:
                    faults.append(RowFault(line=line, field="", why=conflict("faq_changed_meanwhile")))
                else:
                    counts["added" if write.record.id not in known else "changed"] += 1
            progress(start + len(some))
        return Tally(faults=tuple(sorted(faults, key=lambda fault: fault.line)), **counts)

    def _place(self, row: Row, unit: Unit, named: Mapping[str, Unit]) -> Unit:
        """Find the unit of a row. Raises Refusal."""
        place = named.get(row.unit) if row.unit else unit
        if place is None or not self._may(place):
            raise not_found("unit")
        if place.kind not in INSTITUTIONS:
            raise bad_request("faq_no_institution")
        return place

    def _write(
        self,
        row: Row,
        place: Unit,
        known: Record | None,
        owners: Mapping[str, Unit],
        *,
        publish: bool,
        document: str | None,
    ) -> Write | None:
        now = self._clock.now()
        if known is None:
            record = records.new(row.id, place.id, Scope(place.kind.value), row.content, self._by, now)
            record = replace(record, document=document)
        else:
            owner = owners.get(known.unit)
            # Whose entry it is is nobody's business; that the id is taken must be said.
            if owner is None or not self._may(owner) or known.unit != place.id:
                raise conflict("faq_id_taken", id=row.id)
            content = _of_document(row.content, known.content)
            unchanged = known.content == content and (known.state is State.PUBLISHED or not publish)
            if unchanged:
                return None
            record = records.saved(known, content, self._by, now)
        if not publish or record.state is State.PUBLISHED:
            return Write(record=record)
        out = records.published(record, self._by, now)
        return Write(record=replace(out, version=record.version), act=Act.PUBLISHED)

    async def _store_all(self, writes: Sequence[Write]) -> set[str]:
        """Store what can be stored; gives the entries that somebody else changed meanwhile."""
        clashed: set[str] = set()
        while writes:
            try:
                await self._store.write(writes)
            except Clash as clash:
                clashed.update(clash.entries)
                writes = [write for write in writes if write.record.id not in clashed]
            else:
                break
        return clashed


def _with_ids(rows: Sequence[Row], unit: Unit, named: Mapping[str, Unit]) -> Sequence[Row]:
    """Give each row that has none an id of what it is; those that are alike are told apart by their order."""
    counted: Counter[str] = Counter()
    made: list[Row] = []
    for row in rows:
        if row.id:
            made.append(row)
            continue
        place = named.get(row.unit, unit).id
        what = f"entry {place} {row.content.title} {row.content.question}"
        counted[what] += 1
        made.append(replace(row, id=derived_id("q", f"{what} {counted[what]}")))
    return made


def _of_document(content: Content, known: Content) -> Content:
    """Keep from which document a passage is, which a file with entries does not say."""
    new, old = content.source, known.source
    if new is None or old is None or new.document or not old.document or new.title != old.title:
        return content
    return replace(
        content, source=replace(new, document=old.document, page=new.page or old.page, file=old.file)
    )
