from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.talk_hours import ALWAYS, Closed, Hours

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


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-12-24 10:00", None),
        ("2026-12-25 10:00", "2026-12-28 08:30"),  # Christmas is a Friday
        ("2026-12-24 18:00", "2026-12-28 08:30"),
        ("2026-12-31 18:00", "2027-03-02 08:30"),  # two that touch, with a Monday between and after them
        ("2027-02-10 09:00", "2027-03-02 08:30"),
    ],
)
def test_nobody_is_there_on_days_that_are_closed(now: str, opens: str | None) -> None:
    closed = [
        Closed(date(2027, 1, 1), date(2027, 2, 28)),
        Closed(date(2026, 12, 25), date(2026, 12, 25)),
        Closed(date(2027, 3, 1), date(2027, 3, 1)),
    ]
    assert SCHOOL.opens_at(at(now), SEOUL, closed) == (at(opens) if opens else None)


def test_who_is_always_there_is_not_on_days_that_are_closed() -> None:
    closed = [Closed(date(2026, 12, 25), date(2026, 12, 25))]
    assert ALWAYS.opens_at(at("2026-12-24 23:59"), SEOUL, closed) is None
    assert ALWAYS.opens_at(at("2026-12-25 00:00"), SEOUL, closed) == at("2026-12-26 00:00")
    assert ALWAYS.opens_at(at("2026-12-26 00:00"), SEOUL, closed) is None


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=8),
    st.integers(0, 60 * 24),
)
def test_they_begin_on_the_first_day_that_is_none_of_the_closed(
    days: set[int], spans: list[tuple[int, int]], hour: int
) -> None:
    first = date(2026, 12, 1)
    closed = [
        Closed(first + timedelta(days=begin), first + timedelta(days=begin + more)) for begin, more in spans
    ]
    now = datetime(2026, 12, 1, tzinfo=SEOUL) + timedelta(hours=hour)
    shut = {first + timedelta(days=begin + day) for begin, more in spans for day in range(more + 1)}
    opens = Hours(0, 1440, tuple(days)).opens_at(now, SEOUL, closed)
    begins = now.date()
    while begins in shut or begins.weekday() not in days:
        begins += timedelta(days=1)
    expected = None if begins == now.date() else datetime(begins.year, begins.month, begins.day, tzinfo=SEOUL)
    assert opens == expected


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
