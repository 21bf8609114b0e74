"""What the rules of notices need from storage, and whom they tell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from rooms.events import FileRef
from rooms.ids import FileId, NoticeId, PersonId, RoomId, UnitId
from rooms.notices.merge import Pupil
from rooms.notices.model import Notice, NoticeRules, Recipient
from rooms.notices.progress import Missing
from rooms.people import Unit


class Change(StrEnum):
    """What happened to a notice, as those with an open page are told."""

    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    SUBMITTED = "submitted"
    DECIDED = "decided"
    REACH = "reach"


class FormCheck(Protocol):
    """Checks the definition of a form."""

    def __call__(self, form: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return it as it is to be stored. Raises Refusal."""


class NoticeFiles(Protocol):
    """Files people uploaded, for attaching; a notice claims them as a room does."""

    async def claim(self, owner: PersonId, room: RoomId, files: Sequence[FileId]) -> list[FileRef] | None:
        """Attach files of this owner; None where one is not theirs or does not exist."""


class NoticeWakeups(Protocol):
    """Tells the hub's processes what changed; may drop, the stores stay the truth."""

    def changed(self, notice: Notice, change: Change, unit_name: str) -> None:
        """Tell everybody in the audience who has a page open, and who wrote it.

        Of a mail merge only who wrote it: the others are told by `changed_for`.
        """

    def changed_for(self, people: Sequence[PersonId], notice: Notice, change: Change, unit_name: str) -> None:
        """Tell these people of a change of a notice whose audience is not told apart by unit."""

    def to_expand(self) -> None:
        """Tell those who write recipients that there is work."""

    def reached(self, notice: NoticeId) -> None:
        """Tell those who look at the reach of a notice that it moved."""


class CareStore(Protocol):
    """Guardianships with their rights."""

    async def rights(self, guardian: PersonId) -> dict[PersonId, frozenset[str]]:
        """Read what somebody may do today for which students; students without any right are left out."""

    async def rights_of(
        self, guardians: Iterable[PersonId]
    ) -> dict[PersonId, dict[PersonId, frozenset[str]]]:
        """Read the rights of several guardians; who has none is left out."""

    async def guardians_with(
        self, students: Sequence[PersonId], right: str
    ) -> dict[PersonId, list[PersonId]]:
        """List by student the guardians who have a right today; students without one are left out."""


class PupilStore(Protocol):
    """Students by class."""

    async def units_below(self, units: Collection[UnitId]) -> list[Unit]:
        """List these units and all below them, archived ones left out, in the order of their ids."""

    async def students_in(self, units: Sequence[UnitId]) -> dict[UnitId, list[PersonId]]:
        """List by unit the students who are in it; units without are left out."""

    async def pupils(self, units: Sequence[UnitId]) -> list[Pupil]:
        """List the students in these units as a table of a mail merge names them."""


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


class RecipientPages(Protocol):
    """Recipients of one notice, a page at a time."""

    async def page(
        self,
        notice: NoticeId,
        missing: Missing | None,
        units: Collection[UnitId] | None,
        after: PersonId | None,
        limit: int,
    ) -> list[Recipient]:
        """List rows by person: of everybody, or of those from whom something is missing."""


class NoticeStore(NoticeReads, Protocol):
    """Notices, for those who write them."""

    async def add(self, notice: Notice) -> None:
        """Store a new notice."""

    async def change(self, old: Notice, new: Notice) -> bool:
        """Write what differs; False where somebody changed the notice since `old` was read."""

    async def remove(self, notice: NoticeId) -> bool:
        """Erase a draft that nobody has seen, with its mail merge; False where it is none."""

    async def due(self, now: datetime, limit: int) -> list[Notice]:
        """List scheduled notices whose time has come."""

    async def next_due(self) -> datetime | None:
        """Tell when the next scheduled notice is to come out."""

    async def merge(self, notice: NoticeId, rows: Mapping[PersonId, Mapping[str, str]]) -> None:
        """Keep the rows of a mail merge, and no others."""

    async def merged_students(self, notice: NoticeId) -> list[PersonId]:
        """List the students a mail merge has a row for."""

    async def set_rules(self, rules: NoticeRules) -> None:
        """Keep what a unit asks for."""

    async def drop_rules(self, unit: UnitId) -> None:
        """Forget what a unit asks for."""
