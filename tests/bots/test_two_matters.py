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
    ],
)
def test_a_question_of_two_matters_is_parted(
    morphemes: Morphemes, asked: str, parted: tuple[str, str]
) -> None:
    assert may_be_two(asked)
    assert tuple(half.text for half in halves(asked, morphemes.cut)) == parted


@pytest.mark.parametrize(
    "asked",
    [
        "교육급여 결과 언제 나와요",
        "친구랑 싸웠어요",
        "급식비 7,000원 환불되나요",
        "수업 중에 학생이 저한테 욕하고 물건을 던졌어요",
        "신청 방법이랑 서류 알려주세요",
        "전학 가려고요. 서류는 뭐가 필요해요?",
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
    assert offered(whole, PAIR, sure, found(Band.UNSURE, SICK)) is None
    assert offered(found(Band.UNSURE, LEAVE), PAIR, sure, found(Band.UNSURE, PAY)) is None
    assert offered(whole, PAIR, sure, found(Band.SURE)) is None
    assert offered(whole, ()) is None
    sentences = (Half("연가 며칠이에요?"), Half("병가는요?"))
    assert offered(found(Band.UNSURE, LEAVE), sentences, sure, found(Band.UNSURE, SICK)) is None
