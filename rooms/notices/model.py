"""Notices and who gets them, as the rules see them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from rooms.delivery.channels import Channel, Reason, State
from rooms.events import FileRef
from rooms.ids import NoticeId, PersonId, UnitId


class NoticeKind(StrEnum):
    """Class note (알림장), newsletter (가정통신문), consent form (전자동의서), document request."""

    NOTE = "note"
    NEWSLETTER = "newsletter"
    CONSENT = "consent"
    DOCUMENTS = "documents"


ANSWERED: Final = frozenset({NoticeKind.CONSENT, NoticeKind.DOCUMENTS})
"""Kinds that carry a form to be answered."""


class NoticeState(StrEnum):
    """Where a notice stands on its way from a draft to those it is for."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


OUT: Final = frozenset({NoticeState.PUBLISHED, NoticeState.WITHDRAWN})
"""States in which families know of a notice; of a withdrawn one they see that it was withdrawn."""


class Who(StrEnum):
    """Who of a unit a notice is for: those with the right to notices for its students, these, or both."""

    GUARDIANS = "guardians"
    STUDENTS = "students"
    FAMILIES = "families"

    @property
    def has_guardians(self) -> bool:
        """Whether guardians are among them."""
        return self is not Who.STUDENTS

    @property
    def has_students(self) -> bool:
        """Whether students are among them."""
        return self is not Who.GUARDIANS


class Right(StrEnum):
    """A guardian's rights for a student that concern notices; rosters know others too."""

    NOTICES = "notices"
    CONSENT = "consent"


class Means(StrEnum):
    """How a step of a follow-up reaches people; `teacher` puts them on the homeroom teacher's list."""

    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"
    TEACHER = "teacher"

    @property
    def channel(self) -> Channel | None:
        """The channel of a message; None where a teacher takes over."""
        return None if self is Means.TEACHER else Channel(self.value)


class Aim(Struct, frozen=True):
    """A part of an audience: everybody of a kind at or below a unit."""

    unit: UnitId
    who: Who = Who.FAMILIES


class Translation(Struct, frozen=True):
    """Title and text in another language; the source always stands beside them."""

    title: str
    text: str


class Version(Struct, frozen=True, kw_only=True):
    """What a notice says; a correction is a further version.

    `text` is Markdown, `language` that of title and text. `form` is as `rooms.forms` checked it.
    `at` is when it came into force, None in a draft; `note` tells families what was corrected.
    """

    version: int
    title: str
    text: str = ""
    language: str = "ko"
    files: tuple[FileRef, ...] = ()
    translations: Mapping[str, Translation] = {}
    form: Mapping[str, Any] | None = None
    by: PersonId
    at: datetime | None = None
    note: str = ""


class Step(Struct, frozen=True):
    """After so many hours, those not reached are reminded by these means."""

    after_hours: int
    channel: Means


class Approval(Struct, frozen=True):
    """What was decided on a submitted notice; `refused` holds the reason of a refusal."""

    asked_at: datetime
    by: PersonId | None = None
    at: datetime | None = None
    refused: str | None = None

    @property
    def granted(self) -> bool:
        """Whether it was approved."""
        return self.at is not None and self.refused is None


class Expansion(Struct, frozen=True):
    """How far the recipients of a version, or of a withdrawal, have been written.

    `what` is the occasion (`v1`, `c2`, `w`; `t2` is a correction of which nobody is told); `after` the
    last class that is done, in the order of their ids; `lease` until when the process that works on it
    has it for itself. `then` is the occasion that follows: a correction that came while rows were written.
    `only` are the classes that newcomers came into, where rows are written again for them alone.
    """

    what: str
    done: bool = False
    after: str = ""
    recipients: int = 0
    lease: datetime | None = None
    owner: str = ""
    finished_at: datetime | None = None
    then: str = ""
    only: tuple[UnitId, ...] = ()

    @property
    def publishes(self) -> bool:
        """Whether rows of people who have none are still being written."""
        return not self.done and self.what.startswith("v")


class Reminded(Struct, frozen=True):
    """How often somebody had those missing reminded, when last; how many steps of the rules are done.

    `next` is when the next step is due, None where there is none.
    """

    count: int = 0
    at: datetime | None = None
    steps: int = 0
    next: datetime | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """A notice; `unit` is that in whose name it is written, `confirm` asks for a "확인했습니다".

    `path` leads from the office down to the unit; `versions` are in order, the last one holds.
    `to_tell` is the occasion of its approval that is still to be told (`rooms.notices.approvals`).
    Answers to its form are kept for `keep_days`, None for as long as the office keeps them: `keep_until`,
    once that is reckoned, and `erased_at` when they were erased; of `erased_answers` students there were any.
    """

    id: NoticeId
    kind: NoticeKind
    unit: UnitId
    path: tuple[UnitId, ...]
    by: PersonId
    state: NoticeState
    audience: tuple[Aim, ...]
    version: int
    versions: tuple[Version, ...]
    created_at: datetime
    changed_at: datetime
    publish_at: datetime | None = None
    published_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_note: str = ""
    deadline: datetime | None = None
    urgent: bool = False
    confirm: bool = False
    approval: Approval | None = None
    to_tell: str = ""
    follow_up: tuple[Step, ...] = ()
    merge: tuple[str, ...] = ()
    expanded: Expansion | None = None
    reminded: Reminded = Reminded()
    keep_days: int | None = None
    keep_until: datetime | None = None
    erased_at: datetime | None = None
    erased_answers: int | None = None

    @property
    def current(self) -> Version:
        """What it says now."""
        return self.versions[-1]

    @property
    def is_out(self) -> bool:
        """Whether families know of it."""
        return self.state in OUT

    @property
    def takes_answers(self) -> bool:
        """Whether its form may be answered, as long as its deadline is not past."""
        return self.state is NoticeState.PUBLISHED and self.erased_at is None

    def shown(self, version: int) -> Version | None:
        """Find a version."""
        return next((one for one in self.versions if one.version == version), None)


class RecipientKind(StrEnum):
    """As what somebody gets a notice; who is both a guardian and a student in its audience is a guardian."""

    GUARDIAN = "guardian"
    STUDENT = "student"


class ChannelState(Struct, frozen=True):
    """How it went on one channel with the latest occasion, and why where it did not go."""

    state: State
    at: datetime
    reason: Reason | None = None


class Recipient(Struct, frozen=True, kw_only=True):
    """Somebody who gets a notice: one row, however many of their children it concerns.

    `students` are those (a student: themselves), `units` the classes they came through, `signs` tells
    whether an answer is expected of them, `occasions` are the reminders they had. A row is a snapshot of
    the day it was written: a new school year changes none of it. `since` is the version that was first
    told to them. `moved` are those of the students who are in the audience no longer; `left_at` is when
    nobody was left in it for whom this person may read it.
    """

    notice: NoticeId
    notice_kind: NoticeKind
    person: PersonId
    kind: RecipientKind
    students: tuple[PersonId, ...]
    units: tuple[UnitId, ...]
    signs: bool = False
    published_at: datetime
    changed_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    confirmed_at: datetime | None = None
    answered_at: datetime | None = None
    seen_version: int = 0
    since: int = 1
    occasions: tuple[str, ...] = ()
    listed_at: datetime | None = None
    moved: tuple[PersonId, ...] = ()
    left_at: datetime | None = None
    channels: Mapping[Channel, ChannelState] = {}

    @property
    def reminded(self) -> int:
        """How often they were reminded."""
        return len(self.occasions)


class NoticeRules(Struct, frozen=True):
    """What a unit asks of those who write in its name or below it.

    `approval` names the kinds that somebody who does not administer the unit must have approved,
    `urgent` lets these people mark notices as urgent, `follow_up` is what a new notice that asks for an
    answer begins with.
    """

    unit: UnitId
    approval: frozenset[NoticeKind] = frozenset()
    urgent: bool = False
    follow_up: tuple[Step, ...] = ()
