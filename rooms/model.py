"""Rooms and membership, as the rules see them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from rooms.ids import PersonId, RoomId, UnitId


class RoomKind(StrEnum):
    """Direct rooms join two people, groups any number, unit rooms follow the org tree."""

    DIRECT = "direct"
    GROUP = "group"
    UNIT = "unit"


class RoomRole(StrEnum):
    """What a member may do: owners manage, members write, readers read and react."""

    OWNER = "owner"
    MEMBER = "member"
    READER = "reader"


class Audience(StrEnum):
    """Who of a unit is in its room: its staff, its families, or both."""

    STAFF = "staff"
    FAMILIES = "families"
    ALL = "all"


class Room(Struct, frozen=True):
    """A room. `open_history` lets new members read what was said before they came."""

    id: RoomId
    kind: RoomKind
    title: str
    created_by: PersonId
    created_at: datetime
    unit: UnitId | None = None
    audience: Audience | None = None
    pair: str | None = None
    open_history: bool = False


class Member(Struct, frozen=True):
    """A person in a room.

    `first` is the first event they may see; `read` and `read_n` are their read cursor and the
    number of messages up to it; `left` marks a membership that ended.
    """

    room: RoomId
    person: PersonId
    role: RoomRole
    first: int
    joined_at: datetime
    read: int = 0
    read_n: int = 0
    read_at: datetime | None = None
    left: bool = False


class Seat(Struct, frozen=True):
    """A member at their room: what the gate hands out, and all the rules work on."""

    room: Room
    member: Member


def pair(one: PersonId, other: PersonId) -> str:
    """Name the direct room of two people, whichever of them asks."""
    return ":".join(sorted((one, other)))
