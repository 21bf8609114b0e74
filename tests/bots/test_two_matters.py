from collections.abc import Sequence

import pytest

from bots.entries import Entry
from bots.retrieval.bands import Band
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.retriever import Found, Hit
from bots.retrieval.signals import Signals
from bots.two_matters import Half, both, halves, may_be_two


@pytest.mark.parametrize(
    ("asked", "parted"),
    [
        ("전학이랑 급식비 둘다 알려줘", ("전학 둘다 알려줘", "급식비 둘다 알려줘")),
        ("결석계랑 체험학습 보고서 언제까지 내요", ("결석계 언제까지 내요", "체험학습 보고서 언제까지 내요")),
        ("돌봄교실이랑 방과후 신청 방법", ("돌봄교실 신청 방법", "방과후 신청 방법")),
        ("독감 결석, 체험학습 일수 궁금해요", ("독감 결석 일수 궁금해요", "체험학습 일수 궁금해요")),
        ("방학 언제예요? 그리고 돌봄 하나요?", ("방학 언제예요?", "돌봄 하나요?")),
        ("전학 방법이랑 급식비 환불 알려주세요", ("전학 방법 알려주세요", "급식비 환불 알려주세요")),
        (
            "전학가는데 급식비 남은거 환불되나요? 그리고 방과후도요",
            ("전학가는데 급식비 남은거 환불되나요?", "방과후 남은거 환불되나요?"),
        ),
        (
            "생기부 발급하고 졸업증명서 발급 둘다 되나요",
            ("생기부 발급 둘다 되나요", "졸업증명서 발급 둘다 되나요"),
        ),
        (
            "결석계 양식 어디서 받나요 병원진단서 꼭 있어야 해요?",
            ("결석계 양식 어디서 받나요", "병원진단서 꼭 있어야 해요?"),
        ),
        ("돌봄은 어디서 신청하고 급식비는 얼마예요", ("돌봄은 어디서 신청하고", "급식비는 얼마예요")),
        ("급식비 궁금하고요 돌봄교실은요?", ("급식비 궁금하고요", "돌봄교실 궁금하고요")),
        ("급식비도 우유값도 알려줘", ("급식비 알려줘", "우유값 알려줘")),
        ("전학이랑 급식비 환불", ("전학 환불", "급식비 환불")),
    ],
)
def test_a_question_of_two_matters_is_parted(
    morphemes: Morphemes, asked: str, parted: tuple[str, ...]
) -> None:
    assert may_be_two(asked)
    found = halves(asked, morphemes.cut)
    assert tuple(half.text for half in found[:2]) == parted
    assert all(half.nouns for half in found)


def test_the_first_comes_once_more_without_what_is_asked_of_the_second(morphemes: Morphemes) -> None:
    assert [half.text for half in halves("전학이랑 급식비 환불 되나요", morphemes.cut)] == [
        "전학 환불 되나요",
        "급식비 환불 되나요",
        "전학 되나요",
    ]
    assert len(halves("전학이랑 급식비 되나요", morphemes.cut)) == 2


@pytest.mark.parametrize(
    "asked",
    [
        "교육급여 결과 언제 나와요",
        "친구랑 싸웠어요",
        "급식비 7,000원 환불되나요",
        "수업 중에 학생이 저한테 욕하고 물건을 던졌어요",
        "신청 방법이랑 서류 알려주세요",
        "전학 가려고요. 서류는 뭐가 필요해요?",
        "전학하고 나서 교과서는요?",
        "체험학습 신청하고 결석하면 어떻게 되나요",
        "늘봄이랑 방과후 차이가 뭐예요",
        "출장이랑 초과근무 같이 올릴 수 있나요",
        "방학 때는 급식이 없으니까 밥이 걱정이에요",
        "교복 언제 맞추나요 어디서 사요",
        "3,000원이랑 ",
        ", 전학",
        "전학이랑 ",
        "?? ??",
    ],
)
def test_a_question_of_one_matter_is_not(morphemes: Morphemes, asked: str) -> None:
    assert halves(asked, morphemes.cut) == ()


LEAVE = Entry(id="leave", title="연가 일수", question="연가는 며칠인가요?", answer="21일입니다.")
SICK = Entry(id="sick", title="병가 일수", question="병가는 며칠까지인가요?", answer="60일입니다.")
PAY = Entry(id="pay", title="수당", question="수당은 언제 나오나요?", answer="17일입니다.")
PAIR = (Half("연가 며칠", ("연가",)), Half("병가 며칠", ("병가",)))


def found(band: Band, *entries: Entry) -> Found:
    hits = tuple(Hit(entry, 1.0) for entry in entries)
    return Found(hits, 0.5, 0.5, band, Signals())


def offered(whole: Found, pair: Sequence[Half], *its: Found) -> list[str] | None:
    made = both(whole, pair, its)
    assert made is None or made.band is Band.UNSURE
    return None if made is None else [hit.entry.id for hit in made.hits]


def test_both_are_offered() -> None:
    sure, unsure = found(Band.SURE, LEAVE), found(Band.UNSURE, SICK)
    assert offered(found(Band.SURE, PAY), PAIR, sure, unsure) == ["leave", "sick", "pay"]
    assert offered(found(Band.SURE, LEAVE), PAIR, sure, found(Band.SURE, SICK)) == ["leave", "sick"]
    assert offered(found(Band.UNKNOWN, SICK), PAIR, sure, unsure) == ["leave", "sick"]


def test_what_only_sounds_like_two_is_answered_as_it_stands() -> None:
    whole, sure = found(Band.SURE, LEAVE), found(Band.SURE, LEAVE)
    assert offered(whole, PAIR, sure, found(Band.SURE, LEAVE, SICK)) is None
    assert offered(whole, PAIR, sure, found(Band.UNKNOWN, SICK)) is None
    assert offered(found(Band.UNSURE, LEAVE), PAIR, sure, found(Band.UNSURE, PAY)) is None
    assert offered(whole, PAIR, sure, found(Band.SURE)) is None
    assert offered(whole, ()) is None
    sentences = (Half("연가 며칠이에요?"), Half("병가는요?"))
    assert offered(found(Band.UNSURE, LEAVE), sentences, sure, found(Band.UNSURE, SICK)) is None


def test_one_that_is_answered_surely_does_not_hide_the_other() -> None:
    lunch = Entry(
        id="lunch",
        title="급식비 환불",
        question="급식비 환불",
        aliases=("전학 가면 급식비",),
        answer="됩니다.",
    )
    move = Entry(id="move", title="전학", question="전학은 어떻게 하나요?", answer="신고합니다.")
    pair = (Half("전학 알려줘", ("전학",)), Half("급식비 알려줘", ("급식비",)))
    halves_found = found(Band.UNSURE, move), found(Band.UNSURE, lunch)
    assert offered(found(Band.SURE, lunch), pair, *halves_found) == ["move", "lunch"]
    # An entry whose heading has both answers both.
    together = Entry(id="both", title="전학과 급식비", question="전학 때 급식비", answer="돌려받습니다.")
    assert offered(found(Band.SURE, together), pair, *halves_found) is None


def test_what_is_asked_of_both_may_be_asked_of_the_second_alone() -> None:
    lunch = Entry(id="lunch", title="급식비 환불", question="급식비 환불", answer="됩니다.")
    move = Entry(id="move", title="전학", question="전학은 어떻게 하나요?", answer="신고합니다.")
    pair = (Half("전학 환불", ("전학",)), Half("급식비 환불", ("급식비",)), Half("전학", ("전학",)))
    sure = found(Band.SURE, lunch)
    assert offered(sure, pair, sure, sure, found(Band.UNSURE, move)) == ["move", "lunch"]


def test_of_two_sentences_the_first_may_only_lead_to_the_second() -> None:
    pair = (Half("연가 되나요", ("연가",), sentence=True), Half("병가 되나요", ("병가",), sentence=True))
    sick = Entry(id="sick", title="병가", question="병가", answer="연가를 다 쓰지 않아도 됩니다.")
    sure, second = found(Band.SURE, LEAVE), found(Band.SURE, sick)
    assert offered(found(Band.SURE, sick), pair, sure, second) is None
    assert offered(found(Band.SURE, sick, LEAVE), pair, sure, second) == ["leave", "sick"]
    unsure = found(Band.UNSURE, LEAVE), found(Band.UNSURE, sick)
    assert offered(found(Band.UNSURE, sick, LEAVE), pair, *unsure) is None
