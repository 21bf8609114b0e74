"""What tells a right answer from a wrong one: how much of the question was found, and how clearly."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.retrieval.evidence import Evidence, weigh
from bots.retrieval.ranking import FIGURES, Candidates, beliefs


class Signals(Struct, frozen=True, kw_only=True):
    """Of the first hit, beside the others. All are 0 where nothing was found; most lie between 0 and 1.

    `belief` is its chance among those found, `margin` and `margin_rest` how far its score is ahead of the
    second and of the mean of the next four. `agreement` is the share of legs whose first is the same.
    `known` is the share of the question's weight that any visible entry holds; `length` grows with the
    number of morphemes. The others are figures of the ranking (`bots.retrieval.ranking.FIGURES`),
    as of the first hit, and `ahead_*` how far it is ahead of the second there, and those of
    `bots.retrieval.evidence`.
    """

    belief: float = 0.0
    margin: float = 0.0
    margin_rest: float = 0.0
    agreement: float = 0.0
    known: float = 0.0
    length: float = 0.0
    fused: float = 0.0
    share_morphemes: float = 0.0
    share_syllables: float = 0.0
    share_jamo: float = 0.0
    share_dense: float = 0.0
    words: float = 0.0
    asked: float = 0.0
    told: float = 0.0
    same: float = 0.0
    pairs: float = 0.0
    jamo: float = 0.0
    all_words: float = 0.0
    all_pairs: float = 0.0
    all_jamo: float = 0.0
    answer: float = 0.0
    literal: float = 0.0
    worst: float = 0.0
    nouns: float = 0.0
    others: float = 0.0
    usual: float = 0.0
    stretch: float = 0.0
    in_order: float = 0.0
    meaning: float = 0.0
    ahead_answer: float = 0.0
    ahead_words: float = 0.0
    ahead_jamo: float = 0.0
    ahead_share_dense: float = 0.0
    missing: float = 0.0
    strange: float = 0.0
    another: float = 0.0
    spelt: float = 0.0
    foreign: float = 0.0
    unsaid: float = 0.0
    topic: float = 0.0
    topical: float = 0.0
    alien: float = 0.0
    special: float = 0.0
    usual_noun: float = 0.0
    qualifier: float = 0.0
    unheard: float = 0.0
    weightiest: float = 0.0
    rich: float = 0.0
    passages: float = 0.0

    def vector(self) -> NDArray[np.float64]:
        """Give the signals as numbers, in the order of `NAMES`."""
        return np.array(msgspec.structs.astuple(self), np.float64)


NAMES = tuple(Signals.__struct_fields__)
_FIGURES = tuple((name, FIGURES.index(name)) for name in NAMES if name in FIGURES)
_AHEAD = tuple(
    (name, FIGURES.index(name.removeprefix("ahead_"))) for name in NAMES if name.startswith("ahead_")
)
_LEGS = [place for place, name in enumerate(FIGURES) if name.startswith("leg_")]


def observe(order: Sequence[int], scores: NDArray[np.float64], candidates: Candidates) -> Signals:
    """See how clear the first of `order` is, the places of the candidates, best first."""
    if not order:
        return Signals()
    first = order[0]
    figures = candidates.figures
    own = figures[first].tolist()
    ahead = (figures[first] - figures[order[1]]).tolist() if len(order) > 1 else own
    rest = scores[list(order[1:5])]
    legs = figures[:, _LEGS]
    there = legs.any(axis=0)
    agreement = (legs[first] >= legs.max(axis=0))[there]
    evidence = Evidence() if candidates.held is None else weigh(candidates.held, first)
    return Signals(
        belief=float(beliefs(scores)[first]),
        margin=float(np.tanh((scores[first] - rest[0]) / 2)) if len(rest) else 1.0,
        margin_rest=float(np.tanh((scores[first] - rest.mean()) / 4)) if len(rest) else 1.0,
        agreement=int(agreement.sum()) / max(len(agreement), 1),
        known=candidates.known,
        length=float(np.log1p(candidates.length)),
        rich=candidates.rich,
        passages=candidates.passages,
        **evidence._asdict(),
        **{name: own[place] for name, place in _FIGURES},
        **{name: ahead[place] for name, place in _AHEAD},
    )
