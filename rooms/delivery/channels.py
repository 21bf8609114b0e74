"""The ways to people who have no page open, and how it went: words that outbox and senders share."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from rooms.ids import PersonId


class Channel(StrEnum):
    """A way to a person: `push` is Web Push and FCM, `sms` an agency that takes HTTP, for SMS or 알림톡."""

    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"


class Kind(StrEnum):
    """What a delivery does: show a notification, or close the one that is shown."""

    SHOW = "show"
    CLOSE = "close"


class Urgency(StrEnum):
    """How soon a phone that saves its battery is to be woken (RFC 8030, section 5.3)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class State(StrEnum):
    """How far a delivery came. `sent`: a service took it; `delivered`: a device acknowledged it."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    SKIPPED = "skipped"
    FAILED = "failed"


class Reason(StrEnum):
    """Why something was not sent (skipped), or could not be (failed); stable, for reach lists and tests."""

    READ = "read"
    WITHDRAWN = "withdrawn"
    NO_RIGHT = "no_right"
    LEFT = "left"
    SUPERSEDED = "superseded"
    PAST_DEADLINE = "past_deadline"
    SWITCHED_OFF = "switched_off"
    NOT_SET_UP = "not_set_up"
    NO_ADDRESS = "no_address"
    NO_SUBSCRIPTION = "no_subscription"
    IN_DIGEST = "in_digest"
    EXPIRED = "expired"
    GONE = "gone"
    REFUSED = "refused"
    VAPID_REFUSED = "vapid_refused"
    TOO_LARGE = "too_large"
    BUSY = "busy"
    AWAY = "away"


class Outcome(Struct, frozen=True):
    """What became of a delivery: told once it is known, and again after a crash."""

    about: str
    person: PersonId
    channel: Channel
    what: str
    state: State
    at: datetime
    reason: Reason | None = None
