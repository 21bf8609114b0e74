import pytest

from bots.follow_up import completed, is_marked
from bots.retrieval.morphemes import Morphemes


@pytest.mark.parametrize(
    ("before", "asked", "meant"),
    [
        ("초등학교 전학 절차가 어떻게 되나요?", "그럼 중학교는요?", "중학교 전학 절차가 어떻게 되나요?"),
        ("1학년 방과후 신청은 언제 하나요", "그럼 2학년은?", "2학년 방과후 신청은 언제 하나요"),
        ("연가 신청은 어떻게 하나요", "병가는 어떻게 되나요", "병가 신청은 어떻게 하나요"),
        ("초등학생이 전학하려면", "고등학생은요?", "고등학생이 전학하려면"),
        ("전학 절차 알려주세요", "서류는요?", "전학 절차 서류는요?"),
        ("결석하면 어떤 서류를 내나요", "언제까지요?", "결석 서류 언제까지요?"),
    ],
)
def test_a_follow_up_is_said_in_full(morphemes: Morphemes, before: str, asked: str, meant: str) -> None:
    assert completed(asked, before, morphemes.cut)[0] == meant


def test_a_question_of_its_own_is_none(morphemes: Morphemes) -> None:
    asked = "아이가 아파서 결석하면 병원 진료확인서를 담임 선생님께 내야 하나요?"
    assert completed(asked, "초등학교 전학 절차가 어떻게 되나요?", morphemes.cut) == ()


@pytest.mark.parametrize(
    ("asked", "marked"), [("그럼 중학교는요?", True), ("급식비는 언제 빠져나가나요", False)]
)
def test_the_form_of_a_follow_up(asked: str, marked: bool) -> None:
    assert is_marked(asked) is marked
