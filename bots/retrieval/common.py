"""What features add that many documents hold: most of a question's postings, and the least of what they tell.

Whoever may see few documents has these alone looked at. Of many, the most common features are added to the
scores that are the best by then alone.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.best import best_rows
from bots.retrieval.segments import DENSE, Common, Counts

Scores = NDArray[np.float32]

LONG: Final = 2_048
"""Postings of a feature that are scored by themselves; shorter ones are scored together."""
FULLY: Final = 4_000_000
"""Documents, counted for each feature, that are scored by what many of them hold: milliseconds."""
BEST: Final = 2_000
"""Documents of which the rest is added up to the last feature."""


class Chosen:
    """Some rows of so many, in order, of which it is looked up what they hold."""

    def __init__(self, rows: NDArray[np.int64], size: int) -> None:
        self.rows = rows
        self._places = np.zeros(size, np.int32)
        self._places[rows] = np.arange(1, len(rows) + 1)

    def held(self, common: Sequence[Common]) -> Counts:
        """Give the counts of features, a line each, a column for each of the rows."""
        held = np.zeros((len(common), len(self.rows)), np.uint8)
        for line, one in zip(held, common, strict=True):
            if one.column is None:
                places = self._places.take(one.rows)
                there = np.flatnonzero(places)
                line[places.take(there) - 1] = one.counts.take(there)
            else:
                first = int(one.rows[0])
                begin, end = np.searchsorted(self.rows, (first, first + len(one.column)))
                line[begin:end] = one.column.take(self.rows[begin:end] - first)
        return held

    def add(self, scores: Scores, held: Counts, gain: Scores, half: Scores) -> None:
        """Add to the scores of the rows what the features are worth that they hold."""
        # Not by BLAS, whose sums depend on where a row stands: equal entries have equal scores.
        scores[self.rows] += np.einsum("ij,i->j", saturated(held, half.take(self.rows)), gain)


def add_common(
    scores: Scores,
    common: Sequence[Common],
    gain: Scores,
    half: Scores,
    holders: NDArray[np.int64],
    shown: int,
) -> None:
    """Add what common features are worth, where `half` is worth half of it.

    `gain` and `holders`, how many of the documents `shown` hold it, are of each feature of the question.
    """
    little = np.flatnonzero(holders > max(LONG, shown // DENSE))
    rarest_first = little[np.argsort(holders[little], kind="stable")]
    least = set(rarest_first[max(1, FULLY // shown) :].tolist())
    for one in common:
        if one.place not in least:
            _add(scores, one, gain[one.place], half)
    rest = [one for one in common if one.place in least]
    if rest:
        best = Chosen(best_rows(scores, BEST), len(scores))
        best.add(scores, best.held(rest), gain[[one.place for one in rest]], half)


def _add(scores: Scores, one: Common, gain: np.float32, half: Scores) -> None:
    if one.column is not None:
        first = int(one.rows[0])
        span = slice(first, first + len(one.column))
        worth = saturated(one.column, half[span])
        worth *= gain
        scores[span] += worth
        return
    rows = one.rows.astype(np.intp)
    worth = saturated(one.counts, half.take(rows))
    worth *= gain
    # A row is there once for each feature and segment.
    np.add.at(scores, rows, worth)


def saturated(counts: Counts, half: Scores) -> Scores:
    """Give the share of a feature's weight that so much of it is worth, where `half` is worth half of it."""
    held = counts.astype(np.float32)
    held /= held + half
    return held
