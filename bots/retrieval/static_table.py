"""The default model as it lies in its folder: a table of vectors and the words that they are of.

It is a stock sentence-transformers model of one `StaticEmbedding`, and sentence-transformers gives the same
vectors for it. To look words up and take their mean takes neither its 460 MB nor its 8 seconds, so the
default model is read here, without PyTorch; the table stays in its file, of which the system keeps in memory
what is looked at.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Table = NDArray[np.float16]

VECTORS: Final = "model.safetensors"
WORDS: Final = "tokenizer.json"
_LENGTH: Final = 8
_HALF: Final = "F16"


class StaticTable:
    """Vectors by row, and the row of each word; row 0 is of words that are not known."""

    def __init__(self, words: Mapping[str, int], vectors: Table) -> None:
        self.words = words
        self.vectors = vectors

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the table in the folder of a model. Raises OSError, ValueError or KeyError."""
        vocabulary = json.loads((folder / WORDS).read_text(encoding="utf-8"))["model"]["vocab"]
        return cls(vocabulary, _vectors(folder / VECTORS))

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return int(self.vectors.shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Give the mean of the vectors of each text's words, which spaces part; zero for a text without."""
        words = [text.split() for text in texts]
        rows = np.array([self.words.get(word, 0) for some in words for word in some], np.int64)
        lengths = np.array([len(some) for some in words], np.int64)
        means = np.zeros((len(texts), self.dimensions), np.float32)
        filled = lengths > 0
        if filled.any():
            starts = (np.cumsum(lengths) - lengths)[filled]
            totals = np.add.reduceat(self.vectors[rows].astype(np.float32), starts, axis=0)
            means[filled] = totals / lengths[filled, None]
        return means


def _vectors(file: Path) -> Table:
    """Map the one tensor of a safetensors file: the length of a header, the header in JSON, the numbers."""
    with file.open("rb") as content:
        size = int.from_bytes(content.read(_LENGTH), "little")
        header = json.loads(content.read(size))
    header.pop("__metadata__", None)
    (about,) = header.values()
    if about["dtype"] != _HALF:
        raise ValueError(f"{file.name} is not in half precision")
    begin, _ = about["data_offsets"]
    mapped = np.memmap(file, np.float16, "r", _LENGTH + size + begin, tuple(about["shape"]))
    # A plain array over the same pages: every look-up in a memmap makes another memmap, which takes longer.
    return np.asarray(mapped)
