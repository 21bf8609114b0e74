"""Tells of approval: those who may approve what was submitted, and its author of what became of it.

What is to be told is written with the change that it tells of (`Notice.to_tell`), and told again until it
is in the outbox: a process that is killed between the two loses nothing, and rows of the outbox never double.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from rooms.delivery.outbox import Due
from rooms.ids import NoticeId, PersonId
from rooms.notices.model import Approval, Notice
from rooms.notices.names import unit_name
from rooms.notices.ports import Change, NoticeWakeups
from rooms.notices.post import Post
from rooms.people import Person, Role
from rooms.ports import Clock, PeopleStore

ASKED: Final = "q"
DECIDED: Final = "d"
"""How the occasions begin; the moment follows, so that what is submitted again is told again."""
MOST: Final = 50
"""People who are pushed of one submission."""
MOST_OPEN: Final = 500
"""People whose open pages hear of it."""
POLL_SECONDS: Final = 15.0
"""How often is looked for what a process that died left untold."""
AT_ONCE: Final = 100

log = structlog.get_logger(__name__)


class UntoldNotices(Protocol):
    """Notices, by what is still to be told of their approval."""

    async def untold(self, limit: int) -> list[Notice]:
        """List notices of whose approval something is still to be told, the oldest change first."""

    async def told(self, notice: NoticeId, what: str) -> None:
        """Note that an occasion is told, unless another has come meanwhile."""


class Approvals:
    """Puts what is to be told of approval into the outbox, and wakes open pages."""

    def __init__(
        self, notices: UntoldNotices, people: PeopleStore, post: Post, wakeups: NoticeWakeups, clock: Clock
    ) -> None:
        self._notices = notices
        self._people = people
        self._post = post
        self._wakeups = wakeups
        self._clock = clock

    async def tell(self, notice: Notice) -> None:
        """Tell what is to be told of a notice's approval; again after a crash, nothing doubles."""
        what = notice.to_tell
        if not what:
            return
        asked = what.startswith(ASKED)
        administrators = await self._administrators(notice)
        pushed = _nearest(notice, administrators) if asked else [notice.by]
        if what == _occasion(notice):  # else it is past, and nobody's news
            now = self._clock.now()
            dues = [Due(notice.id, person, what, now, urgent=notice.urgent) for person in pushed]
            await self._post.put(await self._post.plan(dues), now)
            self._post.wake()
        await self._notices.told(notice.id, what)
        pages = dict.fromkeys([*pushed, *(person.id for person in administrators[:MOST_OPEN])])
        change = Change.SUBMITTED if asked else Change.DECIDED
        self._wakeups.changed_for(list(pages), notice, change, await unit_name(self._people, notice.unit))

    async def run(self) -> None:
        """Tell what was left untold, for ever."""
        while True:
            await self.make_up()
            await asyncio.sleep(POLL_SECONDS)

    async def make_up(self) -> int:
        """Tell what a process that died left untold; returns of how many notices."""
        left = await self._notices.untold(AT_ONCE)
        for notice in left:
            await self.tell(notice)
            log.info("approval told late", notice=notice.id, state=notice.state)
        return len(left)

    async def _administrators(self, notice: Notice) -> list[Person]:
        """List the administrators of the unit a notice is written for and of those above, but its author."""
        found = await self._people.holding(notice.path, {Role.ADMINISTRATOR})
        return sorted((person for person in found if person.id != notice.by), key=lambda one: one.id)


def asked_for(approval: Approval) -> str:
    """Name the occasion that approval is asked for."""
    return f"{ASKED}{_moment(approval.asked_at)}"


def decided_on(notice: Notice, approval: Approval) -> str:
    """Name the occasion that approval was given or refused; empty where the author did so themselves."""
    if approval.at is None or approval.by == notice.by:
        return ""
    return f"{DECIDED}{_moment(approval.at)}"


def _occasion(notice: Notice) -> str:
    """Name the last occasion there was; empty where there is no approval (any more)."""
    if notice.approval is None:
        return ""
    return asked_for(notice.approval) if notice.approval.at is None else decided_on(notice, notice.approval)


def _nearest(notice: Notice, administrators: Sequence[Person]) -> list[PersonId]:
    """Find the administrators nearest to the unit a notice is written for."""
    for step in reversed(notice.path):
        here = [person.id for person in administrators if _administers(person, step)]
        if here:
            return here[:MOST]
    return []


def _administers(person: Person, unit: str) -> bool:
    return any(held.unit == unit and held.role is Role.ADMINISTRATOR for held in person.roles)


def _moment(at: datetime) -> int:
    return int(at.timestamp() * 1000)
