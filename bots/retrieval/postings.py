"""BM25 over any features (morphemes, n-grams), one document replaced at a time, for readers who see a part.

What a reader may not see leaves no trace in what they get: how rare a feature is and how long documents
are is counted, at the question, over the visible documents alone. So the postings keep bare counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]
Counts = NDArray[np.uint8]
Features = Mapping[int, float]
"""How much of each feature a text holds. A feature is a number of 32 bits."""


class LegScore(NamedTuple):
    """Scores by row; what a document would get that held all of the question; and all of it that is known.

    `rarity` says of each feature of the question how rare it is among the visible documents.
    """

    scores: Scores
    ideal: float
    known: float
    rarity: Mapping[int, float]


FRESH: Final = 256
"""Documents that are kept in plain lists before they become a segment."""
SMALL: Final = 4_096
SMALL_SEGMENTS: Final = 8
"""As many segments of up to SMALL documents are merged to one: each costs a question a look-up more."""


PARTS: Final = 20
"""Counts are kept in twentieths, 0 to 12.75, which take a byte; BM25 hardly tells higher ones apart."""
_MOST: Final = 255


class _Segment:
    """Postings of some documents: of feature f, the rows and counts from begins[f] to begins[f + 1]."""

    def __init__(self, features: NDArray[np.uint32], rows: NDArray[np.int32], counts: Counts) -> None:
        order = np.argsort(features, kind="stable")
        self.keys, starts = np.unique(features[order], return_index=True)
        self.begins = np.append(starts, len(features)).astype(np.int64)
        self.rows = rows[order]
        self.counts = counts[order]
        self.documents = len(np.unique(rows))

    def features(self) -> NDArray[np.uint32]:
        return np.repeat(self.keys, np.diff(self.begins))


class Postings:
    """An index of documents by the features they hold. A document is a row, numbered by who uses this.

    `k1` says how soon more of a feature counts no more, `b` how much long documents are held back.
    """

    def __init__(self, k1: float = 1.2, b: float = 0.75) -> None:
        self._k1 = k1
        self._b = b
        self._segments: list[_Segment] = []
        self._fresh: dict[int, list[tuple[int, float]]] = {}
        self._fresh_rows = 0
        self._lengths = np.zeros(0, np.float32)

    def add(self, row: int, document: Features) -> None:
        """Add a document; a row is used once (a changed document takes a new one, the old is hidden)."""
        self._reach(row)
        self._lengths[row] = sum(document.values())
        for feature, count in document.items():
            self._fresh.setdefault(feature, []).append((row, count))
        self._fresh_rows += 1
        if self._fresh_rows >= FRESH:
            self._seal()

    def add_all(self, documents: Iterable[tuple[int, Features]]) -> None:
        """Add many documents at once: they make one segment."""
        features: list[NDArray[np.uint32]] = []
        rows: list[NDArray[np.int32]] = []
        counts: list[Counts] = []
        for row, document in documents:
            self._reach(row)
            self._lengths[row] = sum(document.values())
            size = len(document)
            features.append(np.fromiter(document, np.uint32, size))
            rows.append(np.full(size, row, np.int32))
            counts.append(_parts(np.fromiter(document.values(), np.float32, size)))
        if features:
            segment = _Segment(np.concatenate(features), np.concatenate(rows), np.concatenate(counts))
            self._segments.append(segment)
            self._compact()

    def score(self, question: Features, visible: Mask) -> LegScore:
        """Score every row by BM25; `visible` says of each whether it may be seen. All others score 0."""
        scores = np.zeros(len(visible), np.float32)
        shown = int(visible.sum())
        if not question or not shown:
            return LegScore(scores, 0.0, 0.0, {})
        found = {feature: place for place, feature in enumerate(question)}
        places, rows, counts = self._gather(found, visible)
        times = np.fromiter(question.values(), np.float32, len(question))
        holders = np.bincount(places, minlength=len(question))
        rarity = np.log1p((shown - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        weights = rarity * times
        lengths = self._lengths[rows]
        self._reach(len(visible) - 1)
        mean = max(float(self._lengths[: len(visible)][visible].mean()), 1e-9)
        least = self._k1 * (1 - self._b + self._b * lengths / mean)
        values = weights[places] * counts * (self._k1 + 1) / (counts + least)
        scores += np.bincount(rows, weights=values, minlength=len(visible)).astype(np.float32)
        named = dict(zip(question, rarity.tolist(), strict=True))
        return LegScore(scores, float(weights.sum()), float(weights[holders > 0].sum()), named)

    def holders(self, feature: int, visible: Mask) -> int:
        """Count the visible documents that hold a feature."""
        _, rows, _ = self._gather({feature: 0}, visible)
        return len(rows)

    def _gather(
        self, found: Mapping[int, int], visible: Mask
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], Scores]:
        """Bring the visible postings of features together: the feature's place, row and count of each."""
        places: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.int32]] = []
        counts: list[Counts] = []
        numbers = np.fromiter(found, np.uint32, len(found))
        order = np.fromiter(found.values(), np.int64, len(found))
        for segment in self._segments:
            at = np.searchsorted(segment.keys, numbers)
            at[at == len(segment.keys)] = 0
            there = segment.keys[at] == numbers
            begins = segment.begins[at[there]]
            lengths = segment.begins[at[there] + 1] - begins
            # Where each posting is: it follows the one before, or begins the next feature's.
            picked = np.repeat(begins - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
            places.append(np.repeat(order[there], lengths))
            rows.append(segment.rows[picked])
            counts.append(segment.counts[picked])
        for number, place in found.items():
            if fresh := self._fresh.get(number):
                places.append(np.full(len(fresh), place, np.int64))
                rows.append(np.fromiter((row for row, _ in fresh), np.int32, len(fresh)))
                held = np.fromiter((count for _, count in fresh), np.float32, len(fresh))
                counts.append(_parts(held))
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
        every = np.concatenate(rows)
        seen = visible[every]
        parts = np.concatenate(counts)[seen].astype(np.float32)
        return np.concatenate(places)[seen], every[seen], parts / np.float32(PARTS)

    def _reach(self, row: int) -> None:
        if row >= len(self._lengths):
            self._lengths = np.append(self._lengths, np.zeros(max(1_024, row), np.float32))

    def merge(self) -> None:
        """Make one segment of all small ones; worth its time after many documents were added."""
        self._seal()
        self._compact(2)

    def _seal(self) -> None:
        size = sum(map(len, self._fresh.values()))
        if size:
            features = np.fromiter(
                (number for number, held in self._fresh.items() for _ in held), np.uint32, size
            )
            rows = np.fromiter((row for held in self._fresh.values() for row, _ in held), np.int32, size)
            counts = np.fromiter(
                (count for held in self._fresh.values() for _, count in held), np.float32, size
            )
            self._segments.append(_Segment(features, rows, _parts(counts)))
        self._fresh = {}
        self._fresh_rows = 0
        self._compact()

    def _compact(self, least: int | None = None) -> None:
        # Large ones stay: to merge them would take several times their memory.
        small = [one for one in self._segments if one.documents <= SMALL]
        if len(small) >= (least or SMALL_SEGMENTS):
            large = [one for one in self._segments if one.documents > SMALL]
            self._segments = [*large, _merged(small)]


def _parts(counts: Scores) -> Counts:
    return np.clip(np.rint(counts * PARTS), 1, _MOST).astype(np.uint8)


def _merged(segments: Sequence[_Segment]) -> _Segment:
    return _Segment(
        np.concatenate([one.features() for one in segments]),
        np.concatenate([one.rows for one in segments]),
        np.concatenate([one.counts for one in segments]),
    )
