"""The FAQ desk: who keeps the entries of which unit, and what they do with them.

Entries of a unit are kept by the administrators of the unit and of those above it, and by the keepers whom
these name (`storage/faq/desks.py`). What somebody does not keep is not there for them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from rooms.errors import Refusal, bad_request, conflict, not_found
from rooms.faq import records
from rooms.faq.content import Content, FaqLimits, checked
from rooms.faq.entries import Audience, Scope
from rooms.faq.records import OUT, Act, Past, Record, State, Write
from rooms.faq.twins import MOST, Twin, askings, shared
from rooms.ids import PersonId, UnitId, new_id
from rooms.people import INSTITUTIONS, Person, Role, Unit
from rooms.ports import Clock

BATCH: Final = 500
"""Entries that are written together: one transaction."""
LOOKED_AT: Final = 100
"""Entries asked for in the same way that are looked at; mostly there is none."""


class Clash(Exception):
    """Some entries were changed by somebody else meanwhile; nothing of the batch was written."""

    def __init__(self, entries: Sequence[str]) -> None:
        super().__init__(", ".join(entries))
        self.entries = tuple(entries)


class Sought(Struct, frozen=True, kw_only=True):
    """Which entries a list shows: `units` None means all; `text` is part of a title, question or alias."""

    units: frozenset[UnitId] | None = None
    states: frozenset[State] = frozenset(State)
    audience: Audience | None = None
    topic: str | None = None
    document: str | None = None
    text: str = ""


class FaqPlace(Struct, frozen=True, array_like=True):
    """Where a page of a list ended: when the last entry was changed, and which it is."""

    changed_at: datetime
    entry: str


class FaqStore(Protocol):
    """The entries as MongoDB keeps them."""

    async def records(self, entries: Iterable[str]) -> dict[str, Record]:
        """Read entries; those that do not exist are left out."""

    async def page(self, sought: Sought, after: FaqPlace | None, limit: int) -> list[Record]:
        """List entries, those changed last first."""

    async def counts(self, sought: Sought) -> dict[State, int]:
        """Count the entries that are sought by state, whatever states are sought."""

    async def topics(self, units: frozenset[UnitId] | None) -> list[str]:
        """List the topics of the entries of these units."""

    async def units_with_entries(self) -> frozenset[UnitId]:
        """List the units that have entries."""

    async def asked_alike(self, unit: UnitId, askings: Collection[str], limit: int) -> list[Record]:
        """Read entries of a unit that are out and are asked for in one of these ways (`rooms.faq.twins`)."""

    async def write(self, writes: Sequence[Write]) -> list[int]:
        """Store changes, all of them or none; gives the revision of each. Raises Clash."""

    async def erase(self, record: Record) -> bool:
        """Erase an entry that was never out; False where it is no longer of that version."""

    async def past(self, entry: str, before: int | None, limit: int) -> list[Past]:
        """List what was published and taken back, the latest first."""


class UnitStore(Protocol):
    """Units, and who was named keeper of them."""

    async def units(self, units: Iterable[UnitId]) -> dict[UnitId, Unit]:
        """Read units; those that do not exist are left out."""

    async def kept_by(self, person: PersonId) -> frozenset[UnitId]:
        """List the units of which somebody was named keeper."""


class Done(Struct, frozen=True, kw_only=True):
    """What was done with many entries: their records afterwards, and why others were refused, by id."""

    records: tuple[Record, ...]
    refused: Mapping[str, Refusal]


class FaqDesk:
    """Lists, keeps, publishes and takes back entries for those who keep them."""

    def __init__(self, store: FaqStore, units: UnitStore, clock: Clock, limits: FaqLimits) -> None:
        self._store = store
        self._units = units
        self._clock = clock
        self.limits = limits

    async def kept(self, person: Person) -> frozenset[UnitId]:
        """Name the units whose entries, and those of all units below, somebody keeps; mostly none."""
        if not person.is_staff:
            return frozenset()
        own = {held.unit for held in person.roles if held.role is Role.ADMINISTRATOR}
        return frozenset(own) | await self._units.kept_by(person.id)

    async def unit(self, person: Person, unit: UnitId) -> Unit:
        """Load an office, district or school whose entries somebody keeps. Raises Refusal(not_found)."""
        kept = await self.kept(person)
        found = (await self._units.units([unit])).get(unit)
        if found is None or kept.isdisjoint(found.path):
            raise not_found("unit")
        if found.kind not in INSTITUTIONS:
            raise bad_request("faq_no_institution")
        return found

    async def mine(self, person: Person) -> list[Unit]:
        """List the units that somebody keeps and that have entries, and those that are theirs in name.

        Raises Refusal(not_found) for whoever keeps none: to them there is no desk.
        """
        kept = await self.kept(person)
        if not kept:
            raise not_found("desk")
        units = await self._units.units(kept | await self._store.units_with_entries())
        return sorted(
            (unit for unit in units.values() if unit.kind in INSTITUTIONS and not kept.isdisjoint(unit.path)),
            key=lambda unit: (len(unit.path), unit.name),
        )

    async def narrowed(self, person: Person, sought: Sought) -> Sought:
        """Bring a search down to what somebody keeps. Raises Refusal(not_found)."""
        mine = frozenset(unit.id for unit in await self.mine(person))
        if sought.units is not None and not sought.units <= mine:
            for unit in sought.units - mine:
                await self.unit(person, unit)
            mine |= sought.units
        units = mine if sought.units is None else sought.units
        return replace(sought, units=units)

    async def record(self, person: Person, entry: str) -> Record:
        """Load an entry that somebody keeps. Raises Refusal(not_found)."""
        record = (await self._load(person, [entry])).get(entry)
        if record is None:
            raise not_found("entry")
        return record

    async def twins(self, person: Person, unit: UnitId, content: Content, entry: str | None) -> list[Twin]:
        """List what is out of a unit and answers a question of an entry too, `entry` being its own id.

        Raises Refusal(not_found).
        """
        place = await self.unit(person, unit)
        ways = askings(content)
        found = await self._store.asked_alike(place.id, ways, LOOKED_AT) if ways else []
        told = [
            Twin(entry=record.id, name=record.live.name, question=question)
            for record in found
            if record.id != entry and record.live and (question := shared(content, record.live))
        ]
        return told[:MOST]

    async def create(
        self, person: Person, unit: UnitId, content: Content, *, publish: bool = False
    ) -> Record:
        """Begin an entry of a unit. Raises Refusal."""
        place = await self.unit(person, unit)
        made = records.new(
            new_id("q"),
            place.id,
            Scope(place.kind.value),
            checked(content, self.limits, publish=publish),
            person.id,
            self._clock.now(),
        )
        return await self._write(made, person, publish=publish)

    async def save(
        self, person: Person, entry: str, version: int, content: Content, *, publish: bool = False
    ) -> Record:
        """Keep what somebody wrote over the version they had before them.

        Raises Refusal: conflict where somebody else was quicker.
        """
        record = await self.record(person, entry)
        _check_version(record, version)
        content = checked(content, self.limits, publish=publish)
        made = records.saved(record, content, person.id, self._clock.now())
        return await self._write(made, person, publish=publish)

    async def publish(self, person: Person, entries: Sequence[str]) -> Done:
        """Bring out entries as they are written; each that cannot be is told with its reason."""
        return await self._each(person, entries, Act.PUBLISHED)

    async def withdraw(self, person: Person, entries: Sequence[str]) -> Done:
        """Take back entries; each that is not out is told with its reason."""
        return await self._each(person, entries, Act.WITHDRAWN)

    async def erase(self, person: Person, entry: str, version: int) -> None:
        """Erase a draft that was never out; anything else is withdrawn instead. Raises Refusal."""
        record = await self.record(person, entry)
        _check_version(record, version)
        if record.state is not State.DRAFT or record.revision:
            raise conflict("faq_was_published")
        if not await self._store.erase(record):
            raise conflict("faq_changed_meanwhile")

    async def history(self, person: Person, entry: str, before: int | None, limit: int) -> list[Past]:
        """List what was published and taken back of an entry, the latest first. Raises Refusal(not_found)."""
        await self.record(person, entry)
        return await self._store.past(entry, before, limit)

    async def restore(self, person: Person, entry: str, version: int, revision: int) -> Record:
        """Take what was published under a revision as the draft. Raises Refusal."""
        past = await self.history(person, entry, revision + 1, 1)
        if not past or past[0].revision != revision:
            raise not_found("version")
        return await self.save(person, entry, version, past[0].content)

    async def _each(self, person: Person, entries: Sequence[str], act: Act) -> Done:
        refused: dict[str, Refusal] = {}
        done: dict[str, Record] = {}
        named = list(dict.fromkeys(entries))
        for start in range(0, len(named), BATCH):
            some = named[start : start + BATCH]
            found = await self._load(person, some)
            writes = []
            for entry in some:
                try:
                    write = self._act(found.get(entry), act, person.id)
                except Refusal as refusal:
                    refused[entry] = refusal
                    continue
                if write is None:
                    done[entry] = found[entry]
                else:
                    writes.append(write)
            written, clashed = await self._written(writes)
            done |= written
            refused |= {entry: conflict("faq_changed_meanwhile") for entry in clashed}
        return Done(records=tuple(done.values()), refused=refused)

    def _act(self, record: Record | None, act: Act, person: PersonId) -> Write | None:
        """Find what is to be written of an entry, None where all is as wished. Raises Refusal."""
        if record is None:
            raise not_found("entry")
        now = self._clock.now()
        if act is Act.PUBLISHED:
            if record.state is State.PUBLISHED:
                return None
            checked(record.content, self.limits, publish=True)
            return Write(record=records.published(record, person, now), act=act)
        if record.state not in OUT:
            raise conflict("faq_not_out")
        return Write(record=records.withdrawn(record, person, now), act=act)

    async def _written(self, writes: Sequence[Write]) -> tuple[dict[str, Record], list[str]]:
        """Store what can be stored; says too which entries somebody else changed meanwhile."""
        clashed: list[str] = []
        while writes:
            try:
                revisions = await self._store.write(writes)
            except Clash as clash:
                clashed += clash.entries
                writes = [write for write in writes if write.record.id not in clash.entries]
            else:
                made = zip(writes, revisions, strict=True)
                return {
                    write.record.id: replace(write.record, revision=revision) for write, revision in made
                }, clashed
        return {}, clashed

    async def _load(self, person: Person, entries: Sequence[str]) -> dict[str, Record]:
        kept = await self.kept(person)
        found = await self._store.records(entries) if kept else {}
        units = await self._units.units({record.unit for record in found.values()})
        return {
            entry: record
            for entry, record in found.items()
            if record.unit in units and not kept.isdisjoint(units[record.unit].path)
        }

    async def _write(self, record: Record, person: Person, *, publish: bool) -> Record:
        """Store a record, and bring it out with it where that is wished. Raises Refusal(conflict)."""
        act = None
        if publish and record.state is not State.PUBLISHED:
            out = records.published(record, person.id, self._clock.now())
            # One change and not two: the version that is stored follows the one that was read.
            record, act = replace(out, version=record.version), Act.PUBLISHED
        try:
            [revision] = await self._store.write([Write(record=record, act=act)])
        except Clash:
            raise conflict("faq_changed_meanwhile") from None
        return replace(record, revision=revision)


def _check_version(record: Record, version: int) -> None:
    if record.version != version:
        raise conflict("faq_changed_meanwhile")
