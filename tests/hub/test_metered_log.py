import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from bots.storing import Storing
from hub.metered_log import MeteredLog
from hub.metrics import Metrics
from rooms.events import MessageBody, draft
from rooms.ids import RoomId, new_cid, new_person_id, new_room_id
from rooms.ports import Row
from storage.mongo import Mongo
from tests.support.database import mongo, shared_database

__all__ = ["mongo", "shared_database"]


def rows(room: RoomId, count: int) -> list[Row]:
    at = datetime.now(UTC)
    return [
        Row(seq, seq, at, draft(room, new_person_id(), new_cid(), MessageBody("가")))
        for seq in range(1, count + 1)
    ]


async def test_commits_and_pages_are_counted(mongo: Mongo) -> None:
    metrics, room = Metrics(), new_room_id()
    log = MeteredLog(mongo, metrics)
    await log.insert(rows(room, 3))
    await log.ranges([(room, 1, 2), (room, 3, 3), (room, 4, 9)])
    told = metrics.render().decode()
    assert "madang_events_appended_total 3.0" in told
    assert "madang_commit_seconds_count 1.0" in told
    assert "madang_pages_read_total 3.0" in told


async def test_others_know_while_messages_are_being_stored_and_until_they_are_told(mongo: Mongo) -> None:
    storing = Storing.make()
    if storing is None:
        pytest.skip("this system has no memory to share")
    log = MeteredLog(mongo, Metrics(), storing)
    storing_it = asyncio.ensure_future(log.insert(rows(new_room_id(), 1)))
    await asyncio.sleep(0)
    assert storing.since
    await storing_it
    await asyncio.sleep(0)
    assert not storing.since


async def test_a_log_that_fails_holds_nobody_up(mongo: Mongo) -> None:
    storing = Storing.make()
    if storing is None:
        pytest.skip("this system has no memory to share")
    log = MeteredLog(mongo, Metrics(), storing)
    broken = [msgspec.structs.replace(rows(new_room_id(), 1)[0], seq=2**70)]
    with pytest.raises(OverflowError):
        await log.insert(broken)
    await asyncio.sleep(0)
    assert not storing.since
