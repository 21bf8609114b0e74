"""The figures of the entries that the legs found, side by side, as the ranking and the signals want them."""

from collections.abc import Mapping, Sequence

import numpy as np

from bots.retrieval.fusion import of_the_best
from bots.retrieval.lexical import LEGS
from bots.retrieval.likeness import Likeness
from bots.retrieval.postings import LegScore, Scores
from bots.retrieval.vocabulary import Numbers


def figures_of(
    rows: Sequence[int],
    fused: Scores,
    lexical: Mapping[str, LegScore],
    dense: Scores | None,
    likeness: Likeness,
) -> Numbers:
    """Put the figures of the rows side by side, in the order of `ranking.FIGURES`."""
    at = np.asarray(rows, np.int64)
    nothing = np.zeros(len(rows), np.float32)
    figures = [
        fused[at],
        *(of_the_best(lexical[leg].scores, at) for leg in LEGS),
        nothing if dense is None else of_the_best(dense, at),
        *(lexical[leg].scores[at] / max(lexical[leg].ideal, 1e-9) for leg in LEGS),
        nothing if dense is None else dense[at],
        *(getattr(likeness, name) for name in Likeness.__struct_fields__),
    ]
    return np.ascontiguousarray(np.array(figures, np.float32).T)
