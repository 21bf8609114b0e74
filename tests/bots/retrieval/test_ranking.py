import numpy as np
import pytest

from bots.evaluation.learning import Example, learn
from bots.retrieval.ranking import FIGURES, PLAIN, Candidates, Ranking, beliefs, shape


def candidates(figures: np.ndarray[tuple[int, int], np.dtype[np.float32]], rich: float = 0.0) -> Candidates:
    return Candidates(
        figures=figures,
        bonus=np.zeros(len(figures), np.float32),
        rich=rich,
        passages=0.0,
        known=1.0,
        length=3,
    )


def drawn(number: int, rich: float, telling: str) -> list[Example]:
    """Draw questions of which one figure tells the right candidate."""
    random = np.random.default_rng(5)
    made = []
    for _ in range(number):
        figures = random.random((8, len(FIGURES))).astype(np.float32)
        right = np.arange(8) == figures[:, FIGURES.index(telling)].argmax()
        made.append(Example(candidates(figures, rich), right))
    return made


def share_right(ranking: Ranking, examples: list[Example]) -> float:
    return float(np.mean([one.right[ranking.score(one.candidates).argmax()] for one in examples]))


def test_what_tells_the_right_one_is_learnt() -> None:
    examples = drawn(300, 0.0, "words")
    made = learn(examples[:200], PLAIN)
    assert share_right(PLAIN, examples[200:]) < 0.3
    assert share_right(made, examples[200:]) > 0.75
    assert max(made.always, key=made.always.__getitem__) == "words"


def test_rich_entries_have_weights_of_their_own() -> None:
    poor, rich = drawn(300, 0.0, "words"), drawn(300, 1.0, "jamo")
    made = learn([*poor[:200], *rich[:200]], PLAIN)
    assert share_right(made, poor[200:]) > 0.7
    assert share_right(made, rich[200:]) > 0.7


def test_few_questions_change_little() -> None:
    made = learn(drawn(3, 0.0, "words"), PLAIN)
    assert made.always["fused"] == pytest.approx(8, abs=1.5)
    assert made.always["words"] < 1.5


@pytest.mark.parametrize("right", [[True, True], [False, False]])
def test_what_says_nothing_cannot_be_learnt_from(right: list[bool]) -> None:
    example = Example(candidates(np.zeros((2, len(FIGURES)), np.float32)), np.array(right))
    with pytest.raises(ValueError, match="right and wrong"):
        learn([example])


def test_the_shipped_weights_are_of_figures_that_there_are() -> None:
    shipped = Ranking.shipped()
    for part in (shipped.always, shipped.rich, shipped.passages):
        assert set(part) == set(FIGURES)


def test_beliefs_share_one() -> None:
    assert beliefs(np.array([2.0, 1.0, -700.0])).sum() == pytest.approx(1)
    assert len(beliefs(np.zeros(0))) == 0


def test_the_shape_of_entries() -> None:
    assert shape(np.array([6, 6, 8])) == {"rich": 1.0, "passages": 0.0}
    assert shape(np.array([0, 1, 2, 4])) == {"rich": 0.125, "passages": 0.25}
    assert shape(np.array([0.5, 0.5, 0, 6])) == {"rich": 0.25, "passages": 0.5}
    assert shape(np.zeros(0)) == {"rich": 0.0, "passages": 0.0}
