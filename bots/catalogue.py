"""The entries by row, and which of them a person may see on a day, computed for all at once."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bots.entries import NEARNESS, Asker, Audience, Entry, Scope
from bots.postings import Mask

_BITS: Final = {audience: 1 << place for place, audience in enumerate(Audience)}
_OFFICE: Final = -1
_NO_UNIT: Final = -2
_FIELDS: Final = np.dtype(
    [("audience", "u1"), ("unit", "i4"), ("begins", "i4"), ("ends", "i4"), ("nearness", "u1"), ("alive", "?")]
)


class Catalogue:
    """Rows are given out once and never again: a changed entry moves to a new row, its old one goes dark."""

    def __init__(self) -> None:
        self._entries: list[Entry | None] = []
        self._rows: dict[str, int] = {}
        self._units: dict[str, int] = {}
        self._fields = np.zeros(0, _FIELDS)

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
        if row >= len(self._fields):
            self._fields = np.append(self._fields, np.zeros(max(1_024, row), _FIELDS))
        unit = _OFFICE
        if entry.scope is not Scope.OFFICE:
            # Without its unit nobody's units match, as in `may_see`.
            unit = _NO_UNIT if entry.unit is None else self._units.setdefault(entry.unit, len(self._units))
        self._fields[row] = (
            sum(_BITS[one] for one in entry.audience),
            unit,
            (entry.valid_from or date.min).toordinal(),
            (entry.valid_until or date.max).toordinal(),
            NEARNESS[entry.scope],
            True,
        )
        return row

    def remove(self, entry_id: str) -> bool:
        """Let an entry go; says whether it was there."""
        row = self._rows.pop(entry_id, None)
        if row is None:
            return False
        self._entries[row] = None
        self._fields[row] = (0, _NO_UNIT, 0, 0, 0, False)
        return True

    def visible(self, who: Asker, day: date) -> Mask:
        """Say of each row whether `who` may see it on that day."""
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
