"""The chatbot's part of the wire: asking, going on, stopping, and the parts of an answer."""

from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from bots.parts import Part
from hub.protocol.fields import MAX_INT, Cid, Id, Target


class AskBot(Struct):
    """Ask a chatbot, `school` for families or `office` for the staff; its answer follows in pushes.

    The same `cid` again joins the same answer. Without a `conversation` one is begun; `entry` is the
    suggestion that was chosen. Refused as `unavailable` while the chatbot is being started, as `rate_limited`
    where too much is asked, or too much at once.
    """

    bot: Id
    cid: Cid
    text: str
    conversation: Id | None = None
    entry: Id | None = None


class ResumeRun(Struct):
    """Go on with a chatbot's answer after its part `i`, the last that I have; from the start without it.

    On any connection of whoever asked, at any process of the hub; also with an answer that has ended, as long
    as its conversation is kept. Without `bot` each is looked at. What was asked in a room is named, in place
    of its `run`, by the `room` and the `seq` of the message; its parts come with both.
    """

    run: Id | None = None
    bot: Id | None = None
    i: Annotated[int, Meta(ge=0, le=MAX_INT)] | None = None
    room: Id | None = None
    seq: Target | None = None


class StopRun(Struct):
    """Stop a chatbot's answer: its last part is `abort`, and what was said by then stays.

    An answer that has ended stays as it is.
    """

    run: Id


class RunTaken(Struct):
    """The question was taken: its answer comes as pushes under this name, in this conversation."""

    run: str
    conversation: str


class InRoom(NamedTuple):
    """The message of a room that a run answers."""

    room: str
    seq: int


class RunPart(Struct):
    """A part of a chatbot's answer, for the connection that asked or came back.

    The parts are those of the Vercel AI SDK UI message stream, version 1: `start` names the run and its
    conversation, the last is `finish`, `error` or `abort`. `i` counts from 0 without a gap; a passing note
    (`data-status`) has none. Of what was asked in a `room` by the message `seq` all connections of whoever
    wrote get them, and the whole answer is the chatbot's message there that has `reply_to` `seq`.
    """

    run: str
    part: Part
    i: int | UnsetType = UNSET
    room: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET
