import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.retrieval.best import best_rows


@given(
    scores=st.lists(st.sampled_from([0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0]), max_size=200),
    most=st.integers(1, 12),
)
def test_the_best_are_those_of_all_in_order(scores: list[float], most: int) -> None:
    positive = sorted((score for score in scores if score > 0), reverse=True)
    least = positive[:most][-1] if positive else 1.0
    expected = [row for row, score in enumerate(scores) if score >= least]
    assert best_rows(np.array(scores, np.float32), most).tolist() == expected


def test_of_very_many_few_are_looked_at_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(1).random(100_000).astype(np.float32)
    sizes: list[int] = []
    partition = np.partition

    def watched(values: np.ndarray, place: int) -> np.ndarray:
        sizes.append(len(values))
        return partition(values, place)

    monkeypatch.setattr(np, "partition", watched)
    best_rows(scores, 30)
    assert max(sizes) < 1_000
