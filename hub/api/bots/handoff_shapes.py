"""What goes in and out over HTTP of hand-offs, as types."""

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hub.api.bots.shapes import ConversationPath
from hub.protocol import Cid, Id

__all__ = ["ConversationPath"]

MOST_CLOSED: Final = 100
Text = Annotated[str, Meta(max_length=8_000)]
State = Literal["none", "waiting", "left", "taken", "done"]


class HandoffPath(Struct):
    """A hand-off."""

    handoff: Id


class UnitPath(Struct):
    """An office, district or school."""

    unit: Id


class StreamQuery(Struct):
    """Where to go on, for clients that cannot set `Last-Event-ID`."""

    after: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0


class UnitShown(Struct):
    """The unit that takes over."""

    id: str
    name: str


class WithShown(Struct):
    """Who has taken the hand-off."""

    name: str


class HandoffView(Struct):
    """Where a conversation's hand-off is.

    `available` tells whether any unit takes over; `open` whether somebody is there now, `opens_at` (UTC,
    ISO 8601) when somebody will be, and `away` what the unit says meanwhile, empty for nothing of its own.
    `top` is the last message of the talk. `talk` is its room for whoever is signed in: there they get what is
    said on the WebSocket too, as in any room.
    """

    state: State
    available: bool
    open: bool
    opens_at: str | None
    away: str
    unit: UnitShown | None
    by: WithShown | None
    top: int
    talk: str | None


class HandoffRequest(Struct):
    """Hand the conversation over: what else somebody wants to say, and how a visitor can be reached.

    Where nobody is there (`open` of the hand-off is false) the `contact` of a visitor has to have a telephone
    number or a mail address in it; else the answer is `bad_request`.
    """

    text: Text = ""
    contact: Annotated[str, Meta(max_length=1_000)] = ""


class HandoffMessage(Struct):
    """What somebody says to whoever takes the hand-off; `cid` is the UUID under which it is said once."""

    text: Text
    cid: Cid


class HandoffSaid(Struct):
    """Where in the talk it landed."""

    seq: int


class HandoffSeen(Struct):
    """A change of hands; `version` is that of the card by which it was chosen.

    Where the hand-off went on meanwhile the answer is `conflict`, and nothing is changed.
    """

    version: Annotated[int, Meta(ge=0, le=2**53 - 1)]


class HandoffCard(Struct):
    """A hand-off as the unit's room sees it; `talk` is its room for whoever has taken it.

    `by` has it; while it is taken, `said_at` (UTC, ISO 8601) is when they last said something in the talk,
    null for not yet. `before` had it until it was taken over or given back; `was_mine` tells that it was I.
    `asked` tells that I asked for it, so that others have to take it.
    `version` counts how often it went from one to another.
    """

    id: str
    state: State
    asker: str
    by: WithShown | None
    mine: bool
    talk: str | None
    version: int
    said_at: str | None
    before: WithShown | None
    was_mine: bool
    asked: bool


class HoursShape(Struct):
    """From `start` up to `end`, in minutes of the day; on `days`, Monday is 0."""

    start: Annotated[int, Meta(ge=0, le=1_440)]
    end: Annotated[int, Meta(ge=0, le=1_440)]
    days: Annotated[list[Annotated[int, Meta(ge=0, le=6)]], Meta(max_length=7)]


class ClosedShape(Struct):
    """Days on which nobody is there, from the first to the last; a year at most."""

    first: date
    last: date


class HandoffSetting(Struct):
    """That a unit takes over: whose staff room gets it (its own, or one below it); hours, or always.

    On days that are `closed` nobody is there, nor at the units below. `away` is said to whoever comes when
    nobody is.
    """

    room_of: Id
    hours: HoursShape | None = None
    closed: Annotated[list[ClosedShape], Meta(max_length=MOST_CLOSED)] = []
    away: Annotated[str, Meta(max_length=300)] = ""


class DeskSetting(Struct):
    """Who keeps a unit's FAQ besides its administrators, and how it takes over from the chatbot.

    `version` is that of the setting which is changed: where another has been set meanwhile the answer is
    `conflict`. Without it what stands is replaced, whatever it is.
    """

    keepers: Annotated[list[Id], Meta(max_length=200)] = []
    handoff: HandoffSetting | None = None
    version: Annotated[int, Meta(ge=0)] | None = None


class KeeperShown(Struct):
    """Somebody who keeps the FAQ."""

    id: str
    name: str


class DeskSettingView(Struct):
    """How a unit's desk is set; `room` is the staff room that gets hand-offs.

    `responsible` is the unit that takes over from the chatbot here: this one, one above it, or none.
    `may_change` tells whether whoever asks may set it. `version` counts how often it was set.
    """

    unit: UnitShown
    keepers: list[KeeperShown]
    handoff: HandoffSetting | None
    room: str | None
    responsible: UnitShown | None
    may_change: bool
    version: int
