import json
import time
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
        ("ㅋㅋㅋㅋ", "joke"),
        ("ㅠㅠ", "bored"),
        ("ㄳ", "thanks"),
        ("덕분에 해결됐어요", "thanks"),
        ("thanks a lot", "thanks"),
        ("잘자", "goodbye"),
        ("좋은 하루 되세요", "goodbye"),
        ("good night", "goodbye"),
        ("농담이에요", "joke"),
        ("just kidding lol", "joke"),
        ("하이하이", "greeting"),
        ("Good morning!", "greeting"),
        ("Can I talk to a person?", "person"),
        ("I'd like to speak to a real person", "person"),
        ("챗봇 말고 사람이랑 얘기할래요", "person"),
        ("챗봇 존나 답답하네", "insult"),
        ("this bot is useless", "insult"),
        ("네", "yes"),
        ("아니요", "no"),
        ("그게 아니라", "no"),
        ("바보야", "insult"),
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


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("네 감사합니다 덕분에 해결됐어요", "thanks"),
        ("ㅋㅋㅋ 농담이에요 감사합니다", "thanks"),
        ("감사합니다 안녕히 계세요", "goodbye"),
        ("안녕하세요 상담원 연결해 주세요", "person"),
        ("챗봇 ㅈㄴ 답답하네 사람 바꿔", "angry_person"),
        ("씨발 사람 불러", "angry_person"),
        ("this is useless, let me talk to a human", "angry_person"),
        ("안녕 ㅋㅋ", "greeting"),
    ],
)
def test_of_several_kinds_the_weightiest_is_answered(said: str, kind: str) -> None:
    assert TALK.kind(said) == kind


@pytest.mark.parametrize(
    "said",
    [
        "감사합니다 급식비도 알려주세요",
        "급식비 환불 짜증나요 어떻게 받아요",
        "사람이 없어졌어요",
        "담당자 전화번호가 뭐예요",
        "친구가 농담으로 욕했어요",
        "선생님이 말을 안 들어줘요",
        "thanks but what about lunch",
        "person in charge phone",
    ],
)
def test_what_asks_or_tells_of_something_is_none(said: str) -> None:
    assert TALK.kind(said) is None


def test_a_person_may_be_asked_for_within_a_complaint() -> None:
    assert TALK.wants_person("몇 번을 말하냐 씨발 그냥 사람한테 연결하라고")
    assert not TALK.wants_person("사람이 많은 급식실이 시끄러워요")


@pytest.mark.parametrize("said", ["개 " * 40, "진짜 " * 20, "i " * 40, "ㅋ" * 40, "너무개진짜완전" * 5 + "!"])
def test_what_repeats_is_told_in_no_time(said: str) -> None:
    began = time.process_time()
    TALK.kind(said)
    assert time.process_time() - began < 1


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
