"""What goes in and out over HTTP of rooms, search and files, as types; see `hub/api/shapes.py`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hub.api.shapes import Cursor, Limit
from hub.protocol import Cid, Id, Seq, Target
from rooms.history import Version
from rooms.notices.finding import NoticeHit
from rooms.search import Hit
from rooms.views import PersonName, RoomView

Members = Annotated[list[Id], Meta(max_length=2000)]
Title = Annotated[str, Meta(max_length=1000)]


# Paths


class RoomPath(Struct):
    """A room."""

    room: Id


class EventPath(Struct):
    """An event of a room."""

    room: Id
    seq: Target


class FilePath(Struct):
    """A file."""

    file: Id


# Rooms


class Rooms(Struct):
    """Rooms, those with the latest messages first, and the names of everybody who occurs."""

    rooms: list[RoomView]
    people: dict[str, PersonName]


class NewRoom(Struct):
    """A room to open: a direct one with one member besides oneself, or a group."""

    kind: Literal["direct", "group"]
    members: Members
    title: Title = ""


class RoomChange(Struct):
    """What changes of a room."""

    title: Title


class RoomAnswer(Struct):
    """A room, or null where it is no longer one of mine; and the names of everybody who occurs."""

    room: RoomView | None
    people: dict[str, PersonName]


class PageQuery(Struct):
    """Events after `since`, or the newest before `before`; the newest of all where both are left out."""

    since: Seq | None = None
    before: Seq | None = None
    limit: Limit | None = None


class NewMessage(Struct):
    """A message to send; `cid` is the UUID under which it is sent once, however often it is asked for."""

    text: str = ""
    cid: Cid | None = None
    reply_to: Target | None = None
    files: Annotated[list[Id], Meta(max_length=1000)] = []
    mentions: Members = []


class Versions(Struct):
    """The texts a message had, oldest first."""

    versions: list[Version]


class MembersQuery(Struct):
    """A page of members, in the order of their ids."""

    after: Id | None = None
    limit: Limit | None = None


class MemberRow(Struct):
    """A member; `read` is the last event they have read."""

    id: str
    name: str
    role: str
    read: int
    joined_at: str


class MembersPage(Struct):
    """A page of members; `next` asks for those that follow."""

    members: list[MemberRow]
    next: str | None


class MembersChange(Struct):
    """Who comes in, who goes (`me` stands for oneself), and what those who come in, or are in, may do."""

    add: Members = []
    remove: Members = []
    role: Literal["owner", "member", "reader"] | None = None


class ReceiptsQuery(Struct):
    """The event asked about."""

    seq: Target


class Reader(Struct):
    """Somebody who has read, and when they read last."""

    id: str
    name: str
    at: str | None


class NonReader(Struct):
    """Somebody who has not read."""

    id: str
    name: str


class ReceiptCounts(Struct):
    """How many have read, and how many have not."""

    read: int
    unread: int


class ReceiptsAnswer(Struct):
    """Who has read up to an event; of very large rooms the lists are cut short, the counts are not."""

    seq: int
    read: list[Reader]
    unread: list[NonReader]
    counts: ReceiptCounts


class ReadMark(Struct):
    """I have read the room up to `seq`."""

    seq: Seq


# Search and files


class SearchQuery(Struct):
    """Words that must all occur in a message or a notice; messages of one room or of all of mine.

    `before` is `next` of before.
    """

    q: Annotated[str, Meta(max_length=200)]
    room: Id | None = None
    before: Cursor | None = None
    limit: Limit | None = None


class SearchAnswer(Struct):
    """Messages, newest first; where there is a `next`, older ones are not looked through yet.

    `notices` come with the first answer, unless one room is searched: a few of my family's and of my own,
    the latest first. `GET /notices?q=` has the others.
    """

    hits: list[Hit]
    people: dict[str, PersonName]
    next: str | None
    notices: list[NoticeHit]
