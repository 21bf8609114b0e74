"""What authors do with notices: draft, submit, approve, publish, correct, withdraw.

Publishing only checks and sets the state, with one durable write: who gets it is written by
`rooms.notices.expansion`, and whoever has a page open is told at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import UNSET

from rooms.errors import ErrorCode, Refusal, bad_request, conflict, forbidden, too_large
from rooms.ids import FileId, NoticeId, RoomId, UnitId, new_notice_id
from rooms.messages import Limiter
from rooms.notices import content
from rooms.notices.access import Desk, Level, NoticeAccess, Standing
from rooms.notices.approvals import Approvals, asked_for, decided_on
from rooms.notices.content import Wish
from rooms.notices.limits import NoticeLimits
from rooms.notices.model import (
    Aim,
    Approval,
    Expansion,
    Notice,
    NoticeKind,
    NoticeRules,
    NoticeState,
    Reminded,
    Version,
)
from rooms.notices.names import unit_name
from rooms.notices.occasions import expansion_after
from rooms.notices.ports import Change, FormCheck, NoticeFiles, NoticeStore, NoticeWakeups
from rooms.notices.times import planned, times_after, to_milliseconds
from rooms.people import Person
from rooms.ports import Clock, PeopleStore

_TICK: Final = timedelta(milliseconds=1)
_EDITABLE: Final = frozenset({NoticeState.DRAFT, NoticeState.SUBMITTED, NoticeState.SCHEDULED})


class Writing:
    """Writes notices. Its methods return the notice as it then is, and raise Refusal."""

    def __init__(
        self,
        access: NoticeAccess,
        notices: NoticeStore,
        people: PeopleStore,
        files: NoticeFiles,
        check_form: FormCheck,
        wakeups: NoticeWakeups,
        approvals: Approvals,
        clock: Clock,
        limiter: Limiter,
        limits: NoticeLimits,
    ) -> None:
        self._access = access
        self._notices = notices
        self._people = people
        self._files = files
        self._check_form = check_form
        self._wakeups = wakeups
        self._approvals = approvals
        self._clock = clock
        self._limiter = limiter
        self._limits = limits

    async def draft(self, person: Person, kind: NoticeKind, unit: UnitId, wish: Wish) -> Notice:
        """Begin a notice in the name of a unit."""
        desk = await self._access.desk(person, unit)
        wait = await self._limiter.take(person.id, self._clock.monotonic())
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_notices", retry_after=round(wait, 3))
        now = self._clock.now()
        empty = Notice(
            id=new_notice_id(),
            kind=kind,
            unit=unit,
            path=desk.unit.path,
            by=person.id,
            state=NoticeState.DRAFT,
            audience=(),
            version=1,
            versions=(Version(version=1, title="", by=person.id),),
            created_at=now,
            changed_at=now,
        )
        notice = await self._with(person, desk, empty, wish)
        await self._notices.add(notice)
        return notice

    async def change(self, person: Person, notice: NoticeId, wish: Wish) -> Notice:
        """Change a draft, or correct what is out: that is a further version, and its readers are told.

        A draft that was submitted or approved has to be approved again.
        """
        standing = await self._mine(person, notice)
        old = standing.notice
        desk = await self._access.desk(person, old.unit)
        if old.state in _EDITABLE:
            changed = await self._with(person, desk, old, wish)
            needs = changed.kind in desk.approval
            if old.state is not NoticeState.DRAFT and needs:
                changed = msgspec.structs.replace(changed, state=NoticeState.DRAFT, approval=None)
            elif old.state is NoticeState.SCHEDULED:
                content.check_whole(changed, self._clock.now())
            return await self._save(old, changed)
        if old.state is NoticeState.WITHDRAWN:
            raise conflict("notice_withdrawn")
        return await self._correct(person, desk, old, wish)

    async def discard(self, person: Person, notice: NoticeId) -> None:
        """Erase a draft."""
        standing = await self._mine(person, notice)
        if standing.notice.state is not NoticeState.DRAFT or not await self._notices.remove(notice):
            raise conflict("notice_not_draft")

    async def submit(self, person: Person, notice: NoticeId) -> Notice:
        """Ask for approval; who may give it is told."""
        old = (await self._mine(person, notice)).notice
        desk = await self._access.desk(person, old.unit)
        if old.state is not NoticeState.DRAFT:
            raise conflict("notice_not_draft")
        if old.kind not in desk.approval:
            raise conflict("no_approval_needed")
        now = self._clock.now()
        content.check_whole(old, now)
        asked = Approval(asked_at=to_milliseconds(now))
        new = msgspec.structs.replace(
            old, state=NoticeState.SUBMITTED, approval=asked, to_tell=asked_for(asked)
        )
        submitted = await self._save(old, new)
        await self._approvals.tell(submitted)
        return submitted

    async def approve(self, person: Person, notice: NoticeId) -> Notice:
        """Approve what was submitted: it goes out, or at the time it is meant for."""
        old = await self._submitted(person, notice)
        if old.approval is None:
            raise conflict("notice_not_submitted")
        granted = msgspec.structs.replace(old.approval, by=person.id, at=to_milliseconds(self._clock.now()))
        new = msgspec.structs.replace(old, approval=granted, to_tell=decided_on(old, granted))
        approved = await self._out(old, new, old.publish_at)
        await self._approvals.tell(approved)
        return approved

    async def refuse(self, person: Person, notice: NoticeId, reason: str) -> Notice:
        """Give back what was submitted, with a reason."""
        old = await self._submitted(person, notice)
        reason = content.check_note(reason)
        if not reason:
            raise bad_request("reason_missing")
        asked = old.approval or Approval(asked_at=old.changed_at)
        now = to_milliseconds(self._clock.now())
        return await self._give_back(
            old, msgspec.structs.replace(asked, by=person.id, at=now, refused=reason)
        )

    async def publish(self, person: Person, notice: NoticeId, at: datetime | None = None) -> Notice:
        """Publish a draft now, or at a time."""
        old = (await self._mine(person, notice)).notice
        desk = await self._access.desk(person, old.unit)
        if old.state is NoticeState.PUBLISHED:
            return old  # a click that came twice
        if old.state is NoticeState.WITHDRAWN:
            raise conflict("notice_withdrawn")
        if old.kind in desk.approval and not (old.approval is not None and old.approval.granted):
            raise conflict("approval_needed")
        if old.urgent and not desk.urgent:
            raise forbidden("not_urgent")
        await self._access.check_audience(desk.unit, [aim.unit for aim in old.audience])
        return await self._out(old, old, at)

    async def publish_due(self, limit: int = 100) -> int:
        """Publish what is scheduled and due; returns how many notices that were. Raises no Refusal."""
        published = 0
        for old in await self._notices.due(self._clock.now(), limit):
            try:
                await self._out(old, old, None)
            except Refusal as refusal:
                if refusal.code is ErrorCode.CONFLICT:
                    continue  # another process was quicker
                reason = f"{refusal.reason}"
                now = to_milliseconds(self._clock.now())
                back = Approval(asked_at=old.changed_at, at=now, refused=reason)
                await self._give_back(old, back)
            else:
                published += 1
        return published

    async def until_due(self) -> float | None:
        """Tell in how many seconds the next scheduled notice is due, 0 or less where one is; None if none."""
        moment = await self._notices.next_due()
        return None if moment is None else (moment - self._clock.now()).total_seconds()

    async def unschedule(self, person: Person, notice: NoticeId) -> Notice:
        """Make a draft again of what is scheduled or submitted."""
        old = (await self._mine(person, notice)).notice
        if old.state not in {NoticeState.SCHEDULED, NoticeState.SUBMITTED}:
            raise conflict("notice_not_scheduled")
        return await self._save(old, msgspec.structs.replace(old, state=NoticeState.DRAFT, approval=None))

    async def withdraw(self, person: Person, notice: NoticeId, note: str) -> Notice:
        """Take back what is out: its text goes from every page, pushes are taken back, answers stay kept."""
        old = (await self._mine(person, notice)).notice
        if old.state is NoticeState.WITHDRAWN:
            return old
        if old.state is not NoticeState.PUBLISHED:
            raise conflict("notice_not_published")
        now = self._after(old)
        new = msgspec.structs.replace(
            old,
            state=NoticeState.WITHDRAWN,
            withdrawn_at=now,
            withdrawn_note=content.check_note(note),
            expanded=Expansion("w", recipients=old.expanded.recipients if old.expanded else 0),
            reminded=msgspec.structs.replace(old.reminded, next=None),
        )
        return await self._told(await self._save(old, new), Change.WITHDRAWN)

    async def set_rules(self, person: Person, rules: NoticeRules) -> NoticeRules:
        """Keep what a unit asks of those who write in its name; for its administrators."""
        if not await self._access.administers(person, rules.unit):
            raise forbidden("not_unit_administrator")
        rules = msgspec.structs.replace(rules, follow_up=content.check_follow_up(rules.follow_up))
        await self._notices.set_rules(rules)
        return rules

    async def drop_rules(self, person: Person, unit: UnitId) -> None:
        """Let the rules from above hold in a unit again; for its administrators. Raises Refusal."""
        if not await self._access.administers(person, unit):
            raise forbidden("not_unit_administrator")
        await self._notices.drop_rules(unit)

    # How

    async def _mine(self, person: Person, notice: NoticeId) -> Standing:
        return await self._access.for_staff(person, notice, Level.AUTHOR)

    async def _submitted(self, person: Person, notice: NoticeId) -> Notice:
        """Load what was submitted for somebody who may approve it: who administers its unit."""
        standing = await self._mine(person, notice)
        if standing.level < Level.ADMINISTRATOR:
            raise forbidden("not_unit_administrator")
        if standing.notice.state is not NoticeState.SUBMITTED:
            raise conflict("notice_not_submitted")
        return standing.notice

    async def _with(self, person: Person, desk: Desk, old: Notice, wish: Wish) -> Notice:
        """Check a wish, and make of it what the notice becomes."""
        fields: dict[str, Any] = {}
        if wish.audience is not UNSET:
            aims = content.check_audience(wish.audience, self._limits)
            await self._access.check_audience(desk.unit, [aim.unit for aim in aims])
            fields["audience"] = aims
        if wish.urgent is not UNSET:
            if wish.urgent and not desk.urgent:
                raise forbidden("not_urgent")
            fields["urgent"] = wish.urgent
        for name in ("confirm", "deadline", "publish_at"):
            if (value := getattr(wish, name)) is not UNSET:
                fields[name] = to_milliseconds(value) if isinstance(value, datetime) else value
        if wish.follow_up is not UNSET:
            fields["follow_up"] = content.check_follow_up(wish.follow_up)
        if wish.keep_days is not UNSET:
            fields["keep_days"] = content.check_keep_days(wish.keep_days, self._limits)
        version = await self._version(person, old, wish)
        return msgspec.structs.replace(old, versions=(*old.versions[:-1], version), **fields)

    async def _version(self, person: Person, notice: Notice, wish: Wish) -> Version:
        """Check what a wish says, and make of it the text of the notice."""
        old = notice.current
        fields: dict[str, Any] = {}
        if wish.title is not UNSET:
            fields["title"] = content.check_title(wish.title)
        if wish.text is not UNSET:
            fields["text"] = content.check_text(wish.text, self._limits)
        if wish.language is not UNSET:
            fields["language"] = content.check_language(wish.language)
        if wish.translations is not UNSET:
            source = fields.get("language", old.language)
            fields["translations"] = content.check_translations(wish.translations, source, self._limits)
        if wish.form is not UNSET:
            if wish.form is not None and not content.kind_has_form(notice.kind):
                raise bad_request("kind_without_form")
            fields["form"] = None if wish.form is None else self._check_form(wish.form)
        if wish.files is not UNSET:
            fields["files"] = await self._attach(person, notice, wish.files)
        return msgspec.structs.replace(old, **fields)

    async def _attach(self, person: Person, notice: Notice, files: Sequence[str]) -> tuple[Any, ...]:
        """Attach files: those the notice has already, and those that are this person's."""
        wanted = list(dict.fromkeys(files))
        if len(wanted) > self._limits.files:
            raise too_large("too_many_notice_files", limit=self._limits.files)
        known = {file.id: file for version in notice.versions for file in version.files}
        fresh = [FileId(file) for file in wanted if file not in known]
        claimed = await self._files.claim(person.id, RoomId(notice.id), fresh) if fresh else []
        if claimed is None:
            raise Refusal(ErrorCode.NOT_FOUND, "no_file")
        known |= {file.id: file for file in claimed}
        return tuple(known[file] for file in wanted)

    async def _correct(self, person: Person, desk: Desk, old: Notice, wish: Wish) -> Notice:
        if old.kind in desk.approval:
            raise conflict("approval_needed")
        if any(getattr(wish, name) is not UNSET for name in content.ONLY_BEFORE):
            raise conflict("fixed_once_out")
        wider = await self._widened(desk, old, wish)
        if len(old.versions) >= self._limits.versions:
            raise too_large("too_many_versions", limit=self._limits.versions)
        now = self._after(old)
        version = await self._version(person, old, wish)
        fields = times_after(wish, now)
        what = ""
        if version == old.current and not fields and not wider:
            return old
        if version != old.current:
            number = old.version + 1
            version = msgspec.structs.replace(
                version, version=number, by=person.id, at=now, note=content.check_note(wish.note)
            )
            what = f"t{number}" if wish.silent else f"c{number}"
            fields |= {"version": number, "versions": (*old.versions, version)}
        if wider:
            fields["audience"] = wider
        if what or wider:
            fields["expanded"] = expansion_after(old.expanded, what, wider=bool(wider))
        new = msgspec.structs.replace(old, **fields)
        content.check_whole(msgspec.structs.replace(new, deadline=None), now)
        new = msgspec.structs.replace(new, reminded=planned(new, old.reminded))
        return await self._told(await self._save(old, new), Change.CORRECTED)

    async def _widened(self, desk: Desk, old: Notice, wish: Wish) -> tuple[Aim, ...]:
        """Check whom a notice that is out is to reach besides; nothing where that is nobody new."""
        if wish.audience is UNSET:
            return ()
        aims = content.check_audience(wish.audience, self._limits)
        if aims == old.audience:
            return ()
        if old.merge or not content.covers(aims, old.audience):
            raise conflict("audience_only_grows")
        await self._access.check_audience(desk.unit, [aim.unit for aim in aims])
        return aims

    async def _out(self, old: Notice, new: Notice, at: datetime | None) -> Notice:
        """Publish a notice, or schedule it where its time is yet to come."""
        now = self._after(old)
        at = None if at is None or at <= now else to_milliseconds(at)
        new = msgspec.structs.replace(new, publish_at=at)
        content.check_whole(new, now)
        if new.merge and not await self._notices.merged_students(new.id):
            raise bad_request("merge_empty")
        if at is not None:
            return await self._save(old, msgspec.structs.replace(new, state=NoticeState.SCHEDULED))
        version = msgspec.structs.replace(new.current, at=now)
        new = msgspec.structs.replace(
            new,
            state=NoticeState.PUBLISHED,
            published_at=now,
            versions=(*new.versions[:-1], version),
            expanded=Expansion("v1"),
        )
        new = msgspec.structs.replace(new, reminded=planned(new, Reminded()))
        return await self._told(await self._save(old, new), Change.PUBLISHED)

    async def _give_back(self, old: Notice, refused: Approval) -> Notice:
        """Make a draft again of what cannot go out as it is, and tell its author. Raises Refusal."""
        draft = msgspec.structs.replace(
            old, state=NoticeState.DRAFT, approval=refused, to_tell=decided_on(old, refused)
        )
        draft = await self._save(old, draft)
        await self._approvals.tell(draft)
        return draft

    async def _save(self, old: Notice, new: Notice) -> Notice:
        """Store a change. Raises Refusal(conflict) where somebody else changed it meanwhile."""
        new = msgspec.structs.replace(new, changed_at=self._after(old))
        if not await self._notices.change(old, new):
            raise conflict("notice_changed")
        return new

    async def _told(self, notice: Notice, change: Change) -> Notice:
        self._wakeups.changed(notice, change, await unit_name(self._people, notice.unit))
        self._wakeups.to_expand()
        return notice

    def _after(self, notice: Notice) -> datetime:
        """Give the time, later than the last change of a notice, to the millisecond as it is stored."""
        return max(to_milliseconds(self._clock.now()), notice.changed_at + _TICK)
