"""What goes in and out over HTTP about forms, as types."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from hub.api.shapes import Limit
from hub.protocol import Cid, Id
from rooms.forms.fields import Form
from rooms.forms.ledger import Head
from rooms.forms.standing import Tally

Hash = Annotated[str, Meta(max_length=64, description="SHA-256, 64 hexadecimal digits.")]
FieldName = Annotated[str, Meta(max_length=100)]


class FormPath(Struct):
    """A notice with a form."""

    notice: Id


class SubmissionPath(Struct):
    """An answer to a form."""

    notice: Id
    submission: Id


class NewSubmission(Struct, kw_only=True):
    """An answer for a student, or taking one back.

    `version` and `text_hash` tell what was shown: of `texts` the hash of the language that was before
    whoever answers. `cid` is the UUID under which it is taken once, however often it is sent. What was
    signed on paper is entered by staff, `on_paper_for` who signed, with the scan as `files`.
    """

    student: Id
    act: Literal["answer", "withdraw"] = "answer"
    version: int = 0
    text_hash: Hash = ""
    answers: dict[FieldName, Any] = {}
    cid: Cid | None = None
    on_paper_for: Id | None = None
    files: Annotated[list[Id], Meta(max_length=1000)] = []
    reason: Annotated[str, Meta(max_length=10_000)] = ""


class SubmissionsQuery(Struct):
    """Students after one of them, all or those in a state; `missing`: with whom something is to come."""

    state: Literal["complete", "partial", "missing", "again", "withdrawn", "left", "erased"] | None = None
    after: Id | None = None
    limit: Limit | None = None


class ExportQuery(Struct):
    """The kind of file."""

    format: Literal["csv", "xlsx"] = "xlsx"


class StudentView(Struct):
    """A student, and the class they are in."""

    id: str
    name: str
    unit: str


class SignerView(Struct):
    """Who answered; `relation` is a guardian's to the student."""

    id: str
    name: str
    kind: Literal["guardian", "student"]
    relation: str


class ClerkView(Struct):
    """Who entered an answer from paper."""

    id: str
    name: str


class FileView(Struct):
    """A file of an answer; `size` in bytes, `sha256` of its content."""

    id: str
    name: str
    size: int
    type: str
    sha256: str


class SubmissionView(Struct, kw_only=True):
    """An answer in the ledger: `seq` is its place, `hash` and `prev` link it to the chain.

    `state` tells whether it still holds; `text_hash` is that of the text that was shown.
    """

    id: str
    seq: int
    act: Literal["answer", "change", "withdraw"]
    at: str
    student: StudentView
    signer: SignerView
    by: ClerkView | None
    version: int
    language: str
    answers: dict[str, Any]
    files: list[FileView]
    reason: str
    state: Literal["current", "changed", "withdrawn"]
    text_hash: str
    prev: str
    hash: str


class OtherView(Struct):
    """Somebody else of the family who answered, and when; not what."""

    name: str
    kind: Literal["guardian", "student"]
    relation: str
    at: str


class MineView(Struct, kw_only=True):
    """A student of mine and the form: whether I may answer, and whether it is expected of me.

    `again` says that the form was changed since I answered; `left` that the student is in another class or
    school by now, and nothing is expected for them.
    """

    student: StudentView
    left: bool
    may_answer: bool
    must_answer: bool
    state: Literal["open", "answered", "again", "withdrawn"]
    submission: SubmissionView | None
    others: list[OtherView]


class PartView(Struct, kw_only=True):
    """Somebody's part for a student; `must` where it is still expected of them."""

    id: str
    name: str
    kind: Literal["guardian", "student"]
    relation: str
    must: bool
    again: bool
    submission: SubmissionView | None


class StudentRow(Struct, kw_only=True):
    """How a form stands with a student.

    `contradicted` says that guardians, of whom one had to answer, answered differently; `left` that the
    student is in the audience no longer, of whom nothing more is expected.
    """

    student: StudentView
    state: Literal["complete", "partial", "missing", "again", "withdrawn", "left", "erased"]
    contradicted: bool
    left: bool
    signers: list[PartView]


class FormView(Struct, kw_only=True):
    """A form and how it stands, to a family (`mine`) or to staff (`tally`, `students`).

    `texts` has the hashes of what is shown, by language; `open` tells whether families may answer now;
    `head` is the end of the ledger. `next` asks for the students that follow. Answers are kept for
    `keep_days` after the deadline and the last of them, null for ever; `erased_at` is when they were erased,
    those of `erased_answers` students.
    """

    notice: str
    version: int
    form: Form
    texts: dict[str, str]
    deadline: str | None
    open: bool
    head: Head
    keep_days: int | None
    erased_at: str | None
    erased_answers: int | None
    mine: list[MineView]
    tally: Tally | None
    students: list[StudentRow]
    next: str | None


class HeadView(Struct, kw_only=True):
    """The end of a form's ledger, signed by the office: to be shown, printed and kept elsewhere.

    `signature` (Ed25519, base64url, as `key`) is over the canonical JSON (RFC 8785) of
    `{"at": …, "form": notice, "head": {"hash": …, "seq": …}}`.
    """

    notice: str
    seq: int
    hash: str
    at: str
    key: str
    signature: str
