"""How far a notice has come with those it is for."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from rooms.notices.model import ANSWERED, Notice


class Missing(StrEnum):
    """What may be missing from somebody, by the order in which it comes."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    ANSWERED = "answered"


class Counts(Struct, frozen=True, kw_only=True):
    """How many recipients there are, and how many of them each step has reached.

    `listed` are on a homeroom teacher's list; `channels` counts by channel and state.
    """

    recipients: int
    sent: int
    delivered: int
    opened: int
    confirmed: int
    answered: int
    listed: int
    channels: Mapping[str, Mapping[str, int]]


def goal(notice: Notice) -> Missing:
    """Tell what a notice wants of everybody: an answer, a confirmation, or to be opened."""
    if notice.kind in ANSWERED and notice.current.form is not None:
        return Missing.ANSWERED
    return Missing.CONFIRMED if notice.confirm else Missing.OPENED
