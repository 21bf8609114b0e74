"""How near two words are in meaning: the vectors of the default model, word by word.

They are read from the model's folder as they stand, in half precision and without PyTorch: 40 MB, in 0.1 s.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.static_model import place_of
from bots.wordings import Words, number

Vectors = NDArray[np.float32]


class Known(NamedTuple):
    """Vectors of words, of length 1 (or 0 for words without), and how much each word says (a rare one: 1)."""

    vectors: Vectors
    says: Vectors


class Meanings:
    """Vectors of words by their number (`bots.wordings.number`)."""

    def __init__(self, numbers: Words, vectors: NDArray[np.float16]) -> None:
        """Take a row of vectors for each number; of equal numbers the first counts."""
        self._numbers, first = np.unique(numbers, return_index=True)
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)[first]
        units = vectors[first] / np.where(lengths > 0, lengths, 1)[:, None]
        self._units = np.vstack([units, np.zeros((1, vectors.shape[1]))]).astype(np.float16)
        usual = float(np.median(lengths[lengths > 0])) if (lengths > 0).any() else 1.0
        self._lengths = np.append(lengths, usual).astype(np.float32)

    @classmethod
    def none(cls) -> "Meanings":
        """Know no word: what is not the same is not near."""
        return cls(np.zeros(0, np.uint32), np.zeros((0, 1), np.float16))

    @classmethod
    def load(cls, folder: Path) -> "Meanings":
        """Read the vectors from the folder of the default model. Raises OSError, ValueError or KeyError."""
        from safetensors.numpy import load_file

        vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        (vectors,) = load_file(folder / "model.safetensors").values()
        names = sorted(vocabulary, key=vocabulary.__getitem__)
        return cls(np.array([number(_noun(name)) for name in names], np.uint32), vectors)

    @classmethod
    def kept(cls, models: Path) -> "Meanings":
        """Read them from among the models made here, or know nothing as long as there is none."""
        place = place_of(models)
        return cls.load(place) if place.is_dir() else cls.none()

    def of(self, words: Words) -> Known:
        """Look words up."""
        places = np.searchsorted(self._numbers, words)
        places[places == len(self._numbers)] = 0
        there = self._numbers[places] == words if len(self._numbers) else np.zeros(len(words), np.bool_)
        rows = np.where(there, places, len(self._units) - 1)
        return Known(self._units[rows].astype(np.float32), self._lengths[rows])


def _noun(name: str) -> str:
    form, _, tag = name.rpartition("/")
    return f"{form}/{'NNG' if tag == 'NNP' else tag}"
