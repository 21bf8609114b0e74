"""What commands are answered with, refusals too."""

from typing import Final

from msgspec import Struct

from hub.protocol.chat import RunTaken
from rooms.errors import ErrorCode
from rooms.events import Event
from rooms.views import Me, PersonName, RoomView


class Opened(Struct):
    """The answer to `open`; `heartbeat` in seconds."""

    epoch: str
    me: Me
    rooms: list[RoomView]
    people: dict[str, PersonName]
    heartbeat: int


class Page(Struct):
    """A page of a room's log, ascending; `more` says that the asked direction goes on."""

    events: list[Event]
    top: int
    more: bool
    people: dict[str, PersonName]


class Sent(Struct):
    """Where an append landed."""

    seq: int
    at: str


class Authenticated(Struct):
    """The sign-in holds until `expires_at` (UTC, ISO 8601)."""

    expires_at: str


class Presence(Struct):
    """Presence by person: online, away or offline."""

    presence: dict[str, str]


class Empty(Struct):
    """Done, nothing to tell."""


class Fault(Struct):
    """Why a command was refused; `message` is for people, `retry_after` in seconds."""

    code: ErrorCode
    message: str
    temporary: bool
    retry_after: float | None = None


Result = Authenticated | Opened | Page | Sent | Presence | RunTaken | Empty

ANSWERS: Final[dict[str, type[Struct]]] = {
    "auth": Authenticated,
    "open": Opened,
    "sync": Page,
    "send": Sent,
    "edit": Sent,
    "recall": Sent,
    "react": Sent,
    "pin": Sent,
    "read": Empty,
    "watch": Presence,
    "unwatch": Empty,
    "ask": RunTaken,
    "resume": RunTaken,
    "stop": Empty,
    "ping": Empty,
}
"""The answer to each verb."""
