"""Weights of the ranking, learnt from questions whose answers are known.

Of each question's candidates the right ones should have all of the belief: a softmax over the scores, whose
logarithm is made large by Newton's method. What is learnt stays near what was known before (`prior`), the
nearer the fewer questions there are.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.retrieval.ranking import FIGURES, Candidates, Ranking

RIDGE: Final = 10.0
"""How much the weights hold to the prior: as much as this many questions say."""
_STEPS: Final = 30
_LEAST: Final = 1e-3
_ENOUGH: Final = 1e-3
_FLAT: Final = 1e-6
_PARTS: Final = ("always", "rich", "passages")

Matrix = NDArray[np.float64]


class Example(Struct, frozen=True):
    """The candidates of a question, which of them are right, and how much the question counts."""

    candidates: Candidates
    right: NDArray[np.bool_]
    counts: float = 1.0


def learn(examples: Sequence[Example], prior: Ranking | None = None, ridge: float = RIDGE) -> Ranking:
    """Find weights. Questions without a right candidate, or with none that is wrong, say nothing.

    Raises ValueError where no question says anything.
    """
    told = [one for one in examples if one.right.any() and not one.right.all()]
    if not told:
        raise ValueError("to learn an order takes questions with right and wrong candidates")
    figures, right, there, counts = _stacked(told)
    spread = figures[there].std(axis=0)
    spread[spread < _FLAT] = 1.0
    figures /= spread
    before = np.zeros(len(spread)) if prior is None else _weights(prior) * spread

    def loss(weights: Matrix) -> float:
        belief = np.where(right > 0, right * np.log(_belief(figures, there, weights) + 1e-300), 0).sum(axis=1)
        return float(ridge / 2 * ((weights - before) ** 2).sum() - counts @ belief)

    found, best = before, loss(before)
    for _ in range(_STEPS):
        belief = _belief(figures, there, found)
        slope = ridge * (before - found) + np.einsum("n,nk,nkj->j", counts, right - belief, figures)
        mean = np.einsum("nk,nkj->nj", belief, figures)
        flat = figures.reshape(-1, figures.shape[2])
        curve = (flat * (counts[:, None] * belief).reshape(-1, 1)).T @ flat - (
            mean * counts[:, None]
        ).T @ mean
        step = np.linalg.solve(curve + ridge * np.eye(len(found)), slope)
        size = 1.0
        while size > _LEAST and (tried := loss(found + size * step)) > best:
            size /= 2
        if size <= _LEAST or best - tried < _ENOUGH:
            break
        found, best = found + size * step, tried
    return _named(found / spread)


def _stacked(told: Sequence[Example]) -> tuple[Matrix, Matrix, NDArray[np.bool_], Matrix]:
    """Put the candidates of all questions into one array: figures, wanted beliefs, and what is no filling."""
    most = max(len(one.right) for one in told)
    figures = np.zeros((len(told), most, len(_PARTS) * len(FIGURES)))
    right = np.zeros((len(told), most))
    there = np.zeros((len(told), most), np.bool_)
    for place, one in enumerate(told):
        wide = _wide(one.candidates)
        figures[place, : len(wide)] = wide
        right[place, : len(wide)] = one.right / one.right.sum()
        there[place, : len(wide)] = True
    return figures, right, there, np.array([one.counts for one in told])


def _belief(figures: Matrix, there: NDArray[np.bool_], weights: Matrix) -> Matrix:
    scores = np.where(there, figures @ weights, -np.inf)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    belief: Matrix = odds / odds.sum(axis=1, keepdims=True)
    return belief


def _wide(candidates: Candidates) -> Matrix:
    figures = candidates.figures.astype(np.float64)
    return np.hstack([figures, candidates.rich * figures, candidates.passages * figures])


def _weights(ranking: Ranking) -> Matrix:
    return np.array([getattr(ranking, part).get(name, 0.0) for part in _PARTS for name in FIGURES])


def _named(weights: Matrix) -> Ranking:
    parts = weights.reshape(len(_PARTS), len(FIGURES))
    return Ranking(
        **{
            part: {name: round(float(value), 4) for name, value in zip(FIGURES, row, strict=True)}
            for part, row in zip(_PARTS, parts, strict=True)
        }
    )
