"""What goes in and out over HTTP of the FAQ desk, as types."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hub.api.shapes import Cursor, Limit
from hub.protocol import Id
from rooms.faq.content import Content
from rooms.faq.entries import Audience

MOST_ENTRIES: Final = 500
EntryId = Annotated[str, Meta(min_length=1, max_length=200)]
State = Literal["draft", "published", "changed", "withdrawn"]
Version = Annotated[int, Meta(ge=1, description="The version that this change is made over.")]
Flag = Annotated[bool, Meta(description="true or false")]


class EntryPath(Struct):
    """An entry of the FAQ."""

    entry: EntryId


# Entries


class UnitRow(Struct):
    """A unit whose entries I keep."""

    id: str
    name: str
    kind: str


class Desks(Struct):
    """The units whose entries I keep, and the topics of these entries."""

    units: list[UnitRow]
    topics: list[str]


class ChatbotState(Struct):
    """How the chatbot is: whether it answers, of how many entries.

    `trouble` is told to keepers of the office: that the model named in the settings could not be loaded, or
    has no say because the share of the entries' aliases that it found (`found`) is far below that of words
    alone (`words`).
    """

    ready: bool
    entries: int
    trouble: Literal["", "model_not_loaded", "model_has_no_say"]
    model: str
    found: float
    words: float


class EntriesQuery(Struct):
    """Which entries: of a unit, in a state, for an audience, on a topic, of a document, with words."""

    unit: Id | None = None
    state: State | None = None
    audience: Audience | None = None
    topic: Annotated[str, Meta(max_length=60)] | None = None
    document: Id | None = None
    q: Annotated[str, Meta(max_length=200)] = ""
    after: Cursor | None = None
    limit: Limit | None = None


class Keeper(Struct):
    """Somebody who changed an entry."""

    id: str
    name: str


class EntryRow(Struct):
    """An entry in a list."""

    id: str
    name: str
    question: str
    unit: UnitRow
    state: State
    audience: list[Audience]
    topic: str
    aliases: int
    pinned: bool
    valid_from: str | None
    valid_until: str | None
    version: int
    changed_at: str
    changed_by: Keeper | None
    document: str | None


class Entries(Struct):
    """A page of entries, those changed last first; how many there are in each state; `next` asks for more."""

    entries: list[EntryRow]
    counts: dict[State, int]
    next: str | None


class EntryView(Struct):
    """An entry as it is edited: `content` is what is being written, `live` what is out, null where none is.

    `revision` numbers its last publication or withdrawal, 0 where there was none.
    """

    id: str
    unit: UnitRow
    state: State
    version: int
    revision: int
    content: Content
    live: Content | None
    changed_at: str
    changed_by: Keeper | None
    published_at: str | None
    document: str | None


class NewEntry(Struct):
    """An entry to begin, as a draft or at once published."""

    unit: Id
    content: Content
    publish: bool = False


class EntryChange(Struct):
    """What is written over a version of an entry, as a draft or at once published."""

    version: Version
    content: Content
    publish: bool = False


class EntryVersion(Struct):
    """The version of a draft that is erased."""

    version: Version


class Named(Struct):
    """Entries."""

    entries: Annotated[list[EntryId], Meta(min_length=1, max_length=MOST_ENTRIES)]


class RefusedEntry(Struct):
    """Why nothing was done with an entry; `why` is for people."""

    entry: str
    code: str
    why: str


class ActAnswer(Struct):
    """The entries as they stand now, and those with which nothing was done."""

    entries: list[EntryRow]
    refused: list[RefusedEntry]


# History


class HistoryQuery(Struct):
    """What was published and withdrawn before a revision."""

    before: Annotated[int, Meta(ge=1)] | None = None
    limit: Limit | None = None


class PastView(Struct):
    """What was published, or taken back."""

    revision: int
    act: Literal["published", "withdrawn"]
    content: Content
    by: Keeper | None
    at: str


class HistoryAnswer(Struct):
    """The history of an entry, the latest first; `next` is the `before` of the page after."""

    versions: list[PastView]
    next: int | None


class Restore(Struct):
    """Take what was published under a revision as the draft."""

    version: Version
    revision: Annotated[int, Meta(ge=1)]


# Files


class ImportQuery(Struct):
    """For which unit and whom, whether to publish at once, and whether only to look what would change."""

    unit: Id
    audience: (
        Annotated[
            str,
            Meta(
                pattern=r"^(guardian|student|staff)(,(guardian|student|staff)){0,2}$",
                description="Who may see what does not say so itself: guardian, student, staff, with commas"
                " between. A document needs it; without it rows that name no audience are for everybody.",
            ),
        ]
        | None
    ) = None
    publish: Flag = False
    dry: Flag = False


class FaultRow(Struct):
    """What is wrong in a file; `line` is 0 where the whole file is meant, `why` is for people."""

    line: int
    field: str
    why: str


class ImportAnswer(Struct):
    """What an import did, or would do; of the faults the first, and how many there are in all.

    `unaddressed` counts good rows that do not say for whom they are. Of a document `passages` says into how
    many it was cut, and `pages` how many it has (0: it has none).
    """

    added: int
    changed: int
    unchanged: int
    withdrawn: int
    faults: list[FaultRow]
    faulty: int
    document: str | None = None
    passages: int = 0
    pages: int = 0
    unaddressed: int = 0


class ExportQuery(Struct):
    """The format, and the unit; without one, all units that I keep."""

    format: Literal["csv", "jsonl"]
    unit: Id | None = None


# Preview


class TwinsAsk(Struct):
    """An entry as it is being written, of a unit; `entry` is its id, left out where it is new."""

    unit: Id
    content: Content
    entry: EntryId | None = None


class TwinRow(Struct):
    """A published entry that answers the same question, which is as the one being written puts it."""

    entry: str
    name: str
    question: str


class Twins(Struct):
    """Published entries of the unit that answer the same question for somebody who may see both."""

    twins: list[TwinRow]


class PreviewAsk(Struct):
    """A question, and as whom it is asked: of which audience, at which unit.

    `draft` is an entry as it is being written, looked for as if it were published; `entry` is its id,
    left out where it is new.
    """

    question: Annotated[str, Meta(min_length=1, max_length=1000)]
    audience: Audience
    unit: Id
    draft: Content | None = None
    entry: EntryId | None = None


class PreviewHit(Struct):
    """An entry that would be found; `score` of 1 is the best there can be.

    `entry` is null for a new draft.
    """

    entry: str | None
    name: str
    score: float


class PreviewAnswer(Struct):
    """What would come: sure gives the first, unsure offers the first three, unknown gives none."""

    band: Literal["sure", "unsure", "unknown"]
    confidence: float
    hits: list[PreviewHit]
