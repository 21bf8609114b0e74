"""What the hub sends of its own accord."""

from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from hub.protocol.chat import RunPart
from hub.protocol.notices import NoticePush
from rooms.events import Event
from rooms.views import PersonName, RoomView


class RoomEvents(Struct):
    """The next events of a room, in order, without a gap."""

    room: str
    events: list[Event]


class ReadMark(Struct):
    """A read cursor moved: `by` in small rooms, the `count` of those who read up to `seq` in large ones."""

    seq: int
    by: str | UnsetType = UNSET
    count: int | UnsetType = UNSET


class ReadMoved(Struct):
    """A read cursor moved in a room."""

    room: str
    read: ReadMark


class TypingBy(Struct):
    """Who types."""

    by: str


class TypingPush(Struct):
    """Somebody types in a room."""

    room: str
    typing: TypingBy


class Joined(Struct):
    """A room is now one of mine."""

    joined: RoomView
    people: dict[str, PersonName]


class LeftRoom(Struct):
    """The room named."""

    room: str


class Left(Struct):
    """A room is no longer one of mine."""

    left: LeftRoom


class PresencePush(Struct):
    """Presence changed."""

    presence: dict[str, str]


class Hint(Struct):
    """What the client should know about its connection; `in` in seconds."""

    kind: str
    within: float = msgspec.field(name="in")


class Notify(Struct):
    """See `Hint`."""

    notify: Hint


class Back(Struct):
    """When to come back, in seconds."""

    after: float


class Drain(Struct):
    """This process is going."""

    drain: Back


Push = (
    RoomEvents | ReadMoved | TypingPush | Joined | Left | PresencePush | NoticePush | RunPart | Notify | Drain
)

PUSHES: Final[tuple[type[Struct], ...]] = (
    RoomEvents,
    ReadMoved,
    TypingPush,
    Joined,
    Left,
    PresencePush,
    RunPart,
    NoticePush,
    Notify,
    Drain,
)
