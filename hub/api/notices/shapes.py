"""What goes in and out over HTTP of notices, as types; see `hub/api/shapes.py`."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.api.shapes import Cursor, Limit
from hub.protocol import Id, Target
from rooms.notices.model import Step
from rooms.notices.views import DeskView, TargetView, TextView

MOST_UNITS: Final = 100_000
Text = Annotated[str, Meta(max_length=200_000)]
Line = Annotated[str, Meta(max_length=4_000)]
Tag = Annotated[str, Meta(min_length=2, max_length=20, description="Language, such as ko or zh-Hans.")]
Moment = Annotated[datetime, Meta(tz=True, description="ISO 8601, with its offset.")]
YEARS: Final = (1970, 2999)
"""Between these every moment exists in every time zone, and on every page that shows it."""
Kind = Literal["note", "newsletter", "consent", "documents"]
NoticeStates = Literal["draft", "submitted", "scheduled", "published", "withdrawn"]


class Timed(Struct):
    """What names moments; those too early or too late to be meant do not fit."""

    def __post_init__(self) -> None:
        first, last = YEARS
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, datetime) and not first <= value.year <= last:
                raise ValueError(f"`{name}` must lie in the years {first} to {last}")


class NoticePath(Struct):
    """A notice."""

    notice: Id


class UnitPath(Struct):
    """A unit."""

    unit: Id


class AimBody(Struct):
    """A part of an audience: a unit with all below it, and who of it."""

    unit: Id
    who: Literal["guardians", "students", "families"] = "families"


class TranslationBody(Struct):
    """A translation; with both empty there is none."""

    title: Line
    text: Text = ""


class StepBody(Struct):
    """A step of the follow-up: after so many hours, those not reached are reminded so."""

    after_hours: Annotated[int, Meta(ge=1, le=1_440)]
    channel: Literal["push", "email", "sms", "teacher"]


class NoticeFields(Timed, kw_only=True):
    """What an author sets of a notice; what is left out stays as it is.

    `text` is Markdown. `files` are ids of uploaded files, in order. `form` is asked of consent forms
    and document requests, whose answers are erased after `keep_days`. `note` says what a correction
    corrects, `silent` one of which nobody is told.
    """

    audience: Annotated[list[AimBody], Meta(max_length=MOST_UNITS)] | UnsetType = UNSET
    title: Line | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    language: Tag | UnsetType = UNSET
    files: Annotated[list[Id], Meta(max_length=1_000)] | UnsetType = UNSET
    translations: Annotated[dict[Tag, TranslationBody], Meta(max_length=100)] | UnsetType = UNSET
    form: dict[str, Any] | UnsetType | None = UNSET
    deadline: Moment | UnsetType | None = UNSET
    urgent: bool | UnsetType = UNSET
    confirm: bool | UnsetType = UNSET
    follow_up: Annotated[list[StepBody], Meta(max_length=100)] | UnsetType = UNSET
    publish_at: Moment | UnsetType | None = UNSET
    keep_days: int | UnsetType | None = UNSET
    note: Line = ""
    silent: bool = False


class NewNotice(NoticeFields, kw_only=True):
    """A notice in the name of a unit; with `publish` it goes out at once, or at `publish_at`."""

    kind: Kind
    unit: Id
    publish: bool = False


class PublishBody(Timed):
    """When to publish; now where it is left out."""

    at: Moment | None = None


class ReasonBody(Struct):
    """Why."""

    reason: Line = ""


class SeenBody(Struct):
    """The version that is before somebody's eyes; `confirm` also says so ("확인했습니다")."""

    version: Target
    confirm: bool = False


class NoticesQuery(Timed, kw_only=True):
    """Which notices: those for my family (`family`), those I write or administer, those of my classes.

    `state` is a state of a notice, or of the family's `open`: what still wants something of me. `year`
    is a school year, `q` words that must all occur, `due_from` and `due_to` bound the deadline,
    `since` is `now` of an earlier answer, `lang` the language of titles.
    """

    box: Literal["family", "authored", "homeroom"] = "family"
    student: Id | None = None
    kind: Kind | None = None
    state: NoticeStates | Literal["open"] | None = None
    year: Annotated[int, Meta(ge=1900, le=2200)] | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    since: Moment | None = None
    due_from: Moment | None = None
    due_to: Moment | None = None
    lang: Tag | None = None
    cursor: Cursor | None = None
    limit: Limit | None = None


class NoticeQuery(Struct):
    """The language in which corrections are compared; its own where left out."""

    lang: Tag | None = None


class ReachQuery(Struct):
    """Whom to list: everybody, or those from whom something is missing; of one class with `unit`."""

    missing: Literal["delivered", "opened", "confirmed", "answered"] | None = None
    unit: Id | None = None
    after: Id | None = None
    limit: Limit | None = None


class Reminded(Struct):
    """How many people are being reminded."""

    people: int


class FaultyRow(Struct):
    """A row of a table that was not taken, and why; `line` counts from 1, the header included."""

    line: int
    code: str
    message: str


class MergeAnswer(Struct, kw_only=True):
    """What became of a table: its columns, for how many children it has a row, and what was wrong.

    `faults` are the first of the `faulty` rows. `unused` columns no text names, `missing` ones a text
    names and the table does not have. `without` counts the children of the audience that have no row:
    they do not get the notice.
    """

    columns: list[str]
    rows: int
    faults: list[FaultyRow]
    faulty: int
    unused: list[str]
    missing: list[str]
    without: int


class PreviewBody(Struct):
    """What to show as families will see it; `values` are those of one child of a mail merge."""

    title: Line = ""
    text: Text = ""
    values: Annotated[dict[Line, Line], Meta(max_length=200)] = {}


class Preview(Struct):
    """How it looks, and the columns of a mail merge that it names; of them `missing` have no value."""

    shown: TextView
    columns: list[str]
    missing: list[str]


class AudiencesQuery(Struct):
    """Below which unit; where left out, the units in whose name I may write."""

    unit: Id | None = None


class Audiences(Struct):
    """Units in whose name I may write, and, where one was named, the units below it."""

    desks: list[DeskView]
    units: list[TargetView]


class RulesBody(Struct):
    """What a unit asks: kinds that have to be approved, and whether anybody who writes may be urgent.

    `follow_up` is what a new notice that asks for an answer begins with.
    """

    approval: Annotated[list[Kind], Meta(max_length=4)] = []
    urgent: bool = False
    follow_up: Annotated[list[StepBody], Meta(max_length=100)] = []


class RulesAnswer(Struct):
    """The rules that hold in a unit; `own` where it has set them itself, else they come from above.

    `name` is the unit's, with the school it is in; `of` names the unit that set them, null where nobody has.
    """

    unit: str
    name: str
    approval: list[str]
    urgent: bool
    follow_up: list[Step]
    own: bool
    of: str | None
