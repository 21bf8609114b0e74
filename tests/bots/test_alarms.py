"""Whoever tells of danger gets numbers to call, whatever the search finds."""

import asyncio
from collections.abc import Sequence

import pytest

from bots.alarms import Alarm, Alarms, says_as_much
from bots.answerer import ALARM, Answerer, Question, Result
from bots.entries import Asker, Entry
from bots.parts import DataHandoff, DataSuggestions, Handoff, Part, TextDelta
from bots.retrieval.bands import Band
from bots.retrieval.retriever import Found, Hit
from bots.retrieval.signals import Signals
from bots.small_talk import SmallTalk
from hub.bots.words import BotWords

ALARMS = Alarms()
TALK = SmallTalk()
WORDS = BotWords()
"""The sentences as they ship."""


@pytest.mark.parametrize(
    "said",
    [
        "자살하려고 해요", "자살 생각이 들어요", "너무힘들어서죽고싶어", "ㅈㅅ하고싶다", "죽을래",
        "뛰어내리고 싶어", "손목 그었어요",
        "살고 싶지가 않아요", "그냥 다 끝내고 싶어요", "자살하는 법", "옥상에 올라왔어요",
        "i want to die",
    ],
)  # fmt: skip
def test_who_wants_to_die_gets_nothing_but_help(said: str) -> None:
    assert TALK.kind(said) == "crisis"


@pytest.mark.parametrize(
    ("said", "name", "lived"),
    [
        ("애가 숨을 안쉬어요", "emergency", True),
        ("학교에 불났어요", "emergency", True),
        ("아이가 쓰러졌어요 치료비 나오나요", "emergency", True),
        ("칼 들고 왔어요", "emergency", True),
        ("약을 많이 먹었어요", "emergency", True),
        ("애가 없어졌어요", "emergency", True),
        ("119", "emergency", True),
        ("애가 죽고싶대요", "worried", True),
        ("아이가 자살하겠다고 해요", "worried", True),
        ("우리딸이 자해를 합니다", "worried", True),
        ("너무 우울하고 힘들어요", "worried", True),
        ("자살예방교육은 언제 하나요", "worried", False),
        ("아빠가 때려요", "harm", True),
        ("우리 애가 학교에서 맞고 왔어요", "harm", True),
        ("왕따 당하고 있어요", "harm", True),
        ("성폭행 당했어요", "harm", True),
        ("선생님이 몸을 만졌어요", "harm", True),
        ("사진을 유포하겠다고 협박해요", "harm", True),
        ("my child is being bullied", "harm", True),
        ("학폭 신고 어디로 해요", "harm", False),
        ("아들한테 도박 빚이 있는 것 같아요", "gambling", True),
        ("애가 온라인도박을 해요", "gambling", True),
        ("친구가 토토에 빠졌어요", "gambling", True),
        ("사이버 도박 예방교육 자료 있나요", "gambling", False),
    ],
)
def test_danger_is_heard(said: str, name: str, lived: bool) -> None:
    assert TALK.kind(said) is None
    assert ALARMS.of(said) == Alarm(name, lived)


@pytest.mark.parametrize(
    "said",
    [
        "예방접종 맞았어요", "독감 주사 맞고 왔어요", "불이 났을 때 대피는 어떻게 하나요",
        "돈을 돌려받고 싶어요", "칼 가져가도 되나요",
        "답이 맞았어요", "시간이 안 맞아요", "숙제 다 끝내고 싶은데", "학교 가기 싫어해요",
        "배고파 죽겠다", "사진을 올리고 싶어요",
        "약 먹을 시간에 전화해 주나요", "애가 학교를 때려친대요", "토토로 영화 보나요", "카지노 견학 가나요",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_is_not(said: str) -> None:
    assert TALK.kind(said) is None
    assert ALARMS.of(said) is None


class Finding:
    """An engine that finds one entry, in the band it is told."""

    def __init__(self, band: Band, answer: str) -> None:
        entry = Entry(id="one", title="보건실", question="약을 먹여 주나요?", answer=answer)
        self._found = Found(
            hits=(Hit(entry, 1.0),),
            confidence=0.5,
            answerable=0.5,
            band=band,
            signals=Signals(),
        )

    async def search(self, questions: Sequence[str], *_: object, **__: object) -> list[Found]:
        return [self._found] * len(questions)

    async def complete(self, *_: object) -> None:
        return None

    async def part(self, *_: object) -> tuple[()]:
        return ()

    def entry(self, *_: object) -> Entry | None:
        return None


def asked(text: str, band: Band, answer: str = "보건실로 오세요.") -> tuple[list[Part], Result]:
    async def hand(question: Question) -> Handoff:
        return Handoff("school", open=True)

    async def run() -> tuple[list[Part], Result]:
        result = Result()
        answerer = Answerer(Finding(band, answer), WORDS.say, hand, TALK)
        question = Question(text=text, who=Asker(), bot="school")
        return [part async for part in answerer.answer(question, result)], result

    return asyncio.run(run())


def texts(parts: Sequence[Part]) -> dict[str, str]:
    """Put the texts together by their names, in the order in which they come."""
    found: dict[str, str] = {}
    for part in parts:
        if isinstance(part, TextDelta):
            found[part.id] = found.get(part.id, "") + part.delta
    return found


@pytest.mark.parametrize("band", list(Band))
def test_numbers_come_first_whatever_is_found(band: Band) -> None:
    parts, result = asked("약을 많이 먹었어요", band)
    said = texts(parts)
    assert next(iter(said)) == ALARM
    assert "119" in said[ALARM]
    assert "".join(result.text).startswith(said[ALARM])
    assert [part.data.open for part in parts if isinstance(part, DataHandoff)] == [True]
    assert ("보건실로 오세요." in said.values()) is (band is Band.SURE)
    assert any(isinstance(part, DataSuggestions) for part in parts) is (band is Band.UNSURE)
    assert "안내를 아직 가지고 있지 않아요" not in "".join(said.values())
    assert result.band == band


def test_an_answer_that_names_a_number_stands_alone() -> None:
    answer = "117이나 담임교사에게 신고하세요."
    assert texts(asked("왕따 당하고 있어요", Band.SURE, answer)[0]) == {"t0": answer}
    assert not says_as_much("2117명", "117에 전화하세요")


def test_who_asks_about_it_gets_numbers_where_nothing_is_known() -> None:
    assert ALARM not in texts(asked("학교폭력 신고", Band.SURE)[0])
    said = texts(asked("학교폭력 신고", Band.UNKNOWN)[0])
    assert "117" in said[ALARM]
    assert said["t0"] == WORDS.say("ko", "unknown")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_alarm_has_a_sentence_with_numbers(language: str) -> None:
    for name in ("crisis", *ALARMS.names):
        assert says_as_much("112 119", WORDS.say(language, name))
