from collections.abc import Sequence

import numpy as np
import pytest

from bots.entries import Entry
from bots.retrieval.evidence import covered, general_words, is_plain, is_topic, leads, spellings
from bots.retrieval.grams import Runs
from bots.retrieval.lexical import Lexical
from bots.retrieval.likeness import Likeness, compare
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morpheme, Morphemes

ENTRIES = (
    Entry(
        id="certificate", title="졸업증명서 발급", aliases=("졸업증명서 온라인 신청",), answer="정부24에서."
    ),
    Entry(id="safety", title="안전점검 주기", aliases=("시설 안전점검은 얼마마다 하나요",), answer="매월."),
    Entry(id="passage", answer="졸업증명서는 온라인으로 발급하고 안전점검은 매월 합니다."),
)


def seen(morphemes: Morphemes, meanings: Meanings, question: str) -> Likeness:
    lexical = Lexical(morphemes)
    for _ in lexical.add_all(enumerate(ENTRIES)):
        pass
    read = lexical.read(question, morphemes.cut_question(question))
    asked = lexical.like(read, lexical.score(read, np.ones(len(ENTRIES), np.bool_)))
    return compare(asked, lexical.gather(range(len(ENTRIES)), meanings))


def threes(text: str) -> list[int]:
    return sorted(set(map(int, Runs.of([text]).spelt().grams(3)[0])))


def held(question: Sequence[int], *entries: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([[gram in threes(text) for gram in question] for text in entries], np.float32)


def test_words_that_may_be_asked_of_anything_name_no_matter() -> None:
    assert {"신청", "방법", "발급", "온라인", "비용", "서류"} <= general_words()
    assert not {"전학", "급식", "증명", "#"} & general_words()
    assert is_topic(Morpheme("전학", "NNG"))
    assert not is_topic(Morpheme("신청", "NNG"))
    assert not is_topic(Morpheme("3", "SN"))
    assert not is_topic(Morpheme("가", "VV"))


def test_pieces_of_misspelt_words_are_not_plain() -> None:
    told = [Morpheme("혼인", "NNG"), Morpheme("엽", "NNG"), Morpheme("글자쑤", "NNG", known=False)]
    assert [is_plain(one) for one in told] == [True, False, False]


def test_a_noun_leads_the_noun_right_after_it() -> None:
    cut = [Morpheme("인감", "NNG"), Morpheme("증명서", "NNG"), Morpheme("를", "JKO"), Morpheme("떼", "VV")]
    assert leads(cut) == [True, False, False]


def test_a_word_cut_into_odd_pieces_is_looked_for_whole() -> None:
    question = threes("졸엽증명서")
    cut = [Morpheme("졸", "NNG"), Morpheme("엽", "NNG"), Morpheme("증명서", "NNG"), Morpheme("는", "JX")]
    shares = covered(spellings(cut, question), held(question, "졸업증명서 발급", "급식비 납부"))
    # All three are of one word, of which the threes at the slip alone are missing.
    assert (shares[0] > 0.6).all()
    assert shares[0, 2] == 1
    assert shares[1].tolist() == pytest.approx([0.0, 0.0, 0.0])


def test_little_of_a_word_counts_half() -> None:
    question = threes("급식실")
    shares = covered(spellings([Morpheme("급식실", "NNG")], question), held(question, "급여", "급식"))
    assert 0 < shares[0, 0] < 0.25
    assert shares[1, 0] > 0.5


def test_of_nothing_there_is_no_share() -> None:
    assert covered(spellings([], []), np.zeros((2, 0), np.float32)).shape == (2, 0)


def test_a_slip_of_the_finger_is_told_from_another_matter(morphemes: Morphemes, meanings: Meanings) -> None:
    slip, other = seen(morphemes, meanings, "졸엽증명서 발급"), seen(morphemes, meanings, "인감증명서 발급")
    assert slip.spelt[0] > 0.1
    assert slip.alien[0] < 0.1
    assert other.alien[0] > 0.2
    assert other.spelt[0] < slip.spelt[0]
    # What one entry has is foreign to none.
    assert not slip.foreign.any()
    assert other.foreign[0] == pytest.approx(other.foreign[1])
    assert other.foreign[0] > 0.2


def test_only_words_that_name_the_matter_make_it_the_same(morphemes: Morphemes, meanings: Meanings) -> None:
    found = seen(morphemes, meanings, "혼인신고 온라인 신청")
    assert found.topical[0] == 0
    assert found.special[0] > 0
    assert seen(morphemes, meanings, "졸업증명서 신청").topical[0] > 0.2


def test_of_a_passage_nothing_is_said(morphemes: Morphemes, meanings: Meanings) -> None:
    found = seen(morphemes, meanings, "인감증명서 온라인 발급 안전점껌")
    for name in ("spelt", "foreign", "unsaid", "topic", "topical", "alien", "special", "usual_noun"):
        assert getattr(found, name)[2] == 0, name
