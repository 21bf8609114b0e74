"""The times of a notice: as its author changes them, and as they are stored."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from rooms.errors import bad_request
from rooms.notices import content
from rooms.notices.content import Wish
from rooms.notices.model import Notice, Reminded


def times_after(wish: Wish, now: datetime) -> dict[str, Any]:
    """Check what a wish changes of the times of a notice that is out; gives those fields. Raises Refusal."""
    fields: dict[str, Any] = {}
    if wish.deadline is not UNSET:
        if wish.deadline is not None and wish.deadline <= now:
            raise bad_request("deadline_past")
        fields["deadline"] = to_milliseconds(wish.deadline) if wish.deadline else None
        fields["keep_until"] = None  # it is reckoned from the deadline
    if wish.follow_up is not UNSET:
        fields["follow_up"] = content.check_follow_up(wish.follow_up)
    return fields


def planned(notice: Notice, done: Reminded) -> Reminded:
    """Say when the next reminder of a notice is due, if it is out."""
    if notice.published_at is None:
        return done
    return msgspec.structs.replace(done, next=content.step_time(notice, notice.published_at, done.steps))


def to_milliseconds(at: datetime) -> datetime:
    """Cut a time as the database stores it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
