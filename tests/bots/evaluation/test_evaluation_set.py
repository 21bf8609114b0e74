"""The FAQ chatbot is measured on this set: it has to be what its README says."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "data" / "faq"
AUDIENCES = {"guardian": "g-", "student": "s-", "staff": "t-"}
KINDS = {"short", "long", "colloquial", "misspelt", "honorific", "plain", "jargon", "keyword"}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", text)).casefold()


ENTRIES = lines("entries.jsonl")
QUESTIONS = lines("questions.jsonl")
REFUSED = lines("refused.jsonl")
LEARNT = lines("learnt.jsonl")
CONVERSATIONS = lines("conversations.jsonl")
OTHERS = ("hospital", "city")


def wordings(entry: dict[str, Any]) -> set[str]:
    return {bare(text) for text in (entry["title"], entry["question"], *entry["aliases"])}


def twice(things: list[str]) -> list[str]:
    return [thing for thing, times in Counter(things).items() if times > 1]


def test_entries_are_whole() -> None:
    fields = {"id", "title", "question", "aliases", "answer", "audience", "topic"}
    for entry in ENTRIES:
        assert set(entry) == fields, entry
        assert all(text.strip() == text != "" for key, text in entry.items() if key != "aliases"), entry
        assert len(entry["aliases"]) == 4
        assert entry["id"].startswith(AUDIENCES[entry["audience"]])
        assert 2 <= len(re.findall(r"\.(?=\s|$)", entry["answer"])) <= 8, entry["answer"]


def test_ids_and_wordings_are_unique() -> None:
    assert twice([entry["id"] for entry in ENTRIES]) == []
    assert twice([entry["answer"] for entry in ENTRIES]) == []
    assert twice([text for entry in ENTRIES for text in wordings(entry)]) == []


def test_there_are_enough_entries_of_both_sides() -> None:
    of = Counter(entry["audience"] for entry in ENTRIES)
    assert len(ENTRIES) >= 300
    assert of["guardian"] >= 130
    assert of["student"] >= 30
    assert of["staff"] >= 130


def test_questions_point_to_entries() -> None:
    audience = {entry["id"]: entry["audience"] for entry in ENTRIES}
    for question in QUESTIONS:
        assert set(question) == {"query", "pos", "kind", "audience"}, question
        assert question["query"].strip() == question["query"] != ""
        assert question["kind"] in KINDS, question
        assert question["pos"], question
        assert set(question["pos"]) <= set(audience), question
        assert twice(question["pos"]) == [], question
        assert question["audience"] == audience[question["pos"][0]], question


def test_there_are_enough_questions_of_each_kind_and_entry() -> None:
    of = Counter(question["kind"] for question in QUESTIONS)
    assert len(QUESTIONS) >= 900
    assert of["misspelt"] >= 150
    assert {kind: of[kind] for kind in KINDS if of[kind] < 30} == {}
    asked = Counter(question["pos"][0] for question in QUESTIONS)
    assert {entry["id"]: asked[entry["id"]] for entry in ENTRIES if asked[entry["id"]] < 3} == {}


def test_enough_must_be_refused_and_half_of_it_is_near() -> None:
    assert all(set(refused) == {"query", "pos", "kind"} and refused["pos"] == [] for refused in REFUSED)
    of = Counter(refused["kind"] for refused in REFUSED)
    assert set(of) == {"near", "far", "smalltalk"}
    assert len(REFUSED) >= 300
    assert of["near"] >= 150
    assert of["far"] >= 80


def test_no_question_is_asked_twice_or_in_the_words_of_an_entry() -> None:
    asked = [bare(question["query"]) for question in (*QUESTIONS, *REFUSED)]
    assert "" not in asked
    assert twice(asked) == []
    assert sorted({text for entry in ENTRIES for text in wordings(entry)} & set(asked)) == []


def test_what_was_learnt_from_is_not_what_is_measured() -> None:
    assert all(learnt["pos"] == [] and learnt["kind"] == "far" for learnt in LEARNT)
    learnt = [bare(question["query"]) for question in LEARNT]
    assert twice(learnt) == []
    assert sorted({bare(question["query"]) for question in (*QUESTIONS, *REFUSED)} & set(learnt)) == []


@pytest.mark.parametrize("place", OTHERS)
def test_sets_of_other_places_are_whole(place: str) -> None:
    entries, questions = lines(f"{place}-entries.jsonl"), lines(f"{place}-questions.jsonl")
    assert all(set(one) == {"id", "title", "question", "aliases", "answer"} for one in entries)
    assert twice([one["id"] for one in entries]) == []
    assert all(set(one) == {"query", "pos", "kind"} for one in questions)
    assert {name for one in questions for name in one["pos"]} == {one["id"] for one in entries}
    assert all((one["kind"] in {"near", "far"}) == (one["pos"] == []) for one in questions)
    asked = [bare(one["query"]) for one in questions]
    assert twice(asked) == []
    assert sorted({text for one in entries for text in wordings(one)} & set(asked)) == []


def test_conversations_point_to_entries_that_their_audience_may_see() -> None:
    audience = {entry["id"]: entry["audience"] for entry in ENTRIES}
    assert {one["audience"] for one in CONVERSATIONS} == set(AUDIENCES)
    for one in CONVERSATIONS:
        assert set(one) == {"audience", "turns"}, one
        for turn in one["turns"]:
            assert {"query", "pos"} <= set(turn) <= {"query", "pos", "also"}, turn
            assert {audience[name] for name in (*turn["pos"], *turn.get("also", ()))} <= {one["audience"]}, (
                turn
            )


def test_there_is_no_personal_data() -> None:
    # a resident number, a mobile number, an e-mail address
    personal = re.compile(r"\d{6}-?[1-8]\d{6}|01\d-?\d{3,4}-?\d{4}|[\w.]+@[\w.]+")
    for name in ("entries.jsonl", "questions.jsonl", "refused.jsonl", "learnt.jsonl", "conversations.jsonl"):
        assert personal.findall((FOLDER / name).read_text(encoding="utf-8")) == []
