"""What a client tells: the items of `Client.events()`, and how its calls fail."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from hub.protocol import ReadMark
from rooms.events import Event
from rooms.views import Me, PersonName, RoomView


class State(StrEnum):
    """How a client stands to the hub; `offline` means that a return is due."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"
    SIGNED_OUT = "signed-out"
    STOPPED = "stopped"


class StateChanged(Struct, frozen=True):
    """The state changed; `retry_in` seconds until the next try, `code` of the close that ended it."""

    state: State
    retry_in: float | None = None
    code: int | None = None


class Reset(Struct, frozen=True):
    """The log's epoch changed: drop the state of every room."""


class Opened(Struct, frozen=True):
    """All rooms as they stand; what was missed in known ones follows as `RoomEvent`."""

    me: Me
    rooms: list[RoomView]
    people: dict[str, PersonName]


class RoomEvent(Struct, frozen=True):
    """The next event of a room: in order, each once, without a gap."""

    room: str
    event: Event


class Joined(Struct, frozen=True):
    """A room is now one of mine, or my role in it changed."""

    room: RoomView


class Left(Struct, frozen=True):
    """A room is no longer one of mine."""

    room: str


class ReadMoved(Struct, frozen=True):
    """A read cursor moved, or in a large room the count of those who read."""

    room: str
    read: ReadMark


class Typing(Struct, frozen=True):
    """Somebody types."""

    room: str
    by: str


class PresenceChanged(Struct, frozen=True):
    """Presence by person: online, away or offline."""

    presence: dict[str, str]


class Pushed(Struct, frozen=True):
    """A push of another kind, as it came."""

    push: dict[str, Any]


Item = (
    StateChanged | Reset | Opened | RoomEvent | Joined | Left | ReadMoved | Typing | PresenceChanged | Pushed
)


class Refused(Exception):
    """The hub refused a command for good; `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str, *, temporary: bool, retry_after: float | None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.temporary = temporary
        self.retry_after = retry_after


class Lost(Exception):
    """The connection ended before the command was answered; it may or may not have been carried out."""


class Ended(Exception):
    """The client has stopped or is signed out, and will not come back by itself."""
