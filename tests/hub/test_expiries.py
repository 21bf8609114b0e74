"""Whose sign-in runs out is looked at in their second, and then alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.connections import Connection
from hub.expiries import WARN_SECONDS, Expiries

START = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)


def connection(outlet: Any = None, *, seconds: float) -> Connection:
    made = Connection(outlet, lambda _who: None)
    made.expires_at = START + timedelta(seconds=seconds)
    return made


def test_each_is_due_a_minute_before_its_end_and_at_its_end() -> None:
    expiries = Expiries()
    soon, later = connection(seconds=100.5), connection(seconds=3_600)
    for one in (soon, later):
        expiries.put(one)
    assert expiries.due(START + timedelta(seconds=99 - WARN_SECONDS)) == []
    assert expiries.due(START + timedelta(seconds=100 - WARN_SECONDS)) == [soon]
    assert expiries.due(START + timedelta(seconds=100)) == []  # taken, and not put back
    soon.warned = True
    expiries.put(soon)
    assert expiries.due(START + timedelta(seconds=99)) == []
    assert expiries.due(START + timedelta(seconds=100)) == [soon]
    assert expiries.due(START + timedelta(days=1)) == [later]
    assert len(expiries) == 0


def test_who_renews_is_due_when_that_ends() -> None:
    expiries = Expiries()
    renewed = connection(seconds=100)
    expiries.put(renewed)
    renewed.expires_at = START + timedelta(seconds=500)
    expiries.put(renewed)
    assert len(expiries) == 1
    assert expiries.due(START + timedelta(seconds=499 - WARN_SECONDS)) == []
    assert expiries.due(START + timedelta(seconds=500 - WARN_SECONDS)) == [renewed]


def test_who_has_gone_is_forgotten() -> None:
    expiries = Expiries()
    gone, here, endless = connection(seconds=100), connection(seconds=100), connection(seconds=0)
    endless.expires_at = None
    for one in (gone, here, endless):
        expiries.put(one)
    for one in (gone, gone, endless):
        expiries.drop(one)
    assert expiries.due(START + timedelta(days=1)) == [here]


def test_one_that_is_late_is_due_at_once() -> None:
    expiries = Expiries()
    late = connection(seconds=-5)
    expiries.put(late)
    assert expiries.due(START) == [late]
