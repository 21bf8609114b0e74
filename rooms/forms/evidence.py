"""The evidence of a form: its head, its ledger as a file, and what is told of one answer."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

from msgspec import Struct

from rooms.errors import Refusal, not_found
from rooms.events import iso
from rooms.forms.book import Book
from rooms.forms.canonical import canonical
from rooms.forms.chain import entry_of
from rooms.forms.ledger import Head, Header, header_line, link_line, signed_part, text_line
from rooms.forms.ports import LedgerStore
from rooms.forms.record import Entry, SubmissionId
from rooms.forms.seal import Seal
from rooms.forms.shown import shown_text, text_hashes
from rooms.ids import FileId, NoticeId, PersonId
from rooms.notices.access import Level, NoticeAccess
from rooms.notices.model import Notice
from rooms.people import Person
from rooms.ports import Clock, PeopleStore


class Published(Struct, frozen=True):
    """The head of a chain, signed by the office: what is shown, printed and kept elsewhere.

    The signature is over the canonical form of `{"at": …, "form": …, "head": {"hash": …, "seq": …}}`.
    """

    notice: NoticeId
    head: Head
    at: str
    key: str
    signature: str


class Certified(Struct, frozen=True):
    """What is told of one answer: what was shown, the entry, and what became of it later.

    `shown` is as `rooms.forms.shown.shown_text` gives it; `later` the entry that changed the answer or
    took it back.
    """

    notice: Notice
    shown: dict[str, Any]
    entry: Entry
    later: Entry | None
    head: Published
    made_at: datetime


class Evidence:
    """Hands out evidence, to those who may have it."""

    def __init__(
        self,
        access: NoticeAccess,
        book: Book,
        store: LedgerStore,
        people: PeopleStore,
        seal: Seal,
        clock: Clock,
    ) -> None:
        self._access = access
        self._book = book
        self._store = store
        self._people = people
        self._seal = seal
        self._clock = clock

    async def head(self, person: Person, notice: NoticeId) -> Published:
        """Give the head of a form's chain to whoever sees the notice. Raises Refusal(not_found)."""
        await self._seen(person, notice)
        return await self._published(notice)

    async def certificate(self, person: Person, notice: NoticeId, submission: SubmissionId) -> Certified:
        """Tell all of one answer, to who gave or entered it and to the staff. Raises Refusal(not_found)."""
        found = await self._seen(person, notice)
        row = await self._store.row(notice, submission)
        own = await self._own(person, found)
        if row is None or not row.is_answer or (own is not None and row.link.seq not in own):
            raise not_found("submission")
        entry = entry_of(notice, row)
        version = found.shown(entry.body.version)
        if version is None:
            raise not_found("submission")
        return Certified(
            found,
            shown_text(notice, version, entry.body.language),
            entry,
            await self._later(entry),
            await self._published(notice),
            self._clock.now(),
        )

    async def has_file(self, person: PersonId, notice: NoticeId, file: FileId) -> bool:
        """Tell whether somebody may read an answer that carries a file: who gave or entered it, and staff."""
        seqs = await self._store.carrying(notice, file)
        if not seqs:
            return False
        try:
            who = await self._people.person(person)
            if who is None or who.disabled:
                return False
            own = await self._own(who, await self._seen(who, notice))
        except Refusal:
            return False
        return own is None or not own.isdisjoint(seqs)

    async def file(self, person: Person, notice: NoticeId) -> AsyncIterator[bytes]:
        """Write a form's ledger as JSON Lines (`rooms.forms.ledger`). Raises Refusal(not_found).

        Whoever may see all students gets all; others the whole chain with the bodies that are theirs.
        """
        found = await self._seen(person, notice)
        head = await self._store.head(notice)
        own = await self._own(person, found)
        return self._lines(found, head, own)

    async def everything(self, notice: Notice) -> tuple[Head, AsyncIterator[bytes]]:
        """Write a form's whole ledger, for whoever has the machine itself; also returns its head."""
        head = await self._store.head(notice.id)
        return head, self._lines(notice, head, None)

    async def _lines(self, notice: Notice, head: Head, own: Collection[int] | None) -> AsyncIterator[bytes]:
        header = Header(
            form=notice.id,
            title=notice.current.title,
            head=head,
            made_at=iso(self._clock.now()),
            contents="all" if own is None else "own",
            key=self._seal.key,
        )
        yield header_line(header, self._seal.sign(signed_part(header)))
        named = await self._store.texts(notice.id, head.seq, own)
        texts = {
            known: (version, language)
            for version in notice.versions
            for language, known in text_hashes(notice.id, version).items()
        }
        for known in sorted(named & texts.keys()):
            version, language = texts[known]
            yield text_line(shown_text(notice.id, version, language))
        async for row in self._store.chain(notice.id, head.seq):
            # What says that others are erased tells nothing of anybody.
            shown = own is None or row.link.seq in own or (row.body and not row.is_answer)
            yield link_line(row.link, row.body if row.body and shown else None)

    async def _published(self, notice: NoticeId) -> Published:
        head, at = await self._store.head(notice), iso(self._clock.now())
        signed = canonical({"at": at, "form": notice, "head": head})
        return Published(notice, head, at, self._seal.key, self._seal.sign(signed))

    async def _seen(self, person: Person, notice: NoticeId) -> Notice:
        """Load a notice for whoever it concerns, family or staff. Raises Refusal(not_found)."""
        try:
            return (await self._access.for_staff(person, notice, Level.HOMEROOM)).notice
        except Refusal:
            return (await self._access.for_reading(person, notice)).notice

    async def _own(self, person: Person, notice: Notice) -> set[int] | None:
        """Find the links whose bodies somebody may read, None for all."""
        own = await self._store.own(notice.id, person.id)
        office = await self._access.standing(person, notice)
        if office is None or office.level < Level.HOMEROOM:
            return own
        if office.units is None:
            return None
        students = {pupil.student.id for pupil, _ in (await self._book.of_office(office)).lines}
        return own | await self._store.about(notice.id, students)

    async def _later(self, entry: Entry) -> Entry | None:
        """Find the entry that took the place of one."""
        seqs = await self._store.own(entry.notice, entry.body.signer.id)
        rows = await self._store.rows(entry.notice, [seq for seq in seqs if seq > entry.link.seq])
        later = [entry_of(entry.notice, row) for row in rows.values()]
        return next((one for one in later if one.body.before == entry.link.seq), None)
