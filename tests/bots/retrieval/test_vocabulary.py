import numpy as np
import pytest

from bots.retrieval import vocabulary
from bots.retrieval.meanings import Meanings
from bots.retrieval.vocabulary import NEAR, Vocabulary
from bots.retrieval.wordings import number

WORDS = [number(f"{form}/NNG") for form in ("급식", "급식비", "점심", "전학", "이사", "학교", "도서관", "책")]
ASKED = np.array([number(f"{form}/NNG") for form in ("급식", "요금", "전학", "없는말")], np.uint32)
SYNONYMS = ((WORDS[2],), (), (WORDS[4], number("없다/VV")), ())


def like(known: Vocabulary) -> list[dict[int, float]]:
    """Say of each word asked with which words here are near, and how much."""
    found = known.like(ASKED, SYNONYMS, known.meanings.of(ASKED).vectors)
    names = {place: word for word, place in known.places.items()}
    return [
        {names[place]: cosine for place, cosine in zip(one.near.tolist(), one.cosines.tolist(), strict=True)}
        for one in found
    ]


def expected(meanings: Meanings, words: list[int]) -> list[dict[int, float]]:
    cosines = meanings.of(ASKED).vectors @ meanings.of(np.array(words, np.uint32)).vectors.T
    return [
        {word: pytest.approx(min(cosine, 1), abs=1e-5) for word, cosine in pairs if cosine >= NEAR}
        for pairs in (zip(words, row, strict=True) for row in cosines.tolist())
    ]


def test_what_is_like_a_word_follows_what_is_learnt(meanings: Meanings) -> None:
    known = Vocabulary(meanings)
    assert like(known) == [{}, {}, {}, {}]
    for learnt in (1, 3, len(WORDS)):
        known.learn(np.array(WORDS[:learnt], np.uint32))
        assert like(known) == expected(meanings, WORDS[:learnt])
        assert like(known) == expected(meanings, WORDS[:learnt])
    vectors = meanings.of(ASKED).vectors
    synonyms = [one.synonyms.tolist() for one in known.like(ASKED, SYNONYMS, vectors)]
    assert synonyms == [[known.places[WORDS[2]]], [], [known.places[WORDS[4]]], []]


def test_what_is_remembered_stays_bounded_and_right(
    meanings: Meanings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "REMEMBERED", 2)
    known = Vocabulary(meanings)
    for learnt in range(1, len(WORDS) + 1):
        known.learn(np.array(WORDS[:learnt], np.uint32))
        assert like(known) == expected(meanings, WORDS[:learnt])
        assert len(known._like) <= 2 + len(ASKED)


def test_what_was_found_ahead_is_not_looked_for_again(meanings: Meanings) -> None:
    known = Vocabulary(meanings)
    known.learn(np.array(WORDS, np.uint32))
    assert [known.prepare(begin, 3) for begin in (0, 3, 6)] == [True, True, False]
    word, nothing = np.array(WORDS[:1], np.uint32), np.zeros((1, known.dimensions), np.float32)
    assert not len(Vocabulary(meanings).like(word, [()], nothing)[0].near)
    (found,) = known.like(word, [(WORDS[2], number("없다/VV"))], nothing)
    assert known.places[WORDS[0]] in found.near
    assert found.synonyms.tolist() == [known.places[WORDS[2]]]
