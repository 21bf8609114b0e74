from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.entries import Entry
from bots.retrieval.asked import Asked
from bots.retrieval.evidence import Evidence, weigh
from bots.retrieval.lexical import Lexical
from bots.retrieval.likeness import Likeness, compare
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morpheme, Morphemes
from bots.retrieval.text import normalise
from bots.retrieval.wordings import Spelt, spell
from tests.bots.retrieval.plain_likeness import Plain

ENTRIES = (
    Entry(id="exact", title="급식비 납부", question="급식비는 언제 내나요?", answer="매월 10일입니다."),
    Entry(id="answer", title="학교 일정", answer="급식비는 3월에 내나요, 언제든지요."),
    Entry(
        id="alike", title="점심 요금 납부", question="점심값은 언제 제출하나요?", answer="매월 10일입니다."
    ),
    Entry(id="other", title="도서관", question="책은 몇 권 빌리나요?", answer="세 권입니다."),
    Entry(id="passage", answer="급식비는 언제 내나요"),
)


@pytest.fixture(scope="module")
def lexical(morphemes: Morphemes) -> Lexical:
    made = Lexical(morphemes)
    for _ in made.add_all(enumerate(ENTRIES)):
        pass
    return made


def like(lexical: Lexical, morphemes: Morphemes, meanings: Meanings, question: str) -> Likeness:
    cut = morphemes.cut_question(question).cut
    asked = asked_of(lexical, question, cut, len(ENTRIES))
    return compare(asked, lexical.gather(range(len(ENTRIES)), meanings))[0]


def asked_of(lexical: Lexical, question: str, cut: Sequence[Morpheme], entries: int) -> Asked:
    read = lexical.read(question, cut)
    return lexical.like(read, lexical.score(read, np.ones(entries, np.bool_)))


def test_the_same_wording_is_alike_in_all(lexical: Lexical, morphemes: Morphemes, meanings: Meanings) -> None:
    found = like(lexical, morphemes, meanings, "급식비는 언제 내나요?")
    for name in ("words", "asked", "told", "same", "pairs", "jamo", "all_words", "literal", "worst"):
        assert getattr(found, name)[0] == pytest.approx(1, abs=1e-3), name
        assert getattr(found, name)[4] == pytest.approx(1, abs=1e-3), name


def test_meaning_counts_where_no_word_is_the_same(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    found = like(lexical, morphemes, meanings, "급식 비용은 언제 내나요?")
    assert found.words[2] > found.words[3] + 0.2
    assert found.words[2] > found.same[2]


def test_an_answer_counts_as_answer_alone(lexical: Lexical, morphemes: Morphemes, meanings: Meanings) -> None:
    found = like(lexical, morphemes, meanings, "급식비는 언제 내나요?")
    assert found.answer[1] > 0.9
    assert found.words[1] < 0.5


def test_figures_lie_between_0_and_1(lexical: Lexical, morphemes: Morphemes, meanings: Meanings) -> None:
    for question in ("급식비", "책", "쀍뛟", "", "?!", "급식비 책 점심 일정 " * 50):
        found = like(lexical, morphemes, meanings, question)
        for name in Likeness.__struct_fields__:
            figures = getattr(found, name)
            assert figures.shape == (len(ENTRIES),)
            assert (figures >= 0).all(), name
            assert (figures <= 1 + 1e-5).all(), name


def test_of_no_entry_there_is_no_figure(morphemes: Morphemes) -> None:
    lexical = Lexical(morphemes)
    cut = morphemes.cut("전학")
    found, held, _ = compare(asked_of(lexical, "전학", cut, 0), lexical.gather([], Meanings.none()))
    assert held is None
    assert found.words.shape == (0,)


def test_words_close_together_and_in_order_count_more(morphemes: Morphemes, meanings: Meanings) -> None:
    apart = " ".join(
        ("도서관 자리는 많습니다.", *["버스 노선 지도 안내 방송."] * 6, "예약은 급식 다음에 합니다.")
    )
    entries = (
        Entry(id="together", answer=f"{apart} 체육 시설 대여 절차입니다."),
        Entry(id="apart", answer=f"체육 {apart} 대여 {apart} 시설 {apart} 절차입니다."),
        Entry(id="turned", answer=f"{apart} 절차 대여 시설 체육입니다."),
    )
    lexical = Lexical(morphemes)
    for _ in lexical.add_all(enumerate(entries)):
        pass
    question = "체육 시설 대여 절차"
    cut = morphemes.cut_question(question).cut
    asked = asked_of(lexical, question, cut, len(entries))
    found, _, _ = compare(asked, lexical.gather(range(len(entries)), meanings))
    assert (found.answer > 1 - 1e-3).all()
    assert (found.stretch[[0, 2]] > 1 - 1e-3).all()
    assert found.stretch[1] < 0.9
    assert found.in_order[0] == pytest.approx(1, abs=1e-3)
    assert (found.in_order[1:] < 0.2).all()


def test_nouns_and_the_language_at_large_weigh_words_their_own_way(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    found = like(lexical, morphemes, meanings, "급식비 빌리나요")
    assert found.nouns[0] > found.others[0]
    assert found.others[3] > found.nouns[3]
    assert found.usual[0] > found.usual[3] > 0
    found = like(lexical, morphemes, meanings, "급식 비용은 언제 내나요?")
    assert found.meaning[0] > found.meaning[3]
    assert found.meaning[2] > found.meaning[3]


def test_what_the_question_has_besides_speaks_against_an_entry(
    morphemes: Morphemes, meanings: Meanings
) -> None:
    entries = (
        Entry(id="certificate", title="졸업증명서 발급", question="졸업증명서는 어디서 받나요?", answer="x"),
        Entry(id="fee", title="급식비 납부", question="급식비는 언제 내나요?", answer="x"),
    )
    lexical = Lexical(morphemes)
    for _ in lexical.add_all(enumerate(entries)):
        pass

    def found(question: str) -> Likeness:
        asked = asked_of(lexical, question, morphemes.cut_question(question).cut, len(entries))
        return compare(asked, lexical.gather(range(len(entries)), meanings))[0]

    same, other = found("졸업증명서 발급"), found("인감증명서 발급")
    assert max(same.missing[0], same.strange[0], same.another[0]) < 1e-3
    assert min(other.missing[0], other.strange[0], other.another[0]) > 0.2
    # Where what follows is missing too, it is no other one of the kind.
    assert other.another[1] < other.another[0]
    assert other.missing[1] > other.missing[0]


def test_texts_without_a_word_change_nothing_of_their_neighbours(
    lexical: Lexical, morphemes: Morphemes, meanings: Meanings
) -> None:
    wordless = Entry(id="wordless", title="?!", question="…", answer="!")
    mixed = Lexical(morphemes)
    for _ in mixed.add_all(enumerate([wordless, ENTRIES[0], wordless, *ENTRIES[1:], wordless])):
        pass
    cut = morphemes.cut_question("급식비는 언제 내나요?").cut
    asked = asked_of(lexical, "급식비는 언제 내나요?", cut, len(ENTRIES))
    alone, _, _ = compare(asked, lexical.gather(range(len(ENTRIES)), meanings))
    among, _, _ = compare(asked, mixed.gather(range(len(ENTRIES) + 3), meanings))
    for name in Likeness.__struct_fields__:
        figures = getattr(among, name)
        assert figures[[1, 3, 4, 5, 6]] == pytest.approx(getattr(alone, name), abs=1e-6), name
        if name not in {"missing", "strange"}:
            assert not figures[[0, 2, 7]].any(), name


SAID = st.lists(
    st.sampled_from(
        (
            "급식비",
            "요금",
            "점심값",
            "납부",
            "언제",
            "전학",
            "전학을",
            "학교는",
            "내나요",
            "서류",
            "?!",
            "떼려면",
            "급식뷔",
            "혼인신고",
            "신청",
        )
    ),
    max_size=20,
).map(" ".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=SAID, texts=st.lists(st.tuples(SAID, st.lists(SAID, max_size=3)), min_size=1, max_size=3))
def test_all_figures_are_what_they_are_said_to_be(
    morphemes: Morphemes, meanings: Meanings, question: str, texts: list[tuple[str, list[str]]]
) -> None:
    lexical = Lexical(morphemes)
    entries = [
        Entry(id=str(place), answer=answer, aliases=tuple(aliases))
        for place, (answer, aliases) in enumerate(texts)
    ]
    for _ in lexical.add_all(enumerate(entries)):
        pass
    asked = asked_of(lexical, question, morphemes.cut_question(question).cut, len(entries))
    found, held, _ = compare(asked, lexical.gather(range(len(entries)), meanings))
    assert held is not None
    plain = Plain(asked, meanings)
    spelt = [spelt_of(morphemes, entry) for entry in entries]
    foreign, unheard = plain.foreign(spelt), plain.unheard(spelt)
    for place, (wordings, answer) in enumerate(spelt):
        figures = plain.likeness(wordings, answer)
        assert set(figures) == set(Likeness.__struct_fields__)
        for name, figure in figures.items():
            assert getattr(found, name)[place] == pytest.approx(figure, abs=2e-4), name
        evidence = plain.evidence(wordings, answer) | {"foreign": foreign, "unheard": unheard}
        if not any(entries[place].aliases) or not plain.words:
            evidence = dict.fromkeys(Evidence._fields, 0.0)
        assert weigh(held, place)._asdict() == pytest.approx(evidence, abs=2e-4)


def spelt_of(morphemes: Morphemes, entry: Entry) -> tuple[list[Spelt], Spelt]:
    """Spell the wordings of an entry, for which its answer stands in, and its answer."""
    said = [normalise(text) for text in (*entry.aliases, entry.answer)]
    spelt = dict(zip(said, spell(said, [morphemes.cut(text) for text in said]), strict=True))
    answer = spelt[said.pop()]
    return [spelt[text] for text in said if text] or [answer], answer
