"""What the staff reads of a hand-off."""

from datetime import UTC, datetime

import pytest

from hub.bots.handoff_words import ANSWER_CHARS, RoomWords
from hub.bots.words import BotWords
from rooms.conversations import Turn
from rooms.handoff import Phase, Request

WORDS = RoomWords(BotWords(), "ko")
PERSON = ("상담원 연결해줘", "talk")
DYING = "죽고 싶어요"
CRISIS = BotWords().say("ko", "crisis")


def request(*turns: tuple[str, str], text: str = "", contact: str = "", about: str = "") -> Request:
    return Request(
        conversation="c1",
        bot="school",
        owner="v1",
        visitor=True,
        visitor_name="방문자 0001",
        unit=None,
        turns=turns,
        about=about,
        text=text,
        contact=contact,
    )


def turns(*said: tuple[str, str]) -> list[Turn]:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    return [
        Turn(run=f"a{place}", question=text, at=at, band=band, answer=CRISIS if text == DYING else "네.")
        for place, (text, band) in enumerate(said)
    ]


def test_answers_are_told_without_the_marks_of_their_markdown() -> None:
    answer = "급식비는 **매달 15일**에 빠져나갑니다.\n\n- [누리집](https://goe.example/a)\n- `통장`"
    asked = request(("**급식비** 언제 내요?", answer))
    told = WORDS.summary(asked)
    assert told.splitlines() == [
        "물음: **급식비** 언제 내요?",
        "챗봇: 급식비는 매달 15일에 빠져나갑니다. · 누리집 (https://goe.example/a) · 통장",
    ]
    assert told in WORDS.card(asked, Phase.WAITING)
    long = WORDS.summary(request(("네?", "**가** " * 5_000)))
    assert long.endswith("가…")
    assert len(long) < ANSWER_CHARS + 50


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ([("급식비 언제 내요?", "sure"), ("고마워요", "talk"), PERSON], "급식비 언제 내요?"),
        ([("급식비 언제 내요?", "sure"), ("체육복은요?", "unknown"), ("담당자 연결", "")], "체육복은요?"),
        ([("급식비 언제 내요?", "sure"), ("멍청한 놈이 답하네", "talk")], "급식비 언제 내요?"),
        ([("급식비 언제 내요?", "sure"), (DYING, "talk"), PERSON], DYING),
        ([("안녕하세요", "talk"), PERSON], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_matter_is_what_was_asked_last_that_is_no_small_talk(
    said: list[tuple[str, str]], about: str
) -> None:
    assert WORDS.matter(turns(*said)) == about


def test_a_talk_is_named_after_its_matter_else_after_what_was_said() -> None:
    wish = ("상담원 연결해줘", "")
    assert (
        WORDS.title(request(wish, about="급식비\n언제 내요?", text="급해요"))
        == "챗봇 상담: 급식비 언제 내요?"
    )
    assert WORDS.title(request(wish, text="급해요")) == "챗봇 상담: 급해요"
    assert WORDS.title(request(wish)) == "챗봇 상담: 상담원 연결해줘"
    assert WORDS.title(request()) == "챗봇 상담: 담당자와 이야기하고 싶어 합니다."


def test_what_was_written_to_the_person_is_told_once() -> None:
    asked = request(("급식비 언제 내요?", ""), text="급해요", contact="010-1234-5678")
    assert WORDS.summary(asked) == "물음: 급식비 언제 내요?"
    assert WORDS.said(asked) == "급해요\n연락처: 010-1234-5678"
    assert WORDS.card(asked, Phase.LEFT).splitlines()[1:] == [
        "물음: 급식비 언제 내요?",
        "남긴 말: 급해요",
        "연락처: 010-1234-5678",
    ]
    assert WORDS.card(request(text="급해요"), Phase.WAITING).splitlines()[1:] == ["남긴 말: 급해요"]
    assert WORDS.card(request(), Phase.WAITING).splitlines()[1:] == ["담당자와 이야기하고 싶어 합니다."]
