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
        ("출장비는 어떻게 신청하나요", "영수증도 필요해요?", "출장비 신청 영수증도 필요해요?"),
        ("건강검진은 어디서 받나요", "안 받으면 어떻게 되나요?", "건강 검진 안 받으면 어떻게 되나요?"),
        ("교복 지원금은 언제 나와요", "더 자세히 알려줘", "교복 지원금 더 자세히 알려줘"),
    ],
)
def test_a_follow_up_is_said_in_full(morphemes: Morphemes, before: str, asked: str, meant: str) -> None:
    assert completed(asked, before, morphemes.cut)[0] == meant


@pytest.mark.parametrize(
    "asked",
    [
        "아이가 아파서 결석하면 병원 진료확인서를 담임 선생님께 내야 하나요?",
        "결석하면 어떻게 해요?",
        "화성에 가려면 어떻게 하나요",
        "계란말이 안 터지게 하려면",
        "도커 컨테이너가 자꾸 죽어요",
        "스승의날 선물 드려도 되나요",
        "고마워요",
        "ㅁㄴㅇㄹ",
        "???",
    ],
)
def test_a_question_of_its_own_is_none(morphemes: Morphemes, asked: str) -> None:
    assert completed(asked, "초등학교 전학 절차가 어떻게 되나요?", morphemes.cut) == ()


@pytest.mark.parametrize(
    ("asked", "marked"), [("그럼 중학교는요?", True), ("급식비는 언제 빠져나가나요", False)]
)
def test_the_form_of_a_follow_up(asked: str, marked: bool) -> None:
    assert is_marked(asked) is marked
