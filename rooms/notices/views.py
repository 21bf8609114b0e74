"""What people are shown of notices: families of what is theirs, staff of what they work on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from rooms.events import FileRef
from rooms.notices.changes import Correction
from rooms.notices.model import Step
from rooms.notices.progress import Counts


class UnitView(Struct):
    """A unit, named with the school, district or office it belongs to."""

    id: str
    name: str


class PersonView(Struct):
    """Somebody by name."""

    id: str
    name: str


class ChildView(Struct):
    """A student, and the class they are in today."""

    id: str
    name: str
    unit: str


class TextView(Struct):
    """A title and a text: as Markdown, and as HTML that is safe to put into a page."""

    title: str
    text: str
    html: str


class NoticeRow(Struct, kw_only=True):
    """A line of a family's feed, in one language, with what became of it so far.

    `students` are those of the reader's it concerns, `answerable` those for whom they may answer its
    form. Times are UTC, ISO 8601. A later `version` than `seen_version` is a correction they have not
    seen. A withdrawn notice keeps its title and loses its text. From `left_at` on nothing of it is wanted of
    them any more: the students left its audience, or the right to it ended.
    """

    id: str
    kind: str
    state: str
    version: int
    title: str
    excerpt: str
    language: str
    languages: list[str]
    unit: UnitView
    by: PersonView
    published_at: str
    changed_at: str
    withdrawn_at: str | None
    deadline: str | None
    urgent: bool
    confirm: bool
    form: bool
    files: int
    students: list[str]
    answerable: list[str]
    seen_version: int
    opened_at: str | None
    confirmed_at: str | None
    answered_at: str | None
    left_at: str | None


class ChildPart(Struct):
    """A child whom a notice concerns; `texts` where it has words of its own for each child.

    `left` says that the child is in another class or school by now, and in the audience no longer.
    """

    id: str
    name: str
    unit: str
    answerable: bool
    texts: dict[str, TextView] | None
    left: bool


class FamilyPart(Struct, kw_only=True):
    """What a notice is to a family."""

    children: list[ChildPart]
    seen_version: int
    opened_at: str | None
    confirmed_at: str | None
    answered_at: str | None
    left_at: str | None


class AimView(Struct):
    """A part of an audience: a unit by name, and who of it."""

    unit: str
    name: str
    who: str


class ApprovalView(Struct):
    """What was decided on a submitted notice; `refused` is the reason of a refusal."""

    asked_at: str
    by: PersonView | None
    at: str | None
    refused: str | None


class StepView(Struct):
    """A step of the follow-up; `at` is when it is due, once the notice is out."""

    after_hours: int
    channel: str
    at: str | None
    done: bool


class StaffPart(Struct, kw_only=True):
    """What a notice is to a member of the staff: colleague, homeroom, author or administrator.

    `recipients` are those written so far, all of them where `complete`.
    """

    level: str
    may_change: bool
    may_approve: bool
    approval_needed: bool
    may_be_urgent: bool
    audience: list[AimView]
    approval: ApprovalView | None
    publish_at: str | None
    created_at: str
    follow_up: list[StepView]
    keep_days: int | None
    merge: list[str]
    reminders: int
    reminded_at: str | None
    recipients: int
    complete: bool


class NoticeView(Struct, kw_only=True):
    """A notice as whoever asks may see it.

    `texts` has it in each of its languages, `language` is the one it was written in. Where it has
    words of its own for each child, `texts` holds those for the first of the family's children. From
    `erased_at` on its answers are erased, and none are taken.
    """

    id: str
    kind: str
    state: str
    version: int
    unit: UnitView
    by: PersonView
    language: str
    texts: dict[str, TextView]
    files: list[FileRef]
    form: Mapping[str, Any] | None
    corrections: list[Correction]
    published_at: str | None
    changed_at: str
    withdrawn_at: str | None
    withdrawn_note: str
    deadline: str | None
    urgent: bool
    confirm: bool
    erased_at: str | None
    family: FamilyPart | None
    staff: StaffPart | None


class AuthoredRow(Struct, kw_only=True):
    """A line of the list of those who write notices."""

    id: str
    kind: str
    state: str
    version: int
    title: str
    unit: UnitView
    by: PersonView
    audience: list[AimView]
    created_at: str
    changed_at: str
    publish_at: str | None
    published_at: str | None
    deadline: str | None
    urgent: bool
    approval: ApprovalView | None
    may_change: bool
    may_approve: bool
    recipients: int
    complete: bool


class NoticeList(Struct, kw_only=True):
    """A page of notices: those of a family, or (`authored`) those of who works on them.

    `next` asks for what is older, `now` is what `since` may ask from later. `students` are those through
    whom notices come today, `years` the school years there are notices of.
    """

    notices: list[NoticeRow] = []
    authored: list[AuthoredRow] = []
    students: list[ChildView] = []
    years: list[int] = []
    now: str
    next: str | None


class DeskView(Struct):
    """A unit in whose name I may write; `approval` names the kinds somebody else has to approve.

    `follow_up` is what a new notice that asks for an answer begins with, `administers` whether I may
    change that. `students` counts those in it and below; null where that is too many to count by the way.
    """

    id: str
    name: str
    kind: str
    approval: list[str]
    urgent: bool
    follow_up: list[Step]
    administers: bool
    students: int | None = None


class TargetView(Struct):
    """A unit that may be an audience; `below` tells whether there are units below it; `students` as above."""

    id: str
    name: str
    kind: str
    below: bool
    students: int | None = None


class ChannelView(Struct):
    """How it went on a channel; `reason` is a code, with the words of the page."""

    state: str
    at: str
    reason: str | None


class ReachRow(Struct, kw_only=True):
    """Somebody a notice is for, and how far it came with them; `missing` what is still wanted of them.

    Since `left_at` nothing is: `left_why` tells whether the students `moved` or the `right` ended.
    """

    id: str
    name: str
    kind: str
    students: list[ChildView]
    signs: bool
    sent_at: str | None
    delivered_at: str | None
    opened_at: str | None
    confirmed_at: str | None
    answered_at: str | None
    listed_at: str | None
    reminded: int
    seen_version: int
    channels: dict[str, ChannelView]
    missing: bool
    left_at: str | None
    left_why: Literal["moved", "right"] | None


class ReachView(Struct, kw_only=True):
    """How far a notice came: counts of all, a page of people, `next` to go on; `goal` is what it wants."""

    goal: str
    counts: Counts
    complete: bool
    people: list[ReachRow]
    next: str | None


def iso(at: datetime | None) -> str | None:
    """Write a time as people's programs read it."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_of(at: datetime) -> str:
    """Write a time that is there."""
    return iso(at) or ""
