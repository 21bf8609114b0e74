"""What a hub tidies up now and then: files that were uploaded and never sent."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from rooms.ports import Clock
from storage.files import MongoFiles
from storage.mongo import PyMongoError, plainly

EVERY_SECONDS: Final = 3_600.0

log = structlog.get_logger(__name__)


class Housekeeping:
    """Tidies up. Every process may run it: nothing is done twice, and nothing half.

    `unsent_hours` is how long an unsent file is kept, 0 for ever.
    """

    def __init__(self, files: MongoFiles, clock: Clock, unsent_hours: int) -> None:
        self._files = files
        self._clock = clock
        self._unsent_hours = unsent_hours

    async def run(self) -> None:
        """Tidy up every hour, for ever."""
        while True:
            try:
                erased = await self.sweep()
            except PyMongoError as error:
                log.warning("tidying up put off", reason=plainly(error))
            else:
                if erased:
                    log.info("unsent files erased", files=erased)
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Tidy up once; returns how many files were erased. Raises PyMongoError."""
        if not self._unsent_hours:
            return 0
        return await self._files.erase_unsent(self._clock.now() - timedelta(hours=self._unsent_hours))
