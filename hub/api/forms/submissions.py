"""Forms over HTTP: answering, how it stands, the evidence."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from starlette.responses import Response, StreamingResponse

from hub.api.address import address_of
from hub.api.ask import Ask, Handlers, Reply
from hub.api.forms import shapes, views
from hub.api.forms.calls import LEDGER_TYPE, PDF
from hub.api.headers import HEADERS
from hub.api.names import clean_name, disposition
from hub.api.once import REPLAYED, cid_of
from hub.api.shapes import Nothing
from hub.forms import table
from hub.forms.certificate import certificate
from hub.services import Services
from hub.wording.forms import form_words
from rooms.errors import ErrorCode, Refusal, not_found
from rooms.events import iso
from rooms.forms.book import Mine, Sheet
from rooms.forms.record import Act, How, SubmissionId
from rooms.forms.shown import text_hashes
from rooms.forms.submissions import Given
from rooms.ids import NoticeId, PersonId
from rooms.people import Person

T = TypeVar("T")

AGENT_CHARS: Final = 300
WAITING: Final = 20
"""Documents that may be asked for while one is being written; each takes half a second."""
PRIVATE: Final = HEADERS | {"Cache-Control": "private, no-store", "Content-Security-Policy": "sandbox"}


class Submissions:
    """Handlers of forms."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._forms = services.forms
        self._zone = services.settings.zone
        self._writing = asyncio.Lock()
        self._waiting = 0

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "submit": self.submit,
            "submissions": self.submissions,
            "export_submissions": self.export_submissions,
            "certificate": self.certificate,
            "ledger": self.ledger,
            "ledger_head": self.ledger_head,
        }

    async def submit(self, ask: Ask[shapes.FormPath, Nothing, shapes.NewSubmission]) -> Reply:
        """Answer a form, change the answer or take it back. Raises Refusal."""
        body = ask.body
        given = Given(
            student=PersonId(body.student),
            act=Act(body.act),
            version=body.version,
            text_hash=body.text_hash,
            answers=body.answers,
            cid=body.cid or (cid_of(ask.key) if ask.key is not None else None),
            on_paper_for=None if body.on_paper_for is None else PersonId(body.on_paper_for),
            files=body.files,
            reason=body.reason,
        )
        notice = NoticeId(ask.path.notice)
        written = await self._forms.submissions.submit(ask.person, notice, given, await self._how(ask))
        headers = {REPLAYED: "true"} if written.repeated and ask.key is not None else {}
        return Reply(views.submission(written.entry), headers=headers)

    async def submissions(self, ask: Ask[shapes.FormPath, shapes.SubmissionsQuery, None]) -> shapes.FormView:
        """Tell how a form stands, to a family, to staff, or to somebody who is both. Raises Refusal."""
        notice, query = NoticeId(ask.path.notice), ask.query
        mine, sheet = await self._mine(ask.person, notice), await self._sheet(ask.person, notice)
        told = mine or sheet
        if told is None:
            raise not_found("notice")
        limit = min(query.limit or self._services.settings.limits.page, self._services.settings.limits.page)
        lines, more = sheet.page(query.state, query.after, limit) if sheet else ([], False)
        seqs = [
            part.current.seq
            for _, standing in lines
            for part in standing.parts
            if part.current is not None and part.current.seq <= told.head.seq
        ]
        entries = await self._forms.book.entries(notice, seqs)
        named = {part.person for _, standing in lines for part in standing.parts}
        names = await self._forms.book.names(named | (views.others_of(mine) if mine else set()))
        found, now = told.notice, self._services.clock.now()
        return shapes.FormView(
            notice=notice,
            version=found.version,
            form=(sheet or told).form,
            texts=text_hashes(notice, found.current),
            deadline=None if found.deadline is None else iso(found.deadline),
            open=found.takes_answers and (found.deadline is None or now <= found.deadline),
            head=told.head,
            keep_days=found.keep_days or self._services.settings.answer_days or None,
            erased_at=None if found.erased_at is None else iso(found.erased_at),
            erased_answers=None if found.erased_at is None else found.erased_answers,
            mine=[views.mine(own, ask.person.id, names) for own in mine.students] if mine else [],
            tally=sheet.tally if sheet else None,
            students=[views.row(line, entries, names) for line in lines],
            next=lines[-1][0].student.id if more else None,
        )

    async def export_submissions(self, ask: Ask[shapes.FormPath, shapes.ExportQuery, None]) -> Response:
        """Write all answers as a table. Raises Refusal."""
        notice = NoticeId(ask.path.notice)
        book = self._forms.book
        sheet = await book.sheet(ask.person, notice)
        parts = [part for _, standing in sheet.lines for part in standing.parts]
        entries = await book.entries(notice, [part.current.seq for part in parts if part.current is not None])
        names = await book.names({part.person for part in parts})
        words = form_words(ask.language)

        def write() -> bytes:
            rows = table.rows(sheet, entries, names, words, self._zone)
            if ask.query.format == "csv":
                return table.as_csv(rows)
            return table.as_xlsx(rows, words.table["sheet"])

        media = table.CSV if ask.query.format == "csv" else table.XLSX
        name = f"{sheet.notice.current.title}.{ask.query.format}"
        return _download(await self._written(write), name, media)

    async def certificate(self, ask: Ask[shapes.SubmissionPath, Nothing, None]) -> Response:
        """Write the certificate of an answer. Raises Refusal."""
        submission = SubmissionId(ask.path.submission)
        told = await self._forms.evidence.certificate(ask.person, NoticeId(ask.path.notice), submission)
        words, font = form_words(ask.language), self._services.settings.pdf_font
        data = await self._written(partial(certificate, told, words, self._zone, font))
        return _download(data, f"{words.certificate['title']} {submission}.pdf", PDF)

    async def ledger(self, ask: Ask[shapes.FormPath, Nothing, None]) -> Response:
        """Write the ledger as a file. Raises Refusal."""
        notice = NoticeId(ask.path.notice)
        lines = await self._forms.evidence.file(ask.person, notice)
        headers = PRIVATE | {"Content-Disposition": disposition(f"ledger-{notice}.jsonl", LEDGER_TYPE)}
        return StreamingResponse(lines, headers=headers, media_type=LEDGER_TYPE)

    async def ledger_head(self, ask: Ask[shapes.FormPath, Nothing, None]) -> shapes.HeadView:
        """Give the head of a ledger, signed. Raises Refusal."""
        found = await self._forms.evidence.head(ask.person, NoticeId(ask.path.notice))
        return shapes.HeadView(
            notice=found.notice,
            seq=found.head.seq,
            hash=found.head.hash,
            at=found.at,
            key=found.key,
            signature=found.signature,
        )

    async def _how(self, ask: Ask[shapes.FormPath, Nothing, shapes.NewSubmission]) -> How:
        """Tell from where a request comes, and by which sign-in."""
        origin = await self._services.sessions.origin(ask.who.session)
        return How(
            address=address_of(ask.request, self._services.settings),
            agent=ask.request.headers.get("user-agent", "")[:AGENT_CHARS],
            session=ask.who.session,
            way=origin.way if origin else "",
            signed_in_at=iso(origin.created_at) if origin else "",
        )

    async def _written(self, write: Callable[[], bytes]) -> bytes:
        """Write a document in a thread: one at a time, so that other threads are free for others."""
        if self._waiting >= WAITING:
            raise Refusal(ErrorCode.UNAVAILABLE, "log_busy", retry_after=5.0)
        self._waiting += 1
        try:
            async with self._writing:
                return await asyncio.to_thread(write)
        finally:
            self._waiting -= 1

    async def _mine(self, person: Person, notice: NoticeId) -> Mine | None:
        return await _unless_gone(self._forms.book.mine(person, notice))

    async def _sheet(self, person: Person, notice: NoticeId) -> Sheet | None:
        return await _unless_gone(self._forms.book.sheet(person, notice))


async def _unless_gone(asked: Awaitable[T]) -> T | None:
    """Give what was asked for; None where it is not there for this person."""
    try:
        return await asked
    except Refusal as refusal:
        if refusal.code is ErrorCode.NOT_FOUND:
            return None
        raise


def _download(data: bytes, name: str, media_type: str) -> Response:
    headers = PRIVATE | {"Content-Disposition": disposition(clean_name(name), media_type)}
    return Response(data, headers=headers, media_type=media_type)
