import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bots.entries import EVERYBODY, Audience, Scope
from bots.entry_files import BrokenFile, read_entries, read_questions


def lines(folder: Path, *rows: Any) -> Path:
    path = folder / "entries.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(BrokenFile) as caught:
        read_entries(path)
    assert str(path) in str(caught.value)
    return [(one.line, one.field, one.reason) for one in caught.value.faults]


def test_entries_are_read_from_json_lines(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        {
            "id": "a",
            "title": "전학",
            "question": "전학?",
            "aliases": ["옮기기", ""],
            "answer": "이렇게",
            "topic": "t",
        },
        {"id": 7, "answer": "답", "audience": "guardian", "scope": "school", "unit": "s1", "more": 1},
        {"id": "c", "answer": "답", "audience": ["staff"], "valid_from": "2026-03-01", "valid_until": None},
    )
    first, second, third = read_entries(path)
    assert (first.title, first.aliases, first.audience) == ("전학", ("옮기기",), EVERYBODY)
    assert (second.id, second.audience) == ("7", {Audience.GUARDIAN})
    assert (second.scope, second.unit) == (Scope.SCHOOL, "s1")
    assert (third.valid_from, third.valid_until) == (date(2026, 3, 1), None)


def test_an_entry_may_have_any_one_of_its_texts(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        {"id": "a", "title": "전학"},
        {"id": "b", "question": "전학?", "title": None},
        {"id": "c", "aliases": ["옮기기"]},
        {"id": "d", "answer": "이렇게"},
    )
    assert [len(one.questions) for one in read_entries(path)] == [1, 1, 1, 0]
    assert faults(lines(tmp_path, {"id": "a", "topic": "t"}))[0][1] == "answer"


def test_entries_are_read_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "entries.csv"
    text = (
        "\ufeffid,question,aliases,answer,audience\r\n"
        'a,"전학, 어떻게?",가|나,"두\n줄",guardian|staff\r\n'
        "b,q,,c,\r\n"
    )
    path.write_text(text, encoding="utf-8", newline="")
    first, second = read_entries(path)
    assert (first.question, first.aliases, first.answer) == ("전학, 어떻게?", ("가", "나"), "두\n줄")
    assert first.audience == {Audience.GUARDIAN, Audience.STAFF}
    assert (second.aliases, second.audience) == ((), EVERYBODY)


def test_every_fault_is_told_with_its_line_and_field(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        {"id": "a", "answer": "x"},
        {"answer": "x"},
        {"id": "c"},
        {"id": "d", "answer": 3},
        {"id": "e", "answer": "x", "audience": "parents"},
        {"id": "f", "answer": "x", "valid_until": "soon"},
        {"id": "g", "answer": "x", "valid_from": "2026-03-02", "valid_until": "2026-03-01"},
        {"id": "h", "answer": "x", "scope": "school"},
        {"id": "i", "answer": "x", "aliases": [1]},
        [1],
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("{nothing\n")
    assert [(line, field) for line, field, _ in faults(path)] == [
        (2, "id"),
        (3, "answer"),
        (4, "answer"),
        (5, "audience"),
        (6, "valid_until"),
        (7, "valid_until"),
        (8, "unit"),
        (9, "aliases"),
        (10, ""),
        (11, ""),
    ]


def test_an_id_comes_once(tmp_path: Path) -> None:
    path = lines(tmp_path, {"id": "a", "answer": "x"}, {"id": "a", "answer": "y"})
    assert faults(path) == [(2, "id", "a stands in line 1 already")]
    same = {"answer": " x", "id": "a"}
    again = lines(tmp_path, {"id": "a", "answer": "x"}, {"id": 1.0, "answer": "y"}, same)
    assert [one.id for one in read_entries(again)] == ["a", "1"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 100_000, "JSON"),
        (b'\n[{"id": 1, "answer": "x"},\n {"id": 2, "answer": "y"}]', "one JSON array"),
        (b'{"id": NaN, "answer": "x"}', "whole number"),
        (b'{"id": "\\ud800", "answer": "x"}', "characters"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "entries.jsonl"
    path.write_bytes(content)
    assert reason in faults(path)[0][2]


def test_a_missing_file_and_a_broken_csv_are_told(tmp_path: Path) -> None:
    assert "No such file" in faults(tmp_path / "no.jsonl")[0][2]
    path = tmp_path / "entries.csv"
    path.write_text("id,answer\na,b,c\n", encoding="utf-8")
    assert faults(path) == [(2, "", "has more columns than the header")]


def test_of_many_faults_some_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    path = lines(tmp_path, *([{}] * 50))
    with pytest.raises(BrokenFile, match="and 30 more faults"):
        read_entries(path)


def test_questions_keep_what_else_the_set_says(tmp_path: Path) -> None:
    path = lines(tmp_path, {"query": "전학?", "pos": ["a", 7], "kind": "short"}, {"query": "날씨", "pos": []})
    first, second = read_questions(path)
    assert (first.pos, first.tags) == ({"a", "7"}, {"kind": "short"})
    assert second.pos == frozenset()


def test_one_id_needs_no_list(tmp_path: Path) -> None:
    path = lines(tmp_path, {"query": "전학?", "pos": "a|b"}, {"query": "결석?", "pos": 7})
    assert [question.pos for question in read_questions(path)] == [{"a|b"}, {"7"}]


@pytest.mark.parametrize("row", [{"query": "x"}, {"query": "", "pos": []}, {"query": "x", "pos": ""}])
def test_a_question_has_a_query_and_what_answers_it(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(BrokenFile):
        read_questions(lines(tmp_path, row))
