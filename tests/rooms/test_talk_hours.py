from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.talk_hours import Hours

SEOUL = ZoneInfo("Asia/Seoul")
EARLIEST, LATEST = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2040-01-01")
SCHOOL = Hours(8 * 60 + 30, 16 * 60 + 30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-26 08:29", "2026-11-26 08:30"),
        ("2026-11-26 08:30", None),
        ("2026-11-26 16:29", None),
        ("2026-11-26 16:30", "2026-11-27 08:30"),
        ("2026-11-27 16:30", "2026-11-30 08:30"),  # over a weekend
        ("2026-11-29 12:00", "2026-11-30 08:30"),
        ("2026-11-26 00:00", "2026-11-26 08:30"),
    ],
)
def test_when_a_school_talks_next(now: str, opens: str | None) -> None:
    assert SCHOOL.opens_at(at(now), SEOUL) == (at(opens) if opens else None)


def test_one_day_a_week_is_a_week_away() -> None:
    mondays = Hours(9 * 60, 10 * 60, (0,))
    assert mondays.opens_at(at("2026-11-30 10:00"), SEOUL) == at("2026-12-07 09:00")


@given(
    st.integers(0, 1438).flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 1, 1440))),
    st.sets(st.integers(0, 6), min_size=1),
    st.datetimes(EARLIEST, LATEST),
    st.sampled_from([SEOUL, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
)
def test_they_last_or_begin_within_a_week(
    span: tuple[int, int], days: set[int], naive: datetime, zone: ZoneInfo
) -> None:
    hours, now = Hours(*span, tuple(sorted(days))), naive.replace(tzinfo=UTC)
    opens = hours.opens_at(now, zone)
    local = now.astimezone(zone)
    lasts = local.weekday() in days and span[0] <= local.hour * 60 + local.minute < span[1]
    assert (opens is None) == lasts
    if opens is not None:
        assert now < opens <= now + timedelta(days=8)
        assert opens.astimezone(zone).weekday() in days
