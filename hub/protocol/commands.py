"""What clients send: one type for each verb, and the frame that carries exactly one of them."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.protocol.chat import AskBot, ResumeRun, StopRun
from hub.protocol.fields import MAX_INT, Cid, CommandId, Id, Ids, Seq, Target


class Auth(Struct):
    """Sign in, or renew the sign-in in place."""

    token: Annotated[str, Meta(max_length=8192)]


class Open(Struct):
    """Subscribe to every room of mine; `since` maps rooms to the last `seq` I have."""

    since: Annotated[dict[Id, Seq], Meta(max_length=5000)] = {}


class Sync(Struct):
    """A page of a room's log: after `since`, upwards, or before `before`, the newest of them."""

    room: Id
    since: Seq | None = None
    before: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_INT)] | None = None


class Send(Struct):
    """Append a message."""

    room: Id
    cid: Cid
    text: str = ""
    reply_to: Target | None = None
    files: Annotated[list[Id], Meta(max_length=1000)] = []
    mentions: Ids = []


class Edit(Struct):
    """Replace the text of a message of mine."""

    room: Id
    seq: Target
    text: str
    cid: Cid
    mentions: Ids = []


class Recall(Struct):
    """Take back a message of mine."""

    room: Id
    seq: Target
    cid: Cid


class React(Struct):
    """Give a reaction (`on`) or take it back."""

    room: Id
    seq: Target
    emoji: Annotated[str, Meta(min_length=1, max_length=32)]
    on: bool
    cid: Cid


class Pin(Struct):
    """Pin a message, or let it go."""

    room: Id
    seq: Target
    on: bool
    cid: Cid


class Read(Struct):
    """I have read the room up to `seq`."""

    room: Id
    seq: Seq


class Typing(Struct):
    """I am typing in the room."""

    room: Id


class Watch(Struct):
    """Tell me the presence of these people, now and when it changes."""

    people: Ids


class Unwatch(Struct):
    """Tell me no more of these people; of nobody where the list is left out."""

    people: Ids | None = None


class Ping(Struct):
    """Ask whether the server is there."""


class Command(Struct):
    """A frame from the client: an `id` and exactly one verb."""

    id: CommandId | UnsetType = UNSET
    auth: Auth | UnsetType = UNSET
    open: Open | UnsetType = UNSET
    sync: Sync | UnsetType = UNSET
    send: Send | UnsetType = UNSET
    edit: Edit | UnsetType = UNSET
    recall: Recall | UnsetType = UNSET
    react: React | UnsetType = UNSET
    pin: Pin | UnsetType = UNSET
    read: Read | UnsetType = UNSET
    typing: Typing | UnsetType = UNSET
    watch: Watch | UnsetType = UNSET
    unwatch: Unwatch | UnsetType = UNSET
    ask: AskBot | UnsetType = UNSET
    resume: ResumeRun | UnsetType = UNSET
    stop: StopRun | UnsetType = UNSET
    ping: Ping | UnsetType = UNSET


VERBS: Final = tuple(name for name in Command.__struct_fields__ if name != "id")

UNANSWERED: Final = frozenset({"typing"})
"""Verbs that may come without an `id` and are not answered."""

Verb = (
    Auth
    | Open
    | Sync
    | Send
    | Edit
    | Recall
    | React
    | Pin
    | Read
    | Typing
    | Watch
    | Unwatch
    | AskBot
    | ResumeRun
    | StopRun
    | Ping
)
