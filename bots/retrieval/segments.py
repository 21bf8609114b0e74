"""Postings of many documents, feature by feature, as the indexes keep and merge them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.files import Array

Counts = NDArray[np.uint8]

SLICES: Final = 16
"""Parts in which segments are merged, so that it takes a sixteenth of their memory more, not all of it."""
DENSE: Final = 8
"""Where at least one row in so many holds a feature, a byte for each row is looked up faster."""
COLUMNS: Final = 256
"""Features of a segment of which these bytes are remembered, at most: those asked for last."""


class Common(NamedTuple):
    """Postings of a feature that many documents hold; `place` is its place in the question.

    `column` has the counts of all rows from the first of `rows` to the last, where there are many between.
    """

    place: int
    rows: NDArray[np.int32]
    counts: Counts
    column: Counts | None

    def among(self, visible: NDArray[np.bool_]) -> int:
        """Count the visible documents that hold it."""
        if self.column is None:
            return int(np.count_nonzero(visible.take(self.rows)))
        first = int(self.rows[0])
        return int(np.count_nonzero(visible[first : first + len(self.column)] & (self.column > 0)))


class Segment(NamedTuple):
    """Postings of some documents: of feature f, the rows and counts from begins[f] to begins[f + 1].

    `keys` are in order, and so are the rows of each. `columns` are remembered by the place of their feature.
    """

    keys: NDArray[np.uint32]
    begins: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: Counts
    documents: int
    columns: dict[int, Counts]

    @classmethod
    def of(
        cls, features: NDArray[np.uint32], rows: NDArray[np.int32], counts: Counts, documents: int
    ) -> Self:
        """Take postings in the order of their rows."""
        order = np.argsort(features, kind="stable")
        keys, starts = np.unique(features[order], return_index=True)
        begins = np.append(starts, len(features)).astype(np.int64)
        return cls(keys, begins, rows[order], counts[order], documents, {})

    def find(self, features: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Say which of the features are there, by their places, and at which place of `keys` each is."""
        at = np.searchsorted(self.keys, features)
        there = np.flatnonzero(self.keys.take(at, mode="clip") == features)
        return there, at[there]

    def common(self, place: int, at: int) -> Common:
        """Give the postings of the feature at a place of `keys`; `place` is its place in the question."""
        span = slice(self.begins[at], self.begins[at + 1])
        rows, counts = self.rows[span], self.counts[span]
        return Common(int(place), rows, counts, self._column(int(at), rows, counts))

    def _column(self, at: int, rows: NDArray[np.int32], counts: Counts) -> Counts | None:
        first, span = int(rows[0]), int(rows[-1]) - int(rows[0]) + 1
        if DENSE * len(rows) < span:
            return None
        column = self.columns.pop(at, None)
        if column is None:
            column = np.zeros(span, np.uint8)
            column[rows - first] = counts
            if len(self.columns) >= COLUMNS:
                del self.columns[next(iter(self.columns))]
        self.columns[at] = column
        return column

    def part(self, least: int, most: int) -> "Segment":
        """Give the postings of the features from `least` up to, not including, `most`."""
        first, last = np.searchsorted(self.keys, np.array([least, most], np.uint64)).tolist()
        begin, end = self.begins[first], self.begins[last]
        return type(self)(
            self.keys[first:last],
            self.begins[first : last + 1] - begin,
            self.rows[begin:end],
            self.counts[begin:end],
            self.documents,
            {},
        )

    def saved(self) -> dict[str, Array]:
        """Give the postings as arrays."""
        return {
            "keys": self.keys,
            "begins": self.begins,
            "rows": self.rows,
            "counts": self.counts,
            "documents": np.array([self.documents], np.int64),
        }

    @classmethod
    def restored(cls, saved: Mapping[str, Array]) -> Self:
        """Take what was saved."""
        documents = int(saved["documents"][0])
        return cls(saved["keys"], saved["begins"], saved["rows"], saved["counts"], documents, {})

    def features(self) -> NDArray[np.uint32]:
        """Name the feature of each posting."""
        return np.repeat(self.keys, np.diff(self.begins))


def spread(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """List where the postings of some features are, which begin at `begins`, one feature after the other."""
    # Each follows the one before, or begins the next feature's.
    picked = np.repeat(begins - lengths.cumsum() + lengths, lengths)
    picked += np.arange(len(picked))
    return picked


def merged(segments: Sequence[Segment], slices: int = SLICES) -> Segment:
    """Make one segment, part by part. Rows of earlier segments come before those of later ones."""
    total = sum(len(one.rows) for one in segments)
    rows, counts = np.empty(total, np.int32), np.empty(total, np.uint8)
    keys: list[NDArray[np.uint32]] = []
    sizes: list[NDArray[np.int64]] = []
    at = 0
    for least, most in pairwise(range(0, 2**32 + 1, 2**32 // slices)):
        parts = [one.part(least, most) for one in segments]
        made = Segment.of(
            np.concatenate([one.features() for one in parts]),
            np.concatenate([one.rows for one in parts]),
            np.concatenate([one.counts for one in parts]),
            0,
        )
        end = at + len(made.rows)
        rows[at:end], counts[at:end] = made.rows, made.counts
        keys.append(made.keys)
        sizes.append(np.diff(made.begins))
        at = end
    begins = np.append(0, np.cumsum(np.concatenate(sizes)))
    documents = sum(one.documents for one in segments)
    return Segment(np.concatenate(keys), begins, rows, counts, documents, {})
