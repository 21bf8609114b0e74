"""From a question to entries: what this person may see on this day, best first, and how sure that is.

What somebody may not see takes no part: it is not scored, not counted in any statistic, and no figure of the
result would be another if it were not there.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from bots.entries import Asker, Entry
from bots.retrieval.bands import Band, Calibration
from bots.retrieval.best import best_rows
from bots.retrieval.catalogue import Catalogue
from bots.retrieval.embedder import Embedder
from bots.retrieval.figures import figures_of
from bots.retrieval.files import BrokenIndex
from bots.retrieval.fusion import Weights, fuse, known_share
from bots.retrieval.kept import keep, take
from bots.retrieval.lexical import LEGS, Lexical, Question
from bots.retrieval.likeness import Compared, compare_all
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Coming, Morpheme, Morphemes
from bots.retrieval.nearer import nearer_first
from bots.retrieval.postings import LegScore, Mask, Scores
from bots.retrieval.proof import Proof, prove
from bots.retrieval.ranking import Candidates, Ranking, shape
from bots.retrieval.signals import Signals, observe
from bots.retrieval.text import normalise
from bots.retrieval.vectors import VectorIndex, name_of
from bots.storing import go_on

DENSE: Final = "dense"
SUM: Final = "sum"
"""The legs added up, before the wordings are compared."""
CANDIDATES: Final = 30
"""Entries that the legs found whose wordings are compared with the question."""
NEARER: Final = 0.4
"""What a district's entry gains on the office's, and a school's on the district's, as `Ranking` scores."""
LONGEST: Final = 64
"""Words of a question up to which it is compared beside others."""
BATCH: Final = 512
WORTH: Final = 50
"""What is indexed is saved where one in so many entries changed since: so many are soon indexed anew."""


class Query(NamedTuple):
    """A question, who asks, on which day, and for how many entries.

    `cut` gives it as it is read where that was begun before (`Morphemes.begin_question`).
    """

    question: str
    who: Asker
    day: date
    limit: int = 10
    cut: Coming | None = None


class Hit(Struct, frozen=True):
    """An entry that was found, and its score: 1 is the best of all legs. The order knows more than it."""

    entry: Entry
    score: float


class Found(Struct, frozen=True):
    """What was found, best first; how sure the first is (0 to 1), its band, and from which signals.

    `answerable` is the chance that any entry answers.
    """

    hits: tuple[Hit, ...]
    confidence: float
    answerable: float
    band: Band
    signals: Signals


class Examined(Struct, frozen=True):
    """What was found, the ids of all that the legs had found, and the figures of each of these."""

    found: Found
    ids: tuple[str, ...]
    candidates: Candidates


class _Scored(NamedTuple):
    """A question, the rows that the legs found, best first, and what they scored, together and each."""

    asked: Question
    rows: list[int]
    fused: Scores
    lexical: Mapping[str, LegScore]
    dense: Scores | None


class Retriever:
    """All legs over one set of entries. `fill` it, then `search`; `put` and `remove` change single entries.

    The lexical legs answer as soon as `fill` is done; `add_dense` may follow in another thread. Calls from
    several threads wait for each other. `give_way` is called between the steps of a search.
    """

    def __init__(
        self,
        morphemes: Morphemes,
        meanings: Meanings | None = None,
        *,
        weights: Weights | None = None,
        ranking: Ranking | None = None,
        calibration: Calibration | None = None,
        give_way: Callable[[], None] = go_on,
    ) -> None:
        self._morphemes = morphemes
        self._give_way = give_way
        self.meanings = meanings or Meanings.none()
        self.weights = weights or Weights()
        self.ranking = ranking or Ranking.shipped()
        self.calibration = calibration or Calibration.shipped()
        self._catalogue = Catalogue()
        self._lexical = Lexical(morphemes)
        self._embedder: Embedder | None = None
        self._vectors: VectorIndex | None = None
        self._unsaved = 0
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._catalogue)

    @property
    def dense(self) -> bool:
        """Whether the dense leg has a say."""
        return self._vectors is not None and self.weights.dense > 0

    def fill(
        self,
        entries: Iterable[Entry],
        progress: Callable[[int], None] = lambda _: None,
        embedder: Embedder | None = None,
        folder: Path | None = None,
    ) -> None:
        """Add the first entries; `progress` hears how many are done.

        A warm `embedder` of the default model joins at once: the text is cut into morphemes anyhow. What
        `keep` saved in `folder` of entries that are the same still is taken from there.
        """
        with self._lock:
            new, done = list(entries), 0
            kept = None if folder is None else self._take(folder, new, embedder)
            if kept is not None:
                done, new = len(new) - len(kept), kept
                progress(done)
            elif embedder is not None:
                self._embedder = embedder
                self._vectors = VectorIndex.empty(embedder.dimensions, len(new))
            self._unsaved += len(new)
            rows = [(self._catalogue.put(entry), entry) for entry in new]
            for cuts in self._lexical.add_all(rows):
                self._follow(cuts)
                done += len(cuts)
                progress(done)

    def keep(self, folder: Path) -> bool:
        """Save below `folder` what is indexed, for `fill`; says whether enough changed since. Raises OSError.

        Questions are answered meanwhile, but for the moment in which it is copied.
        """
        with self._lock:
            unsaved = self._unsaved
            if unsaved * WORTH <= len(self):
                return False
            entries, rows = list(self._catalogue), self._catalogue.rows
            lexical, vectors = self._lexical.saved(), None
            if self._embedder is not None and self._vectors is not None:
                vectors = self._vectors.snapshot(self._embedder.fingerprint)
        names = {row: name_of(entry) for row, entry in entries}
        if vectors is not None:
            vectors.save(folder, names)
        keep(folder, self._lexical.fingerprint, lexical, rows, names)
        with self._lock:
            self._unsaved -= unsaved
        return True

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of its id."""
        with self._lock:
            self._unsaved += 1
            self._forget(entry.id)
            row = self._catalogue.put(entry)
            self._follow({row: self._lexical.add(row, entry)})

    def remove(self, entry_id: str) -> bool:
        """Let an entry go; says whether it was there."""
        with self._lock:
            self._unsaved += 1
            self._forget(entry_id)
            return self._catalogue.remove(entry_id)

    def add_dense(
        self,
        embedder: Embedder,
        folder: Path | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Proof | None:
        """Let a warm embedder join; its vectors are kept in `folder` and taken from there if they are these.

        Questions are answered meanwhile. A configured model is scored alone on the entries' own aliases;
        where it finds too little, its weight becomes 0: tell the administrator. Returns that proof, None
        for the default model.
        """
        with self._lock:
            rows = list(self._catalogue)
        names = {row: name_of(entry) for row, entry in rows}
        vectors = _kept(folder, embedder, names)
        lacking = set(vectors.missing(names))
        _embed(vectors, embedder, [(row, entry) for row, entry in rows if row in lacking], progress)
        if folder is not None and (lacking or vectors.dark):
            vectors.snapshot(embedder.fingerprint).save(folder, names)
        proof = None
        if embedder.configured:
            proof = prove(self._morphemes, embedder, [entry for _, entry in rows])
        with self._lock:
            # What changed meanwhile has rows that the vectors do not know yet.
            there = {row for row, _ in rows}
            _embed(vectors, embedder, [(row, entry) for row, entry in self._catalogue if row not in there])
            self._embedder, self._vectors = embedder, vectors
            if proof is not None and not proof.passed:
                self.weights = msgspec.structs.replace(self.weights, dense=0.0)
        return proof

    def prepare(self) -> Iterator[None]:
        """Do ahead, in steps of milliseconds, what the first questions would wait for.

        Best once the dense leg has joined; questions and changes may come between the steps.
        """
        with self._lock:
            steps = self._lexical.prepare([row for row, _ in self._catalogue], self.meanings)
        more = True
        while more:
            with self._lock:
                more = next(steps, True) is None
            yield

    def search(self, question: str, who: Asker, day: date, limit: int = 10) -> Found:
        """Find what `who` may see on that day, at most `limit` entries, best first."""
        return self.examine(question, who, day, limit).found

    def examine(self, question: str, who: Asker, day: date, limit: int = 10) -> "Examined":
        """Search, and show what the order was made of."""
        (examined,) = self.examine_all([Query(question, who, day, limit)])
        return examined

    def examine_all(self, queries: Sequence[Query]) -> Iterator["Examined"]:
        """Search for several questions, which takes less than one by one; of each as soon as it is there.

        Nobody else may search or change anything until the last was taken.
        """
        if not queries:
            return
        with self._lock:
            visible = [self._catalogue.visible(query.who, query.day) for query in queries]
            self._give_way()
            asked = self._read(queries, visible)
            self._give_way()
            legs = self._legs(queries, asked, visible)
            scored = [
                self._score(one, seen, lexical, dense, query.limit)
                for query, one, seen, (lexical, dense) in zip(queries, asked, visible, legs, strict=True)
            ]
            for query, one, compared in zip(queries, scored, self._compare(scored), strict=True):
                self._give_way()
                yield self._judge(one, compared, query.limit)

    def legs(self, question: str, who: Asker, day: date, limit: int = 10) -> dict[str, tuple[str, ...]]:
        """Name the ids that each leg would give by itself, and their sum, to compare them."""
        with self._lock:
            visible = self._catalogue.visible(who, day)
            queries = [Query(question, who, day, limit)]
            ((lexical, dense),) = self._legs(queries, self._read(queries, [visible]), [visible])
            alone = {leg: score.scores for leg, score in lexical.items()}
            alone |= {} if dense is None else {DENSE: dense}
            alone[SUM] = self._fuse(lexical, dense)
            return {
                leg: tuple(self._catalogue[row].id for row in _best(scores, visible, limit))
                for leg, scores in alone.items()
            }

    def _read(self, queries: Sequence[Query], visible: Sequence[Mask]) -> list[Question]:
        typed = [
            self._morphemes.cut_question(query.question) if query.cut is None else query.cut()
            for query in queries
        ]
        return self._lexical.read_all(
            [
                one._replace(cut=self._lexical.corrected(one.cut, seen))
                for one, seen in zip(typed, visible, strict=True)
            ]
        )

    def _legs(
        self, queries: Sequence[Query], asked: Sequence[Question], visible: Sequence[Mask]
    ) -> list[tuple[dict[str, LegScore], Scores | None]]:
        index, embedder = self._vectors, self._embedder
        scored = self._lexical.score_all(asked, visible)
        if index is None or embedder is None or not self.dense:
            return [(lexical, None) for lexical in scored]
        texts = [normalise(query.question) for query in queries]
        vectors = embedder.questions(texts, [one.cut for one in asked])
        return [
            (lexical, None if vector is None else index.score(vector, seen))
            for lexical, vector, seen in zip(scored, vectors, visible, strict=True)
        ]

    def _fuse(self, lexical: Mapping[str, LegScore], dense: Scores | None) -> Scores:
        legs = {leg: lexical[leg].scores for leg in LEGS}
        if dense is not None:
            legs[DENSE] = dense
        return fuse(legs, self.weights, known_share(lexical))

    def _score(
        self,
        asked: Question,
        visible: Mask,
        lexical: Mapping[str, LegScore],
        dense: Scores | None,
        limit: int,
    ) -> "_Scored":
        self._give_way()
        fused = self._fuse(lexical, dense)
        rows = _best(fused, visible, max(limit, CANDIDATES))
        return _Scored(asked, rows, fused, lexical, dense)

    def _compare(self, scored: Sequence["_Scored"]) -> list[Compared]:
        """Compare the entries that were found with what was asked."""
        asked = [self._lexical.like(one.asked, one.lexical) for one in scored]
        # Beside a very long question the others would take as long as it does.
        if max(len(one.words) for one in asked) > LONGEST and len(asked) > 1:
            return [self._compare([one])[0] for one in scored]
        gathered = self._lexical.gather([row for one in scored for row in one.rows], self.meanings)
        return compare_all(asked, gathered, [len(one.rows) for one in scored])

    def _judge(self, scored: "_Scored", compared: Compared, limit: int) -> "Examined":
        rows, fused = scored.rows, scored.fused
        candidates = Candidates(
            figures_of(rows, fused, scored.lexical, scored.dense, compared.likeness),
            bonus=NEARER * self._catalogue.nearness()[rows],
            known=known_share(scored.lexical),
            length=sum(one.content for one in scored.asked.cut),
            held=compared.held,
            **shape(compared.asked),
        )
        scores = self.ranking.score(candidates)
        order = nearer_first(self._catalogue, np.argsort(-scores, kind="stable").tolist(), rows, scores)
        hits = tuple(Hit(self._catalogue[rows[place]], float(fused[rows[place]])) for place in order[:limit])
        signals = observe(order, scores, candidates)
        judged = self.calibration.judge(signals)
        band = judged.band if hits else Band.UNKNOWN
        found = Found(hits, judged.confidence, judged.answerable, band, signals)
        return Examined(found, tuple(self._catalogue[row].id for row in rows), candidates)

    def _take(self, folder: Path, entries: Sequence[Entry], embedder: Embedder | None) -> list[Entry] | None:
        """Take what was saved; gives the entries that it does not know, or None where it is of no use."""
        try:
            taken = take(folder, entries, self._catalogue, self._lexical)
        except BrokenIndex:
            return None
        if embedder is not None:
            # Where not all are there, they join later.
            with contextlib.suppress(BrokenIndex):
                vectors = VectorIndex.load(folder, embedder.fingerprint, taken.rows)
                if not vectors.missing(taken.rows.values()):
                    self._embedder, self._vectors = embedder, vectors
        return taken.new

    def _follow(self, cuts: Mapping[int, Sequence[Morpheme]]) -> None:
        """Let the vectors follow what was added: the rows and their morphemes."""
        if self._embedder is not None and self._vectors is not None:
            entries = [self._catalogue[row] for row in cuts]
            self._vectors.add(list(cuts), self._embedder.entries(entries, list(cuts.values())))

    def _forget(self, entry_id: str) -> None:
        row = self._catalogue.row(entry_id)
        if row is not None:
            self._lexical.remove(row)


def _embed(
    vectors: VectorIndex,
    embedder: Embedder,
    rows: Sequence[tuple[int, Entry]],
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        vectors.add([row for row, _ in some], embedder.entries([entry for _, entry in some]))
        progress(start + len(some))


def _kept(folder: Path | None, embedder: Embedder, names: Mapping[int, bytes]) -> VectorIndex:
    """Take what was saved of these rows, or begin anew."""
    if folder is not None:
        with contextlib.suppress(BrokenIndex):
            return VectorIndex.load(folder, embedder.fingerprint, {name: row for row, name in names.items()})
    return VectorIndex.empty(embedder.dimensions, len(names))


def _best(scores: Scores, visible: Mask, limit: int) -> list[int]:
    """List the visible rows that scored at all, best first, equal ones by age."""
    # What may not be seen scored nothing.
    rows = best_rows(scores, limit)
    rows = rows[visible.take(rows)]
    order = np.lexsort((rows, -scores[rows]))
    return [int(row) for row in rows[order[:limit]]]
