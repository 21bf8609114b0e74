import msgspec
import numpy as np
import pytest

from bots.retrieval.ranking import FIGURES, Candidates
from bots.retrieval.signals import NAMES, Signals, observe


def test_nothing_found_is_nothing_seen() -> None:
    assert not Signals().vector().any()


def test_the_vector_goes_by_the_names() -> None:
    vector = Signals(known=0.5, length=2.0).vector()
    assert dict(zip(NAMES, vector, strict=True)) == dict.fromkeys(NAMES, 0.0) | {"known": 0.5, "length": 2.0}


def test_the_first_is_seen_beside_the_second() -> None:
    figures = np.zeros((3, len(FIGURES)), np.float32)
    figures[:, FIGURES.index("answer")] = (0.2, 0.9, 0.5)
    candidates = Candidates(figures, np.zeros(3, np.float32), rich=1.0, passages=0.0, known=0.8, length=3)
    scores = np.array([0.0, 2.0, 1.0])
    seen = observe([1, 2, 0], scores, candidates)
    assert (seen.answer, seen.ahead_answer) == (pytest.approx(0.9), pytest.approx(0.4))
    # Alone it is ahead of nothing by all that it has.
    alone = observe([0], scores[1:2], msgspec.structs.replace(candidates, figures=figures[1:2]))
    assert (alone.answer, alone.ahead_answer, alone.margin) == (pytest.approx(0.9), pytest.approx(0.9), 1.0)
