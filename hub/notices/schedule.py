"""What runs for notices in every process, and the schedule: a notice goes out once, whoever is first."""

import asyncio
from typing import Final

from hub.notices.wiring import NoticeServices
from hub.tasks import Supervisor
from rooms.notices.writing import Writing

LOOK_SECONDS: Final = 5.0
"""How often the schedule is looked at: a notice whose time was set later than that before it may be late."""
AGAIN_SECONDS: Final = 0.5
"""How long what is due may take to become another process's."""


class NoticeSchedule:
    """Publishes what is due, at its time."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    async def run(self) -> None:
        """Publish what is due, for ever."""
        while True:
            pause = await self.step()
            await asyncio.sleep(pause)

    async def step(self) -> float:
        """Publish what is due by now; returns after how many seconds to do so again."""
        left = await self._writing.until_due()
        if left is None:
            return LOOK_SECONDS
        if left <= 0:
            published = await self._writing.publish_due()
            return 0.0 if published else AGAIN_SECONDS
        return min(left, LOOK_SECONDS)


def run_notices(notices: NoticeServices, supervisor: Supervisor) -> None:
    """Run what publishes notices at their time, writes their recipients and follows them up."""
    supervisor.spawn("notices-expand", notices.expander.run)
    supervisor.spawn("notices-schedule", NoticeSchedule(notices.writing).run)
    supervisor.spawn("notices-approvals", notices.approvals.run)
    supervisor.spawn("notices-follow-up", notices.follow_up.run)
    supervisor.spawn("notices-newcomers", notices.newcomers.run)
    supervisor.spawn("notices-leavers", notices.leavers.run)
    supervisor.spawn("notices-reach", notices.watch.run)
