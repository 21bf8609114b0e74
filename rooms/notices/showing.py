"""Shows notices: one to whoever may see it, and lists to those who write them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from rooms.cursors import read_cursor, write_cursor
from rooms.errors import bad_request, not_found
from rooms.ids import FileId, NoticeId, PersonId, UnitId
from rooms.notices.access import Level, NoticeAccess, Reading, Standing
from rooms.notices.changes import corrections
from rooms.notices.content import step_time
from rooms.notices.model import Aim, Approval, Notice, NoticeKind, NoticeState, Version
from rooms.notices.names import Names, names_of
from rooms.notices.paging import Place, Window
from rooms.notices.ports import NoticeReads
from rooms.notices.shown import Shown, all_shown
from rooms.notices.views import (
    AimView,
    ApprovalView,
    AuthoredRow,
    ChildPart,
    DeskView,
    FamilyPart,
    NoticeList,
    NoticeView,
    StaffPart,
    StepView,
    TextView,
    iso,
    iso_of,
)
from rooms.notices.years import span_of
from rooms.people import Person, Role, UnitKind, place_name
from rooms.ports import Clock, PeopleStore

AIMS_SHOWN: Final = 50
"""Parts of an audience that a list shows by name."""


class ListStore(NoticeReads, Protocol):
    """Notices, for those who write them."""

    async def authored(self, person: PersonId, units: Collection[UnitId], window: Window) -> list[Notice]:
        """List notices somebody wrote, and those in the name of units or below, last changed first."""

    async def covering(self, units: Collection[UnitId], window: Window) -> list[Notice]:
        """List notices that are out and whose audience names one of the units, last changed first."""


class ListFilter(Struct, frozen=True, kw_only=True):
    """What of a list is asked for; `homeroom` is of the notices for one's classes, else one's own."""

    homeroom: bool = False
    kind: NoticeKind | None = None
    states: frozenset[NoticeState] = frozenset()
    year: int | None = None
    since: datetime | None = None


class Showing:
    """Answers what a notice is to somebody."""

    def __init__(
        self, access: NoticeAccess, notices: ListStore, people: PeopleStore, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._access = access
        self._notices = notices
        self._people = people
        self._clock = clock
        self._zone = zone

    async def notice(self, person: Person, notice: NoticeId, language: str | None = None) -> NoticeView:
        """Show a notice to a family or to staff it concerns. Raises Refusal(not_found)."""
        found = await self._notices.notice(notice)
        reading = await self._access.reading(person, found) if found is not None else None
        standing = await self._access.standing(person, found) if found is not None else None
        if found is None or (reading is None and standing is None):
            raise not_found("notice")
        return await self.view(person, found, reading, standing, language)

    async def has_file(self, person: PersonId, notice: NoticeId, file: FileId) -> bool:
        """Tell whether somebody may read a notice that carries a file.

        Families have those of what it says now, who works on it those of earlier versions too.
        """
        who = (await self._people.people([person])).get(person)
        found = await self._notices.notice(notice)
        if who is None or found is None:
            return False
        standing = await self._access.standing(who, found)
        if standing is not None and standing.may_change:
            return any(file == one.id for version in found.versions for one in version.files)
        if found.state is NoticeState.WITHDRAWN or not any(file == one.id for one in found.current.files):
            return False
        return standing is not None or await self._access.reading(who, found) is not None

    async def view(
        self,
        person: Person,
        notice: Notice,
        reading: Reading | None,
        standing: Standing | None,
        language: str | None = None,
    ) -> NoticeView:
        """Show a notice to somebody whom the gate let through as these."""
        names = await names_of(
            self._people,
            [
                notice.by,
                *(reading.students if reading else ()),
                *((notice.approval.by,) if notice.approval and notice.approval.by else ()),
            ],
            [notice.unit, *(aim.unit for aim in notice.audience)],
        )
        version = notice.current
        hidden = notice.state is NoticeState.WITHDRAWN and (standing is None or not standing.may_change)
        merged = await self._notices.merged(notice.id, reading.students) if reading and notice.merge else {}
        first = next((merged[one] for one in reading.students if one in merged), {}) if reading else None
        texts = all_shown(version, first if notice.merge else None)
        return NoticeView(
            id=notice.id,
            kind=notice.kind,
            state=notice.state,
            version=notice.version,
            unit=names.unit(notice.unit),
            by=names.person(notice.by),
            language=version.language,
            texts={tag: _text(said, hidden=hidden) for tag, said in texts.items()},
            files=[] if hidden else list(version.files),
            form=None if hidden else version.form,
            corrections=[] if hidden or notice.merge else corrections(notice, language),
            published_at=iso(notice.published_at),
            changed_at=iso_of(notice.changed_at),
            withdrawn_at=iso(notice.withdrawn_at),
            withdrawn_note=notice.withdrawn_note,
            deadline=iso(notice.deadline),
            urgent=notice.urgent,
            confirm=notice.confirm,
            erased_at=iso(notice.erased_at),
            family=None if reading is None else _family(reading, version, merged, names, hidden=hidden),
            staff=None if standing is None else await self._staff(person, standing, names),
        )

    async def _staff(self, person: Person, standing: Standing, names: Names) -> StaffPart:
        notice = standing.notice
        approval: frozenset[NoticeKind] = frozenset()
        urgent = False
        if standing.may_change:
            desk = await self._access.desk_or_none(person, notice.unit)
            approval, urgent = (desk.approval, desk.urgent) if desk else (frozenset(NoticeKind), False)
        steps = [
            StepView(
                step.after_hours,
                step.channel,
                iso(step_time(notice, notice.published_at, number)) if notice.published_at else None,
                number < notice.reminded.steps,
            )
            for number, step in enumerate(notice.follow_up)
        ]
        return StaffPart(
            level=standing.level.name.lower(),
            may_change=standing.may_change,
            may_approve=_may_approve(standing),
            approval_needed=notice.kind in approval,
            may_be_urgent=urgent,
            audience=_audience(notice.audience, names),
            approval=_approval(notice.approval, names),
            publish_at=iso(notice.publish_at),
            created_at=iso_of(notice.created_at),
            follow_up=steps,
            keep_days=notice.keep_days,
            merge=list(notice.merge),
            reminders=notice.reminded.count,
            reminded_at=iso(notice.reminded.at),
            recipients=notice.expanded.recipients if notice.expanded else 0,
            complete=notice.expanded is not None and notice.expanded.done,
        )

    async def authored(self, person: Person, wanted: ListFilter, after: str | None, limit: int) -> NoticeList:
        """List what somebody wrote or administers, or (`homeroom`) what their classes got.

        Raises Refusal(bad_request).
        """
        between = None
        if wanted.year is not None:
            try:
                between = span_of(wanted.year, self._zone)
            except ValueError as error:
                raise bad_request("bad_year") from error
        window = Window(
            kind=wanted.kind,
            states=wanted.states,
            between=between,
            since=wanted.since,
            before=read_cursor(after, Place) if after is not None else None,
            limit=limit + 1,
        )
        if wanted.homeroom:
            found = await self._notices.covering(await self._classes(person), window)
        else:
            administered = {held.unit for held in person.roles if held.role is Role.ADMINISTRATOR}
            found = await self._notices.authored(
                person.id, administered if person.is_staff else set(), window
            )
        shown = found[:limit]
        names = await names_of(
            self._people,
            [person for one in shown for person in _people_of(one)],
            {unit for one in shown for unit in (one.unit, *(aim.unit for aim in one.audience[:AIMS_SHOWN]))},
        )
        rows = []
        for one in shown:
            standing = await self._access.standing(person, one)
            if standing is not None:
                rows.append(_line(one, standing, names))
        following = (
            write_cursor(Place(shown[-1].changed_at, shown[-1].id)) if len(found) > limit and shown else None
        )
        return NoticeList(authored=rows, now=iso_of(self._clock.now()), next=following)

    async def desks(self, person: Person) -> list[DeskView]:
        """List the units in whose name somebody may write."""
        found = await self._access.desks(person)
        above = await self._people.units({step for desk in found for step in desk.unit.path})
        return [
            DeskView(
                desk.unit.id,
                place_name(desk.unit, above),
                desk.unit.kind,
                sorted(desk.approval),
                desk.urgent,
                list(desk.follow_up),
                desk.administers,
            )
            for desk in found
        ]

    async def _classes(self, person: Person) -> set[UnitId]:
        """List the units on the way to somebody's classes: a notice for any of them is for the class."""
        units = await self._people.units({held.unit for held in person.roles if held.role is Role.TEACHER})
        return {step for unit in units.values() if unit.kind is UnitKind.CLASS for step in unit.path}


def _may_approve(standing: Standing) -> bool:
    return standing.level is Level.ADMINISTRATOR and standing.notice.state is NoticeState.SUBMITTED


def _people_of(notice: Notice) -> Iterable[PersonId]:
    yield notice.by
    if notice.approval and notice.approval.by:
        yield notice.approval.by


def _line(notice: Notice, standing: Standing, names: Names) -> AuthoredRow:
    return AuthoredRow(
        id=notice.id,
        kind=notice.kind,
        state=notice.state,
        version=notice.version,
        title=notice.current.title,
        unit=names.unit(notice.unit),
        by=names.person(notice.by),
        audience=_audience(notice.audience[:AIMS_SHOWN], names),
        created_at=iso_of(notice.created_at),
        changed_at=iso_of(notice.changed_at),
        publish_at=iso(notice.publish_at),
        published_at=iso(notice.published_at),
        deadline=iso(notice.deadline),
        urgent=notice.urgent,
        approval=_approval(notice.approval, names),
        may_change=standing.may_change,
        may_approve=_may_approve(standing),
        recipients=notice.expanded.recipients if notice.expanded else 0,
        complete=notice.expanded is not None and notice.expanded.done,
    )


def _family(
    reading: Reading,
    version: Version,
    merged: Mapping[PersonId, Mapping[str, str]],
    names: Names,
    *,
    hidden: bool,
) -> FamilyPart:
    row = reading.recipient
    children = []
    for student in reading.students:
        child = names.child(student)
        own = (
            {tag: _text(said, hidden=hidden) for tag, said in all_shown(version, merged[student]).items()}
            if student in merged
            else None
        )
        answerable = (
            student in reading.answerable and version.form is not None and not reading.notice.erased_at
        )
        left = student in row.moved
        children.append(ChildPart(child.id, child.name, child.unit, answerable, own, left))
    return FamilyPart(
        children=children,
        seen_version=row.seen_version,
        opened_at=iso(row.opened_at),
        confirmed_at=iso(row.confirmed_at),
        answered_at=iso(row.answered_at),
        left_at=iso(row.left_at),
    )


def _audience(aims: Sequence[Aim], names: Names) -> list[AimView]:
    return [AimView(aim.unit, names.unit(aim.unit).name, aim.who) for aim in aims]


def _approval(approval: Approval | None, names: Names) -> ApprovalView | None:
    if approval is None:
        return None
    by = names.person(approval.by) if approval.by else None
    return ApprovalView(iso_of(approval.asked_at), by, iso(approval.at), approval.refused)


def _text(said: Shown, *, hidden: bool) -> TextView:
    return TextView(said.title, "", "") if hidden else TextView(said.title, said.text, said.html)
