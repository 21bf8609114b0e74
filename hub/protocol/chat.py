"""The chatbot's part of the wire: asking, going on, stopping, and the parts of an answer."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from bots.parts import Part
from hub.protocol.fields import MAX_INT, Cid, Id


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


class RunTaken(Struct):
    """The question was taken: its answer comes as pushes under this name, in this conversation."""

    run: str
    conversation: str


class RunPart(Struct):
    """A part of a chatbot's answer; `i` counts from 0 without a gap, and a passing note has none.

    In a `room` the whole answer will be its next message.
    """

    run: str
    part: Part
    i: int | UnsetType = UNSET
    room: str | UnsetType = UNSET
