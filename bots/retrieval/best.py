"""The best of many scores, found without putting all in order."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_TINY: Final = float(np.finfo(np.float32).tiny)
_BLOCKS: Final = 6
"""Blocks of scores for each that is wanted; the more there are, the fewer are looked at that are not."""


def best_rows(scores: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """List the rows of the best positive scores, in order of the rows; all that are as good as the last."""
    rows = np.flatnonzero(scores >= max(_bound(scores, most), _TINY))
    if len(rows) > most:
        found = scores.take(rows)
        rows = rows[found >= np.partition(found, -most)[-most]]
    return rows


def _bound(scores: NDArray[np.float32], most: int) -> float:
    """Give a score that as many reach: the best of as many blocks do."""
    size = len(scores) // (_BLOCKS * most)
    if size < 2:
        return 0.0
    # Far rows make a block: like entries often stand side by side.
    blocks = scores[: len(scores) // size * size].reshape(size, -1).max(axis=0)
    return float(np.partition(blocks, -most)[-most])
