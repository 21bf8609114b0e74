"""The entries by row, and which of them a person may see on a day, computed for all at once."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bots.entries import NEARNESS, Asker, Audience, Entry, Scope
from bots.retrieval.postings import Mask
from bots.retrieval.text import normalise

_BITS: Final = {audience: 1 << place for place, audience in enumerate(Audience)}
_OFFICE: Final = -1
_NO_UNIT: Final = -2
_FIELDS: Final = np.dtype(
    [
        ("audience", "u1"),
        ("unit", "i4"),
        ("begins", "i4"),
        ("ends", "i4"),
        ("nearness", "u1"),
        ("alive", "?"),
        ("asked", "u4", 2),
    ]
)
MASKS: Final = 64
"""What so many kinds of people may see is remembered until an entry changes."""


class Catalogue:
    """Rows are given out once and never again: a changed entry moves to a new row, its old one goes dark."""

    def __init__(self) -> None:
        self._entries: list[Entry | None] = []
        self._rows: dict[str, int] = {}
        self._units: dict[str, int] = {}
        self._with_entries: set[str] = set()
        self._fields = np.zeros(0, _FIELDS)
        self._seen: OrderedDict[tuple[frozenset[Audience], frozenset[str], date], Mask] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[tuple[int, Entry]]:
        for row in self._rows.values():
            yield row, self[row]

    def __getitem__(self, row: int) -> Entry:
        entry = self._entries[row]
        if entry is None:
            raise KeyError(row)
        return entry

    @property
    def rows(self) -> int:
        """How many rows were given out, those gone dark included."""
        return len(self._entries)

    def row(self, entry_id: str) -> int | None:
        """Give the row of an entry, None where there is none of that id."""
        return self._rows.get(entry_id)

    def put(self, entry: Entry) -> int:
        """Add an entry, or replace the one of its id; returns its new row."""
        self.remove(entry.id)
        row = len(self._entries)
        self._entries.append(entry)
        self._rows[entry.id] = row
        self._seen.clear()
        self._reach(row)
        unit = _OFFICE
        if entry.scope is not Scope.OFFICE:
            # Without its unit nobody's units match, as in `may_see`.
            unit = _NO_UNIT
            if entry.unit is not None:
                unit = self._units.setdefault(entry.unit, len(self._units))
                self._with_entries.add(entry.unit)
        self._fields[row] = (
            sum(_BITS[one] for one in entry.audience),
            unit,
            (entry.valid_from or date.min).toordinal(),
            (entry.valid_until or date.max).toordinal(),
            NEARNESS[entry.scope],
            True,
            (_asked(entry.title), _asked(entry.question)),
        )
        return row

    def skip(self) -> None:
        """Give a row to no entry."""
        self._entries.append(None)
        self._reach(len(self._entries) - 1)

    def remove(self, entry_id: str) -> bool:
        """Let an entry go; says whether it was there."""
        row = self._rows.pop(entry_id, None)
        if row is None:
            return False
        self._entries[row] = None
        self._fields[row] = (0, _NO_UNIT, 0, 0, 0, False, (0, 0))
        self._seen.clear()
        return True

    def _reach(self, row: int) -> None:
        if row >= len(self._fields):
            self._fields = np.append(self._fields, np.zeros(max(1_024, row), _FIELDS))

    def visible(self, who: Asker, day: date) -> Mask:
        """Say of each row whether `who` may see it on that day. The result may not be written to."""
        # Units without entries of their own make no difference.
        kind = (who.audience, who.units & self._with_entries, day)
        seen = self._seen.pop(kind, None)
        if seen is None:
            seen = self._visible(who, day)
            seen.setflags(write=False)
        self._seen[kind] = seen
        if len(self._seen) > MASKS:
            self._seen.popitem(last=False)
        return seen

    def _visible(self, who: Asker, day: date) -> Mask:
        fields = self._fields[: len(self._entries)]
        mine = [_OFFICE, *(self._units[unit] for unit in who.units if unit in self._units)]
        today = day.toordinal()
        seen: Mask = (
            (fields["audience"] & sum(_BITS[one] for one in who.audience) != 0)
            & np.isin(fields["unit"], mine)
            & (fields["begins"] <= today)
            & (today <= fields["ends"])
        )
        return seen

    def alive(self) -> Mask:
        """Say of each row whether it still holds an entry."""
        alive: Mask = self._fields["alive"][: len(self._entries)].copy()
        return alive

    def nearness(self) -> NDArray[np.uint8]:
        """Say of each row how near its scope stands to people (0 office, 1 district, 2 school)."""
        near: NDArray[np.uint8] = self._fields["nearness"][: len(self._entries)]
        return near

    def same_asked(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        """Say of each two of these rows whether they have the same title or question."""
        asked = self._fields["asked"][np.asarray(rows, np.int64)]
        title, question = asked.T
        same: NDArray[np.bool_] = np.zeros((len(rows), len(rows)), np.bool_)
        for one in (title, question):
            there = (one > 0)[:, None]
            for other in (title, question):
                same |= (one[:, None] == other) & there
        return same


def _asked(text: str) -> int:
    """Give the number of a title or question, whatever its spaces; 0 for none."""
    squeezed = "".join(normalise(text).split())
    return crc32(squeezed.encode()) if squeezed else 0
