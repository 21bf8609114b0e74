from pathlib import Path

import numpy as np
import pytest

from bots.retrieval.meanings import Meanings
from bots.retrieval.static_model import place_of
from bots.retrieval.wordings import number


def words(*names: str) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.array([number(name) for name in names], np.uint32)


def test_words_have_vectors_of_length_one_and_others_none(meanings: Meanings) -> None:
    known = meanings.of(words("학교/NNG", "쀍뛟/NNG", "가/VV"))
    assert np.linalg.norm(known.vectors, axis=1) == pytest.approx([1, 0, 1], abs=1e-2)
    assert known.says.min() > 0


def test_the_nearer_in_meaning_the_greater_the_cosine(meanings: Meanings) -> None:
    asked, near, far = meanings.of(words("비용/NNG", "요금/NNG", "바다/NNG")).vectors
    assert asked @ near > asked @ far + 0.2


def test_frequent_words_say_less(meanings: Meanings) -> None:
    rare, frequent = meanings.of(words("전학/NNG", "하/VV")).says
    assert rare > 2 * frequent


def test_without_a_model_nothing_is_known(tmp_path: Path) -> None:
    none = Meanings.kept(tmp_path)
    known = none.of(words("학교/NNG", "가/VV"))
    assert not known.vectors.any()
    assert known.says.tolist() == [1, 1]


def test_a_folder_without_a_model_is_told(models: Path, tmp_path: Path) -> None:
    assert place_of(models).is_dir()
    with pytest.raises(OSError, match="tokenizer"):
        Meanings.load(tmp_path)
