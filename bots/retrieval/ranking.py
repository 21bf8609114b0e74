"""The order of the entries that the indexes found, by a linear model over the legs and the likeness.

Its weights come from questions whose answers are known (`learn`) and are kept in a file. Some figures tell
more where entries have many wordings, others where they are passages without any: each figure has a weight
for every set, one more for the share of wordings, and one more for the share of passages.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, Self, TypedDict

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.retrieval.evidence import Held
from bots.retrieval.likeness import Likeness
from bots.retrieval.vocabulary import Numbers

SHIPPED: Final = Path(__file__).parents[1] / "data" / "ranking.json"

RICH: Final = 6
"""Wordings from which on an entry is rich: a title, a question and four aliases."""
LEGS: Final = ("morphemes", "syllables", "jamo", "dense")
FIGURES: Final = (
    "fused",
    *(f"leg_{leg}" for leg in LEGS),
    *(f"share_{leg}" for leg in LEGS),
    *Likeness.__struct_fields__,
)
"""`leg_*` are of the best of that leg, `share_*` of what is possible (for `dense` the cosine)."""


class Candidates(Struct, frozen=True):
    """Some entries as the ranking sees them: a row of figures each, in the order of `FIGURES`.

    `rich` and `passages`, 0 to 1, say how many wordings they have, and how many of them have none. `bonus`
    is added to the score of each. `known` is the share of the question's weight that any visible entry
    holds, `length` how many words with a meaning it has.
    `held` is what they hold of each of these, if that is known.
    """

    figures: Numbers
    bonus: Numbers
    rich: float
    passages: float
    known: float
    length: int
    held: Held | None = None


class Ranking(Struct, frozen=True, kw_only=True, dict=True):
    """Weights by figure: for every set, and what rich entries and passages add to that."""

    always: Mapping[str, float]
    rich: Mapping[str, float]
    passages: Mapping[str, float]

    @classmethod
    def shipped(cls) -> Self:
        """Load the weights that come with Madang."""
        return msgspec.json.decode(SHIPPED.read_bytes(), type=cls)

    def score(self, candidates: Candidates) -> NDArray[np.float64]:
        """Score the candidates: of two that differ by 1 the better is right e times as often."""
        always, rich, passages = self._rows
        weights = always + candidates.rich * rich + candidates.passages * passages
        scores: NDArray[np.float64] = candidates.figures.astype(np.float64) @ weights + candidates.bonus
        return scores

    @cached_property
    def _rows(self) -> tuple[NDArray[np.float64], ...]:
        return tuple(_row(weights) for weights in (self.always, self.rich, self.passages))


PLAIN: Final = Ranking(always={"fused": 8.0}, rich={}, passages={})
"""The order of the legs' sum, from where learning begins where nothing else is known."""


def beliefs(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the chance of each candidate that it is the right one, if any is. Together they are 1."""
    if not len(scores):
        return scores
    odds = np.exp(scores - scores.max())
    shares: NDArray[np.float64] = odds / odds.sum()
    return shares


class Shape(TypedDict):
    """How entries are made, as `Candidates` want it."""

    rich: float
    passages: float


def shape(asked: NDArray[np.float64]) -> Shape:
    """Say of entries with so many wordings each how rich they are, and how many are passages.

    What has half a wording is half a passage.
    """
    if not len(asked):
        return Shape(rich=0.0, passages=0.0)
    # Of a few dozen numbers Python makes less ado than arrays.
    counts = asked.tolist()
    rich = sum(min(max((count - 2) / (RICH - 2), 0), 1) for count in counts)
    passages = sum(max(1 - count, 0) for count in counts)
    return Shape(rich=rich / len(counts), passages=passages / len(counts))


def _row(weights: Mapping[str, float]) -> NDArray[np.float64]:
    return np.array([weights.get(name, 0.0) for name in FIGURES])
