import numpy as np
import pytest

from bots.retrieval.fusion import Weights, fuse, normalise


def test_scores_become_shares_of_the_best() -> None:
    assert normalise(np.array([2, 1, -1], np.float32)).tolist() == [1, 0.5, 0]
    assert normalise(np.array([0, -1], np.float32)).tolist() == [0, 0]
    assert normalise(np.zeros(0, np.float32)).tolist() == []


def test_legs_add_up_by_weight() -> None:
    legs = {"morphemes": np.array([4, 0], np.float32), "dense": np.array([0, 0.2], np.float32)}
    assert fuse(legs, Weights(morphemes=3, dense=1)).tolist() == pytest.approx([0.75, 0.25])
    assert fuse(legs, Weights(morphemes=0, dense=0)).tolist() == [0, 0]


def test_words_say_less_where_they_are_misspelt() -> None:
    legs = {"morphemes": np.array([1, 0], np.float32), "jamo": np.array([0, 1], np.float32)}
    assert fuse(legs, Weights(), 1.0)[1] == pytest.approx(0.5)
    assert fuse(legs, Weights(), 0.25)[1] == pytest.approx(2 / 3)
