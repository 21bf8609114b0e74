"""What the rules of forms need from storage."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol

from msgspec import Struct

from rooms.forms.ledger import Head, Link
from rooms.forms.record import Current, StoredFile, SubmissionId
from rooms.forms.who import Care
from rooms.ids import FileId, NoticeId, PersonId

Whose = tuple[PersonId, PersonId]
"""Student and signer."""
Sent = tuple[PersonId, str]
"""Who sent something, and its `cid`."""


class Row(Struct, frozen=True):
    """A link about to be written, or as it was; `body` is its canonical form, `asked` the draft's.

    `text` is the hash of the text that was shown, `files` what was handed in with it. Of a row that was
    erased the link is left; one that says so has a body and is nobody's (`rooms.forms.retention`).
    """

    link: Link
    body: bytes
    id: SubmissionId
    sender: PersonId
    cid: str
    asked: str
    whose: Whose
    text: str
    files: tuple[FileId, ...] = ()

    @property
    def is_answer(self) -> bool:
        """Whether it is somebody's submission, and can be read."""
        return bool(self.body) and bool(self.whose[0])


class Addressed(Struct, frozen=True):
    """Somebody who got a notice: as a guardian or a student, for these students."""

    person: PersonId
    kind: str
    students: tuple[PersonId, ...]


class LedgerStore(Protocol):
    """The ledgers, and the current answers beside them."""

    async def head(self, notice: NoticeId) -> Head:
        """Read the end of a form's chain."""

    async def current(self, notice: NoticeId, whose: Collection[Whose]) -> dict[Whose, Current]:
        """Read the current answers of these; others are left out."""

    async def sent(self, notice: NoticeId, sent: Collection[Sent]) -> dict[Sent, Row]:
        """Find what was written under these `cid`s; others are left out."""

    async def append(self, notice: NoticeId, rows: Sequence[Row], current: Sequence[Current]) -> str | None:
        """Write links and current answers together, or nothing.

        Returns which unique index stood against it (`seq`, `cid`), None where all is written.
        Raises LogUnavailable where it is not known whether it was.
        """

    async def row(self, notice: NoticeId, id_: SubmissionId) -> Row | None:
        """Read a link by its submission."""

    async def rows(self, notice: NoticeId, seqs: Collection[int]) -> dict[int, Row]:
        """Read links; those that do not exist are left out."""

    def chain(self, notice: NoticeId, until: int) -> AsyncIterator[Row]:
        """Read a chain from its beginning up to a link."""

    async def answers(self, notice: NoticeId) -> list[Current]:
        """Read all current answers to a form."""

    async def answers_of(self, notice: NoticeId, students: Collection[PersonId]) -> list[Current]:
        """Read the current answers for these students."""

    async def own(self, notice: NoticeId, person: PersonId) -> set[int]:
        """List the links that somebody signed or sent."""

    async def about(self, notice: NoticeId, students: Collection[PersonId]) -> set[int]:
        """List the links about these students."""

    async def carrying(self, notice: NoticeId, file: FileId) -> set[int]:
        """List the links whose answers carry a file."""

    async def readable(self, notice: NoticeId) -> int | None:
        """Find the last link that is somebody's submission and can be read; None where there is none."""

    async def files(self, notice: NoticeId, until: int) -> list[FileId]:
        """List what was handed in with links up to one."""

    async def erase(self, notice: NoticeId, until: int) -> None:
        """Erase what submissions up to a link said, and all current answers to the form."""

    async def texts(self, notice: NoticeId, until: int, among: Collection[int] | None) -> set[str]:
        """List the hashes of the texts that links up to one name, all of them or those among some."""

    async def audience(self, notice: NoticeId) -> list[Addressed]:
        """Read who got a notice."""

    async def addressed(self, notice: NoticeId, student: PersonId) -> list[Addressed]:
        """Read who got a notice for a student."""

    async def cares(self, students: Collection[PersonId]) -> list[Care]:
        """Read who has any of a guardian's rights for students today."""


class FormFiles(Protocol):
    """Files that belong to answers."""

    async def take(
        self, owner: PersonId, notice: NoticeId, files: Sequence[str]
    ) -> tuple[StoredFile, ...] | None:
        """Keep files of this owner with a form, and hash them; None where one is not theirs or is gone."""

    async def erase(self, notice: NoticeId, files: Sequence[FileId]) -> None:
        """Erase files that were kept with a form; those that are elsewhere too are kept there."""
