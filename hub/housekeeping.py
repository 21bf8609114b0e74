"""What a hub tidies up now and then: files never sent, and what guests said long ago."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from config.settings import Settings
from rooms.handoff_retention import GuestRetention
from rooms.ports import Clock, LogUnavailable
from storage.messenger.files import MongoFiles
from storage.mongo import PyMongoError, plainly

EVERY_SECONDS: Final = 3_600.0

log = structlog.get_logger(__name__)


class Housekeeping:
    """Tidies up. Every process may run it: nothing is done twice, and nothing half."""

    def __init__(self, files: MongoFiles, guests: GuestRetention, clock: Clock, settings: Settings) -> None:
        self._files = files
        self._guests = guests
        self._clock = clock
        self._unsent_hours = settings.unsent_file_hours
        self._guest_days = settings.guest_days

    async def run(self) -> None:
        """Tidy up every hour, for ever."""
        while True:
            try:
                files, handoffs = await self.sweep(), await self.forget_guests()
            except (PyMongoError, LogUnavailable) as error:
                log.warning("tidying up put off", reason=plainly(error))
            else:
                if files or handoffs:
                    log.info("tidied up", unsent_files=files, handoffs_of_guests=handoffs)
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Erase unsent files; returns how many. Raises PyMongoError."""
        if not self._unsent_hours:
            return 0
        return await self._files.erase_unsent(self._clock.now() - timedelta(hours=self._unsent_hours))

    async def forget_guests(self) -> int:
        """Erase hand-offs of guests; returns how many. Raises PyMongoError, LogUnavailable."""
        return await self._guests.forget(self._clock.now() - timedelta(days=self._guest_days))
