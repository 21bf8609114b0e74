"""Follow-up: only those not reached are told again, over the next means, until the deadline, and not often.

By hand ("remind those missing") or by the rules of the notice, whose last step may put who is still
missing on the list of the homeroom teacher: somebody calls them.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog

from rooms.delivery.channels import Channel, Urgency
from rooms.delivery.outbox import Due
from rooms.errors import ErrorCode, Refusal, conflict
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.access import Level, NoticeAccess
from rooms.notices.content import step_time
from rooms.notices.leaving import Leaving
from rooms.notices.limits import NoticeLimits
from rooms.notices.model import Means, Notice, NoticeState, Reminded
from rooms.notices.ports import NoticeWakeups, RecipientPages
from rooms.notices.post import Post
from rooms.notices.progress import goal
from rooms.people import Person
from rooms.ports import Clock

POLL_SECONDS: Final = 15.0
AT_ONCE: Final = 100
PAGE: Final = 2_000

log = structlog.get_logger(__name__)


class FollowUpStore(Protocol):
    """Notices, for follow-up."""

    async def to_follow_up(self, now: datetime, limit: int) -> list[Notice]:
        """List published notices with a step of their follow-up due."""

    async def reminded(self, notice: NoticeId, old: Reminded, new: Reminded) -> bool:
        """Note what was done to remind people; False where somebody else did so meanwhile."""


class FollowUpRows(RecipientPages, Protocol):
    """Recipients, for follow-up."""

    async def reminding(self, notice: NoticeId, people: Sequence[PersonId], occasion: str) -> list[PersonId]:
        """Count a reminder for these people, once for each occasion; returns for whom it is new."""

    async def listed(self, notice: NoticeId, people: Sequence[PersonId], at: datetime) -> None:
        """Put people on the list of the homeroom teacher."""

    async def waiting(
        self, notice: NoticeId, people: Sequence[PersonId], at: datetime, channel: Channel
    ) -> None:
        """Note that something waits to be told to these people."""


class FollowUp:
    """Reminds people."""

    def __init__(
        self,
        access: NoticeAccess,
        notices: FollowUpStore,
        rows: FollowUpRows,
        leaving: Leaving,
        post: Post,
        wakeups: NoticeWakeups,
        clock: Clock,
        limits: NoticeLimits,
    ) -> None:
        self._access = access
        self._notices = notices
        self._rows = rows
        self._leaving = leaving
        self._post = post
        self._wakeups = wakeups
        self._clock = clock
        self._limits = limits

    async def remind(self, person: Person, notice: NoticeId) -> int:
        """Remind those missing now; a homeroom teacher those of their class. Returns how many.

        Raises Refusal: not_found, conflict where nothing is to be wanted any more, rate_limited.
        """
        standing = await self._access.for_staff(person, notice, Level.HOMEROOM)
        found, now = standing.notice, self._clock.now()
        if found.state is not NoticeState.PUBLISHED:
            raise conflict("notice_not_published")
        if found.erased_at is not None:
            raise conflict("answers_erased")
        if found.deadline is not None and found.deadline <= now:
            raise conflict("deadline_passed")
        old = found.reminded
        if old.count >= self._limits.reminders:
            raise conflict("reminded_enough", limit=self._limits.reminders)
        if old.at is not None:
            wait = (old.at - now).total_seconds() + self._limits.reminder_seconds
            if wait > 0:
                raise Refusal(ErrorCode.RATE_LIMITED, "reminded_lately", retry_after=round(wait, 3))
        new = msgspec.structs.replace(old, count=old.count + 1, at=now)
        if not await self._notices.reminded(notice, old, new):
            raise Refusal(ErrorCode.RATE_LIMITED, "reminded_lately", retry_after=1.0)
        return await self._tell(found, f"r{new.count}", Means.PUSH, standing.units)

    async def run(self) -> None:
        """Follow up what is due, for ever."""
        while True:
            await self.run_due()
            await asyncio.sleep(POLL_SECONDS)

    async def run_due(self) -> int:
        """Take the steps that are due; returns how many people were reminded or listed.

        A step is marked as taken when all were told: after a crash it is taken again, and nobody is
        told twice.
        """
        told = 0
        now = self._clock.now()
        for notice in await self._notices.to_follow_up(now, AT_ONCE):
            number = notice.reminded.steps
            published = notice.published_at
            if published is None:
                continue
            past = notice.erased_at is not None or (notice.deadline is not None and notice.deadline <= now)
            if number < len(notice.follow_up) and not past:
                told += await self._tell(notice, f"f{number + 1}", notice.follow_up[number].channel, None)
            new = msgspec.structs.replace(
                notice.reminded,
                steps=number + 1,
                next=None if past else step_time(notice, published, number + 1),
            )
            await self._notices.reminded(notice.id, notice.reminded, new)
        return told

    async def _tell(
        self, notice: Notice, occasion: str, means: Means, units: Collection[UnitId] | None
    ) -> int:
        """Tell everybody from whom something is missing."""
        told = 0
        after: PersonId | None = None
        channel = means.channel
        while rows := await self._rows.page(notice.id, goal(notice), units, after, PAGE):
            after = rows[-1].person
            rows = await self._leaving.sift(notice, rows)
            now = self._clock.now()
            people = [row.person for row in rows]
            if channel is None:
                await self._rows.listed(notice.id, people, now)
                told += len(people)
                continue
            people = [row.person for row in rows if row.reminded < self._limits.reminded]
            fresh = await self._rows.reminding(notice.id, people, occasion)
            planned = await self._post.plan(
                [self._due(notice, person, occasion, channel, now) for person in people]
            )
            reachable = [person for person, plan in zip(people, planned, strict=True) if plan.rows]
            await self._rows.waiting(notice.id, reachable, now, channel)
            await self._post.put(planned, now)
            told += len(fresh)
        if told:
            self._post.wake()
            log.info("people reminded", notice=notice.id, occasion=occasion, means=means, people=told)
            self._wakeups.reached(notice.id)
        return told

    def _due(self, notice: Notice, person: PersonId, occasion: str, channel: Channel, now: datetime) -> Due:
        soon = notice.deadline is not None and notice.deadline - now < timedelta(days=1)
        return Due(
            notice.id,
            person,
            occasion,
            now,
            channels=(channel,),
            urgent=notice.urgent,
            urgency=Urgency.HIGH if notice.urgent or soon else Urgency.NORMAL,
            deadline=notice.deadline,
        )
