"""Writes who gets a notice, and what they are told, from the audience of what was published.

Every process runs an expander; a lease gives each notice to one of them. All it writes may be written
again: rows of people who have one stay, deliveries have ids made of what they are about. So a process
that is killed at any point leaves work that the next one does from the last class that was done, and
nothing is lost and nothing doubled.
"""

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

import msgspec
import structlog

from rooms.delivery.channels import Channel, Kind, Reason, State, Urgency
from rooms.delivery.outbox import Due, Planned
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.belonging import Belonging, expected
from rooms.notices.model import (
    Expansion,
    Notice,
    NoticeState,
    Recipient,
    Right,
)
from rooms.notices.names import unit_name
from rooms.notices.ports import CareStore, Change, NoticeWakeups, PupilStore, RecipientPages
from rooms.notices.post import Post, states_of
from rooms.people import Unit
from rooms.ports import Clock, PeopleStore

STUDENTS: Final = 2_000
"""Students of whose guardians rows are written at once."""
CLASSES: Final = 320
"""Classes that are asked for at once."""
PAGE: Final = 2_000
"""Rows of recipients that are told of a change at once."""
HELD: Final = timedelta(seconds=6)
"""How long pushes wait of a notice for many that is not urgent: until all of them are in the outbox.

Whoever sends the first ones takes the time of whoever writes the rest; and who has a page open reads it
meanwhile, and need not be told.
"""
LEASE: Final = timedelta(seconds=30)
POLL_SECONDS: Final = 5.0
"""How often work is looked for that nobody told of: the wake-up was lost, or its process died."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class ExpansionStore(Protocol):
    """Notices, for those who write their recipients."""

    async def take(self, now: datetime, until: datetime, owner: str) -> Notice | None:
        """Take a notice whose recipients are to be written, the latest first, that nobody else works on."""

    async def expanded(self, notice: NoticeId, held: Expansion, now: Expansion) -> bool:
        """Note how far the recipients are; False where the lease is lost or there is more to do."""

    async def merged_students(self, notice: NoticeId) -> list[PersonId]:
        """List the students a mail merge has a row for."""


class RecipientWrites(RecipientPages, Protocol):
    """Recipients, for those who write them."""

    async def add(self, rows: Sequence[Recipient]) -> int:
        """Store rows; where a person has one already, its students and classes are joined."""

    async def count(self, notice: NoticeId) -> int:
        """Count the rows there are."""

    async def touch(self, notice: NoticeId, at: datetime, *, ask_again: datetime | None) -> None:
        """Let everybody's row have changed at a moment; answers from before `ask_again` no longer count."""

    async def waiting(self, notice: NoticeId, people: Sequence[PersonId], at: datetime) -> None:
        """Note that something waits to be told to these people."""


class Expander:
    """Works off what was published, corrected and withdrawn."""

    def __init__(
        self,
        notices: ExpansionStore,
        recipients: RecipientWrites,
        pupils: PupilStore,
        cares: CareStore,
        people: PeopleStore,
        post: Post,
        wakeups: NoticeWakeups,
        clock: Clock,
    ) -> None:
        self._people = people
        self._notices = notices
        self._recipients = recipients
        self._pupils = pupils
        self._cares = cares
        self._post = post
        self._wakeups = wakeups
        self._clock = clock
        self._owner = secrets.token_hex(8)
        self._called = asyncio.Event()

    def call(self) -> None:
        """Look for work now."""
        self._called.set()

    async def run(self) -> None:
        """Work, for ever."""
        while True:
            self._called.clear()
            while (notice := await self.work()) is not None:
                log.info("notice written to recipients", notice=notice.id, state=notice.state)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._called.wait()
            except TimeoutError:
                pass

    async def work(self) -> Notice | None:
        """Work off one notice; returns None where there is none to take."""
        now = self._clock.now()
        notice = await self._notices.take(now, now + LEASE, self._owner)
        if notice is None or notice.expanded is None:
            return None
        if notice.state is NoticeState.WITHDRAWN:
            done = await self._take_back(notice, notice.expanded)
        elif notice.expanded.what.startswith("v"):
            done = await self._publish(notice, notice.expanded)
        else:
            done = await self._correct(notice, notice.expanded)
        if done:
            self._wakeups.reached(notice.id)
        return notice

    async def _publish(self, notice: Notice, held: Expansion) -> bool:
        """Write the rows of everybody in the audience, and what they are told."""
        units = await self._units(notice, held)
        only = set(await self._notices.merged_students(notice.id)) if notice.merge else None
        now = held
        hold: datetime | None = None
        for part in _parts([unit for unit in units if unit.id > held.after], CLASSES):
            students = await self._pupils.students_in([unit.id for unit in part])
            if hold is None:
                many = len(units) > CLASSES or sum(map(len, students.values())) > STUDENTS
                hold = self._clock.now() + (HELD if many and not notice.urgent else timedelta())
            written = await self._write_part(notice, held, now, _batches(part, students), only, hold)
            if written is None:
                return False
            now = msgspec.structs.replace(written, after=part[-1].id)
            if not await self._keep(notice, held, now):
                return False
            self._wakeups.reached(notice.id)
        # Rows that were written before, by a process that died or for another audience, count as well.
        now = msgspec.structs.replace(now, recipients=await self._recipients.count(notice.id))
        return await self._finish(notice, held, now)

    async def _units(self, notice: Notice, held: Expansion) -> list[Unit]:
        """List the units of an audience in the order of their ids; for newcomers, the classes they are in."""
        aims = {aim.unit for aim in notice.audience}
        if not held.only:
            return await self._pupils.units_below(aims)
        known = await self._people.units(held.only)
        return [known[unit] for unit in sorted(known) if not aims.isdisjoint(known[unit].path)]

    async def _write_part(
        self,
        notice: Notice,
        held: Expansion,
        now: Expansion,
        batches: Iterable[Sequence[tuple[Unit, PersonId]]],
        only: set[PersonId] | None,
        hold: datetime,
    ) -> Expansion | None:
        """Write the rows of some classes; None where another process has taken over.

        The rows of one batch are made while those of the last are stored.
        """
        writing: asyncio.Task[int] | None = None
        try:
            for some in batches:
                rows = await self._rows(notice, some, only)
                at = self._clock.now()
                planned = await self._post.plan([_first(notice, row, max(at, hold)) for row in rows])
                if writing is not None:
                    now = msgspec.structs.replace(now, recipients=now.recipients + await writing)
                    if not await self._keep(notice, held, now):
                        return None
                writing = asyncio.ensure_future(self._write(notice, rows, planned, at))
            if writing is not None:
                now = msgspec.structs.replace(now, recipients=now.recipients + await writing)
            return now
        finally:
            if writing is not None:
                await asyncio.wait([writing])

    async def _write(
        self, notice: Notice, rows: Sequence[Recipient], planned: Sequence[Planned], at: datetime
    ) -> int:
        """Store rows and what their people are told; returns how many people are new.

        The rows come first: what is told is asked about by whoever sends it.
        """
        told = [
            msgspec.structs.replace(row, channels=states_of(plan, at))
            for row, plan in zip(rows, planned, strict=True)
        ]
        fresh = await self._recipients.add(told)
        await self._post.put(planned, at)
        await self._wake(notice, rows, Change.PUBLISHED)
        return fresh

    async def _rows(
        self, notice: Notice, places: Sequence[tuple[Unit, PersonId]], only: set[PersonId] | None
    ) -> list[Recipient]:
        """Make the rows that these students and their guardians have, one for each person."""
        wanted = [(unit, student) for unit, student in places if only is None or student in only]
        students = [student for _, student in wanted]
        guardians = await self._cares.guardians_with(students, Right.NOTICES)
        found: dict[PersonId, list[Belonging]] = {}
        for unit, student in wanted:
            found.setdefault(student, []).append(Belonging(student, unit.id, unit.path, own=True))
            for guardian in guardians.get(student, ()):
                found.setdefault(guardian, []).append(Belonging(student, unit.id, unit.path))
        signers = await self._signers(notice, students)
        rows = (expected(notice, person, belongings) for person, belongings in found.items())
        return [
            msgspec.structs.replace(row, signs=True) if row.person in signers else row
            for row in rows
            if row is not None
        ]

    async def _signers(self, notice: Notice, students: Sequence[PersonId]) -> set[PersonId]:
        """Find of whom an answer is expected: guardians who may consent, students where the form says so."""
        form = notice.current.form
        if form is None:
            return set()
        signers: Mapping[str, object] = form.get("signers") or {}
        able = await self._cares.guardians_with(students, Right.CONSENT)
        guardians = (
            {one for many in able.values() for one in many} if signers.get("guardians") != "none" else set()
        )
        return guardians | (set(students) if signers.get("student") else set())

    async def _correct(self, notice: Notice, held: Expansion) -> bool:
        """Tell everybody who has a row of a correction, unless it was a silent one."""
        await self._recipients.touch(notice.id, notice.changed_at, ask_again=_form_changed_at(notice))
        if held.what.startswith("t"):
            return await self._finish(notice, held, held)
        return await self._tell(notice, held, lambda row: _correction(notice, row, held.what))

    async def _take_back(self, notice: Notice, held: Expansion) -> bool:
        """End what still waits, and take back what is shown on screens."""
        await self._recipients.touch(notice.id, notice.changed_at, ask_again=None)
        await self._post.withdraw(notice.id, Reason.WITHDRAWN, self._clock.now())
        return await self._tell(
            notice, held, lambda row: take_back(notice, row, "w", self._clock.now(), waiting=True)
        )

    async def _tell(self, notice: Notice, held: Expansion, occasion: "Occasion") -> bool:
        after: PersonId | None = None
        change = Change.WITHDRAWN if notice.state is NoticeState.WITHDRAWN else Change.CORRECTED
        while rows := await self._recipients.page(notice.id, None, None, after, PAGE):
            dues = [due for row in rows if (due := occasion(row)) is not None]
            planned = await self._post.plan(dues)
            at = self._clock.now()
            shown = [
                due.person
                for due, plan in zip(dues, planned, strict=True)
                if due.kind is Kind.SHOW and plan.rows
            ]
            await self._recipients.waiting(notice.id, shown, at)
            await self._post.put(planned, at)
            await self._wake(notice, rows, change)
            after = rows[-1].person
            if not await self._keep(notice, held, held):
                return False
        return await self._finish(notice, held, held)

    async def _wake(self, notice: Notice, rows: Sequence[Recipient], change: Change) -> None:
        """Tell recipients of a mail merge, who are not all of a unit, that have a page open."""
        if notice.merge:
            name = await unit_name(self._people, notice.unit)
            self._wakeups.changed_for([row.person for row in rows], notice, change, name)

    async def _keep(self, notice: Notice, held: Expansion, now: Expansion) -> bool:
        """Note how far it is, and hold the notice longer; False where it is somebody else's by now."""
        kept = msgspec.structs.replace(now, lease=self._clock.now() + LEASE, owner=self._owner)
        return await self._notices.expanded(notice.id, held, kept)

    async def _finish(self, notice: Notice, held: Expansion, now: Expansion) -> bool:
        """Note that this occasion is done; the one that follows is taken up next."""
        self._post.wake()
        done = msgspec.structs.replace(now, done=True, lease=None, finished_at=self._clock.now())
        if held.then:
            done = Expansion(held.then, recipients=now.recipients)
        return await self._notices.expanded(notice.id, held, done)


class Occasion(Protocol):
    """Decides whether and of what the person of a row is told."""

    def __call__(self, row: Recipient) -> Due | None:
        """Make the occasion, or None."""


def take_back(
    notice: Notice, row: Recipient, what: str, now: datetime, *, waiting: bool = False
) -> Due | None:
    """Make the occasion to close a notification that is on a screen; None where none can be.

    `waiting` also where one still waits: a worker may be about to send it.
    """
    push = row.channels.get(Channel.PUSH)
    shown = {State.SENT, State.DELIVERED, *([State.WAITING] if waiting else [])}
    if push is None or push.state not in shown:
        return None
    return Due(notice.id, row.person, what, now, urgency=Urgency.LOW, kind=Kind.CLOSE)


def _form_changed_at(notice: Notice) -> datetime | None:
    """Find when the form last became another one than was answered before; None where it never did."""
    changes = (
        new.at
        for old, new in zip(notice.versions, notice.versions[1:], strict=False)
        if new.form != old.form and new.at is not None
    )
    return max(changes, default=None)


def _first(notice: Notice, row: Recipient, at: datetime) -> Due:
    return Due(
        notice.id,
        row.person,
        "v1",
        at,
        urgent=notice.urgent,
        urgency=Urgency.HIGH if notice.urgent else Urgency.NORMAL,
        deadline=notice.deadline,
    )


def _correction(notice: Notice, row: Recipient, what: str) -> Due | None:
    if row.since >= int(what[1:]):
        return None  # this version is the first they are told of
    return Due(
        notice.id,
        row.person,
        what,
        notice.current.at or notice.changed_at,
        urgent=notice.urgent,
        urgency=Urgency.HIGH if notice.urgent else Urgency.NORMAL,
        deadline=notice.deadline,
    )


def _batches(
    units: Sequence[Unit], students: Mapping[UnitId, Sequence[PersonId]]
) -> Iterator[list[tuple[Unit, PersonId]]]:
    """Cut the students of classes into batches."""
    places: Iterable[tuple[Unit, PersonId]] = (
        (unit, student) for unit in units for student in students.get(unit.id, ())
    )
    batch: list[tuple[Unit, PersonId]] = []
    for place in places:
        batch.append(place)
        if len(batch) == STUDENTS:
            yield batch
            batch = []
    if batch:
        yield batch


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
