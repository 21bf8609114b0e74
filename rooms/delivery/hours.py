"""Hours of the day in which a family is left alone, and the hour of its digest. Pure.

A time of day is in minutes since midnight, in the time zone of the settings: that is how people say it.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

MINUTES: Final = 24 * 60
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Quiet(Struct, frozen=True):
    """Quiet hours from `start` up to, but not including, `end`; past midnight where `end` is the smaller.

    The same `start` and `end` are no hours at all, not the whole day.
    """

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Tell whether a minute of the day is quiet."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def read_minute(text: str) -> int:
    """Read a time of day such as 07:30. Raises ValueError."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"not a time of day: {text[:20]!r}")
    return int(found[1]) * 60 + int(found[2])


def write_minute(minute: int) -> str:
    """Write a time of day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def after_quiet(at: datetime, quiet: Quiet | None, zone: ZoneInfo) -> datetime:
    """Give `at`, or where that is quiet the end of these quiet hours."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    if quiet is None or not quiet.holds(minute):
        return at
    return _at(local, quiet.end, zone, tomorrow=quiet.end <= minute)


def next_time(at: datetime, minute: int, zone: ZoneInfo) -> datetime:
    """Find the first moment after `at` that has this time of day."""
    local = at.astimezone(zone)
    today = _at(local, minute, zone, tomorrow=False)
    return today if today > at else _at(local, minute, zone, tomorrow=True)


def _at(local: datetime, minute: int, zone: ZoneInfo, *, tomorrow: bool) -> datetime:
    day = local.date() + timedelta(days=tomorrow)
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
