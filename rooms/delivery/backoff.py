"""When a delivery that did not succeed is tried again. Pure."""

import email.utils
from datetime import datetime
from typing import Final

FIRST_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 3_600.0
MOST_ASKED_SECONDS: Final = 86_400.0
"""A service that asks for more than a day is asked again after a day."""


def pause(attempts: int, asked: float | None, spread: float) -> float:
    """Give the seconds until the next attempt.

    `attempts` were made so far, at least one; `asked` is what the service asked for (Retry-After),
    which is never undercut; `spread` between 0 and 1 moves those apart that failed together.
    """
    usual = min(FIRST_SECONDS * 2.0 ** min(attempts - 1, 20), LONGEST_SECONDS)
    if asked is None:
        return usual * (0.5 + spread / 2)
    return min(asked, MOST_ASKED_SECONDS) * (1 + spread / 10)


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header (RFC 9110, section 10.2.3): seconds or a date; None where it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), 10**9))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())
