"""What the rules of notices need from storage."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.model import Notice, NoticeRules, Recipient


class CareStore(Protocol):
    """Guardianships with their rights."""

    async def rights(self, guardian: PersonId) -> dict[PersonId, frozenset[str]]:
        """Read what somebody may do today for which students; students without any right are left out."""

    async def guardians_with(
        self, students: Sequence[PersonId], right: str
    ) -> dict[PersonId, list[PersonId]]:
        """List by student the guardians who have a right today; students without one are left out."""


class NoticeReads(Protocol):
    """Notices, for the gate."""

    async def notice(self, notice: NoticeId) -> Notice | None:
        """Read a notice."""

    async def rules(self, units: Iterable[UnitId]) -> dict[UnitId, NoticeRules]:
        """Read what units ask for; units without rules are left out."""

    async def merged(
        self, notice: NoticeId, students: Sequence[PersonId]
    ) -> dict[PersonId, Mapping[str, str]]:
        """Read the rows of a notice's mail merge for these students; others are left out."""


class RecipientReads(Protocol):
    """Recipients, for the gate."""

    async def recipient(self, notice: NoticeId, person: PersonId) -> Recipient | None:
        """Read the row of a person."""
