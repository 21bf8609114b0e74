"""What families read: the feed over all their children and schools, and a notice."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from rooms.composed import composed
from rooms.cursors import read_cursor, write_cursor
from rooms.errors import bad_request
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices import markdown
from rooms.notices.access import NoticeAccess, Reading, narrowed
from rooms.notices.belonging import Belonging, expected
from rooms.notices.model import Notice, NoticeKind, NoticeState, Recipient
from rooms.notices.names import Names, names_of
from rooms.notices.paging import Place, Window
from rooms.notices.ports import CareStore, NoticeReads
from rooms.notices.progress import Missing, goal
from rooms.notices.shown import Shown, languages, shown
from rooms.notices.views import NoticeList, NoticeRow, iso, iso_of
from rooms.notices.years import school_year, span_of
from rooms.people import Person
from rooms.ports import Clock, PeopleStore

EXCERPT: Final = 140
LOOKED_AT: Final = 1_000
"""Rows that one request looks at most, where few of them fit."""
CHUNK: Final = 100
AWAITED: Final = 20


class FeedStore(NoticeReads, Protocol):
    """Notices, for the feed."""

    async def notices(self, notices: Iterable[NoticeId]) -> dict[NoticeId, Notice]:
        """Read notices; those that do not exist are left out."""

    async def awaited(self, units: Sequence[UnitId], limit: int) -> list[Notice]:
        """List published notices for these units whose recipients are still being written."""


class FeedRows(Protocol):
    """Recipients, for the feed."""

    async def feed(self, person: PersonId, student: PersonId | None, window: Window) -> list[Recipient]:
        """List a person's rows, the last published first."""

    async def of_person(self, person: PersonId, notices: Sequence[NoticeId]) -> dict[NoticeId, Recipient]:
        """Read a person's rows of these notices; others are left out."""

    async def first_published(self, person: PersonId) -> datetime | None:
        """Find when the oldest notice of a person was published."""


class Filter(Struct, frozen=True, kw_only=True):
    """What of a feed is asked for; `open` is what still wants something of the reader.

    `due` bounds the deadline, `since` the last change. `q` are words that must all occur.
    """

    student: PersonId | None = None
    kind: NoticeKind | None = None
    open: bool = False
    year: int | None = None
    q: str = ""
    since: datetime | None = None
    due: tuple[datetime, datetime] | None = None
    language: str | None = None


class FamilyFeed:
    """Lists what a person's family has been told."""

    def __init__(
        self,
        access: NoticeAccess,
        notices: FeedStore,
        rows: FeedRows,
        people: PeopleStore,
        cares: CareStore,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._access = access
        self._notices = notices
        self._rows = rows
        self._people = people
        self._cares = cares
        self._clock = clock
        self._zone = zone

    async def page(self, person: Person, wanted: Filter, after: str | None, limit: int) -> NoticeList:
        """List a page of the feed. Raises Refusal(bad_request)."""
        now = self._clock.now()
        place = read_cursor(after, Place) if after is not None else None
        belongings = await self._access.belongings(person)
        rights = await self._cares.rights(person.id)
        found: list[Reading] = []
        if place is None:
            found += await self._awaited(person, belongings, rights, wanted, now)
        rows, following = await self._rows_of(person, wanted, rights, place, limit - len(found))
        found += rows
        return await self._feed(person, found, belongings, wanted, now, following)

    async def _rows_of(
        self,
        person: Person,
        wanted: Filter,
        rights: dict[PersonId, frozenset[str]],
        place: Place | None,
        limit: int,
    ) -> tuple[list[Reading], str | None]:
        """Find the rows that fit, and where to go on."""
        now = self._clock.now()
        found: list[Reading] = []
        looked = 0
        while looked < LOOKED_AT:
            window = Window(
                kind=wanted.kind,
                between=self._between(wanted.year),
                since=wanted.since,
                before=place,
                limit=CHUNK,
            )
            rows = await self._rows.feed(person.id, wanted.student, window)
            notices = await self._notices.notices([row.notice for row in rows])
            for row in rows:
                place = Place(row.published_at, row.notice)
                notice = notices.get(row.notice)
                reading = narrowed(person, notice, row, rights) if notice else None
                if reading is not None and self._fits(reading, wanted, now):
                    found.append(reading)
                    if len(found) >= limit:
                        ended = len(rows) < CHUNK and row is rows[-1]
                        return found, None if ended else write_cursor(place)
            if len(rows) < CHUNK:
                return found, None
            looked += len(rows)
        return found, write_cursor(place) if place else None

    async def _feed(
        self,
        person: Person,
        found: Sequence[Reading],
        belongings: Sequence[Belonging],
        wanted: Filter,
        now: datetime,
        following: str | None,
    ) -> NoticeList:
        students = list(dict.fromkeys(one.student for one in belongings))
        names = await names_of(
            self._people,
            [*students, *(reading.notice.by for reading in found)],
            [reading.notice.unit for reading in found],
        )
        first = await self._rows.first_published(person.id)
        years = range(school_year(now, self._zone), school_year(first or now, self._zone) - 1, -1)
        rows = [await self.row(reading, names, wanted.language) for reading in found]
        return NoticeList(
            notices=rows,
            students=[names.child(student) for student in students],
            years=list(years),
            now=iso_of(now),
            next=following,
        )

    async def row(self, reading: Reading, names: Names, language: str | None) -> NoticeRow:
        """Show a notice as a line of the feed."""
        notice, version = reading.notice, reading.notice.current
        withdrawn = notice.state is NoticeState.WITHDRAWN
        said = await self.said(reading, language)
        row = reading.recipient
        tags = languages(version)
        return NoticeRow(
            id=notice.id,
            kind=notice.kind,
            state=notice.state,
            version=notice.version,
            title=said.title,
            excerpt="" if withdrawn else markdown.plain(said.text, EXCERPT),
            language=language if language in tags else version.language,
            languages=tags,
            unit=names.unit(notice.unit),
            by=names.person(notice.by),
            published_at=iso_of(row.published_at),
            changed_at=iso_of(notice.changed_at),
            withdrawn_at=iso(notice.withdrawn_at),
            deadline=iso(notice.deadline),
            urgent=notice.urgent,
            confirm=notice.confirm,
            form=version.form is not None,
            files=0 if withdrawn else len(version.files),
            students=list(reading.students),
            answerable=list(reading.answerable) if version.form is not None and not notice.erased_at else [],
            seen_version=row.seen_version,
            opened_at=iso(row.opened_at),
            confirmed_at=iso(row.confirmed_at),
            answered_at=iso(row.answered_at),
            left_at=iso(row.left_at),
        )

    async def said(self, reading: Reading, language: str | None) -> Shown:
        """Show what a notice says to a family: of a mail merge, for the first of its children."""
        notice = reading.notice
        if not notice.merge:
            return shown(notice.current, language)
        merged = await self._notices.merged(notice.id, reading.students)
        first = next((merged[student] for student in reading.students if student in merged), {})
        return shown(notice.current, language, first)

    async def _awaited(
        self,
        person: Person,
        belongings: Sequence[Belonging],
        rights: dict[PersonId, frozenset[str]],
        wanted: Filter,
        now: datetime,
    ) -> list[Reading]:
        """List what was published a moment ago and has no row yet."""
        units = list({step for one in belongings for step in one.path})
        if not units:
            return []
        notices = await self._notices.awaited(units, AWAITED)
        known = await self._rows.of_person(person.id, [notice.id for notice in notices]) if notices else {}
        found: list[Reading] = []
        for notice in sorted(notices, key=lambda one: one.published_at or now, reverse=True):
            fitting = belongings
            if notice.merge:
                merged = await self._notices.merged(notice.id, [one.student for one in belongings])
                fitting = [one for one in belongings if one.student in merged]
            row = None if notice.id in known else expected(notice, person.id, fitting)
            reading = narrowed(person, notice, row, rights, stored=False) if row else None
            if reading is not None and self._fits_row(reading, wanted) and self._fits(reading, wanted, now):
                found.append(reading)
        return found

    def _fits_row(self, reading: Reading, wanted: Filter) -> bool:
        """Tell of a row that is not stored what the store tells of others."""
        row = reading.recipient
        between = self._between(wanted.year)
        return (
            (wanted.kind is None or row.notice_kind is wanted.kind)
            and (wanted.student is None or wanted.student in row.students)
            and (between is None or between[0] <= row.published_at < between[1])
            and (wanted.since is None or row.changed_at >= wanted.since)
        )

    def _fits(self, reading: Reading, wanted: Filter, now: datetime) -> bool:
        notice = reading.notice
        if wanted.student is not None and wanted.student not in reading.students:
            return False
        if wanted.open and not wants_something(reading, now):
            return False
        if wanted.due is not None and not (
            notice.deadline is not None and wanted.due[0] <= notice.deadline < wanted.due[1]
        ):
            return False
        return not wanted.q or has_words(reading.notice, wanted.q)

    def _between(self, year: int | None) -> tuple[datetime, datetime] | None:
        if year is None:
            return None
        try:
            return span_of(year, self._zone)
        except ValueError as error:
            raise bad_request("bad_year") from error


def wants_something(reading: Reading, now: datetime) -> bool:
    """Tell whether a notice still wants an answer or a confirmation of its reader."""
    notice, row = reading.notice, reading.recipient
    past = notice.deadline is not None and notice.deadline <= now
    over = past or notice.erased_at is not None or row.left_at is not None
    if notice.state is not NoticeState.PUBLISHED or over:
        return False
    match goal(notice):
        case Missing.ANSWERED:
            return row.answered_at is None and bool(reading.answerable)
        case Missing.CONFIRMED:
            return row.confirmed_at is None
        case _:
            return False


def has_words(notice: Notice, query: str, *, withdrawn: bool = False) -> bool:
    """Tell whether what a notice says has all words of a query, in any case.

    Of a withdrawn one only the title counts, but for those who may still read it (`withdrawn`).
    """
    texts = [notice.current.title]
    if withdrawn or notice.state is not NoticeState.WITHDRAWN:
        texts.append(notice.current.text)
        for translation in notice.current.translations.values():
            texts += [translation.title, translation.text]
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in composed(query).casefold().split())
