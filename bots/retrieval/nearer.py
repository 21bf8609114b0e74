"""Of entries that ask the same, the nearer goes first: a school's own before the office's."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.catalogue import Catalogue

SAME: Final = 4.0
"""Of two entries with the same title or question the nearer goes first unless it is behind by more."""


def nearer_first(
    catalogue: Catalogue, places: list[int], rows: Sequence[int], scores: NDArray[np.float64]
) -> list[int]:
    """Put the nearer of entries that ask the same first, whatever their words in the answer."""
    near = catalogue.nearness()[rows]
    if not len(near) or near.min() == near.max():
        return places
    goes_first = (
        catalogue.same_asked(rows) & (near[:, None] > near[None]) & (scores[:, None] >= scores[None] - SAME)
    )
    order = list(places)
    moves = set(np.nonzero(goes_first)[0].tolist())
    for at in range(1, len(order)) if moves else ():
        if order[at] in moves and len(ahead_of := np.flatnonzero(goes_first[order[at], order[:at]])):
            order.insert(int(ahead_of[0]), order.pop(at))
    return order
