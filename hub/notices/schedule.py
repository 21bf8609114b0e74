"""What runs for notices in every process, and the schedule: a notice goes out once, whoever is first."""

import asyncio
from typing import Final

from hub.notices.wiring import NoticeServices
from hub.tasks import Supervisor
from rooms.notices.writing import Writing

POLL_SECONDS: Final = 1.0


class NoticeSchedule:
    """Looks once a second for what is due."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    async def run(self) -> None:
        """Publish what is due, for ever."""
        while True:
            await self._writing.publish_due()
            await asyncio.sleep(POLL_SECONDS)


def run_notices(notices: NoticeServices, supervisor: Supervisor) -> None:
    """Run what publishes notices at their time, writes their recipients and follows them up."""
    supervisor.spawn("notices-expand", notices.expander.run)
    supervisor.spawn("notices-schedule", NoticeSchedule(notices.writing).run)
    supervisor.spawn("notices-follow-up", notices.follow_up.run)
    supervisor.spawn("notices-newcomers", notices.newcomers.run)
    supervisor.spawn("notices-reach", notices.watch.run)
