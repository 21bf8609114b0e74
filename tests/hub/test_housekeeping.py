from collections.abc import AsyncIterator

import pytest

from hub.housekeeping import Housekeeping
from rooms.ids import new_person_id, new_room_id
from storage.files import MongoFiles
from storage.mongo import connected
from tests.support.clock import SteppedClock


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
        assert await Housekeeping(files, clock, hours).sweep() == 2 - kept
        assert [await files.get(file.id) is not None for file in made] == [True, kept == 2]
