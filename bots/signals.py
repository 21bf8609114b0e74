"""What tells a right answer from a wrong one: how much of the question was found, and how clearly."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.entries import Entry
from bots.morphemes import Morpheme
from bots.postings import LegScore, Scores
from bots.text import jamo_grams, normalise, syllable_grams


class Signals(Struct, frozen=True, kw_only=True):
    """Of the first hit, beside the others. All are 0 where nothing was found; most lie between 0 and 1.

    `morphemes`, `syllables` and `jamo` are the share of what a document with all of the question would
    score; `known`, the share of the question's weight that any visible entry holds. `fused` and the
    margins (to the second, to the mean of the next four) are of the fused score. `agreement` is the share
    of legs whose first is the same. `like_question` and `like_letters` compare the question with the
    nearest way to ask for the hit. `cosine` is of the dense leg; 0 where it has no say. `length` grows with
    the number of morphemes.
    """

    morphemes: float = 0.0
    syllables: float = 0.0
    jamo: float = 0.0
    known: float = 0.0
    cosine: float = 0.0
    fused: float = 0.0
    margin: float = 0.0
    margin_rest: float = 0.0
    agreement: float = 0.0
    like_question: float = 0.0
    like_letters: float = 0.0
    length: float = 0.0

    def vector(self) -> NDArray[np.float64]:
        """Give the signals as numbers, in the order of `NAMES`."""
        return np.array([getattr(self, name) for name in NAMES], np.float64)


NAMES = tuple(Signals.__struct_fields__)


def observe(
    question: str,
    cut: Sequence[Morpheme],
    hits: Sequence[tuple[Entry, float]],
    rows: Sequence[int],
    lexical: Mapping[str, LegScore],
    dense: Scores | None,
) -> Signals:
    """See how clear the first of `hits` is; `rows` are theirs, `lexical` and `dense` the legs' scores."""
    if not hits:
        return Signals()
    first = rows[0]
    shares = {leg: _share(float(score.scores[first]), score.ideal) for leg, score in lexical.items()}
    scores = [score.scores for score in lexical.values()] + ([] if dense is None else [dense])
    entry, best = hits[0]
    rest = [score for _, score in hits[1:5]]
    known = lexical["morphemes"]
    return Signals(
        **shares,
        known=_share(known.known, known.ideal),
        cosine=0.0 if dense is None else float(dense[first]),
        fused=best,
        margin=(best - (rest[0] if rest else 0.0)) / best,
        margin_rest=(best - (sum(rest) / len(rest) if rest else 0.0)) / best,
        agreement=sum(float(one[first]) >= float(one.max()) > 0 for one in scores) / len(scores),
        like_question=_likeness(set(syllable_grams(normalise(question), 2, 2)), entry, syllables=True),
        like_letters=_likeness(set(jamo_grams(normalise(question), 3, 3)), entry, syllables=False),
        length=float(np.log1p(sum(one.content for one in cut))),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _likeness(asked: set[str], entry: Entry, *, syllables: bool) -> float:
    """Compare n-grams with the nearest way to ask for the entry (Dice: 1 the same, 0 nothing in common)."""
    best = 0.0
    for text in entry.questions:
        grams = set(syllable_grams(normalise(text), 2, 2) if syllables else jamo_grams(normalise(text), 3, 3))
        if asked and grams:
            best = max(best, 2 * len(asked & grams) / (len(asked) + len(grams)))
    return best
