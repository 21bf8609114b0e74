import numpy as np
import pytest

from bots.retrieval import readings
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.readings import BLOCK, COMMON, Gathered, Readings
from bots.retrieval.wordings import Wordings, spell

TEXTS = ("전학 절차", "이사 서류", "새 학교는 어디인가요", "?!", "급식비 " * 9)


@pytest.fixture
def wordings(morphemes: Morphemes) -> Wordings:
    made = Wordings()
    texts = spell(TEXTS, [morphemes.cut(text) for text in TEXTS])
    for row in range(10):
        made.add(row, texts[: 1 + row % 5], texts[row % 3])
    return made


def words(gathered: Gathered) -> list[list[int]]:
    """List the words of each text."""
    named = {place: word for word, place in gathered.vocabulary.places.items()}
    ends = np.cumsum(gathered.sizes[:, 0])
    return [
        [named[place] for place in blocks.ravel().tolist() if place]
        for blocks in np.split(gathered.blocks, ends[:-1])
    ]


def test_entries_are_put_side_by_side(wordings: Wordings, meanings: Meanings) -> None:
    gathered = Readings(wordings, meanings).gather([4, 0])
    assert gathered.asked.tolist() == [5, 1]
    assert gathered.texts.tolist() == [6, 2]
    expected = [
        one.tolist()
        for row in (4, 0)
        for one in np.split(wordings[row].words, np.cumsum(wordings[row].sizes[:, 0])[:-1])
    ]
    assert words(gathered) == expected
    # A text without a word takes a block as well, a long one several.
    assert gathered.sizes[:5, 0].tolist() == [1, 1, 1, 1, -(-9 // BLOCK)]
    assert gathered.sizes[:, 1].tolist() == [max(len(one) - 1, 0) for one in expected]
    for text, says, direction in zip(expected, *gathered.measures, strict=True):
        known = meanings.of(np.array(text, np.uint32))
        assert says == pytest.approx((known.says + COMMON).sum(), rel=1e-5)
        together = known.says @ known.vectors
        assert direction == pytest.approx(together / max(np.linalg.norm(together), 1e-9), abs=1e-5)


@pytest.mark.parametrize(("name", "bound"), [("READ", 3), ("LEARNT", 5)])
def test_what_is_kept_stays_bounded_and_right(
    wordings: Wordings, meanings: Meanings, monkeypatch: pytest.MonkeyPatch, name: str, bound: int
) -> None:
    monkeypatch.setattr(readings, name, bound)
    kept = Readings(wordings, meanings)
    for row in (*range(10), *range(10)):
        other = (row + 3) % 10
        gathered = kept.gather([row, other])
        assert gathered.asked.tolist() == [1 + row % 5, 1 + other % 5]
        expected = [*wordings[row].words.tolist(), *wordings[other].words.tolist()]
        assert [word for text in words(gathered) for word in text] == expected
        assert len(kept) <= 5


def test_a_row_that_went_is_not_kept(wordings: Wordings, meanings: Meanings) -> None:
    kept = Readings(wordings, meanings)
    kept.gather([1, 2])
    kept.forget(1)
    assert len(kept) == 1


def test_what_is_prepared_is_read_though_rows_go_meanwhile(
    wordings: Wordings, meanings: Meanings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "STEP", 3)
    kept = Readings(wordings, meanings)
    steps = kept.prepare(range(10))
    next(steps)
    wordings.remove(9)
    assert len([*steps]) > 3
    assert len(kept) == 9
    assert not [*Readings(wordings, meanings).prepare(range(readings.READ + 1))]


def test_an_empty_choice_is_empty(wordings: Wordings) -> None:
    assert not len(Readings(wordings, Meanings.none()).gather([]).texts)
