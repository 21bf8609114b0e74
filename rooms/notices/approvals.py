"""Tells of approval: those who may approve what was submitted, and its author of what became of it.

What waits stands in their lists in any case; a push that is lost by a crash costs time, nothing else.
"""

from typing import Final

from rooms.delivery.outbox import Due
from rooms.ids import PersonId
from rooms.notices.model import Notice
from rooms.notices.names import unit_name
from rooms.notices.ports import Change, NoticeWakeups
from rooms.notices.post import Post
from rooms.people import Person, Role
from rooms.ports import Clock, PeopleStore

ASKED: Final = "q"
DECIDED: Final = "d"
"""How the occasions begin; the moment follows, so that what is submitted again is told again."""
MOST: Final = 50
"""People who are told of one submission."""


class Approvals:
    """Puts what is to be told of approval into the outbox, and wakes open pages."""

    def __init__(self, people: PeopleStore, post: Post, wakeups: NoticeWakeups, clock: Clock) -> None:
        self._people = people
        self._post = post
        self._wakeups = wakeups
        self._clock = clock

    async def submitted(self, notice: Notice) -> int:
        """Tell those who may approve a notice; returns how many they are."""
        people = await self._approvers(notice)
        if notice.approval is not None:
            moment = int(notice.approval.asked_at.timestamp() * 1000)
            await self._tell(notice, people, f"{ASKED}{moment}", Change.SUBMITTED)
        return len(people)

    async def decided(self, notice: Notice) -> None:
        """Tell the author of a notice that it was approved, or given back."""
        approval = notice.approval
        if approval is not None and approval.at is not None and approval.by != notice.by:
            moment = int(approval.at.timestamp() * 1000)
            await self._tell(notice, [notice.by], f"{DECIDED}{moment}", Change.DECIDED)

    async def _approvers(self, notice: Notice) -> list[PersonId]:
        """Find the administrators nearest to the unit a notice is written for, but its author."""
        found = await self._people.holding(notice.path, {Role.ADMINISTRATOR})
        others = [person for person in found if person.id != notice.by]
        for step in reversed(notice.path):
            here = [person.id for person in others if _administers(person, step)]
            if here:
                return sorted(here)[:MOST]
        return []

    async def _tell(self, notice: Notice, people: list[PersonId], what: str, change: Change) -> None:
        if not people:
            return
        now = self._clock.now()
        dues = [Due(notice.id, person, what, now, urgent=notice.urgent) for person in people]
        await self._post.put(await self._post.plan(dues), now)
        self._post.wake()
        self._wakeups.changed_for(people, notice, change, await unit_name(self._people, notice.unit))


def _administers(person: Person, unit: str) -> bool:
    return any(held.unit == unit and held.role is Role.ADMINISTRATOR for held in person.roles)
