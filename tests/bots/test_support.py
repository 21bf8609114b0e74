"""What a language model may write of an entry, on the sentences of `tests/data/faq/wordings.jsonl`."""

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bots.claims import Claims
from bots.entries import Entry
from tests.support import faq

SET = Path(__file__).parents[1] / "data" / "faq" / "wordings.jsonl"
ENTRIES = {entry.id: entry for entry in faq.sample()}
SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|\n|$)")


@cache
def wordings(language: str) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row.get("language", "ko") == language]


def shown(entry: Entry, text: str) -> bool:
    claims = Claims([entry], entry.question)
    return not claims.added(text) and claims.said([text], [0])


def share(rows: list[tuple[Entry, str]]) -> float:
    return sum(shown(entry, text) for entry, text in rows) / len(rows)


def of(language: str, *, true: bool) -> list[tuple[Entry, str]]:
    return [
        (ENTRIES[row["entry"]], row["text"]) for row in wordings(language) if (row["kind"] == "true") is true
    ]


def sentences_of(entry: Entry) -> Iterator[str]:
    return (found.strip() for found in SENTENCE.findall(entry.answer) if re.search("[가-힣]{2}", found))


def test_what_an_entry_says_in_other_words_is_shown() -> None:
    assert share(of("ko", true=True)) >= 0.94
    assert share(of("en", true=True)) >= 0.9


def test_what_was_changed_is_not() -> None:
    assert share(of("ko", true=False)) <= 0.02
    assert share(of("en", true=False)) <= 0.15


def test_every_sentence_of_an_entry_is_shown() -> None:
    refused = [
        (entry.id, sentence)
        for entry in ENTRIES.values()
        for sentence in sentences_of(entry)
        if not shown(entry, sentence)
    ]
    assert refused == []


def test_sentences_of_other_entries_are_not() -> None:
    chance = random.Random(7)
    rows = [
        (entry, sentence)
        for entry in ENTRIES.values()
        for other in chance.sample(list(ENTRIES.values()), 4)
        if other is not entry
        for sentence in [chance.choice(list(sentences_of(other)))]
    ]
    assert share(rows) <= 0.005


ANSWER = (
    "이틀까지는 처방전도 되고, 사흘 이상이면 진단서를 담임교사에게 냅니다. "
    "비용은 보호자가 부담하며 스쿨뱅킹으로 냅니다. 신청서를 내면 학교장이 허가합니다. "
    "신고서를 내지 않으면 미인정결석이 될 수 있습니다. 출국 전에 허가를 받으세요."
)


@pytest.mark.parametrize(
    "text",
    [
        "2일까지는 처방전도 돼요.",
        "3일 이상이면 진단서를 담임선생님께 제출하세요.",
        "금액은 보호자가 부담해요.",
        "신고서를 내지 않으면 미인정결석이 될 수 있어요.",
        "신청서를 내시면 학교장이 허가해요.",
        "**비용:** 보호자 부담",
        "필요한 서류는 다음과 같아요:",
    ],
)
def test_wordings_that_say_the_same(text: str) -> None:
    assert shown(Entry(id="e", answer=ANSWER), text)


@pytest.mark.parametrize(
    "text",
    [
        "이틀 이상이면 진단서를 담임교사에게 내세요.",
        "사흘까지는 처방전도 돼요.",
        "나흘 이상이면 진단서를 담임교사에게 내세요.",
        "비용은 학교장이 부담해요.",
        "비용은 교육청이 부담해요.",
        "신고서를 내면 미인정결석이 될 수 있어요.",
        "신고서를 내지 않아도 미인정결석이 되지 않아요.",
        "학교장이 허가해요.",
        "출국 후에 허가를 받으세요.",
        "비용은 보호자만 부담해요.",
        "누구나 허가를 받을 수 있어요.",
        "네, 가능해요.",
        "进行申请。",
        "Оплатите штраф.",
    ],
)
def test_wordings_that_say_something_else(text: str) -> None:
    assert not shown(Entry(id="e", answer=ANSWER), text)


def test_the_number_of_an_item_is_none_of_its_own() -> None:
    entry = Entry(id="e", answer="1) 신청서를 씁니다.\n2) 등본을 붙입니다.\n3) 진단서를 냅니다.\n문의는 1395")
    assert shown(entry, "3. 진단서를 내세요.")
    assert shown(entry, "문의는 1395번으로 하세요.")
    assert not shown(entry, "진단서를 3일 안에 내세요.")
    assert not shown(entry, "진단서를 3번 내세요.")


def test_a_condition_that_was_named_holds_for_what_follows() -> None:
    claims = Claims([Entry(id="e", answer=ANSWER)], "신청서는 누가 허가하나요? 신청서를 내면요?")
    assert claims.said(["학교장이 허가해요."], [0])


def test_only_what_is_cited_counts() -> None:
    claims = Claims([Entry(id="a", answer="급식은 무료입니다."), Entry(id="b", answer=ANSWER)], "")
    assert claims.said(["급식은 무료예요."], [0])
    assert not claims.said(["급식은 무료예요."], [1])
    assert claims.said(["급식은 무료예요."], [1, 0])


def test_what_is_held_against_entries_is_bounded() -> None:
    claims = Claims([Entry(id="e", answer=ANSWER * 500)], "")
    assert not claims.said(["진단서 " * 1_000], [0])
    assert not claims.said([("사흘 이상이면 진단서를 내고 " * 150)], [0])
