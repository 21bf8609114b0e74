"""Alarms: words by which somebody tells of danger, and what has to be said to them whatever else is answered.

Who writes that a child does not breathe, or that somebody hits them, gets numbers that are answered day and
night before anything else. Better one such sentence too many than one too few.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.retrieval.text import normalise

PATTERNS: Final = Path(__file__).parent / "data" / "alarms.toml"

_NUMBER: Final = re.compile(r"(?<!\d)1\d{2,3}(?!\d)")


@dataclass(frozen=True, slots=True)
class Alarm:
    """The name of the sentence that is due, and whether somebody tells of danger or asks about it."""

    name: str
    lived: bool


class Alarms:
    """Tells whether a question tells of danger."""

    def __init__(self, patterns: Path = PATTERNS) -> None:
        known: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(patterns.read_text(encoding="utf-8"))
        self.names = tuple(known)
        self._patterns = [
            (Alarm(name, lived=how == "lived"), re.compile("|".join(f"(?:{one})" for one in about[how])))
            for how in ("lived", "about")
            for name, about in known.items()
            if how in about
        ]

    def of(self, question: str) -> Alarm | None:
        """Find the alarm that a question raises; None for nearly all questions."""
        text = normalise(question)
        return next((alarm for alarm, pattern in self._patterns if pattern.search(text)), None)


def says_as_much(answer: str, sentence: str) -> bool:
    """Tell whether an answer names one of the numbers that a sentence names."""
    return not set(_NUMBER.findall(sentence)).isdisjoint(_NUMBER.findall(answer))
