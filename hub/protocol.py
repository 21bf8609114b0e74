"""The wire, version 1: pure, it takes bytes and returns values, and the other way round.

A frame is one JSON object. With `id` it is a command or its answer, without it is a push
(protocol.md). Nothing here waits, reads a clock or touches a socket.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from bots.parts import Part
from hub.notice_push import NoticePush
from rooms.errors import ErrorCode
from rooms.events import Event
from rooms.views import Me, PersonName, RoomView

SUBPROTOCOL: Final = "madang.v1"
MAX_INT: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""

CommandId = Annotated[int, Meta(ge=1, le=MAX_INT)]
Seq = Annotated[int, Meta(ge=0, le=MAX_INT)]
Target = Annotated[int, Meta(ge=1, le=MAX_INT)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Cid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        min_length=36,
        max_length=36,  # in Python `$` would let a line feed through
    ),
]
Ids = Annotated[list[Id], Meta(max_length=2000)]


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


class AskBot(Struct):
    """Ask a chatbot; the same `cid` again joins the same answer. `entry` is a suggestion that was chosen."""

    bot: Id
    cid: Cid
    text: str
    conversation: Id | None = None
    entry: Id | None = None


class ResumeRun(Struct):
    """Go on with a chatbot's answer after its part `i`, the last that I have; from the start without it."""

    run: Id
    bot: Id | None = None
    i: Annotated[int, Meta(ge=0, le=MAX_INT)] | None = None


class StopRun(Struct):
    """Stop a chatbot's answer."""

    run: Id


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


class RunTaken(Struct):
    """The question was taken: its answer comes as pushes under this name, in this conversation."""

    run: str
    conversation: str


class Empty(Struct):
    """Done, nothing to tell."""


class Fault(Struct):
    """Why a command was refused; `message` is for people, `retry_after` in seconds."""

    code: ErrorCode
    message: str
    temporary: bool
    retry_after: float | None = None


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


class RunPart(Struct):
    """A part of a chatbot's answer; `i` counts from 0 without a gap, and a passing note has none.

    In a `room` the whole answer will be its next message.
    """

    run: str
    part: Part
    i: int | UnsetType = UNSET
    room: str | UnsetType = UNSET


class Notice(Struct):
    """What the client should know about its connection; `in` in seconds."""

    kind: str
    within: float = msgspec.field(name="in")


class Notify(Struct):
    """See `Notice`."""

    notify: Notice


class Back(Struct):
    """When to come back, in seconds."""

    after: float


class Drain(Struct):
    """This process is going."""

    drain: Back


Push = (
    RoomEvents | ReadMoved | TypingPush | Joined | Left | PresencePush | NoticePush | RunPart | Notify | Drain
)
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


class BrokenFrame(Exception):
    """The frame was not a JSON object: the connection ends (close code 4009)."""


class BadCommand(Exception):
    """The frame was an object but no valid command: an error answers it.

    `id` is the command's, or None where it had no usable one; `reason` names the sentence in
    the catalogues and `detail` what the decoder said.
    """

    def __init__(self, command: int | None, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.id = command
        self.reason = reason
        self.detail = detail


class _JustId(Struct):
    id: Any = None


_encoder = msgspec.json.Encoder()
_command = msgspec.json.Decoder(Command)
_just_id = msgspec.json.Decoder(_JustId)


def decode(data: bytes | str) -> tuple[int | None, str, Verb]:
    """Read one frame from a client.

    Returns the command's id (None only for verbs in `UNANSWERED`), the name of its verb and
    the verb. Raises BrokenFrame (close the connection) or BadCommand (answer with an error).
    """
    try:
        frame = _command.decode(data)
    except msgspec.ValidationError as error:
        raise _why(data, str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise BrokenFrame(str(error)) from None
    number = None if frame.id is UNSET else frame.id
    found: list[tuple[str, Any]] = [
        (name, verb) for name in VERBS if (verb := getattr(frame, name)) is not UNSET
    ]
    if len(found) != 1:
        raise BadCommand(number, "unknown_command" if not found else "several_commands")
    name, verb = found[0]
    if number is None and name not in UNANSWERED:
        raise BadCommand(None, "no_id")
    return number, name, verb


def _why(data: bytes | str, detail: str) -> BadCommand | BrokenFrame:
    try:
        number = _just_id.decode(data).id
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return BrokenFrame(str(error))
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MAX_INT:
        return BadCommand(number, "invalid_command", detail)
    return BadCommand(None, "invalid_command", detail)


def encode_answer(number: int, verb: str, result: Result) -> bytes:
    """Write the answer to command `number`."""
    return _encoder.encode({"id": number, verb: result})


def encode_error(number: int | None, fault: Fault) -> bytes:
    """Write the refusal of command `number`, or of a frame without a usable id."""
    if number is None:
        return _encoder.encode({"error": fault})
    return _encoder.encode({"id": number, "error": fault})


def encode_push(push: Push) -> bytes:
    """Write a push."""
    return _encoder.encode({"push": push})


def encode_part(run: str, number: int, part: str, room: str | None = None) -> bytes:
    """Write the push of a part that is JSON already."""
    push = {"run": run, "i": number, "part": msgspec.Raw(part.encode())}
    return _encoder.encode({"push": push if room is None else push | {"room": room}})
