"""How sure an answer is, and which band that makes: sure, unsure, unknown.

Two logistic models over the signals: one gives the chance that the first hit is right, which makes an answer
sure; the other the chance that any entry answers at all, without which a question is refused. Models and
thresholds are found from questions whose answers are known (`calibrate`) and kept in a file.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.retrieval.signals import NAMES, Signals

SHIPPED: Final = Path(__file__).parents[1] / "data" / "calibration.json"

PRECISION: Final = 0.975
"""Share of right answers that the sure band is to have; a little more than is promised."""
RIGHT_LOST: Final = 0.05
"""Share of the right answers that may fall into the unknown band, so that most of what is far off does."""
RIDGE: Final = 30.0
APART: Final = 12.0
"""So much stronger is the ridge of what holds for rich entries or passages alone: few sets tell of each."""
_STEPS: Final = 50
_RICH, _PASSAGES = NAMES.index("rich"), NAMES.index("passages")

Matrix = NDArray[np.float64]


class Band(StrEnum):
    """How sure an answer is: it is given, it is offered ("did you mean"), or there is none."""

    SURE = "sure"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


class Model(Struct, frozen=True, dict=True):
    """A logistic model over the signals by name.

    Like the ranking it has more weights for where entries have many wordings, and where they are passages.
    """

    bias: float
    weights: dict[str, float]
    rich: dict[str, float] = {}
    passages: dict[str, float] = {}

    def chance(self, signals: NDArray[np.float64]) -> float:
        """Give the chance, 0 to 1, of what the model is of, by the vector of the signals."""
        always, rich, passages = (self._rows @ signals).tolist()
        score = self.bias + always + rich * float(signals[_RICH]) + passages * float(signals[_PASSAGES])
        return 1 / (1 + math.exp(-min(max(score, -30), 30)))

    @cached_property
    def _rows(self) -> NDArray[np.float64]:
        return np.array(
            [[part.get(name, 0.0) for name in NAMES] for part in (self.weights, self.rich, self.passages)]
        )


class Judgement(Struct, frozen=True):
    """The chance that the first hit is right, the chance that any entry answers, and the band they make."""

    confidence: float
    answerable: float
    band: Band


class Calibration(Struct, frozen=True, kw_only=True, dict=True):
    """The chance that the first hit is right, by `bias` and the weights, and that any entry answers.

    `unsure` is the least of the second that is not refused, `sure` the least of the first, of what is not
    refused, in the sure band. A file from before there was the second is of the first alone.
    """

    bias: float
    weights: dict[str, float]
    sure: float
    unsure: float
    answerable: Model | None = None
    rich: dict[str, float] = {}
    passages: dict[str, float] = {}

    @classmethod
    def shipped(cls) -> Self:
        """Load the calibration that comes with Madang."""
        return msgspec.json.decode(SHIPPED.read_bytes(), type=cls)

    def judge(self, signals: Signals) -> Judgement:
        """Tell how sure the hit with these signals is."""
        seen = signals.vector()
        confidence = self._right.chance(seen)
        answerable = confidence if self.answerable is None else self.answerable.chance(seen)
        return Judgement(confidence, answerable, self._band(confidence, answerable))

    @cached_property
    def _right(self) -> Model:
        return Model(self.bias, self.weights, self.rich, self.passages)

    def _band(self, confidence: float, answerable: float) -> Band:
        # Who asks of another matter may find an entry that looks right; what nothing answers is refused.
        if answerable < self.unsure:
            return Band.UNKNOWN
        return Band.SURE if confidence >= self.sure else Band.UNSURE


def calibrate(
    signals: Sequence[Signals], right: Sequence[bool], answerable: Sequence[bool], folds: Sequence[int]
) -> Calibration:
    """Find the models and the thresholds from questions: their signals, and whether the first hit was right.

    The thresholds come from chances by models that had not seen the question's fold: a model is too sure
    of what it was made of. Questions for one entry belong into one fold. Raises ValueError where all answers
    are right, or all wrong.
    """
    seen = _wide(np.array([one.vector() for one in signals]))
    truth, known = np.array(right, np.float64), np.array(answerable, np.float64)
    if truth.min() == truth.max():
        raise ValueError("to calibrate takes right answers and wrong ones")
    groups = np.array(folds)
    confidence, there = _unseen(seen, truth, groups), _unseen(seen, known, groups)
    first = _model(seen, truth)
    # Where nothing had to be refused, there is only the first to go by.
    second = None if known.min() == known.max() else _model(seen, known)
    kept = np.sort((confidence if second is None else there)[truth > 0])
    sure = _sure(confidence[known > 0], truth[known > 0])
    unsure = float(kept[int(RIGHT_LOST * len(kept))])
    return Calibration(
        bias=first.bias,
        weights=first.weights,
        rich=first.rich,
        passages=first.passages,
        sure=sure,
        unsure=min(unsure, sure) if second is None else unsure,
        answerable=second,
    )


def _unseen(seen: Matrix, truth: Matrix, groups: NDArray[np.int64]) -> Matrix:
    """Give the chance of each by a model of the other folds."""
    chances = np.zeros(len(truth))
    for fold in np.unique(groups):
        held = groups == fold
        if (~held).any() and truth[~held].min() < truth[~held].max():
            bias, weights = _fit(seen[~held], truth[~held])
            chances[held] = _squash(bias + seen[held] @ weights)
    return chances


def _wide(seen: Matrix) -> Matrix:
    return np.hstack([seen, seen[:, [_RICH]] * seen, seen[:, [_PASSAGES]] * seen])


def _model(seen: Matrix, truth: Matrix) -> Model:
    bias, weights = _fit(seen, truth)
    parts = (dict(zip(NAMES, part.tolist(), strict=True)) for part in weights.reshape(3, len(NAMES)))
    return Model(bias, *parts)


def _sure(confidence: Matrix, truth: Matrix) -> float:
    """Find the least confidence from which on the answers are right often enough."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= PRECISION)
    return float(confidence[order[enough[-1]]]) if len(enough) else 1.0


def _fit(seen: Matrix, truth: Matrix) -> tuple[float, Matrix]:
    """Fit a logistic regression with a ridge over standardised `_wide` signals, by Newton's method."""
    mean, spread = seen.mean(axis=0), seen.std(axis=0)
    spread[spread < 1e-9] = 1.0
    scaled = np.column_stack([(seen - mean) / spread, np.ones(len(seen))])
    ridge = np.diag([*([RIDGE] * len(NAMES)), *([APART * RIDGE] * 2 * len(NAMES)), 0.0])
    found = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        chance = _squash(scaled @ found)
        slope = scaled.T @ (truth - chance) - ridge @ found
        curve = (scaled * (chance * (1 - chance))[:, None]).T @ scaled + ridge + 1e-9 * np.eye(len(found))
        step = np.linalg.solve(curve, slope)
        found += step
        if float(np.abs(step).max()) < 1e-8:
            break
    weights = found[:-1] / spread
    return float(found[-1] - weights @ mean), weights


def _squash(values: Matrix) -> Matrix:
    squashed: Matrix = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return squashed
