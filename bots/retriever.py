"""From a question to entries: what this person may see on this day, best first, and how sure that is.

What somebody may not see takes no part: it is not scored, not counted in any statistic, and no figure of the
result would be another if it were not there.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from bots.bands import Calibration
from bots.catalogue import Catalogue
from bots.embedder import Embedder
from bots.entries import NEARNESS, Asker, Entry
from bots.evaluation import Band
from bots.fusion import Weights, fuse, known_share
from bots.lexical import LEGS, Lexical
from bots.morphemes import Morpheme, Morphemes
from bots.postings import LegScore, Mask, Scores
from bots.proof import Proof, prove
from bots.signals import Signals, observe
from bots.text import normalise
from bots.vectors import BrokenIndex, VectorIndex, entries_fingerprint

DENSE: Final = "dense"
NEARER: Final = 0.04
"""How much a district's entry gains on the office's, and a school's on the district's."""
SAME: Final = 0.6
"""Of two entries with the same title or question the nearer goes first if it has this share of the score."""
BATCH: Final = 512


class Hit(Struct, frozen=True):
    """An entry that was found, and its score: 1 is the best of all legs."""

    entry: Entry
    score: float


class Found(Struct, frozen=True):
    """What was found, best first; how sure the first is (0 to 1), its band, and from which signals."""

    hits: tuple[Hit, ...]
    confidence: float
    band: Band
    signals: Signals


class Retriever:
    """All legs over one set of entries. `fill` it, then `search`; `put` and `remove` change single entries.

    The lexical legs answer as soon as `fill` is done; `add_dense` may follow in another thread. Calls from
    several threads wait for each other.
    """

    def __init__(
        self, morphemes: Morphemes, weights: Weights | None = None, calibration: Calibration | None = None
    ) -> None:
        self._morphemes = morphemes
        self.weights = weights or Weights()
        self.calibration = calibration or Calibration.shipped()
        self._catalogue = Catalogue()
        self._lexical = Lexical(morphemes)
        self._embedder: Embedder | None = None
        self._vectors: VectorIndex | None = None
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._catalogue)

    @property
    def dense(self) -> bool:
        """Whether the dense leg has a say."""
        return self._vectors is not None and self.weights.dense > 0

    def fill(self, entries: Iterable[Entry], progress: Callable[[int], None] = lambda _: None) -> None:
        """Add many entries whose ids are not there yet; `progress` hears how many are done."""
        with self._lock:
            rows = [(self._catalogue.put(entry), entry) for entry in entries]
            for done in self._lexical.add_all(rows):
                progress(done)
            if self._embedder is not None:
                self._embed(rows)

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of its id."""
        with self._lock:
            row = self._catalogue.put(entry)
            self._lexical.add(row, entry)
            if self._embedder is not None:
                self._embed([(row, entry)])

    def remove(self, entry_id: str) -> bool:
        """Let an entry go; says whether it was there."""
        with self._lock:
            return self._catalogue.remove(entry_id)

    def add_dense(
        self,
        embedder: Embedder,
        folder: Path | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Proof | None:
        """Let a warm embedder join; its vectors are kept in `folder` and taken from there if they are these.

        A configured model is scored alone on the entries' own aliases; where it finds too little, its
        weight becomes 0: tell the administrator. Returns that proof, None for the default model.
        """
        with self._lock:
            rows = list(self._catalogue)
            fingerprint = entries_fingerprint(embedder.fingerprint, rows)
            self._embedder = embedder
            self._vectors = None if folder is None else _kept(folder, fingerprint)
            if self._vectors is None:
                self._vectors = VectorIndex.empty(embedder.dimensions, len(rows))
                self._embed(rows, progress)
                if folder is not None:
                    self._vectors.save(folder, fingerprint)
            if not embedder.configured:
                return None
            proof = prove(self._morphemes, embedder, [entry for _, entry in rows])
            if not proof.passed:
                self.weights = msgspec.structs.replace(self.weights, dense=0.0)
            return proof

    def search(self, question: str, who: Asker, day: date, limit: int = 10) -> Found:
        """Find what `who` may see on that day, at most `limit` entries, best first."""
        with self._lock:
            visible = self._catalogue.visible(who, day)
            cut = self._morphemes.cut(question)
            lexical, dense = self._legs(question, cut, visible)
            return self._judge(question, cut, visible, lexical, dense, limit)

    def legs(self, question: str, who: Asker, day: date, limit: int = 10) -> dict[str, tuple[str, ...]]:
        """Name the ids that each leg would give by itself, to compare them."""
        with self._lock:
            visible = self._catalogue.visible(who, day)
            lexical, dense = self._legs(question, self._morphemes.cut(question), visible)
            alone = {leg: score.scores for leg, score in lexical.items()}
            alone |= {} if dense is None else {DENSE: dense}
            return {
                leg: tuple(self._catalogue[row].id for row in _best(scores, visible, limit))
                for leg, scores in alone.items()
            }

    def _legs(
        self, question: str, cut: Sequence[Morpheme], visible: Mask
    ) -> tuple[dict[str, LegScore], Scores | None]:
        lexical = self._lexical.score(question, cut, visible)
        if self._vectors is None or self._embedder is None:
            return lexical, None
        vector = self._embedder.question(normalise(question), cut)
        return lexical, None if vector is None else self._vectors.score(vector, visible)

    def _judge(
        self,
        question: str,
        cut: Sequence[Morpheme],
        visible: Mask,
        lexical: Mapping[str, LegScore],
        dense: Scores | None,
        limit: int,
    ) -> Found:
        legs = {leg: lexical[leg].scores for leg in LEGS}
        if dense is not None and self.dense:
            legs[DENSE] = dense
        fused = fuse(legs, self.weights, known_share(lexical))
        fused *= 1 + np.float32(NEARER) * self._catalogue.nearness()
        rows = self._nearer_first(_best(fused, visible, max(limit, 5)), fused)
        hits = tuple(Hit(self._catalogue[row], float(fused[row])) for row in rows)
        signals = observe(question, cut, hits_of(hits), rows, lexical, legs.get(DENSE))
        confidence = self.calibration.confidence(signals)
        band = self.calibration.band(confidence) if hits else Band.UNKNOWN
        return Found(hits[:limit], confidence, band, signals)

    def _nearer_first(self, rows: list[int], scores: Scores) -> list[int]:
        """Put the nearer of entries that ask the same first, whatever their words in the answer."""
        order = list(rows)
        for place in range(1, len(order)):
            row = order[place]
            entry = self._catalogue[row]
            same = _asked(entry)
            for earlier, other_row in enumerate(order[:place]):
                other = self._catalogue[other_row]
                nearer = NEARNESS[entry.scope] > NEARNESS[other.scope]
                if nearer and same & _asked(other) and scores[row] >= SAME * scores[other_row]:
                    order.insert(earlier, order.pop(place))
                    break
        return order

    def _embed(
        self, rows: Sequence[tuple[int, Entry]], progress: Callable[[int], None] = lambda _: None
    ) -> None:
        if self._embedder is None or self._vectors is None:
            return
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            self._vectors.add([row for row, _ in some], self._embedder.entries([entry for _, entry in some]))
            progress(start + len(some))


def _kept(folder: Path, fingerprint: str) -> VectorIndex | None:
    try:
        return VectorIndex.load(folder, fingerprint)
    except BrokenIndex:
        return None


def hits_of(hits: Sequence[Hit]) -> list[tuple[Entry, float]]:
    """Give hits as plain pairs, as the signals want them."""
    return [(hit.entry, hit.score) for hit in hits]


def _asked(entry: Entry) -> frozenset[str]:
    return frozenset("".join(normalise(text).split()) for text in (entry.title, entry.question) if text)


def _best(scores: Scores, visible: Mask, limit: int) -> list[int]:
    """List the visible rows that scored at all, best first, equal ones by age."""
    rows = np.flatnonzero(visible & (scores > 0))
    if len(rows) > limit:
        least = np.partition(scores[rows], -limit)[-limit]
        rows = rows[scores[rows] >= least]
    order = np.lexsort((rows, -scores[rows]))
    return [int(row) for row in rows[order[:limit]]]
