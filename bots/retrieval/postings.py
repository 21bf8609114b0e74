"""BM25 over any features (morphemes, n-grams), one document replaced at a time, for readers who see a part.

What a reader may not see leaves no trace in what they get: how rare a feature is and how long documents
are is counted, at the question, over the visible documents alone. So the postings keep bare counts.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.common import LONG, Chosen, add_common, saturated
from bots.retrieval.files import Array, under
from bots.retrieval.grams import Bag, Numbers
from bots.retrieval.segments import Common, Counts, Segment, merged, spread

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]


class Features(NamedTuple):
    """How much of each feature a text holds. Features are numbers of 32 bits in order, each once.

    Of a question `doubtful` says of each whether it counts only if a visible document holds it; none does
    where that is None.
    """

    numbers: NDArray[np.uint32]
    counts: NDArray[np.float32]
    doubtful: NDArray[np.bool_] | None = None


def features_of(grams: Sequence[tuple[Numbers, NDArray[np.int32]]], texts: int) -> list[Features]:
    """Count the grams of each of some texts: numbers of grams, and of which text each is."""
    numbers = np.concatenate([numbers for numbers, _ in grams])
    parts = np.concatenate([parts for _, parts in grams])
    bag = Bag.of(parts, numbers, np.ones(len(numbers), np.float32))
    ends = np.searchsorted(bag.documents, np.arange(texts + 1)).tolist()
    return [Features(bag.features[begin:end], bag.counts[begin:end]) for begin, end in pairwise(ends)]


class LegScore(NamedTuple):
    """Scores by row; what a document would get that held all of the question; and all of it that is known.

    `rarity` says of each of the question's `features` how rare it is among the visible documents, 0 of what
    does not count, and `rarest` how rare one is that none of them holds.
    """

    scores: Scores
    ideal: float
    known: float
    features: NDArray[np.uint32]
    rarity: Scores
    rarest: float = 1.0

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
LITTLE: Final = 8
"""What was added is merged with what is there where that is less than so many times as much."""
FEW: Final = 4_096
"""Of a reader who sees no more documents, these alone are looked up in the postings of common features."""
PARTS: Final = 20
"""Counts are kept in twentieths, 0 to 12.75, which take a byte; BM25 hardly tells higher ones apart."""
_MOST: Final = 255
VIEWS: Final = 16
"""Kinds of readers of whom is remembered, until a document changes, what their part of the index is like."""


class _View(NamedTuple):
    """What a reader sees: how many documents, and how much of a feature is worth half in each row.

    `few` are these documents where they are few. `holders` remembers how many of them hold a common feature,
    by its number and the first row of the segment's postings, and `worth` what is known of whole segments.
    """

    visible: Mask
    shown: int
    half: Scores
    few: Chosen | None
    holders: dict[tuple[int, int], int]
    worth: list["_Worth"]


class _Worth(NamedTuple):
    """What a segment is to a reader: the worth of each posting, and how many documents hold each feature."""

    postings: Scores
    holders: NDArray[np.int64]

    @classmethod
    def of(cls, segment: Segment, visible: Mask, half: Scores) -> "_Worth":
        seen = np.append(0, np.cumsum(visible.take(segment.rows)))
        holders = seen[segment.begins[1:]] - seen[segment.begins[:-1]]
        return cls(saturated(segment.counts, half.take(segment.rows)), holders)


class _Found(NamedTuple):
    """Postings of a question's features: few of one together, each with its feature's place; many apart."""

    places: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: Counts
    common: Sequence[Common]


class Postings:
    """An index of documents by the features they hold. A document is a row, numbered by who uses this.

    `k1` says how soon more of a feature counts no more, `b` how much long documents are held back, and
    `sharp` how much more a rare feature says than a frequent one (1 is BM25 as it is written).
    """

    def __init__(self, k1: float = 1.2, b: float = 0.75, sharp: float = 1.0) -> None:
        self._k1 = k1
        self._b = b
        self._sharp = np.float32(sharp)
        self._segments: list[Segment] = []
        self._fresh: Segment | None = None
        self._lengths = np.zeros(0, np.float32)
        self._views: dict[int, _View] = {}

    def add(self, row: int, document: Features) -> None:
        """Add a document; a row is used once (a changed document takes a new one, the old is hidden)."""
        self._reach(row)
        self._lengths[row] = document.counts.sum()
        self._views.clear()
        rows = np.full(len(document.numbers), row, np.int32)
        added = Segment.of(document.numbers, rows, _in_parts(document.counts), 1)
        self._fresh = added if self._fresh is None else merged([self._fresh, added], 1)
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
        added = Segment.of(bag.features, numbered[bag.documents], _in_parts(bag.counts), len(rows))
        self._segments.append(added)

    def merge(self) -> None:
        """Make one segment of all that was added; worth its time after many documents.

        A large one stays as it is where little was added after it.
        """
        self._seal()
        sizes = [one.documents for one in self._segments]
        rest = sizes.index(max(sizes)) + 1 if sizes else 0
        if sum(sizes[rest:]) * LITTLE > max(sizes, default=0):
            rest = 0
        self._views.clear()
        if len(self._segments) > rest + 1:
            self._segments[rest:] = [merged(self._segments[rest:])]

    def saved(self) -> dict[str, Array]:
        """Give all there is as arrays, which do not change while more is added."""
        segments = self._segments if self._fresh is None else [*self._segments, self._fresh]
        parts = {
            f"{place}/{name}": part
            for place, one in enumerate(segments)
            for name, part in one.saved().items()
        }
        return parts | {"lengths": self._lengths.copy(), "segments": np.array([len(segments)], np.int64)}

    def restore(self, saved: Mapping[str, Array]) -> None:
        """Take what was saved, in place of what is there."""
        self._segments = [
            Segment.restored(under(f"{place}/", saved)) for place in range(int(saved["segments"][0]))
        ]
        self._fresh = None
        self._lengths = saved["lengths"]
        self._views.clear()

    def score(self, question: Features, visible: Mask) -> LegScore:
        """Score every row by BM25; `visible` says of each whether it may be seen. All others score 0."""
        view = self._view(visible)
        if not len(question.numbers) or not view.shown:
            return _nothing(len(visible))
        found = self._find(question.numbers)
        held = None if view.few is None else view.few.held(found.common)
        holders = _holders(found, view, question.numbers, held)
        rarity = self._rarity(holders, view.shown, [question])
        weights = rarity * question.counts
        gain = weights * np.float32(self._k1 + 1)
        scores = np.bincount(found.rows, _values(found, gain, view), len(visible)).astype(np.float32)
        if held is None or view.few is None:
            add_common(scores, found.common, gain, view.half, holders, view.shown)
        elif found.common:
            view.few.add(scores, held, gain[[one.place for one in found.common]], view.half)
        return self._leg(scores, question.numbers, weights, rarity, holders, view.shown)

    def score_all(self, questions: Sequence[Features], visible: Mask) -> list[LegScore]:
        """Score for several questions of the same kind of reader, which takes less than one by one."""
        view = self._view(visible)
        # Among more rows there are common features, of which each question is told apart.
        if len(questions) == 1 or not view.shown or len(visible) > LONG or visible.flags.writeable:
            return [self.score(one, visible) for one in questions]
        numbers = np.concatenate([one.numbers for one in questions])
        places, held_in, worth, holders = self._worths(numbers, view)
        rarity = self._rarity(holders, view.shown, questions)
        weights = rarity * np.concatenate([one.counts for one in questions])
        gain = weights * np.float32(self._k1 + 1)
        lengths = [len(one.numbers) for one in questions]
        # A row of scores for each question, all added up at once.
        cells = np.repeat(np.arange(len(questions)) * len(visible), lengths).take(places)
        cells += held_in
        worth *= gain.take(places)
        scores = np.bincount(cells, worth, len(questions) * len(visible))
        rows = scores.astype(np.float32).reshape(len(questions), len(visible))
        spans = (slice(end - length, end) for end, length in zip(accumulate(lengths), lengths, strict=True))
        return [
            self._leg(row, numbers[span], weights[span], rarity[span], holders[span], view.shown)
            if span.start < span.stop
            else _nothing(len(visible))
            for row, span in zip(rows, spans, strict=True)
        ]

    def _rarity(self, holders: NDArray[np.int64], shown: int, questions: Sequence[Features]) -> Scores:
        """Say how rare the features of questions are, one question after the other."""
        rarity: Scores = np.log1p((shown - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        rarity **= self._sharp
        begin = 0
        for one in questions:
            end = begin + len(one.numbers)
            if one.doubtful is not None:
                rarity[begin:end][one.doubtful & (holders[begin:end] == 0)] = 0
            begin = end
        return rarity

    def _leg(
        self,
        scores: Scores,
        features: Numbers,
        weights: Scores,
        rarity: Scores,
        holders: NDArray[np.int64],
        shown: int,
    ) -> LegScore:
        known = float(weights[holders > 0].sum())
        rarest = float(np.log1p((shown + 0.5) / 0.5) ** self._sharp)
        return LegScore(scores, float(weights.sum()), known, features, rarity, rarest)

    def holders(self, feature: int, visible: Mask) -> int:
        """Count the visible documents that hold a feature."""
        numbers, view = np.array([feature], np.uint32), self._view(visible)
        found = self._find(numbers)
        held = None if view.few is None else view.few.held(found.common)
        return int(_holders(found, view, numbers, held)[0])

    def _view(self, visible: Mask) -> _View:
        """Look at what is visible."""
        view = self._views.get(id(visible))
        if view is None:
            self._reach(len(visible) - 1)
            shown = int(np.count_nonzero(visible))
            lengths = self._lengths[: len(visible)]
            mean = max(float(lengths[visible].mean(dtype=np.float64)), 1e-9) if shown else 1.0
            # What is hidden has an endless length: its share of every score is 0.
            half = (PARTS * self._k1) * ((1 - self._b) + (self._b / mean) * lengths)
            half[~visible] = np.inf
            few = Chosen(np.flatnonzero(visible), len(visible)) if shown <= FEW else None
            view = _View(visible, shown, half, few, {}, [])
            # Who sees what may be remembered as long as nobody can write to the mask.
            if not visible.flags.writeable:
                if len(self._views) >= VIEWS:
                    self._views.clear()
                self._views[id(visible)] = view
        return view

    def _worths(
        self, numbers: NDArray[np.uint32], view: _View
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], Scores, NDArray[np.int64]]:
        """Find the postings of features: the place of each one's feature, its row and its worth.

        Also how many visible documents hold each feature.
        """
        segments = self._segments if self._fresh is None else [*self._segments, self._fresh]
        if len(view.worth) < len(segments):
            view.worth[:] = [_Worth.of(one, view.visible, view.half) for one in segments]
        holders = np.zeros(len(numbers), np.int64)
        parts = [(holders[:0], np.zeros(0, np.int32), np.zeros(0, np.float32))]
        for segment, worth in zip(segments, view.worth, strict=True):
            if not len(segment.keys):
                continue
            there, at = segment.find(numbers)
            holders[there] += worth.holders.take(at)
            begins = segment.begins[at]
            lengths = segment.begins[at + 1] - begins
            picked = spread(begins, lengths)
            parts.append((there.repeat(lengths), segment.rows.take(picked), worth.postings.take(picked)))
        places, rows, values = map(np.concatenate, zip(*parts, strict=True))
        return places, rows, values, holders

    def _find(self, numbers: NDArray[np.uint32]) -> _Found:
        """Find the postings of features."""
        places: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.int32]] = []
        counts: list[Counts] = []
        common: list[Common] = []
        for segment in self._segments if self._fresh is None else [*self._segments, self._fresh]:
            if not len(segment.keys):
                continue
            there, at = segment.find(numbers)
            begins = segment.begins[at]
            lengths = segment.begins[at + 1] - begins
            often = np.flatnonzero(lengths > LONG)
            common += [segment.common(*which) for which in zip(there[often], at[often], strict=True)]
            lengths[often] = 0
            picked = spread(begins, lengths)
            places.append(np.repeat(there, lengths))
            rows.append(segment.rows.take(picked))
            counts.append(segment.counts.take(picked))
        if not places:
            return _Found(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8), common)
        if len(places) == 1:
            return _Found(places[0], rows[0], counts[0], common)
        return _Found(np.concatenate(places), np.concatenate(rows), np.concatenate(counts), common)

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
            self._segments = [*large, merged(small)]


def _values(found: _Found, gain: Scores, view: _View) -> Scores:
    """Say what each posting adds to the score of its row."""
    values: Scores = gain.take(found.places)
    values *= saturated(found.counts, view.half.take(found.rows))
    return values


def _nothing(rows: int) -> LegScore:
    return LegScore(np.zeros(rows, np.float32), 0.0, 0.0, np.zeros(0, np.uint32), np.zeros(0, np.float32))


def _holders(
    found: _Found, view: _View, numbers: NDArray[np.uint32], held: Counts | None
) -> NDArray[np.int64]:
    """Count the visible documents that hold each feature; `held` has those of common ones where few are."""
    seen = np.bincount(found.places, view.visible.take(found.rows), len(numbers))
    holders: NDArray[np.int64] = seen.astype(np.int64)
    if held is not None:
        np.add.at(holders, [one.place for one in found.common], np.count_nonzero(held, axis=1))
        return holders
    for one in found.common:
        part = int(numbers[one.place]), int(one.rows[0])
        if part not in view.holders:
            view.holders[part] = one.among(view.visible)
        holders[one.place] += view.holders[part]
    return holders


def _in_parts(counts: Scores) -> Counts:
    return np.clip(np.rint(counts * PARTS), 1, _MOST).astype(np.uint8)
