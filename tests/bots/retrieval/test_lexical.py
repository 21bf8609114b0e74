import numpy as np
import pytest

from bots.entries import Entry
from bots.retrieval.lexical import LEGS, Lexical
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morpheme, Morphemes


@pytest.fixture
def lexical(morphemes: Morphemes, school: tuple[Entry, ...]) -> Lexical:
    made = Lexical(morphemes)
    assert [list(cuts) for cuts in made.add_all(enumerate(school))] == [list(range(len(school)))]
    return made


def best(lexical: Lexical, morphemes: Morphemes, school: tuple[Entry, ...], question: str) -> dict[str, str]:
    visible = np.ones(len(school), np.bool_)
    legs = lexical.score(lexical.read(question, morphemes.cut(question)), visible)
    return {leg: school[int(score.scores.argmax())].id for leg, score in legs.items()}


@pytest.mark.parametrize(
    ("question", "expected"),
    [("전학 서류", "transfer"), ("급식비언제나가요", "lunch"), ("늘봄 신청은 언제인가요", "care")],
)
def test_every_leg_finds_what_is_asked(
    lexical: Lexical, morphemes: Morphemes, school: tuple[Entry, ...], question: str, expected: str
) -> None:
    assert best(lexical, morphemes, school, question) == dict.fromkeys(LEGS, expected)


@pytest.mark.parametrize("leg", ["syllables", "jamo"])
def test_grams_across_missing_spaces_that_no_entry_has_count_nothing(
    lexical: Lexical, morphemes: Morphemes, school: tuple[Entry, ...], leg: str
) -> None:
    visible = np.ones(len(school), np.bool_)
    joined = morphemes.cut_question("급식비언제나가요")
    read, bare, spaced = lexical.read_all(
        [joined, joined._replace(apart=joined.text), morphemes.cut_question(joined.apart)]
    )
    shares = [
        float(score.scores.max()) / score.ideal
        for score in (lexical.score(one, visible)[leg] for one in (read, bare, spaced))
    ]
    assert shares[0] > shares[1] + 0.1
    assert shares[0] > shares[2] - 0.05


@pytest.mark.parametrize(("question", "expected"), [("방가후 신쳥", "after"), ("생할기록뷰", "record")])
def test_jamo_forgive_a_slip_of_the_finger(
    lexical: Lexical, morphemes: Morphemes, school: tuple[Entry, ...], question: str, expected: str
) -> None:
    assert best(lexical, morphemes, school, question)["jamo"] == expected


def test_jamo_forgive_a_slip_in_what_stands_below_a_title(morphemes: Morphemes) -> None:
    lexical = Lexical(morphemes)
    passage = "생활기록부는 담임교사가 씁니다"
    lexical.add(0, Entry(id="titled", title="업무 편람", answer=passage))
    lexical.add(1, Entry(id="asked", question="편람은 어디에 있나요?", answer=passage))
    question = "생할기록뷰"
    read = lexical.read(question, morphemes.cut_question(question).cut)
    scores = lexical.score(read, np.ones(2, np.bool_))["jamo"].scores
    assert scores[0] > 0 == scores[1]


def test_what_has_only_a_title_is_half_a_passage(morphemes: Morphemes) -> None:
    lexical = Lexical(morphemes)
    for row, entry in enumerate(
        (
            Entry(id="passage", answer="문의는 교무실로 합니다"),
            Entry(id="titled", title="문의", answer="문의는 교무실로 합니다"),
            Entry(id="title", title="문의", answer=""),
            Entry(id="asked", question="어디에 물어보나요?", answer="문의는 교무실로 합니다"),
            Entry(id="both", title="문의", question="어디에 물어보나요?", answer="문의는 교무실로 합니다"),
        )
    ):
        lexical.add(row, entry)
    assert lexical.gather(range(5), Meanings.none()).asked.tolist() == [0, 0.5, 1, 1, 2]


def test_jargon_finds_the_word_it_stands_for(morphemes: Morphemes) -> None:
    lexical = Lexical(morphemes)
    lexical.add(0, Entry(id="a", answer="", question="학교폭력은 어디에 신고해요?"))
    lexical.add(1, Entry(id="b", answer="", question="분실물은 어디에 신고해요?"))
    cut = morphemes.cut("학폭")
    scores = lexical.score(lexical.read("학폭", cut), np.ones(2, np.bool_))["morphemes"].scores
    assert scores[0] > scores[1]


def test_a_synonym_finds_what_is_meant(morphemes: Morphemes) -> None:
    lexical = Lexical(morphemes)
    lexical.add(0, Entry(id="a", answer="", question="증명서는 어떻게 발급하나요?"))
    lexical.add(1, Entry(id="b", answer="", question="도시락은 어떻게 준비하나요?"))
    cut = morphemes.cut("떼려면")
    scores = lexical.score(lexical.read("떼려면", cut), np.ones(2, np.bool_))["morphemes"].scores
    assert scores[0] > 0 == scores[1]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("급식비환뷸신청", ["급식비", "환불", "신청"]),
        ("환뷸신청", ["환불", "신청"]),
        ("급식비쀍뚧신청", ["급식비", "쀍뚧", "신청"]),
        ("쀍뚧뀄", ["쀍뚧뀄"]),
        ("수햑여행신청", ["수학여행", "신청"]),
        ("신청수학여헹", ["신청", "수학여행"]),
    ],
)
def test_words_in_one_of_which_a_slip_is_are_read_apart(
    morphemes: Morphemes, typed: str, read: list[str]
) -> None:
    lexical = Lexical(morphemes)
    lexical.add(0, Entry(id="seen", title="급식비 환불 신청", answer=""))
    lexical.add(1, Entry(id="hidden", title="쀍뚧", answer=""))
    lexical.add(2, Entry(id="both", title="수학여행은 어디로 가나요", question="여행 신청", answer=""))
    corrected = lexical.corrected([Morpheme(typed, "NNG", known=False)], np.array([True, False, True]))
    assert [one.form for one in corrected] == read
    assert [one.form for one in corrected if not one.known] == [one for one in read if one.startswith("쀍")]
    if len(read) > 1:
        nobody = lexical.corrected([Morpheme(typed, "NNG", known=False)], np.zeros(3, np.bool_))
        assert [one.form for one in nobody] == [typed]
