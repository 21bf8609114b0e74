"""What is written down of an answer: the body of a link, and how it reads back."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType

from msgspec import Struct

from rooms.forms.ledger import Link
from rooms.ids import FileId, NoticeId, PersonId, new_id

SubmissionId = NewType("SubmissionId", str)


def new_submission_id() -> SubmissionId:
    """Make the id of a new submission."""
    return SubmissionId(new_id("a"))


class Act(StrEnum):
    """What a link does: a first answer, another in its place, or taking it back."""

    ANSWER = "answer"
    CHANGE = "change"
    WITHDRAW = "withdraw"


class Student(Struct, frozen=True):
    """Whom an answer is about; `unit` names the class of the day."""

    id: PersonId
    name: str
    unit: str


class Signer(Struct, frozen=True):
    """Who answered; `relation` is a guardian's to the student, as the roster has it."""

    id: PersonId
    name: str
    kind: Literal["guardian", "student"]
    relation: str = ""


class Clerk(Struct, frozen=True):
    """Who entered a paper answer."""

    id: PersonId
    name: str


class How(Struct, frozen=True):
    """From where an answer came and by which sign-in (RFC 3339 times, UTC).

    `way` is how whoever sent it had signed in: password, oidc, or token (made on the server itself).
    """

    address: str
    agent: str
    session: str
    way: str
    signed_in_at: str


class StoredFile(Struct, frozen=True):
    """A file that belongs to an answer, with the hash of its content."""

    id: str
    name: str
    size: int
    type: str
    sha256: str


class Body(Struct, frozen=True, kw_only=True):
    """The body of a link: everything there is to prove.

    `text` is the hash of the text as it was shown, in `language`, `merge` what stood in it for this
    student. `before` is the link whose answer this one changes or takes back. `paper` holds the scan of
    what was signed on paper, `clerk` who entered it. `salt` is random.
    """

    id: SubmissionId
    act: Act
    at: str
    cid: str
    student: Student
    signer: Signer
    version: int
    language: str
    text: str
    merge: tuple[tuple[str, str], ...] = ()
    answers: Mapping[str, Any]
    before: int | None = None
    reason: str = ""
    clerk: Clerk | None = None
    paper: tuple[StoredFile, ...] = ()
    how: How
    salt: str

    @property
    def files(self) -> tuple[FileId, ...]:
        """The files that were handed in: those of the answers, and the scan."""
        lists = [value for value in self.answers.values() if isinstance(value, list)]
        answered = [one["id"] for value in lists for one in value if isinstance(one, dict)]
        return (*map(FileId, answered), *(FileId(file.id) for file in self.paper))


class Erasure(Struct, frozen=True, kw_only=True):
    """The body of a link that says: the bodies of all links up to `until` are erased.

    `days` is how long they were kept; who wrote it is the hub. `salt` is random.
    """

    act: Literal["erase"] = "erase"
    at: str
    until: int
    days: int
    salt: str


class Entry(Struct, frozen=True):
    """A link and its body."""

    notice: NoticeId
    link: Link
    body: Body


class Draft(Struct, frozen=True):
    """A submission that was checked and waits for its place in the chain.

    `body` is complete but for `before` and whether it changes an earlier answer, which its place
    decides. `asked` is a hash over what was asked for, to compare a repeated `cid` with; `picks` are the
    answers that can be counted; `change` lets it take the place of an earlier answer.
    """

    notice: NoticeId
    body: Body
    asked: str
    picks: Mapping[str, Any] = {}
    change: bool = True

    @property
    def whose(self) -> tuple[PersonId, PersonId]:
        """Student and signer: they have one answer at a time."""
        return (self.body.student.id, self.body.signer.id)


class Current(Struct, frozen=True, kw_only=True):
    """Where somebody's answer for a student stands: its last link.

    `picks` are the answers that can be counted: agreed or not, and what was chosen.
    """

    student: PersonId
    signer: PersonId
    kind: str
    seq: int
    id: SubmissionId
    act: Act
    at: datetime
    version: int
    picks: Mapping[str, Any] = {}

    @property
    def holds(self) -> bool:
        """Whether there is an answer, and it was not taken back."""
        return self.act is not Act.WITHDRAW
