"""How sure an answer is, and which band that makes: sure, unsure, unknown.

A logistic model over the signals gives the chance that the first hit is right; two thresholds cut it into
bands. All are found from questions whose answers are known (`calibrate`) and kept in a file.
"""

from collections.abc import Sequence
from enum import StrEnum
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
RIGHT_LOST: Final = 0.02
"""Share of the right answers that may fall into the unknown band."""
RIDGE: Final = 10.0
_STEPS: Final = 50

Matrix = NDArray[np.float64]


class Band(StrEnum):
    """How sure an answer is: it is given, it is offered ("did you mean"), or there is none."""

    SURE = "sure"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


class Calibration(Struct, frozen=True, kw_only=True):
    """A logistic model over the signals by name, and the least confidence of the sure and the unsure band."""

    bias: float
    weights: dict[str, float]
    sure: float
    unsure: float

    @classmethod
    def shipped(cls) -> Self:
        """Load the calibration that comes with Madang."""
        return cls.load(SHIPPED)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Load the office's own calibration from the chatbot's folder, else the shipped one."""
        own = folder / SHIPPED.name
        return cls.load(own) if own.exists() else cls.shipped()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load a calibration. Raises OSError, or msgspec.DecodeError for what is none."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """Write the calibration, all or nothing."""
        draft = path.with_suffix(".draft")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
        draft.replace(path)

    def confidence(self, signals: Signals) -> float:
        """Give the chance, 0 to 1, that the hit with these signals is right."""
        weights = np.array([self.weights.get(name, 0.0) for name in NAMES])
        return float(_squash(np.array([self.bias + weights @ signals.vector()]))[0])

    def band(self, confidence: float) -> Band:
        """Tell the band of a confidence."""
        if confidence >= self.sure:
            return Band.SURE
        return Band.UNSURE if confidence >= self.unsure else Band.UNKNOWN


def calibrate(
    signals: Sequence[Signals], right: Sequence[bool], answerable: Sequence[bool], folds: Sequence[int]
) -> Calibration:
    """Find the model and the thresholds from questions: their signals, and whether the first hit was right.

    The thresholds come from confidences of models that had not seen the question's fold: a model is too sure
    of what it was made of. Questions for one entry belong into one fold. Raises ValueError where all answers
    are right, or all wrong.
    """
    seen = np.array([one.vector() for one in signals])
    truth = np.array(right, np.float64)
    if truth.min() == truth.max():
        raise ValueError("to calibrate takes right answers and wrong ones")
    groups = np.array(folds)
    honest = np.zeros(len(truth))
    for fold in set(folds):
        held = groups == fold
        if held.any() and (~held).any() and truth[~held].min() < truth[~held].max():
            bias, weights = _fit(seen[~held], truth[~held])
            honest[held] = _squash(bias + seen[held] @ weights)
    bias, weights = _fit(seen, truth)
    known = np.array(answerable, bool)
    sure = _sure(honest[known], truth[known])
    kept = np.sort(honest[truth > 0])
    unsure = min(float(kept[int(RIGHT_LOST * len(kept))]), sure)
    named = {name: float(weight) for name, weight in zip(NAMES, weights, strict=True)}
    return Calibration(bias=float(bias), weights=named, sure=sure, unsure=unsure)


def _sure(confidence: Matrix, truth: Matrix) -> float:
    """Find the least confidence from which on the answers are right often enough."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= PRECISION)
    return float(confidence[order[enough[-1]]]) if len(enough) else 1.0


def _fit(seen: Matrix, truth: Matrix) -> tuple[float, Matrix]:
    """Fit a logistic regression with a ridge over standardised signals, by Newton's method."""
    mean, spread = seen.mean(axis=0), seen.std(axis=0)
    spread[spread < 1e-9] = 1.0
    scaled = np.column_stack([(seen - mean) / spread, np.ones(len(seen))])
    ridge = np.diag([*([RIDGE] * seen.shape[1]), 0.0])
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
