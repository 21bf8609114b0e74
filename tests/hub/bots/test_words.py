import ast
from functools import cache
from pathlib import Path

import pytest

from bots.answerer import PROMISES_PERSON
from bots.small_talk import SmallTalk
from hub.bots.words import BotWords

ROOT = Path(__file__).parents[3]


@cache
def said() -> set[str]:
    """List the sentences that the code asks for by name."""
    names = set()
    for package in ("bots", "hub"):
        for path in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in {"say", "_say", "_fixed"}:
                    constants = (node for argument in call.args for node in ast.walk(argument))
                    names |= {
                        node.value
                        for node in constants
                        if isinstance(node, ast.Constant) and isinstance(node.value, str)
                    }
    return names


def test_every_language_has_the_same_sentences() -> None:
    korean, english = (BotWords().sentences[language] for language in ("ko", "en"))
    assert set(korean) == set(english)
    assert all(korean.values())
    assert all(english.values())


def test_every_kind_of_small_talk_has_a_reply() -> None:
    assert set(SmallTalk().kinds) <= set(BotWords().sentences["ko"])


def test_what_is_asked_for_is_there() -> None:
    words = BotWords()
    for name in (
        "unsure",
        "two",
        "unknown",
        "foreign",
        "interrupted",
        "interrupted_for_good",
        "too_long",
        "failed",
        "away",
        "source_page",
    ):
        assert name in said()
        assert words.say("ko", name) != words.say("en", name)


def test_where_nobody_takes_over_no_person_is_promised() -> None:
    sentences = BotWords().sentences["ko"]
    for name in PROMISES_PERSON:
        assert "담당자" in sentences[name]
        assert "연결" not in sentences[f"{name}_nobody"]


def test_another_language_gets_the_default() -> None:
    assert BotWords("en").say("fr", "greeting") == BotWords().say("en", "greeting")


@pytest.mark.parametrize("language", ["zh", "vi"])
def test_what_families_meet_is_there_in_their_language_and_the_rest_in_the_office_s(language: str) -> None:
    words = BotWords()
    assert set(words.sentences[language]) < set(words.sentences["ko"])
    for name in ("foreign", "foreign_nobody", "unsure", "two"):
        assert words.say(language, name) not in {words.say("ko", name), words.say("en", name)}
    assert words.say(language, "greeting") == words.say("ko", "greeting")
