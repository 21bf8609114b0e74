import numpy as np
import pytest

from bots.retrieval import wordings
from bots.retrieval.morphemes import Morpheme, Morphemes
from bots.retrieval.text import normalise
from bots.retrieval.wordings import LONGEST, Spelt, Wordings, key, number, spell


def spelt(morphemes: Morphemes, text: str) -> Spelt:
    return spell([normalise(text)], [morphemes.cut(text)])[0]


def test_what_was_put_in_comes_out(morphemes: Morphemes) -> None:
    made = Wordings()
    texts = [spelt(morphemes, text) for text in ("전학 절차", "이사", "새 학교는 어디인가요", "")]
    made.add(2, texts[:3], texts[1])
    made.add(0, [], texts[2])
    made.add(1, texts[:1], None)
    made.add(3, [], None)
    found = made.gather([1, 2, 0, 3])
    assert found.owner.tolist() == [0, 1, 1, 1, 2]
    assert found.asked.tolist() == [1, 3, 0, 0]
    for side, kind in ((found.words, 0), (found.pairs, 1), (found.jamo, 2)):
        expected = [text[kind] for text in (texts[0], *texts[:3], texts[2])]
        assert side.lengths.tolist() == [len(one) for one in expected]
        assert side.flat.tolist() == np.concatenate(expected).tolist()
    assert found.answers.lengths.tolist() == [0, len(texts[1].words), len(texts[2].words), 0]


def test_what_is_remembered_follows_what_is_removed_and_stays_bounded(
    morphemes: Morphemes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordings, "READ", 3)
    made = Wordings()
    text = spelt(morphemes, "전학 절차")
    for row in range(10):
        made.add(row, [text], None)
        assert made.gather([row]).asked.tolist() == [1]
    assert len(made._read) <= 3
    made.remove(9)
    made.add(9, [text, text], None)
    assert made.gather([9, 0]).asked.tolist() == [2, 1]


def test_an_empty_choice_is_empty() -> None:
    assert len(Wordings().gather([]).owner) == 0


def test_a_long_text_is_bounded(morphemes: Morphemes) -> None:
    long = spelt(morphemes, " ".join(f"전학{chr(0xAC00 + place)}" for place in range(2_000)))
    assert len(long.words) <= LONGEST
    assert max(len(long.pairs), len(long.jamo)) <= 4 * LONGEST


def test_proper_nouns_are_nouns() -> None:
    assert number(key(Morpheme("나이스", "NNP"))) == number(key(Morpheme("나이스", "NNG")))
    assert number(key(Morpheme("나", "VV"))) != number(key(Morpheme("나", "NP")))
