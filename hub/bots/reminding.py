"""Reminds units' rooms of who waits for a person: run in every process, said once."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from hub.bots.handoff_words import RoomWords
from hub.bots.words import BotWords
from hub.services import Services
from rooms.handoff import Desks
from rooms.handoff_reminders import HandoffReminders, Present
from rooms.ports import LogUnavailable
from storage.bots.handoff_reminders import MongoReminders
from storage.mongo import PyMongoError, plainly

LOOK_SECONDS: Final = 15.0
"""How much later than its time a reminder may come."""

log = structlog.get_logger(__name__)


class Reminding:
    """Looks for who waits long, again and again."""

    def __init__(self, reminders: HandoffReminders) -> None:
        self._reminders = reminders

    async def run(self) -> None:
        """Remind of all who wait long, for ever."""
        while True:
            try:
                count = await self._reminders.remind()
            except (PyMongoError, LogUnavailable) as error:
                log.warning("reminders of hand-offs put off", reason=plainly(error))
            else:
                if count:
                    log.info("reminded of hand-offs that wait", count=count)
            await asyncio.sleep(LOOK_SECONDS)


def make_reminders(services: Services, present: Present) -> HandoffReminders:
    """Make what reminds rooms of hand-offs that wait."""
    settings = services.settings
    store = MongoReminders(services.mongo)
    return HandoffReminders(
        store,
        Desks(store, services.faq.units, settings.zone),
        services.rooms,
        services.log,
        present,
        services.clock,
        RoomWords(BotWords(settings.locale), settings.locale),
        timedelta(seconds=settings.handoff_reminder_seconds),
    )
