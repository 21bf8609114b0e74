"""School years: a Korean one begins on the first of March. Pure."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

FIRST_MONTH: Final = 3


def school_year(at: datetime, zone: ZoneInfo) -> int:
    """Tell in which school year a moment lies."""
    local = at.astimezone(zone)
    return local.year if local.month >= FIRST_MONTH else local.year - 1


def span_of(year: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Tell when a school year begins, and when the next one does."""
    return datetime(year, FIRST_MONTH, 1, tzinfo=zone), datetime(year + 1, FIRST_MONTH, 1, tzinfo=zone)
