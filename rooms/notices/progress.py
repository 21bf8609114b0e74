"""How far a notice may come with somebody, and what it wants of them. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from rooms.delivery.channels import Channel, State
from rooms.notices.model import ANSWERED, Notice, Recipient


class Missing(StrEnum):
    """What may be missing from somebody, by the order in which it comes."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    ANSWERED = "answered"


class Counts(Struct, frozen=True, kw_only=True):
    """How many recipients there are, and how many of them each step has reached.

    Of `signers` an answer is expected. `listed` are on a homeroom teacher's list; `channels` counts by
    channel and state. `left` counts by step those who left the audience before they came that far.
    """

    recipients: int
    signers: int
    sent: int
    delivered: int
    opened: int
    confirmed: int
    answered: int
    listed: int
    channels: Mapping[Channel, Mapping[State, int]]
    left: Mapping[Missing, int] = {}


def goal(notice: Notice) -> Missing:
    """Tell what a notice wants of everybody: an answer, a confirmation, or to be opened."""
    if notice.kind in ANSWERED and notice.current.form is not None:
        return Missing.ANSWERED
    return Missing.CONFIRMED if notice.confirm else Missing.OPENED


def is_missing(notice: Notice, row: Recipient) -> bool:
    """Tell whether what a notice wants is still missing from somebody."""
    if row.left_at is not None:
        return False
    match goal(notice):
        case Missing.ANSWERED if notice.erased_at is not None:
            return False
        case Missing.ANSWERED:
            return row.signs and row.answered_at is None
        case Missing.CONFIRMED:
            return row.confirmed_at is None
        case _:
            return row.opened_at is None
