"""The FAQ desk over HTTP: listing, editing, publishing, history."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from hub.api.ask import Ask, Handlers
from hub.api.faq import shapes
from hub.api.faq.shapes import EntryPath
from hub.api.shapes import Nothing
from hub.services import Services
from hub.wording import Wording
from rooms.cursors import read_cursor, write_cursor
from rooms.events import iso
from rooms.faq.desk import Done, FaqPlace, Sought
from rooms.faq.records import Past, Record, State
from rooms.ids import PersonId, UnitId
from rooms.people import Person, Unit


class FaqEntries:
    """Handlers of entries."""

    def __init__(self, services: Services, wording: Wording) -> None:
        self._services = services
        self._faq = services.faq
        self._wording = wording
        self._page = services.settings.limits.page

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "faq_desks": self.desks,
            "faq_entries": self.entries,
            "create_faq_entry": self.create,
            "publish_faq_entries": self.publish,
            "withdraw_faq_entries": self.withdraw,
            "faq_entry": self.entry,
            "change_faq_entry": self.change,
            "erase_faq_entry": self.erase,
            "faq_history": self.history,
            "restore_faq_entry": self.restore,
        }

    async def desks(self, ask: Ask[Nothing, Nothing, None]) -> shapes.Desks:
        """List what somebody keeps. Raises Refusal(not_found)."""
        units = await self._faq.desk.mine(ask.person)
        topics = await self._faq.store.topics(frozenset(unit.id for unit in units))
        return shapes.Desks([unit_row(unit) for unit in units], topics)

    async def entries(self, ask: Ask[Nothing, shapes.EntriesQuery, None]) -> shapes.Entries:
        """List entries. Raises Refusal."""
        query = ask.query
        limit = min(query.limit or self._page, self._page)
        sought = await self.sought(
            ask.person,
            query.unit,
            states=frozenset(State) if query.state is None else frozenset({State(query.state)}),
            audience=query.audience,
            topic=query.topic,
            document=query.document,
            text=query.q,
        )
        after = read_cursor(query.after, FaqPlace) if query.after is not None else None
        found = await self._faq.store.page(sought, after, limit + 1)
        counts = await self._faq.store.counts(sought)
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return shapes.Entries(
            await self.rows(found[:limit]),
            {str(state): count for state, count in counts.items()},  # type: ignore[misc]  # the states of shapes are Literals
            write_cursor(FaqPlace(last.changed_at, last.id)) if last is not None else None,
        )

    async def entry(self, ask: Ask[EntryPath, Nothing, None]) -> shapes.EntryView:
        """Show an entry. Raises Refusal(not_found)."""
        return await self._view(await self._faq.desk.record(ask.person, ask.path.entry))

    async def create(self, ask: Ask[Nothing, Nothing, shapes.NewEntry]) -> shapes.EntryView:
        """Begin an entry. Raises Refusal."""
        body = ask.body
        record = await self._faq.desk.create(
            ask.person, UnitId(body.unit), body.content, publish=body.publish
        )
        return await self._view(record)

    async def change(self, ask: Ask[EntryPath, Nothing, shapes.EntryChange]) -> shapes.EntryView:
        """Write over a version of an entry. Raises Refusal."""
        body = ask.body
        record = await self._faq.desk.save(
            ask.person, ask.path.entry, body.version, body.content, publish=body.publish
        )
        return await self._view(record)

    async def erase(self, ask: Ask[EntryPath, shapes.EntryVersion, None]) -> None:
        """Erase a draft. Raises Refusal."""
        await self._faq.desk.erase(ask.person, ask.path.entry, ask.query.version)

    async def publish(self, ask: Ask[Nothing, Nothing, shapes.Named]) -> shapes.ActAnswer:
        """Publish entries. Raises Refusal."""
        return await self._done(ask, await self._faq.desk.publish(ask.person, ask.body.entries))

    async def withdraw(self, ask: Ask[Nothing, Nothing, shapes.Named]) -> shapes.ActAnswer:
        """Withdraw entries. Raises Refusal."""
        return await self._done(ask, await self._faq.desk.withdraw(ask.person, ask.body.entries))

    async def history(self, ask: Ask[EntryPath, shapes.HistoryQuery, None]) -> shapes.HistoryAnswer:
        """Show what was published and withdrawn. Raises Refusal(not_found)."""
        limit = min(ask.query.limit or self._page, self._page)
        past = await self._faq.desk.history(ask.person, ask.path.entry, ask.query.before, limit + 1)
        keepers = await self._keepers(one.by for one in past)
        following = past[limit - 1].revision if len(past) > limit else None
        return shapes.HistoryAnswer([_past(one, keepers) for one in past[:limit]], following)

    async def restore(self, ask: Ask[EntryPath, Nothing, shapes.Restore]) -> shapes.EntryView:
        """Take an earlier publication as the draft. Raises Refusal."""
        body = ask.body
        record = await self._faq.desk.restore(ask.person, ask.path.entry, body.version, body.revision)
        return await self._view(record)

    async def sought(self, person: Person, unit: str | None, **fields: Any) -> Sought:
        """Make a search of what somebody keeps, in all their units or in one. Raises Refusal(not_found)."""
        units = None if unit is None else frozenset({UnitId(unit)})
        return await self._faq.desk.narrowed(person, Sought(units=units, **fields))

    async def rows(self, records: Sequence[Record]) -> list[shapes.EntryRow]:
        """Describe entries for a list."""
        units = await self._faq.units.units({record.unit for record in records})
        keepers = await self._keepers(record.changed_by for record in records)
        return [_row(record, units[record.unit], keepers) for record in records if record.unit in units]

    async def _view(self, record: Record) -> shapes.EntryView:
        unit = (await self._faq.units.units([record.unit]))[record.unit]
        keepers = await self._keepers([record.changed_by])
        return shapes.EntryView(
            record.id,
            unit_row(unit),
            record.state.value,
            record.version,
            record.revision,
            record.content,
            record.live,
            iso(record.changed_at),
            keepers.get(record.changed_by),
            _moment(record.published_at),
            record.document,
        )

    async def _done(self, ask: Ask[Any, Any, Any], done: Done) -> shapes.ActAnswer:
        return shapes.ActAnswer(
            await self.rows(done.records),
            [
                shapes.RefusedEntry(entry, why.code.value, self._wording.sentence(ask.language, why))
                for entry, why in done.refused.items()
            ],
        )

    async def _keepers(self, people: Iterable[PersonId | None]) -> dict[PersonId | None, shapes.Keeper]:
        found = await self._services.people.people({person for person in people if person is not None})
        return {person.id: shapes.Keeper(person.id, person.name) for person in found.values()}


def unit_row(unit: Unit) -> shapes.UnitRow:
    """Describe a unit."""
    return shapes.UnitRow(unit.id, unit.name, unit.kind)


def _row(record: Record, unit: Unit, keepers: dict[PersonId | None, shapes.Keeper]) -> shapes.EntryRow:
    content = record.content
    return shapes.EntryRow(
        record.id,
        content.name,
        content.question,
        unit_row(unit),
        record.state.value,
        sorted(content.audience),
        content.topic,
        len(content.aliases),
        content.pinned,
        content.valid_from.isoformat() if content.valid_from else None,
        content.valid_until.isoformat() if content.valid_until else None,
        record.version,
        iso(record.changed_at),
        keepers.get(record.changed_by),
        record.document,
    )


def _past(past: Past, keepers: dict[PersonId | None, shapes.Keeper]) -> shapes.PastView:
    return shapes.PastView(past.revision, past.act.value, past.content, keepers.get(past.by), iso(past.at))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
