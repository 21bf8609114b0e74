from datetime import UTC, datetime

import pytest

from bots.entries import Entry
from bots.follow_up import EARLIER, Meant, asked_before, going_on
from bots.retrieval.morphemes import Morphemes
from rooms.conversations import Turn

TRANSFER = "초등학교 전학 절차가 어떻게 되나요?"


def meant(morphemes: Morphemes, asked: str, *before: str) -> Meant:
    found = going_on(asked, before, morphemes.cut)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "asked", "said"),
    [
        (TRANSFER, "그럼 중학교는요?", "중학교 전학 절차가 어떻게 되나요?"),
        ("1학년 방과후 신청은 언제 하나요", "그럼 2학년은?", "2학년 방과후 신청은 언제 하나요"),
        ("연가 신청은 어떻게 하나요", "병가는 어떻게 되나요", "병가 신청은 어떻게 하나요"),
        ("초등학생이 전학하려면", "고등학생은요?", "고등학생이 전학하려면"),
        ("전학 절차 알려주세요", "서류는요?", "전학 절차 알려주세요 서류는요?"),
        ("스쿨뱅킹 계좌 바꾸고 싶어요", "언제까지요?", "스쿨뱅킹 계좌 바꾸고 싶어요 언제까지요?"),
        ("아 그리고 방과후 환불되나요?", "그럼 언제까지요?", "방과후 환불되나요? 언제까지요?"),
        ("출장비는 어떻게 신청하나요", "영수증도 필요해요?", "출장비는 어떻게 신청하나요 영수증도 필요해요?"),
        ("교복 지원금은 언제 나와요", "더 자세히 알려줘", "교복 지원금은 언제 나와요 더 자세히 알려줘"),
        ("초등 전학은 어떻게 해요", "그럼 중학교는요?", "중학교 전학은 어떻게 해요"),
        ("재학증명서 떼려면", "졸업증명서는요", "졸업증명서 떼려면"),
        ("방과후 환불되나요?", "신청은요?", "방과후 신청은요?"),
        ("스쿨뱅킹 등록 어떻게 해요", "변경은요", "스쿨뱅킹 변경은요"),
        ("교복 지원금 얼마", "우리 애는 고등학생인데", "교복 지원금 얼마 우리 애는 고등학생인데"),
        ("돌봄교실 되나요", "맞벌이예요", "돌봄교실 되나요 맞벌이예요"),
    ],
)
def test_a_follow_up_is_said_in_full(morphemes: Morphemes, before: str, asked: str, said: str) -> None:
    found = meant(morphemes, asked, before)
    assert found.ways == (said,)
    assert found.open


def test_a_follow_up_may_go_back_to_where_its_matter_began(morphemes: Morphemes) -> None:
    last = "육아휴직 신청하려는데요 수당은 얼마 나와요?"
    found = meant(morphemes, "호봉은요?", last, "육아휴직 신청하려는데요")
    assert found.ways == (f"{last} 호봉은요?", "육아휴직 신청하려는데요 호봉은요?")
    assert "육아" in "".join(found.matter)


def test_what_was_asked_before_leaves_room_for_the_question(morphemes: Morphemes) -> None:
    (said,) = meant(morphemes, "언제까지요?", "전학 " * 2_000).ways
    assert len(said) <= EARLIER + 10
    assert said.endswith("언제까지요?")


@pytest.mark.parametrize(
    "asked",
    [
        "결석하면 어떻게 해요?",
        "화성에 가려면 어떻게 하나요",
        "계란말이 안 터지게 하려면",
        "스승의날 선물 드려도 되나요",
    ],
)
def test_a_question_of_its_own_matter_leaves_nothing_open(morphemes: Morphemes, asked: str) -> None:
    found = meant(morphemes, asked, TRANSFER)
    assert (found.own, found.open) == (True, False)


@pytest.mark.parametrize(
    "asked",
    ["아이가 아파서 결석하면 병원 진료확인서를 담임 선생님께 내야 하나요?", "???"],
)
def test_what_is_long_or_says_nothing_is_no_follow_up(morphemes: Morphemes, asked: str) -> None:
    assert going_on(asked, [TRANSFER], morphemes.cut) is None


def test_who_names_the_matter_and_another_deed_asks_anew(morphemes: Morphemes) -> None:
    assert going_on("방과후 신청이요", ["방과후 환불되나요?"], morphemes.cut) is None
    assert going_on("방과후 환불은 언제 해요", ["방과후 환불되나요?"], morphemes.cut) is not None


def test_a_statement_of_its_own_leaves_nothing_open(morphemes: Morphemes) -> None:
    assert not meant(morphemes, "손가락을 다쳤는데", TRANSFER).open


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("서류는요?", True),
        ("준비물은요?", False),
        ("언제까지요?", True),
        ("어떻게 바꿔요?", True),
        ("언제 맞춰요?", False),
        ("몇 명이에요?", False),
    ],
)
def test_an_answer_has_what_the_question_adds(morphemes: Morphemes, asked: str, *, held: bool) -> None:
    entry = Entry(
        id="one",
        title="전학",
        question="전학 서류",
        answer="등본을 3일 안에 냅니다. 날짜는 바꿀 수 있습니다.",
    )
    found = meant(morphemes, asked, "전학은 어떻게 하나요?")
    assert found.held(entry) is held
    assert found.shared(entry)
    assert not found.shared(Entry(id="two", title="급식", answer="등본"))


@pytest.mark.parametrize(
    ("asked", "answer", "held"),
    [
        ("얼마예요?", "학교에 신청합니다.", False),
        ("얼마예요?", "한 달에 30,000원입니다.", True),
        ("얼마예요?", "무료입니다.", True),
        ("얼마나 자주요?", "무엇이든 됩니다.", True),
        ("언제 해요?", "학교에 신청합니다.", False),
        ("언제 해요?", "매년 3월에 합니다.", True),
        ("고등학생인데요", "고등학교 신입생에게 드립니다.", True),
        ("고등학생인데요", "중학교 신입생에게 드립니다.", False),
    ],
)
def test_an_answer_says_how_much_and_when(
    morphemes: Morphemes, asked: str, answer: str, *, held: bool
) -> None:
    entry = Entry(id="one", title="교복", question="교복 지원", answer=answer)
    assert meant(morphemes, asked, "교복 지원되나요").held(entry) is held


def test_what_stands_in_another_s_place_is_in_the_heading(morphemes: Morphemes) -> None:
    found = meant(morphemes, "그럼 중학교는요?", "초등 전학은 어떻게 해요")
    middle = Entry(id="one", title="중학생 전학", question="어디에 신청하나요?", answer="초등과 다릅니다.")
    assert found.headed(middle)
    assert not found.headed(Entry(id="two", title="중학교 배정", question="배정", answer="전학"))
    assert not meant(morphemes, "언제까지요?", "중학교 전학은 어떻게 해요").headed(middle)


def turn(question: str, asked: str = "", band: str = "sure") -> Turn:
    return Turn(run="", question=question, at=datetime(2026, 9, 1, tzinfo=UTC), asked=asked, band=band)


def test_the_last_question_and_where_its_matter_began_were_asked_before() -> None:
    began, talk = turn("재학증명서 떼려면"), turn("네", band="talk")
    going = turn("수수료는요?", "재학증명서 떼려면 수수료는요?")
    assert asked_before([turn("급식비"), began, going, talk]) == [going.asked, began.question]
    assert asked_before([began]) == [began.question]
    assert asked_before([talk]) == []
    # Since something else stands in its place it is not meant any more.
    replaced = turn("졸업증명서는요?", "졸업증명서 떼려면")
    assert asked_before([began, replaced]) == [replaced.asked]
