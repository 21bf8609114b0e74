"""Files of the FAQ over HTTP: bringing entries in, and taking them out."""

from collections.abc import AsyncIterator
from typing import Final

from msgspec.structs import replace
from starlette.responses import StreamingResponse

from hub.api.ask import Ask, Handlers
from hub.api.bodies import Upload
from hub.api.faq import shapes
from hub.api.headers import HEADERS
from hub.api.names import disposition
from hub.api.shapes import Nothing
from hub.services import Services
from hub.wording import Wording
from rooms.errors import ErrorCode, Refusal, bad_request
from rooms.faq.content import entry_of
from rooms.faq.documents import Reading, is_document, owned
from rooms.faq.entries import Audience, Entry
from rooms.faq.files import RowFault, written
from rooms.faq.importing import Importer, Tally
from rooms.faq.records import State
from rooms.ids import UnitId
from rooms.people import Person, Unit

SHOWN: Final = 200
"""Faults of a file that are told one by one."""
PAGE: Final = 500
NO_DOCUMENT: Final = "d"
"""Stands for the id of a document that is only looked at and not there yet."""


class FaqFiles:
    """Handlers of files."""

    def __init__(self, services: Services, wording: Wording) -> None:
        self._services = services
        self._faq = services.faq
        self._wording = wording

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "import_faq": self.bring_in,
            "export_faq": self.export,
        }

    async def bring_in(self, ask: Ask[Nothing, shapes.ImportQuery, Upload]) -> shapes.ImportAnswer:
        """Bring the rows or passages of a file in. Raises Refusal."""
        services, query, file = self._services, ask.query, ask.body
        unit = await self._faq.desk.unit(ask.person, UnitId(query.unit))
        audience = frozenset(map(Audience, query.audience.split(","))) if query.audience else frozenset()
        if is_document(file.name) and not audience:
            raise bad_request("faq_document_audience")
        wait = await services.uploads.take(ask.person.id, services.clock.monotonic())
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_uploads", retry_after=round(wait, 3))
        reading = await self._faq.reader.read(file.name, file.size, file.chunks())
        reading = replace(reading, sheet=reading.sheet.addressed(audience))
        # A scan or an empty file has nothing that could take the place of what was there before.
        if not is_document(file.name) or not reading.sheet.rows:
            tally = await self._rows(ask.person, unit, reading, query)
            return self._answer(ask.language, reading, tally, 0)
        document = await self._document(ask.person, unit, file.name, reading, dry=query.dry)
        reading = owned(reading, document)
        tally = await self._rows(ask.person, unit, reading, query, document)
        withdrawn = await self._leftover(ask.person, document, reading, dry=query.dry)
        answer = self._answer(ask.language, reading, tally, withdrawn)
        answer.document = None if document == NO_DOCUMENT else document
        return answer

    async def export(self, ask: Ask[Nothing, shapes.ExportQuery, None]) -> StreamingResponse:
        """Write the published entries that somebody keeps. Raises Refusal."""
        query = ask.query
        if query.unit is not None:
            units = frozenset({(await self._faq.desk.unit(ask.person, UnitId(query.unit))).id})
        else:
            units = frozenset(unit.id for unit in await self._faq.desk.mine(ask.person))
        name = f"faq.{query.format}"
        media = "text/csv; charset=utf-8" if query.format == "csv" else "application/x-ndjson"
        headers = HEADERS | {"Content-Disposition": disposition(name, media), "Content-Type": media}
        return StreamingResponse(self._pieces(units, f".{query.format}"), headers=headers)

    async def _rows(
        self,
        person: Person,
        unit: Unit,
        reading: Reading,
        query: shapes.ImportQuery,
        document: str | None = None,
    ) -> Tally:
        kept = await self._faq.desk.kept(person)
        importer = Importer(
            self._faq.store,
            self._faq.units,
            self._services.clock,
            lambda place: not kept.isdisjoint(place.path),
            person.id,
        )
        return await importer.run(
            reading.sheet.rows, unit, publish=query.publish, dry=query.dry, document=document
        )

    async def _document(self, person: Person, unit: Unit, name: str, reading: Reading, *, dry: bool) -> str:
        if dry:
            return await self._faq.documents.find(unit.id, name) or NO_DOCUMENT
        now = self._services.clock.now()
        passages = len(reading.sheet.rows)
        return await self._faq.documents.keep(unit.id, name, reading.pages, passages, person.id, now)

    async def _leftover(self, person: Person, document: str, reading: Reading, *, dry: bool) -> int:
        """Take back what an earlier version of a document had and this one has not; says how many."""
        now = {row.id for row in reading.sheet.rows}
        old = [entry for entry in await self._faq.documents.passages(document) if entry not in now]
        records = await self._faq.store.records(old)
        drafts = [record for record in records.values() if record.state is State.DRAFT]
        out = [record.id for record in records.values() if record.state in {State.PUBLISHED, State.CHANGED}]
        if not dry:
            for record in drafts:
                await self._faq.store.erase(record)
            await self._faq.desk.withdraw(person, out)
        return len(drafts) + len(out)

    def _answer(self, language: str, reading: Reading, tally: Tally, withdrawn: int) -> shapes.ImportAnswer:
        faults: list[RowFault] = sorted((*reading.sheet.faults, *tally.faults), key=lambda fault: fault.line)
        return shapes.ImportAnswer(
            tally.added,
            tally.changed,
            tally.unchanged,
            withdrawn,
            [
                shapes.FaultRow(fault.line, fault.field, self._wording.sentence(language, fault.why))
                for fault in faults[:SHOWN]
            ],
            len(faults),
            passages=len(reading.sheet.rows) if reading.document is not None else 0,
            pages=reading.pages,
            unaddressed=reading.sheet.unaddressed,
        )

    async def _pieces(self, units: frozenset[UnitId], ending: str) -> AsyncIterator[str]:
        first = True
        async for some in self._published(units):
            for place, piece in enumerate(written(some, ending)):
                # The mark and the header of a CSV file stand at its beginning only.
                if first or ending != ".csv" or place:
                    yield piece
            first = False
        if first and ending == ".csv":
            for piece in written([], ending):
                yield piece

    async def _published(self, units: frozenset[UnitId]) -> AsyncIterator[list[tuple[Entry, str]]]:
        codes = await self._faq.units.codes(units)
        revision, more = 0, True
        while more:
            records, revision, more = await self._faq.store.live(revision, PAGE)
            yield [
                (
                    entry_of(record.id, record.unit, record.scope, record.live, record.revision),
                    codes.get(record.unit, record.unit),
                )
                for record in records
                if record.live is not None and record.unit in units
            ]
