"""How forms stand: one's own part in them, and that of all students for those who asked."""

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from rooms.errors import bad_request
from rooms.forms.chain import entry_of
from rooms.forms.fields import Form
from rooms.forms.ledger import Head
from rooms.forms.ports import LedgerStore
from rooms.forms.record import Entry
from rooms.forms.shown import form_of
from rooms.forms.standing import OPEN, Stand, Standing, Tally, standing, standings, tally
from rooms.forms.who import Pupil, pupils_of
from rooms.ids import NoticeId, PersonId
from rooms.notices.access import Level, NoticeAccess
from rooms.notices.access import Standing as Office
from rooms.notices.leaving import Leaving
from rooms.notices.model import Notice, NoticeState
from rooms.people import Person
from rooms.ports import Clock, PeopleStore

FRESH_SECONDS: Final = 5.0
"""How long what a form came to is remembered, if nobody answers meanwhile: rosters change too."""
REST: Final = 5
"""A sheet that takes long to make is shown for so many times as long, though answers came meanwhile."""
LONG_SECONDS: Final = 0.2
IN_THREAD: Final = 2_000
"""With more students a sheet is put together beside the event loop."""
REMEMBERED: Final = 20
MISSING: Final = "missing"
"""Asks for all students with whom something is still to come."""

Line = tuple[Pupil, Standing]


class Sheet(Struct, frozen=True):
    """How a form stands with students, in the order of class and name."""

    notice: Notice
    form: Form
    head: Head
    lines: tuple[Line, ...]
    tally: Tally

    def page(self, state: str | None, after: str | None, limit: int) -> tuple[list[Line], bool]:
        """List students after one of them, all or those in a state; and whether there are more."""
        wanted = OPEN if state == MISSING else set(Stand) if state is None else {Stand(state)}
        lines = iter(self.lines)
        if after is not None and not any(pupil.student.id == after for pupil, _ in lines):
            raise bad_request("bad_cursor")
        found = list(itertools.islice((line for line in lines if line[1].stand in wanted), limit + 1))
        return found[:limit], len(found) > limit


class Known(Struct, frozen=True):
    """A sheet that is remembered; times are monotonic, `cost` the seconds it took, 0 where it took few."""

    sheet: Sheet
    changed_at: datetime
    made: float
    cost: float


class Own(Struct, frozen=True):
    """A student of one's own, and the form: `may` answer now, `mine` is one's last entry."""

    pupil: Pupil
    standing: Standing
    may: bool
    mine: Entry | None


class Mine(Struct, frozen=True):
    """A form as a family has it before them; of a withdrawn one they never answered, no fields are left."""

    notice: Notice
    form: Form
    head: Head
    students: tuple[Own, ...]


class Book:
    """Answers how forms stand, to those who may know. All methods raise Refusal."""

    def __init__(
        self,
        access: NoticeAccess,
        leaving: Leaving,
        store: LedgerStore,
        people: PeopleStore,
        clock: Clock,
    ) -> None:
        self._access = access
        self._leaving = leaving
        self._store = store
        self._people = people
        self._clock = clock
        self._known: OrderedDict[NoticeId, Known] = OrderedDict()
        self._under_way: dict[NoticeId, asyncio.Lock] = {}

    async def mine(self, person: Person, notice: NoticeId) -> Mine:
        """Tell a family how a form stands with their students. Raises Refusal."""
        reading = await self._access.for_reading(person, notice)
        found = reading.notice
        form = needed_form(found)
        students = list(reading.students)
        answers = await self._store.answers_of(notice, students)
        cares = await self._store.cares(students)
        pupils, left = await asyncio.gather(
            pupils_of(self._people, students), self._leaving.left_by(found, students)
        )
        mine = {one.student: one for one in answers if one.signer == person.id}
        rows = await self._store.rows(notice, [one.seq for one in mine.values()])
        asked = {one.person for student in students for one in await self._store.addressed(notice, student)}
        now = self._clock.now()
        open_ = found.takes_answers and (found.deadline is None or now <= found.deadline)
        told = []
        for student in students:
            if student not in pupils:
                continue
            kind = form.signers.student if student == person.id else form.signers.guardians != "none"
            stands = standing(
                found,
                form,
                student,
                [care for care in cares if care.student == student and care.guardian in asked | {person.id}],
                [one for one in answers if one.student == student],
                left=student in left,
            )
            row = rows.get(mine[student].seq) if student in mine else None
            told.append(
                Own(
                    pupils[student],
                    stands,
                    open_ and kind and student in reading.answerable and student not in left,
                    None if row is None else entry_of(notice, row),
                )
            )
        if found.state is NoticeState.WITHDRAWN and not mine:
            form = msgspec.structs.replace(form, fields=(), translations={})  # its text is taken back
        return Mine(found, form, await self._store.head(notice), tuple(told))

    async def sheet(self, person: Person, notice: NoticeId) -> Sheet:
        """Tell a member of the staff how a form stands with the students they may look at. Raises Refusal."""
        office = await self._access.for_staff(person, notice, Level.HOMEROOM)
        return await self.of_office(office)

    async def of_office(self, office: Office) -> Sheet:
        """Tell how a form stands with the students somebody may look at. Raises Refusal."""
        sheet = await self._sheet(office.notice)
        if office.units is None:
            return sheet
        lines = (line for line in sheet.lines if line[0].within(office.units))
        return sheet_of(sheet.notice, sheet.form, sheet.head, lines)

    async def _sheet(self, notice: Notice) -> Sheet:
        """Find how a form stands with everybody; together with others who ask for the same."""
        lock = self._under_way.setdefault(notice.id, asyncio.Lock())
        try:
            async with lock:
                return await self._known_sheet(notice)
        finally:
            if not lock.locked():
                self._under_way.pop(notice.id, None)

    async def _known_sheet(self, notice: Notice) -> Sheet:
        head, now = await self._store.head(notice.id), self._clock.monotonic()
        known = self._known.get(notice.id)
        if known is not None and known.changed_at == notice.changed_at:
            fresh = known.sheet.head == head and now < known.made + FRESH_SECONDS
            if fresh or now < known.made + known.cost * REST:
                return known.sheet
        sheet = await self._made(notice, head)
        made = self._clock.monotonic()
        self._known[notice.id] = Known(sheet, notice.changed_at, made, _rest(made - now))
        self._known.move_to_end(notice.id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return sheet

    async def _made(self, notice: Notice, head: Head) -> Sheet:
        form = needed_form(notice)
        people = await self._store.audience(notice.id)
        students = {student for addressed in people for student in addressed.students}
        answers = await self._store.answers(notice.id)
        cares = await self._store.cares(students)
        # Asked for together, people are read once.
        pupils, left = await asyncio.gather(
            pupils_of(self._people, students), self._leaving.left_by(notice, students)
        )

        def made() -> Sheet:
            found = standings(notice, form, people, answers, cares, left)
            told = [(pupils[student], stands) for student, stands in found.items() if student in pupils]
            told.sort(key=lambda line: (line[0].path, line[0].student.name, line[0].student.id))
            return sheet_of(notice, form, head, told)

        return await asyncio.to_thread(made) if len(students) > IN_THREAD else made()

    async def entries(self, notice: NoticeId, seqs: list[int]) -> dict[int, Entry]:
        """Read entries, for those who were shown a sheet or their own part that names them."""
        rows = await self._store.rows(notice, seqs)
        return {seq: entry_of(notice, row) for seq, row in rows.items() if row.is_answer}

    async def names(self, people: set[PersonId]) -> dict[PersonId, str]:
        """Name people of a sheet."""
        return {person.id: person.name for person in (await self._people.people(people)).values()}


def sheet_of(notice: Notice, form: Form, head: Head, lines: Iterable[Line]) -> Sheet:
    """Put a sheet together, and count it."""
    kept = tuple(lines)
    return Sheet(notice, form, head, kept, tally(form, (standing for _, standing in kept)))


def _rest(seconds: float) -> float:
    return seconds if seconds >= LONG_SECONDS else 0.0


def needed_form(notice: Notice) -> Form:
    """Read the form of a notice. Raises Refusal(bad_request) where it has none."""
    form = form_of(notice.current)
    if form is None:
        raise bad_request("notice_without_form")
    return form
