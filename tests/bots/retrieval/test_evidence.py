import numpy as np
import pytest

from bots.entries import Entry
from bots.retrieval.evidence import Evidence, general_words, is_plain, is_topic, leads, weigh, words_of
from bots.retrieval.lexical import Lexical
from bots.retrieval.likeness import compare
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morpheme, Morphemes

ENTRIES = (
    Entry(
        id="certificate", title="졸업증명서 발급", aliases=("졸업증명서 온라인 신청",), answer="정부24에서."
    ),
    Entry(id="safety", title="안전점검 주기", aliases=("시설 안전점검은 얼마마다 하나요",), answer="매월."),
    Entry(id="passage", answer="졸업증명서는 온라인으로 발급하고 안전점검은 매월 합니다."),
)


@pytest.fixture(scope="module")
def lexical(morphemes: Morphemes) -> Lexical:
    made = Lexical(morphemes)
    for _ in made.add_all(enumerate(ENTRIES)):
        pass
    return made


def seen(lexical: Lexical, morphemes: Morphemes, meanings: Meanings, question: str) -> list[Evidence]:
    read = lexical.read(question, morphemes.cut_question(question).cut)
    asked = lexical.like(read, lexical.score(read, np.ones(len(ENTRIES), np.bool_)))
    _, held, _ = compare(asked, lexical.gather(range(len(ENTRIES)), meanings))
    assert held is not None
    return [weigh(held, place) for place in range(len(ENTRIES))]


def test_words_that_may_be_asked_of_anything_name_no_matter() -> None:
    assert {"신청", "방법", "발급", "온라인", "비용", "서류"} <= general_words()
    assert not {"전학", "급식", "#"} & general_words()
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


def test_nouns_in_a_row_are_one_word() -> None:
    cut = [Morpheme("졸", "NNG"), Morpheme("엽", "NNG"), Morpheme("는", "JX"), Morpheme("떼", "VV")]
    assert [one.joined for one in words_of(cut)] == ["졸엽", "졸엽", ""]


def test_a_slip_of_the_finger_is_told_from_another_matter(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    slip = seen(lexical, morphemes, meanings, "졸엽증명서 발급")
    other = seen(lexical, morphemes, meanings, "인감증명서 발급")
    assert slip[0].spelt > other[0].spelt + 0.05
    assert slip[1].spelt < 0.05
    assert slip[0].alien < 0.1
    assert other[0].alien > 0.2
    # What one entry has is foreign to none.
    assert other[0].foreign == other[1].foreign > 0.2
    assert slip[0].foreign < 0.1


def test_only_words_that_name_the_matter_make_it_the_same(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    other = seen(lexical, morphemes, meanings, "혼인신고 온라인 신청")
    assert other[0].topical == 0
    assert other[0].special > 0
    assert seen(lexical, morphemes, meanings, "졸업증명서 신청")[0].topical > 0.2


def test_of_a_passage_and_of_a_question_without_words_nothing_is_said(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    assert seen(lexical, morphemes, meanings, "인감증명서 온라인 발급 안전점껌")[2] == Evidence()
    assert seen(lexical, morphemes, meanings, "?!") == [Evidence()] * 3


def test_who_names_another_kind_of_what_an_entry_is_of_wants_another(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    other = seen(lexical, morphemes, meanings, "여권 증명서 발급")
    assert other[0].qualifier > 0.9
    # This entry has nothing of what follows.
    assert other[1].qualifier == 0
    assert seen(lexical, morphemes, meanings, "졸업증명서 발급")[0].qualifier == 0
    # Said in another part of the question it tells nothing of which one is meant.
    assert seen(lexical, morphemes, meanings, "여권이 있는데 증명서 발급은")[0].qualifier == 0


def test_words_that_no_entry_comes_near_to_are_unheard(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    slip = seen(lexical, morphemes, meanings, "글자쑤 안전점검")
    assert slip[0].unheard == slip[1].unheard > 0.6
    assert seen(lexical, morphemes, meanings, "안전점검 주기")[0].unheard == pytest.approx(0)


def test_the_noun_that_says_most_is_there_or_not(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    told = seen(lexical, morphemes, meanings, "안전점검")
    assert [told[0].weightiest, told[1].weightiest] == [0, 1]
    assert seen(lexical, morphemes, meanings, "어떻게 해요")[0].weightiest == 0.5
