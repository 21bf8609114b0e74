"""What goes in and out over HTTP, as types: paths, queries, bodies and answers.

Requests are decoded into these and answers encoded from them, and the OpenAPI document is made
from them too. Fields that a client does not know it ignores, and so does the server.
"""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.protocol import Cid, Id, Seq, Target
from rooms.directory import PersonRow
from rooms.history import Version
from rooms.notices.finding import NoticeHit
from rooms.search import Hit
from rooms.views import Me, PersonName, RoomView

MOST_IDS: Final = 200
Limit = Annotated[int, Meta(ge=1, le=2**53 - 1, description="How many at most; LIMIT_PAGE where left out.")]
Cursor = Annotated[str, Meta(max_length=400, description="`next` of the page before.")]
IdList = Annotated[
    str, Meta(max_length=MOST_IDS * 65, description=f"Up to {MOST_IDS} ids, separated by commas.")
]
Members = Annotated[list[Id], Meta(max_length=2000)]
Title = Annotated[str, Meta(max_length=1000)]


class Nothing(Struct):
    """No parameters."""


# Paths


class PersonPath(Struct):
    """A person."""

    person: Id


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


# Settings


class SettingsLimits(Struct):
    """Bounds of a message: characters of its text, how many files, bytes of each."""

    text_chars: int
    files: int
    file_bytes: int


class Settings(Struct):
    """The language of people who have not chosen one, the time zone (IANA) of dates, and limits."""

    locale: str
    timezone: str
    limits: SettingsLimits


# Signing in


class Credentials(Struct):
    """What somebody signs in with."""

    login: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=4096)]


class SignedIn(Struct):
    """A sign-in: a bearer token, until when it is good (UTC, ISO 8601), and whose it is."""

    token: str
    expires_at: str
    me: Me


class Renewed(Struct):
    """A fresh token, and until when it is good."""

    token: str
    expires_at: str


class OidcOption(Struct):
    """Another way to sign in: the label of its button, and where that leads."""

    name: str
    url: str


class SignInOptions(Struct):
    """The ways to sign in besides login and password."""

    oidc: OidcOption | None


# People


class MeChange(Struct):
    """What people change of themselves.

    The pages of families speak all of these; the server's own sentences are in those of them it has.
    """

    locale: Literal["ko", "en", "zh", "vi"]


Password = Annotated[str, Meta(max_length=4096)]


class PasswordChange(Struct):
    """One's own password: the one there is, and the one that takes its place."""

    old: Password
    new: Password


class PasswordReset(Struct):
    """The password that somebody gets."""

    new: Password


class DirectoryQuery(Struct):
    """A unit of the tree (the top where left out), a name or a part of it to look for, and the page."""

    unit: Id | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None
    after: Cursor | None = None
    limit: Limit | None = None


class PeopleQuery(Struct):
    """The people asked for."""

    ids: IdList


class People(Struct):
    """People; those who may not be seen are left out."""

    people: list[PersonRow]


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


# Operations and faults


class Alive(Struct):
    """The process answers."""

    status: str


class Readiness(Struct):
    """Whether requests should come here, and what was checked."""

    ready: bool
    checks: dict[str, str]


class Problem(Struct):
    """Why a request was refused (RFC 9457); `detail` is for people, in their language, `code` is stable.

    `temporary` tells that the same request may succeed later, `retry_after` (seconds) when. `fields` is
    there where a form, or answers to one, were refused: for each field a sentence that says why.
    """

    title: str
    status: int
    detail: str
    code: str
    temporary: bool
    retry_after: float | None = None
    type: str = "about:blank"
    fields: dict[str, str] | UnsetType = UNSET
