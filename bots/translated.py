"""Whether an answer in another language may be of an entry, by a glossary of English. Pure.

A glossary shows whether a sentence is of an entry's matter; it does not show that it says the same. So of
English a sentence is let through whose numbers the entry has, whose words are known to be of it, and which
denies nothing where the entry denies nothing. Of other languages nothing is known, and nothing let through
that the entry itself does not write.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

GLOSSARY: Final = Path(__file__).parent / "data" / "english.txt"
LEAST_KNOWN: Final = 0.75
"""Of a sentence's words of meaning, those that the entry has."""
FEWEST: Final = 2
"""Words of meaning that an English sentence must have in common with its entry."""
LONGEST_ENDING: Final = 4

_WORD: Final = re.compile(r"[^\W\d_가-힣]+(?:'[a-z]+)?")
_ENGLISH: Final = re.compile(r"[a-z']+")
_NUMBER: Final = re.compile(r"\d+")
_SPELT: Final = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "twice": "2", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "fifty": "50",
    "hundred": "100",
}  # fmt: skip
_NATIVE: Final = {
    "하루": "1", "이틀": "2", "사흘": "3", "나흘": "4", "닷새": "5", "열흘": "10",
    "한 ": "1", "두 ": "2", "세 ": "3", "네 ": "4",
    "다섯": "5", "여섯": "6", "일곱": "7", "여덟": "8", "아홉": "9", "열 ": "10", "셋째": "3", "둘째": "2",
}  # fmt: skip
_DENIES: Final = re.compile(r"\b(?:not|no|never|cannot|without|none|neither|nor|unable)\b|n't\b")
_DENIED: Final = re.compile(r"않|없|못|아니|아닌|아닙|안 |말고|불가|미인정|금지|제한")
_UNKNOWN: Final = ("",)


class Translated:
    """What an entry says, for sentences in another language."""

    def __init__(self, text: str) -> None:
        self._text = text.casefold()
        self._words = frozenset(_WORD.findall(self._text))
        self._numbers = set(_NUMBER.findall(self._text)) | {
            digits for word, digits in _NATIVE.items() if word in self._text
        }
        self._denies = _DENIED.search(text) is not None or _DENIES.search(self._text) is not None

    def says(self, text: str) -> bool:
        """Tell whether a sentence may be what the entry says."""
        words = _WORD.findall(text.casefold())
        meant = [word for word in words if _glossary().get(word, _UNKNOWN) != ()]
        if not meant:
            return len(words) < FEWEST  # a mere yes, before what says it
        if not all(_ENGLISH.fullmatch(word) for word in meant):
            return all(word in self._words for word in meant)
        numbers = {*_NUMBER.findall(text), *(_SPELT[word] for word in words if word in _SPELT)}
        if not numbers <= self._numbers:
            return False
        if _DENIES.search(text.casefold()) and not self._denies:
            return False
        meant = [word for word in meant if word not in _SPELT]
        has = sum(self._has(word) for word in meant)
        return has >= min(FEWEST, len(meant)) and has >= LEAST_KNOWN * len(meant)

    def _has(self, word: str) -> bool:
        return word in self._words or any(korean in self._text for korean in _korean(word))


def _korean(word: str) -> tuple[str, ...]:
    """List what an English word, in any of its endings, may be in Korean."""
    glossary = _glossary()
    beginnings = (word[:size] for size in range(len(word), max(1, len(word) - LONGEST_ENDING) - 1, -1))
    return tuple(korean for one in beginnings for korean in glossary.get(one, ()))


@cache
def _glossary() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        english, _, korean = line.partition("#")[0].partition("=")
        for word in english.split():
            found[word] = (*found.get(word, ()), *korean.split()) if korean.strip() else ()
    return found
