from datetime import UTC, datetime

from hub.metered_log import MeteredLog
from hub.metrics import Metrics
from rooms.events import MessageBody, draft
from rooms.ids import new_cid, new_person_id, new_room_id
from rooms.ports import Row
from storage.mongo import Mongo
from tests.support.database import mongo, shared_database

__all__ = ["mongo", "shared_database"]


async def test_commits_and_pages_are_counted(mongo: Mongo) -> None:
    metrics, room, at = Metrics(), new_room_id(), datetime.now(UTC)
    log = MeteredLog(mongo, metrics)
    await log.insert(
        [Row(seq, seq, at, draft(room, new_person_id(), new_cid(), MessageBody("가"))) for seq in (1, 2, 3)]
    )
    await log.ranges([(room, 1, 2), (room, 3, 3), (room, 4, 9)])
    told = metrics.render().decode()
    assert "madang_events_appended_total 3.0" in told
    assert "madang_commit_seconds_count 1.0" in told
    assert "madang_pages_read_total 3.0" in told
