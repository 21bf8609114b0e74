import json
from pathlib import Path

import pytest

from bots.small_talk import SmallTalk, ungreeted

SET = Path(__file__).parents[1] / "data" / "faq" / "questions.jsonl"
TALK = SmallTalk()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("안녕하세요!!", "greeting"),
        ("안녕하세요 반갑습니다^^", "greeting"),
        ("Hello", "greeting"),
        ("네 감사합니다~", "thanks"),
        ("고마워요ㅎㅎ", "thanks"),
        ("그럼 수고하세요", "goodbye"),
        ("너 누구야?", "who"),
        ("사람인가요?", "who"),
        ("뭘 물어볼 수 있나요?", "help"),
        ("너 뭐 할 줄 알아", "help"),
        ("너 이름이 뭐야", "who"),
        ("몇 살이에요?", "who"),
        ("상담원 연결해 주세요", "person"),
        ("상담원", "person"),
        ("사람이랑 얘기하고 싶어요", "person"),
        ("ㅋㅋㅋㅋ", "bored"),
        ("네", "yes"),
        ("아니요", "no"),
        ("그게 아니라", "no"),
        ("바보야", "insult"),
        ("요즘 너무 힘들어서 죽고 싶어요", "crisis"),
        ("ㄱㅅㄱㅅ", "thanks"),
        ("넵 알겠습니다~~", "thanks"),
        ("아니 그게 아니라", "no"),
        ("뭔 소리야", "no"),
        ("아 짜증나 진짜", "insult"),
        ("답변이 왜 이따위야", "insult"),
    ],
)
def test_kinds(said: str, kind: str) -> None:
    assert TALK.kind(said) == kind


def test_no_question_of_the_evaluation_set_is_small_talk() -> None:
    questions = [json.loads(line)["query"] for line in SET.read_text().splitlines() if line.strip()]
    assert len(questions) > 900
    assert [one for one in questions if TALK.kind(one) is not None or TALK.insults(one)] == []


@pytest.mark.parametrize(
    ("said", "insults"),
    [
        ("시발 뭐야 급식비 왜 이래", True),
        ("다시발급해 주세요", False),
        ("쓰레기 분리수거는 언제 하나요", False),
    ],
)
def test_insults_are_words_of_their_own(said: str, insults: bool) -> None:
    assert TALK.insults(said) is insults


def test_a_greeting_before_a_question_is_taken_off() -> None:
    assert ungreeted("안녕하세요, 전학은 어떻게 하나요?") == "전학은 어떻게 하나요?"
    assert ungreeted("안녕하세요!") == "안녕하세요!"
    assert ungreeted("안녕달 작가의 책") == "안녕달 작가의 책"
