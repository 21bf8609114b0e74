from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.delivery.backoff import (
    FIRST_SECONDS,
    LONGEST_SECONDS,
    MOST_ASKED_SECONDS,
    pause,
    read_retry_after,
)

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def test_pauses_double_up_to_the_longest() -> None:
    assert [pause(n, None, 1.0) for n in (1, 2, 3)] == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4 * FIRST_SECONDS]
    assert pause(1, None, 0.0) == FIRST_SECONDS / 2
    assert pause(1_000_000, None, 1.0) == LONGEST_SECONDS


@given(st.integers(1, 10_000), st.none() | st.floats(0, 10**9), st.floats(0, 1))
def test_what_the_service_asked_for_is_never_undercut(
    attempts: int, asked: float | None, spread: float
) -> None:
    seconds = pause(attempts, asked, spread)
    assert 0 <= seconds <= MOST_ASKED_SECONDS * 1.1
    if asked is not None and asked <= MOST_ASKED_SECONDS:
        assert seconds >= asked


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 50, 1e9),
        ("Thu, 26 Nov 2026 12:02:00 GMT", 120.0),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, NOW) == seconds


@given(st.text(max_size=60))
def test_whatever_stands_in_the_header(header: str) -> None:
    seconds = read_retry_after(header, NOW)
    assert seconds is None or seconds >= 0
