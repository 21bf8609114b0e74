"""How near two words are in meaning: the vectors of the default model, word by word.

They are looked up in the model's folder as they stand there (`static_table.py`), in half precision.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.static_model import place_of
from bots.retrieval.static_table import StaticTable
from bots.retrieval.wordings import Words, number

Vectors = NDArray[np.float32]

BATCH: Final = 4_096
"""Vectors that are measured together."""


class Known(NamedTuple):
    """Vectors of words, of length 1 (or 0 for words without), and how much each word says (a rare one: 1)."""

    vectors: Vectors
    says: Vectors


class Meanings:
    """Vectors of words by their number (`bots.retrieval.wordings.number`)."""

    def __init__(self, numbers: Words, vectors: NDArray[np.float16]) -> None:
        """Take a row of vectors for each number; of equal numbers the first counts."""
        self._numbers, self._rows = np.unique(numbers, return_index=True)
        self._vectors = vectors
        lengths = _lengths(vectors)[self._rows]
        usual = float(np.median(lengths[lengths > 0])) if (lengths > 0).any() else 1.0
        self._lengths = np.append(lengths, usual).astype(np.float32)

    @classmethod
    def none(cls) -> "Meanings":
        """Know no word: what is not the same is not near."""
        return cls(np.zeros(0, np.uint32), np.zeros((0, 1), np.float16))

    @classmethod
    def load(cls, folder: Path) -> "Meanings":
        """Read the vectors from the folder of the default model. Raises OSError, ValueError or KeyError."""
        table = StaticTable.open(folder)
        names = sorted(table.words, key=table.words.__getitem__)
        return cls(np.array([number(_noun(name)) for name in names], np.uint32), table.vectors)

    @classmethod
    def kept(cls, models: Path) -> "Meanings":
        """Read them from among the models made here, or know nothing as long as there is none."""
        place = place_of(models)
        return cls.load(place) if place.is_dir() else cls.none()

    def of(self, words: Words) -> Known:
        """Look words up."""
        if not len(self._numbers):
            nothing = np.zeros((len(words), self._vectors.shape[1]), np.float32)
            return Known(nothing, np.ones(len(words), np.float32))
        places = np.searchsorted(self._numbers, words)
        places[places == len(self._numbers)] = 0
        there = self._numbers[places] == words
        lengths = self._lengths[np.where(there, places, len(self._numbers))]
        vectors = self._vectors[self._rows[places]].astype(np.float32)
        vectors /= np.where(there & (lengths > 0), lengths, np.inf)[:, None]
        return Known(vectors, lengths)


def _lengths(vectors: NDArray[np.float16]) -> Vectors:
    """Measure the vectors, some at a time, so that they are never all in memory in single precision."""
    lengths = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), BATCH):
        some = vectors[start : start + BATCH].astype(np.float32)
        lengths[start : start + BATCH] = np.sqrt(np.einsum("ij,ij->i", some, some))
    return lengths


def _noun(name: str) -> str:
    form, _, tag = name.rpartition("/")
    return f"{form}/{'NNG' if tag == 'NNP' else tag}"
