"""Vectors in half precision, which find among many those few of which the nearest surely are.

A search of all reads every vector from memory, and that takes most of its time; these are half as long. What
they find is compared again with the whole vectors, so that the result is that of the exact search.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]

SPARE: Final = 2
"""How many times as many are found as are wanted."""
ERROR: Final = 5.1e-4
"""By how much a product of two vectors of length 1 may be another in half precision: 2 to the power of -11
for the rounding, and what is rounded away in adding up."""


class Halves:
    """Vectors of length 1, numbered by their order, in half precision."""

    def __init__(self, vectors: Vectors) -> None:
        import faiss

        self._index: Any = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self.add(vectors)
        make_room(self._index)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: Vectors) -> None:
        """Add vectors after those that are there."""
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def near(self, question: Vectors, seen: Mask, most: int) -> NDArray[np.int64] | None:
        """List, in order, vectors among which are the `most` nearest of those that are `seen`.

        Gives None where too many are as near to tell.
        """
        import faiss

        chosen = faiss.IDSelectorBitmap(np.packbits(seen, bitorder="little"))
        cosines, found = self._index.search(
            question[None, :], SPARE * most, params=faiss.SearchParameters(sel=chosen)
        )
        if found[0, -1] < 0:
            # There are no more.
            return np.sort(found[0][found[0] >= 0])
        # The last wanted are at least this near; whatever was not found is farther than the last found.
        if cosines[0, most - 1] - cosines[0, -1] <= 2 * ERROR:
            return None
        return np.sort(found[0])


def make_room(index: Any) -> None:
    """Let an index of FAISS take room for as many vectors more: the next one would hold up who asks then."""
    index.add(np.zeros((1, index.d), np.float32))
    index.remove_ids(np.array([index.ntotal - 1]))
