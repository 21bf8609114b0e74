"""The answerer over conversations of the evaluation set, as hurried guardians and teachers have them.

The model of tests knows the most frequent morphemes alone: bounds are wider than the figures of the README.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bots.answerer import Answerer, Question, Result
from bots.engine import LiveEngine
from bots.entries import Audience, asker
from bots.parts import DataSuggestions, Handoff
from bots.small_talk import SmallTalk
from hub.bots.words import BotWords
from rooms.conversations import Turn
from tests.support.faq import SAMPLE, sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONVERSATIONS = SAMPLE.with_name("conversations.jsonl")
WORDS = BotWords()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def answerer(models: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Answerer]:
    folder = tmp_path_factory.mktemp("bots")
    folder.joinpath("models").symlink_to(models)
    engine = LiveEngine(folder, None, lambda: date(2026, 9, 1))

    async def hand(question: Question) -> Handoff:
        return Handoff("school", open=True)

    try:
        await engine.warm_up()
        await engine.load(sample())
        yield Answerer(engine, WORDS.say, hand, SmallTalk())
    finally:
        engine.close()


async def talk(answerer: Answerer, audience: str, *asked: str) -> list[tuple[Result, list[str]]]:
    """Ask one question after the other; gives of each what came of it, and what was offered."""
    turns: list[Turn] = []
    heard = []
    for text in asked:
        result = Result()
        question = Question(text=text, who=asker([Audience(audience)]), bot="school", before=tuple(turns))
        parts = [part async for part in answerer.answer(question, result)]
        offered = [one.id for part in parts if isinstance(part, DataSuggestions) for one in part.data]
        heard.append((result, offered))
        said = result.asked if result.asked != text else ""
        turns.append(
            Turn(
                run="",
                question=text,
                at=datetime.now(UTC),
                asked=said,
                band=result.band,
                entries=result.entries,
            )
        )
    return heard


def kind(turn: dict[str, Any], result: Result, offered: list[str]) -> str:
    """Name what came of a turn; of two matters both have to be offered."""
    if result.band != "sure":
        wanted = [turn["pos"], turn["also"]] if "also" in turn else [turn["pos"]]
        return "offered" if all(set(ids) & set(offered) for ids in wanted) else result.band
    return "right" if result.entries[0] in turn["pos"] and "also" not in turn else "wrong"


async def test_conversations_are_answered_and_hardly_ever_wrongly(answerer: Answerer) -> None:
    later: Counter[str] = Counter()
    two: Counter[str] = Counter()
    for line in CONVERSATIONS.read_text(encoding="utf-8").splitlines():
        conversation = json.loads(line)
        turns = conversation["turns"]
        heard = await talk(answerer, conversation["audience"], *(turn["query"] for turn in turns))
        for turn, (result, offered) in list(zip(turns, heard, strict=True))[1:]:
            later[kind(turn, result, offered)] += 1
        two.update(kind(turn, *told) for turn, told in zip(turns, heard, strict=True) if "also" in turn)
    asked = later.total()
    assert asked >= 250
    assert later["wrong"] / asked <= 0.04
    assert later["right"] / asked >= 0.6
    assert (later["right"] + later["offered"]) / asked >= 0.85
    assert two["offered"] >= 6


async def test_a_detail_that_no_entry_of_the_matter_has_is_not_answered_surely(answerer: Answerer) -> None:
    _, (result, offered) = await talk(answerer, "guardian", "전학 서류 뭐 필요해요?", "며칠 걸려요?")
    assert result.band == "unsure"
    assert "g-transfer-04" in offered


@pytest.mark.parametrize(
    ("asked", "then", "entry"),
    [
        ("초등 전학은 어떻게 해요", "그럼 중학교는요?", "g-transfer-02"),
        ("방과후 환불되나요?", "방과후 신청이요", "g-after-01"),
        ("방과후 환불되나요?", "신청은요?", "g-after-01"),
        ("교복 지원금 얼마", "우리 애는 고등학생인데", "g-uniform-01"),
        ("재학증명서 떼려면", "졸업증명서는요?", "g-cert-02"),
    ],
)
async def test_what_goes_on_is_answered(answerer: Answerer, asked: str, then: str, entry: str) -> None:
    _, (result, _) = await talk(answerer, "guardian", asked, then)
    assert (result.band, result.entries) == ("sure", (entry,))


async def test_what_was_replaced_is_not_gone_back_to(answerer: Answerer) -> None:
    asked = ("재학증명서 떼려면", "졸업증명서는요?", "수수료는요?")
    *_, (result, _) = await talk(answerer, "guardian", *asked)
    assert "재학" not in result.asked
    assert "졸업증명서" in result.asked


async def test_a_matter_that_was_come_to_later_is_the_one_that_is_meant(answerer: Answerer) -> None:
    asked = ("급식비 얼마예요", "아 그리고 방과후 환불되나요?", "언제까지요?")
    *_, (result, _) = await talk(answerer, "guardian", *asked)
    assert "방과후 환불" in result.asked
    assert "g-after-02" in result.entries


async def test_two_matters_are_both_offered(answerer: Answerer) -> None:
    ((result, offered),) = await talk(answerer, "guardian", "재학증명서하고 생기부 떼고싶어요")
    assert "".join(result.text) == WORDS.say("ko", "two")
    assert offered[:2] == ["g-cert-01", "g-record-01"]
    assert result.entries == tuple(offered)


@pytest.mark.parametrize(
    ("asked", "matters"),
    [
        ("전학 방법이랑 급식비 환불 알려주세요", ["g-transfer-01", "g-meal-04"]),
        ("전학가는데 급식비 남은거 환불되나요? 그리고 방과후도요", ["g-meal-04", "g-after-02"]),
        ("생기부 발급하고 졸업증명서 발급 둘다 되나요", ["g-record-01", "g-cert-02"]),
        ("결석계 양식 어디서 받나요 병원진단서 꼭 있어야 해요?", ["g-absent-08", "g-absent-02"]),
    ],
)
async def test_neither_of_two_matters_is_dropped(answerer: Answerer, asked: str, matters: list[str]) -> None:
    ((result, offered),) = await talk(answerer, "guardian", asked)
    assert "".join(result.text) == WORDS.say("ko", "two")
    assert offered[:2] == matters


async def test_what_was_offered_is_chosen_in_words(answerer: Answerer) -> None:
    asked = ("재학증명서하고 생기부 떼고싶어요", "첫번째거", "두번째도")
    offer, *chosen = await talk(answerer, "guardian", *asked)
    assert [result.entries for result, _ in chosen] == [("g-cert-01",), ("g-record-01",)]
    assert [result.band for result, _ in chosen] == ["sure", "sure"]
    _, (result, _) = await talk(answerer, "guardian", asked[0], "둘 다요")
    assert result.entries == offer[0].entries[:2]
    both = [("".join(one.text), one.asked) for one, _ in chosen]
    assert "".join(result.text) == "\n\n".join(text for text, _ in both)
    assert result.asked == both[1][1] != "둘 다요"


async def test_a_new_matter_is_answered_as_if_nothing_had_been_asked_before(answerer: Answerer) -> None:
    for text in ("선물 드려도 되나요?", "스쿨뱅킹 계좌 바꾸고 싶어요", "강아지 데리고 학교 가도 되나요?"):
        (alone,) = await talk(answerer, "guardian", text)
        _, after = await talk(answerer, "guardian", "초등학교 전학은 어떻게 하나요?", text)
        assert (after[0].band, after[0].entries) == (alone[0].band, alone[0].entries)
