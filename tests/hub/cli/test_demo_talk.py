from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.cli.demo import LOGINS, ROOMS
from hub.cli.demo_talk import moment, read_talk
from rooms.messages import is_emoji

SEOUL = ZoneInfo("Asia/Seoul")
TUESDAY = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("25m", datetime(2026, 11, 24, 2, 35, tzinfo=UTC)),
        ("1d 08:41", datetime(2026, 11, 22, 23, 41, tzinfo=UTC)),
        ("2d 16:00", datetime(2026, 11, 20, 7, 0, tzinfo=UTC)),
        ("6d 09:00", datetime(2026, 11, 16, 0, 0, tzinfo=UTC)),
    ],
)
def test_times_count_school_days_back(at: str, expected: datetime) -> None:
    assert moment(at, TUESDAY, SEOUL) == expected


def test_the_talk_is_consistent() -> None:
    rooms = read_talk()
    assert {room.key for room in rooms} >= set(ROOMS)
    assert 60 <= sum(len(room.says) for room in rooms) <= 300
    for room in rooms:
        times = [moment(say.at, TUESDAY, SEOUL) for say in room.says]
        assert times == sorted(times), room.key
        ids = [say.id for say in room.says if say.id]
        assert len(ids) == len(set(ids))
        for place, say in enumerate(room.says):
            assert say.reply is None or say.reply in [earlier.id for earlier in room.says[:place]]
            assert all(is_emoji(reaction.partition(" ")[2]) for reaction in say.react)
        assert all(0 < count <= len(room.says) for count in room.unread.values())


def test_the_talk_shows_everything_messages_can_do() -> None:
    says = [say for room in read_talk() for say in room.says]
    assert any(say.reply for say in says)
    assert any(say.react for say in says)
    assert any(say.edit for say in says)
    assert any(say.recall for say in says)
    assert any(say.pin for say in says)
    assert any(say.mentions for say in says)
    assert {say.by for say in says} >= {*LOGINS}
