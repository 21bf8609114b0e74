from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.delivery.hours import MINUTES, Quiet, after_quiet, next_time, read_minute, write_minute

SEOUL = ZoneInfo("Asia/Seoul")
NIGHT = Quiet(21 * 60, 7 * 60)
ZONES = st.sampled_from([SEOUL, ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MINUTE = st.integers(0, MINUTES - 1)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-26 20:59:59", "2026-11-26 20:59:59"),
        ("2026-11-26 21:00:00", "2026-11-27 07:00:00"),
        ("2026-11-26 23:59:59", "2026-11-27 07:00:00"),
        ("2026-11-27 00:00:00", "2026-11-27 07:00:00"),
        ("2026-11-27 06:59:59", "2026-11-27 07:00:00"),
        ("2026-11-27 07:00:00", "2026-11-27 07:00:00"),
        ("2026-12-31 22:00:00", "2027-01-01 07:00:00"),
    ],
)
def test_quiet_hours_across_midnight(at: str, then: str) -> None:
    assert after_quiet(seoul(at), NIGHT, SEOUL) == seoul(then)


def test_quiet_hours_within_a_day() -> None:
    noon = Quiet(12 * 60, 13 * 60)
    assert after_quiet(seoul("2026-11-26 12:30:10"), noon, SEOUL) == seoul("2026-11-26 13:00:00")
    assert after_quiet(seoul("2026-11-26 13:00:00"), noon, SEOUL) == seoul("2026-11-26 13:00:00")


def test_quiet_hours_count_in_the_zone_of_the_hub() -> None:
    at = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)  # half past nine in the evening in Seoul
    assert after_quiet(at, NIGHT, SEOUL) == datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
    assert after_quiet(at, NIGHT, ZoneInfo("UTC")) == at


def test_no_quiet_hours_and_hours_without_length() -> None:
    at = seoul("2026-11-26 23:00:00")
    assert after_quiet(at, None, SEOUL) == at
    assert after_quiet(at, Quiet(23 * 60, 23 * 60), SEOUL) == at


def test_an_end_that_the_clocks_jump_over_is_no_earlier_than_the_beginning() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half past one, and half past two does not exist
    assert after_quiet(at, Quiet(60, 150), berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(MOMENTS, MINUTE, MINUTE, ZONES)
def test_what_waits_never_goes_back_and_never_waits_more_than_a_day(
    at: datetime, start: int, end: int, zone: ZoneInfo
) -> None:
    quiet = Quiet(start, end)
    then = after_quiet(at, quiet, zone)
    assert at <= then <= at + timedelta(hours=25)
    if zone is SEOUL:
        local = then.astimezone(zone)
        assert not quiet.holds(local.hour * 60 + local.minute)


@given(MOMENTS, MINUTE)
def test_the_next_time_of_day_is_after_now_and_within_a_day(at: datetime, minute: int) -> None:
    then = next_time(at, minute, SEOUL)
    assert at < then <= at + timedelta(days=1)
    assert (then.astimezone(SEOUL).hour * 60 + then.astimezone(SEOUL).minute, then.second) == (minute, 0)


@given(MINUTE)
def test_times_of_day_are_written_and_read(minute: int) -> None:
    assert read_minute(write_minute(minute)) == minute


@pytest.mark.parametrize("text", ["", "7:00", "24:00", "12:60", "12:00 ", "12:00\n", "١٢:٠٠", "noon"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        read_minute(text)
