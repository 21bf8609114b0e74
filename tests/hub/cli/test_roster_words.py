import ast
import string
from pathlib import Path

import pytest

import rooms.roster
from hub.cli.roster_words import RosterWords
from rooms.roster.report import CATEGORIES
from rooms.roster.table import Fault

SECTIONS = ("kinds", "steps", "lines", "reasons")


def words(section: str, locale: str) -> dict[str, str]:
    found: dict[str, str] = getattr(RosterWords(locale), section)
    return found


def filled(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("section", SECTIONS)
def test_both_languages_say_the_same_things(section: str) -> None:
    korean, english = words(section, "ko"), words(section, "en")
    assert list(korean) == list(english)
    assert {key: filled(text) for key, text in korean.items()} == {
        # The Korean sentence says the count in English too, for scripts that look for it.
        key: filled(text)
        for key, text in english.items()
    }


def test_every_category_has_a_name() -> None:
    assert set(words("kinds", "ko")) == set(CATEGORIES)


def test_every_reason_that_the_rules_give_has_a_sentence() -> None:
    """Reasons are string constants of the roster modules; each sentence is one of them."""
    folder = Path(str(rooms.roster.__file__)).parent
    constants = {
        node.value
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(words("reasons", "en")) <= constants


def test_a_fault_is_told_with_its_place() -> None:
    say = RosterWords("en")
    assert say.fault(Fault("people.csv", 7, "이름", "too_long", {"limit": 100, "found": 120})) == (
        "people.csv:7: 이름: has 120 characters, at most 100 are allowed"
    )
    assert say.fault(Fault("people.csv", None, None, "file_empty")) == "people.csv: the file is empty"


def test_kinds_of_units_are_named_in_the_language() -> None:
    fault = Fault("people.csv", 2, "역할", "teacher_needs_class", {"kind": "school"})
    assert RosterWords("ko").reason(fault) == "담임은 학급에만 둘 수 있는데 소속이 학교입니다"
    assert RosterWords("en").reason(fault) == "a teacher belongs to a class, but the unit is a school"
