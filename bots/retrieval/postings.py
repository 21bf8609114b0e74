"""BM25 over any features (morphemes, n-grams), one document replaced at a time, for readers who see a part.

What a reader may not see leaves no trace in what they get: how rare a feature is and how long documents
are is counted, at the question, over the visible documents alone. So the postings keep bare counts.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.grams import Bag

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]
Counts = NDArray[np.uint8]


class Features(NamedTuple):
    """How much of each feature a text holds. Features are numbers of 32 bits in order, each once."""

    numbers: NDArray[np.uint32]
    counts: NDArray[np.float32]

    @classmethod
    def of(cls, numbers: NDArray[np.uint32]) -> Self:
        """Count features that come again and again."""
        ordered = np.sort(numbers)
        begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        return cls(ordered[begins], np.diff(begins, append=len(ordered)).astype(np.float32))


class LegScore(NamedTuple):
    """Scores by row; what a document would get that held all of the question; and all of it that is known.

    `rarity` says of each of the question's `features` how rare it is among the visible documents.
    """

    scores: Scores
    ideal: float
    known: float
    features: NDArray[np.uint32]
    rarity: Scores

    def rare(self, features: NDArray[np.uint32]) -> Scores:
        """Say how rare features are: 0 for those that the question does not hold."""
        if not len(self.rarity):
            return np.zeros(len(features), np.float32)
        at = np.searchsorted(self.features, features)
        at[at == len(self.features)] = 0
        rarity: Scores = np.where(self.features[at] == features, self.rarity[at], np.float32(0))
        return rarity


FRESH: Final = 128
"""Documents that are added one by one to a segment before the next begins."""
SMALL: Final = 4_096
SMALL_SEGMENTS: Final = 8
"""As many segments of up to SMALL documents are merged to one: each costs a question a look-up more."""
LONG: Final = 2_048
"""Postings of a feature that are scored by themselves; shorter ones are scored together."""
FULLY: Final = 250_000
"""Postings of long features of one question that are scored whatever a row has by then: milliseconds."""
BEST: Final = 2_000
"""Rows of which the rest is added up to the last feature."""
SLICES: Final = 16
"""Parts in which segments are merged, so that it takes a sixteenth of their memory more, not all of it."""


PARTS: Final = 20
"""Counts are kept in twentieths, 0 to 12.75, which take a byte; BM25 hardly tells higher ones apart."""
_MOST: Final = 255


VIEWS: Final = 16
"""Kinds of readers of whom is remembered, until a document changes, what their part of the index is like."""


class _View(NamedTuple):
    """What a reader sees: how many documents, and how much of a feature is worth half in each row."""

    visible: Mask
    shown: int
    half: Scores


class _Segment(NamedTuple):
    """Postings of some documents: of feature f, the rows and counts from begins[f] to begins[f + 1].

    `keys` are in order, and so are the rows of each.
    """

    keys: NDArray[np.uint32]
    begins: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: Counts
    documents: int

    @classmethod
    def of(
        cls, features: NDArray[np.uint32], rows: NDArray[np.int32], counts: Counts, documents: int
    ) -> Self:
        """Take postings in the order of their rows."""
        order = np.argsort(features, kind="stable")
        keys, starts = np.unique(features[order], return_index=True)
        begins = np.append(starts, len(features)).astype(np.int64)
        return cls(keys, begins, rows[order], counts[order], documents)

    def part(self, least: int, most: int) -> "_Segment":
        """Give the postings of the features from `least` up to, not including, `most`."""
        first, last = np.searchsorted(self.keys, np.array([least, most], np.uint64)).tolist()
        begin, end = self.begins[first], self.begins[last]
        return type(self)(
            self.keys[first:last],
            self.begins[first : last + 1] - begin,
            self.rows[begin:end],
            self.counts[begin:end],
            self.documents,
        )

    def features(self) -> NDArray[np.uint32]:
        return np.repeat(self.keys, np.diff(self.begins))


class _Long(NamedTuple):
    """Postings of a feature that many documents hold; `place` is its place in the question."""

    place: int
    rows: NDArray[np.int32]
    counts: Counts


class _Found(NamedTuple):
    """Postings of a question's features: few of one together, each with its feature's place; many apart."""

    places: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: Counts
    long: Sequence[_Long]


class Postings:
    """An index of documents by the features they hold. A document is a row, numbered by who uses this.

    `k1` says how soon more of a feature counts no more, `b` how much long documents are held back, and
    `sharp` how much more a rare feature says than a frequent one (1 is BM25 as it is written).
    """

    def __init__(self, k1: float = 1.2, b: float = 0.75, sharp: float = 1.0) -> None:
        self._k1 = k1
        self._b = b
        self._sharp = np.float32(sharp)
        self._segments: list[_Segment] = []
        self._fresh: _Segment | None = None
        self._lengths = np.zeros(0, np.float32)
        self._views: dict[int, _View] = {}

    def add(self, row: int, document: Features) -> None:
        """Add a document; a row is used once (a changed document takes a new one, the old is hidden)."""
        self._reach(row)
        self._lengths[row] = document.counts.sum()
        self._views.clear()
        rows = np.full(len(document.numbers), row, np.int32)
        added = _Segment.of(document.numbers, rows, _in_parts(document.counts), 1)
        self._fresh = added if self._fresh is None else _merged([self._fresh, added], 1)
        if self._fresh.documents >= FRESH:
            self._seal()
            self._compact(SMALL_SEGMENTS)

    def add_all(self, rows: Sequence[int], bag: Bag) -> None:
        """Add many documents at once, whose rows ascend; of the bag document 0 is the first of these rows.

        Call `merge` after the last of them.
        """
        if not rows:
            return
        self._reach(rows[-1])
        self._views.clear()
        numbered = np.asarray(rows, np.int32)
        self._lengths[numbered] = np.bincount(bag.documents, weights=bag.counts, minlength=len(rows))
        added = _Segment.of(bag.features, numbered[bag.documents], _in_parts(bag.counts), len(rows))
        self._segments.append(added)

    def merge(self) -> None:
        """Make one segment of all that was added; worth its time after many documents."""
        self._seal()
        if len(self._segments) > 1:
            self._segments = [_merged(self._segments)]

    def score(self, question: Features, visible: Mask) -> LegScore:
        """Score every row by BM25; `visible` says of each whether it may be seen. All others score 0."""
        shown, half = self._view(visible)
        if not len(question.numbers) or not shown:
            return LegScore(np.zeros(len(visible), np.float32), 0.0, 0.0, question.numbers[:0], half[:0])
        found = self._find(question.numbers)
        holders = _holders(found, visible, len(question.numbers))
        rarity = np.log1p((shown - holders + 0.5) / (holders + 0.5)).astype(np.float32) ** self._sharp
        weights = rarity * question.counts
        gain = weights * np.float32(self._k1 + 1)
        values = gain.take(found.places)
        values *= _saturated(found.counts, half.take(found.rows))
        scores = np.bincount(found.rows, values, len(visible)).astype(np.float32)
        _add_long(scores, found.long, gain, half)
        known = float(weights[holders > 0].sum())
        return LegScore(scores, float(weights.sum()), known, question.numbers, rarity)

    def holders(self, feature: int, visible: Mask) -> int:
        """Count the visible documents that hold a feature."""
        return int(_holders(self._find(np.array([feature], np.uint32)), visible, 1)[0])

    def _view(self, visible: Mask) -> tuple[int, Scores]:
        """Give how many documents are visible, and how much of a feature is worth half in each row."""
        view = self._views.get(id(visible))
        if view is None:
            self._reach(len(visible) - 1)
            shown = int(np.count_nonzero(visible))
            lengths = self._lengths[: len(visible)]
            mean = max(float(lengths[visible].mean(dtype=np.float64)), 1e-9) if shown else 1.0
            # What is hidden has an endless length: its share of every score is 0.
            half = (PARTS * self._k1) * ((1 - self._b) + (self._b / mean) * lengths)
            half[~visible] = np.inf
            view = _View(visible, shown, half)
            # Who sees what may be remembered as long as nobody can write to the mask.
            if not visible.flags.writeable:
                if len(self._views) >= VIEWS:
                    self._views.clear()
                self._views[id(visible)] = view
        return view.shown, view.half

    def _find(self, numbers: NDArray[np.uint32]) -> _Found:
        """Find the postings of features."""
        places: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.int32]] = []
        counts: list[Counts] = []
        long: list[_Long] = []
        for segment in self._segments if self._fresh is None else [*self._segments, self._fresh]:
            if not len(segment.keys):
                continue
            at = np.searchsorted(segment.keys, numbers)
            there = np.flatnonzero(segment.keys.take(at, mode="clip") == numbers)
            at = at[there]
            begins = segment.begins[at]
            lengths = segment.begins[at + 1] - begins
            if len(lengths) and lengths.max() > LONG:
                for which in np.flatnonzero(lengths > LONG):
                    span = slice(begins[which], begins[which] + lengths[which])
                    long.append(_Long(int(there[which]), segment.rows[span], segment.counts[span]))
                lengths[lengths > LONG] = 0
            # Where each posting is: it follows the one before, or begins the next feature's.
            ends = lengths.cumsum()
            picked = np.repeat(begins - ends + lengths, lengths)
            picked += np.arange(len(picked))
            places.append(np.repeat(there, lengths))
            rows.append(segment.rows.take(picked))
            counts.append(segment.counts.take(picked))
        if not places:
            return _Found(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8), long)
        if len(places) == 1:
            return _Found(places[0], rows[0], counts[0], long)
        return _Found(np.concatenate(places), np.concatenate(rows), np.concatenate(counts), long)

    def _reach(self, row: int) -> None:
        if row >= len(self._lengths):
            self._lengths = np.append(self._lengths, np.zeros(max(1_024, row), np.float32))

    def _seal(self) -> None:
        """Let the next that is added begin a segment."""
        if self._fresh is not None:
            self._segments.append(self._fresh)
        self._fresh = None

    def _compact(self, least: int) -> None:
        # Large ones stay: to merge them would hold up whoever asks meanwhile.
        small = [one for one in self._segments if one.documents <= SMALL]
        if len(small) >= least:
            large = [one for one in self._segments if one.documents > SMALL]
            self._segments = [*large, _merged(small)]


def _add_long(scores: Scores, long: Sequence[_Long], gain: Scores, half: Scores) -> None:
    """Add what features are worth that many documents hold, the rarest of them first.

    Where they are held by very many, the most common ones are added to the scores that are the best by then
    alone: they tell the others least of all.
    """
    left = FULLY
    best: NDArray[np.int64] | None = None
    for place, rows, counts in sorted(long, key=lambda one: len(one.rows)):
        left -= len(rows)
        if left >= 0:
            # A row is there once for each feature and segment.
            scores[rows] += gain[place] * _saturated(counts, half[rows])
            continue
        if best is None:
            best = _best_rows(scores)
        at = np.searchsorted(rows, best)
        at[at == len(rows)] = 0
        holds = rows[at] == best
        held = best[holds]
        scores[held] += gain[place] * _saturated(counts[at[holds]], half[held])


def _best_rows(scores: Scores) -> NDArray[np.int64]:
    """List the rows with the best scores, in their order."""
    if len(scores) <= BEST:
        return np.arange(len(scores))
    return np.sort(np.argpartition(scores, -BEST)[-BEST:])


def _holders(found: _Found, visible: Mask, features: int) -> NDArray[np.int64]:
    """Count the visible documents that hold each feature."""
    seen = np.bincount(found.places, visible.take(found.rows), features)
    holders: NDArray[np.int64] = seen.astype(np.int64)
    for place, rows, _ in found.long:
        holders[place] += np.count_nonzero(visible[rows])
    return holders


def _saturated(counts: Counts, half: Scores) -> Scores:
    """Give the share of a feature's weight that so much of it is worth, where `half` is worth half of it."""
    held = counts.astype(np.float32)
    saturated: Scores = held / (held + half)
    return saturated


def _in_parts(counts: Scores) -> Counts:
    return np.clip(np.rint(counts * PARTS), 1, _MOST).astype(np.uint8)


def _merged(segments: Sequence[_Segment], slices: int = SLICES) -> _Segment:
    """Make one segment, part by part. Rows of earlier segments come before those of later ones."""
    total = sum(len(one.rows) for one in segments)
    rows, counts = np.empty(total, np.int32), np.empty(total, np.uint8)
    keys: list[NDArray[np.uint32]] = []
    sizes: list[NDArray[np.int64]] = []
    at = 0
    for least, most in pairwise(range(0, 2**32 + 1, 2**32 // slices)):
        parts = [one.part(least, most) for one in segments]
        merged = _Segment.of(
            np.concatenate([one.features() for one in parts]),
            np.concatenate([one.rows for one in parts]),
            np.concatenate([one.counts for one in parts]),
            0,
        )
        end = at + len(merged.rows)
        rows[at:end], counts[at:end] = merged.rows, merged.counts
        keys.append(merged.keys)
        sizes.append(np.diff(merged.begins))
        at = end
    begins = np.append(0, np.cumsum(np.concatenate(sizes)))
    return _Segment(np.concatenate(keys), begins, rows, counts, sum(one.documents for one in segments))
