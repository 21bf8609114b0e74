"""Takes the table of a mail merge for a draft, and tells how it fits the audience."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from rooms.errors import bad_request, conflict
from rooms.ids import NoticeId
from rooms.notices.access import Level, NoticeAccess
from rooms.notices.limits import NoticeLimits
from rooms.notices.merge import Merged, MergeFault, places, read_table
from rooms.notices.model import NoticeState
from rooms.notices.ports import NoticeStore, PupilStore
from rooms.people import Person
from rooms.ports import Clock


class MergeReport(Struct, frozen=True, kw_only=True):
    """What became of a table: its columns, for how many children it has a row, and what was wrong.

    `unused` columns no text names, `missing` ones a text names and the table does not have. `without`
    counts the children of the audience that have no row: they do not get the notice.
    """

    columns: Sequence[str]
    rows: int
    faults: Sequence[MergeFault]
    faulty: int
    unused: Sequence[str]
    missing: Sequence[str]
    without: int


class Merging:
    """Keeps tables of mail merges."""

    def __init__(
        self,
        access: NoticeAccess,
        notices: NoticeStore,
        pupils: PupilStore,
        clock: Clock,
        limits: NoticeLimits,
    ) -> None:
        self._access = access
        self._notices = notices
        self._pupils = pupils
        self._clock = clock
        self._limits = limits

    async def put(self, person: Person, notice: NoticeId, data: bytes) -> MergeReport:
        """Keep the rows of a table, in place of those there were. Raises Refusal.

        Rows that are not understood are told and left out. Columns that no row fits change nothing.
        """
        old = (await self._access.for_staff(person, notice, Level.AUTHOR)).notice
        if old.state is not NoticeState.DRAFT:
            raise conflict("notice_not_draft")
        if not old.audience:
            raise bad_request("no_audience")
        units = await self._pupils.units_below({aim.unit for aim in old.audience})
        pupils = await self._pupils.pupils([unit.id for unit in units])
        merged = read_table(
            data, pupils, most_rows=self._limits.merge_rows, most_columns=self._limits.merge_columns
        )
        if not merged.rows:
            return self._report(merged, len(pupils), [])
        texts = [old.current.title, old.current.text]
        for translation in old.current.translations.values():
            texts += [translation.title, translation.text]
        await self._notices.merge(notice, merged.rows)
        changed_at = max(self._clock.now(), old.changed_at)
        new = msgspec.structs.replace(old, merge=merged.columns, changed_at=changed_at)
        if not await self._notices.change(old, new):
            raise conflict("notice_changed")
        return self._report(merged, len(pupils), texts)

    async def drop(self, person: Person, notice: NoticeId) -> None:
        """Take the table from a draft: it is for everybody again. Raises Refusal."""
        old = (await self._access.for_staff(person, notice, Level.AUTHOR)).notice
        if old.state is not NoticeState.DRAFT:
            raise conflict("notice_not_draft")
        new = msgspec.structs.replace(old, merge=(), changed_at=max(self._clock.now(), old.changed_at))
        if not await self._notices.change(old, new):
            raise conflict("notice_changed")
        await self._notices.merge(notice, {})

    def _report(self, merged: Merged, children: int, texts: Sequence[str]) -> MergeReport:
        named = places(*texts)
        return MergeReport(
            columns=merged.columns,
            rows=len(merged.rows),
            faults=merged.faults,
            faulty=merged.faulty,
            unused=[column for column in merged.columns if column not in named],
            missing=sorted(named - set(merged.columns)),
            without=children - len(merged.rows),
        )
