from collections.abc import AsyncIterator

import pytest

from config.settings import Settings
from hub.housekeeping import Housekeeping
from rooms.handoff_retention import GuestRetention
from rooms.ids import new_person_id, new_room_id
from rooms.log import RoomLog
from storage.bots.handoff_retention import MongoRetention
from storage.messenger.files import MongoFiles
from storage.messenger.log import MongoLog
from storage.mongo import connected
from tests.support.clock import SteppedClock
from tests.support.core import RecordedWakeups


async def content() -> AsyncIterator[bytes]:
    yield b"x"


@pytest.mark.parametrize(("hours", "after", "kept"), [(24, 24, 2), (24, 25, 1), (1, 2, 1), (0, 10_000, 2)])
async def test_what_was_not_sent_in_time_is_erased(
    mongod_url: str, database_name: str, hours: int, after: int, kept: int
) -> None:
    async with connected(mongod_url, database_name) as mongo:
        files, clock, owner = MongoFiles(mongo), SteppedClock(), new_person_id()
        made = [await files.store(owner, "a", "text/plain", content(), clock.now()) for _ in range(2)]
        assert await files.claim(owner, new_room_id(), [made[0].id])
        clock.advance(after * 3_600)
        log = RoomLog(MongoLog(mongo), clock, lambda *_: None)
        guests = GuestRetention(MongoRetention(mongo), log, RecordedWakeups())
        settings = Settings(unsent_file_hours=hours)
        assert await Housekeeping(files, guests, clock, settings).sweep() == 2 - kept
        assert [await files.get(file.id) is not None for file in made] == [True, kept == 2]
