"""Every refusal in the code has a sentence in every language, and no sentence is left over."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.wording import LANGUAGES, OF_FAMILIES, Wording, load
from rooms.errors import ErrorCode, Refusal, bad_request, forbidden, too_large

ROOT = Path(__file__).parents[2]
FILES = sorted(path for package in ("rooms", "bots", "hub") for path in (ROOT / package).rglob("*.py"))
# Which argument of a call is the reason.
PLACES = {
    "Refusal": 1,
    "BadCommand": 1,
    "FieldRefusal": 0,
    "bad_request": 0,
    "forbidden": 0,
    "too_large": 0,
    "conflict": 0,
    "not_found": 0,
}
# Calls that pass a reason on, which is one of the others.
PASSED_ON = {
    ("hub/consumer.py", "bad.reason"),
    ("hub/api/problems.py", "refusal.reason"),
    ("hub/bots/link.py", "refused.reason"),
    ("hub/faq/reader.py", "self.reason"),
}
# What every sentence may use: a refusal has it, whatever it was made with.
ALWAYS = {"retry_after"}


@dataclass(frozen=True)
class Use:
    """A place in the code that refuses; `pattern` fits its reason, `params` fill the sentence."""

    place: str
    pattern: str
    params: frozenset[str]
    waits: bool


def uses(path: Path) -> Iterator[Use]:
    file = path.relative_to(ROOT).as_posix()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Name)
            or call.func.id not in PLACES
        ):
            continue
        name, place = call.func.id, f"{file}:{call.lineno}"
        given = call.args[PLACES[name]] if len(call.args) > PLACES[name] else None
        if file == "rooms/errors.py" or (given is not None and (file, ast.unparse(given)) in PASSED_ON):
            continue
        assert given is not None, f"{place}: the reason of {name} stands in its place"
        keywords = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
        params = keywords - ALWAYS | ({"detail"} if name == "BadCommand" else set())
        pattern = ("no_" if name == "not_found" else "") + reason_of(given, place)
        yield Use(place, pattern, frozenset(params), "retry_after" in keywords)


def reason_of(given: ast.expr, place: str) -> str:
    """Write the pattern of a reason: a string, one of two strings, or an f-string."""
    match given:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.IfExp(body=one, orelse=other):
            return f"(?:{reason_of(one, place)}|{reason_of(other, place)})"
        case ast.JoinedStr(values=parts):
            return "".join(
                reason_of(part, place) if isinstance(part, ast.Constant) else "[a-z]+" for part in parts
            )
        case _:
            pytest.fail(f"{place}: {ast.unparse(given)} cannot be read as a reason")


USES = [use for path in FILES for use in uses(path)]


def test_the_code_was_found() -> None:
    assert len(USES) > 50
    assert any(use.pattern == "[a-z]+_too_late" for use in USES)


def test_all_languages_have_the_same_sentences_and_take_the_same() -> None:
    first, *others = (load(language) for language in LANGUAGES)
    for other in others:
        assert set(other.sentences) == set(first.sentences)
        for reason in first.sentences:
            assert other.named_in(reason) == first.named_in(reason), reason


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_sentence_that_it_can_fill(language: str) -> None:
    catalogue = load(language)
    for use in USES:
        fitting = [reason for reason in catalogue.sentences if re.fullmatch(use.pattern, reason)]
        assert fitting, f"{use.place}: no sentence for {use.pattern}"
        for reason in fitting:
            missing = catalogue.named_in(reason) - use.params - ALWAYS
            assert not missing, f"{use.place}: the sentence {reason} takes {missing}"
            assert use.waits or "retry_after" not in catalogue.named_in(reason), (
                f"{use.place}: when to come back?"
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_over(language: str) -> None:
    unused = {
        reason
        for reason in load(language).sentences
        if not any(re.fullmatch(use.pattern, reason) for use in USES)
    }
    assert not unused


def test_all_languages_say_the_same_in_notifications_and_nothing_is_left_over() -> None:
    first, *others = (load(language) for language in LANGUAGES)
    code = "".join(path.read_text(encoding="utf-8") for path in FILES)
    for other in others:
        assert set(other.pushes) == set(first.pushes)
        for name in first.pushes:
            assert other.named_in_push(name) == first.named_in_push(name), name
    assert {name for name in first.pushes if f'"{name}"' not in code} == set()


@pytest.mark.parametrize("language", OF_FAMILIES)
def test_languages_of_families_say_what_others_say_and_else_the_offices_is_used(language: str) -> None:
    first, other = load("ko"), load(language)
    assert other.sentences.keys() < first.sentences.keys()
    assert other.pushes.keys() <= first.pushes.keys()
    for reason, sentence in other.sentences.items():
        assert other.named_in(reason) == first.named_in(reason), reason
        assert sentence.endswith((".", "。")), reason
        assert not re.search("[가-힣]", sentence), reason
    for name in other.pushes:
        assert other.named_in_push(name) == first.named_in_push(name), name
    wording = Wording("en")
    assert wording.sentence(language, forbidden("answers_closed")) == other.sentences["answers_closed"]
    assert wording.sentence(language, forbidden("not_unit_administrator")) == wording.sentence(
        "en", forbidden("not_unit_administrator")
    )


def test_what_notifications_say() -> None:
    assert Wording().push(None, "digest_title", count=1200) == "새 소식 1,200건"
    assert Wording().push("en", "digest_more", count=3) == "and 3 more"


def test_sentences_are_sentences() -> None:
    for language in LANGUAGES:
        for reason, sentence in load(language).sentences.items():
            assert sentence.endswith((".", "{detail}")), reason
            assert (re.search("[가-힣]", sentence) is not None) == (language == "ko"), reason


@pytest.mark.parametrize(
    ("refusal", "korean", "english"),
    [
        (bad_request("empty_text"), "내용을 입력해 주세요.", "Please write something."),
        (
            too_large("text_too_long", limit=8000),
            "메시지는 8,000자까지 쓸 수 있습니다.",
            "A message may have up to 8,000 characters.",
        ),
        (
            too_large("file_too_large", limit=100 * 2**20),
            "파일은 100 MB까지 올릴 수 있습니다.",
            "A file may have up to 100 MB.",
        ),
        (
            too_large("file_too_large", limit=1536),
            "파일은 1.5 KB까지 올릴 수 있습니다.",
            "A file may have up to 1.5 KB.",
        ),
        (
            too_large("file_too_large", limit=10),
            "파일은 10 B까지 올릴 수 있습니다.",
            "A file may have up to 10 B.",
        ),
    ],
)
def test_what_people_are_told(refusal: Refusal, korean: str, english: str) -> None:
    wording = Wording("ko")
    assert wording.sentence("ko", refusal) == korean
    assert wording.sentence("en", refusal) == english
    assert wording.sentence(None, refusal) == korean
    assert wording.sentence("fr", refusal) == korean
    assert Wording("en").sentence(None, refusal) == english


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (0.001, "1초", "1 second"),
        (1, "1초", "1 second"),
        (1.2, "2초", "2 seconds"),
        (59, "59초", "59 seconds"),
        (60, "1분", "1 minute"),
        (61, "2분", "2 minutes"),
        (3600, "1시간", "1 hour"),
        (86_400, "24시간", "24 hours"),
        (2 * 86_400, "2일", "2 days"),
        (3650 * 86_400, "3,650일", "3,650 days"),
    ],
)
def test_durations_are_written_the_way_people_do(seconds: float, korean: str, english: str) -> None:
    wording = Wording()
    refusal = forbidden("edit_too_late", seconds=seconds)
    assert f"보낸 지 {korean}이" in wording.sentence("ko", refusal)
    assert f"for {english} after" in wording.sentence("en", refusal)


def test_what_somebody_sent_is_neither_read_as_a_format_nor_repeated_at_length() -> None:
    wording = Wording()
    detail: Any = "{retry_after} {0} {detail.__class__}" + "x" * 1000
    said = wording.sentence("en", bad_request("invalid_body", detail=detail))
    assert "{retry_after} {0} {detail.__class__}xxx" in said
    assert len(said) < 400


def test_when_to_come_back() -> None:
    refusal = Refusal(ErrorCode.RATE_LIMITED, "too_fast", retry_after=2.3)
    assert Wording().sentence("en", refusal) == "You are sending too fast. Please try again in 3 seconds."
