"""Small talk: what people say that asks for no entry, and what kind of reply fits."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bots.retrieval.text import normalise

PATTERNS: Final = Path(__file__).parent / "data" / "small_talk.toml"
INSULT: Final = "insult"
PERSON: Final = "person"
ANGRY: Final = "angry_person"
"""An insult by who wants a person."""
TALK: Final = "talk"
"""The band of an answer to small talk."""
LONGEST: Final = 40
"""Characters, without spaces, of what can be small talk as a whole."""

_FIRST: Final = (PERSON, INSULT, "no", "who", "help")
"""Of several kinds that are said together the first of these is answered, else the last that is said."""
_ON_THE_WAY: Final = frozenset({"yes", "greeting", "bored", "joke"})
"""Kinds that others are said with, and that are answered only where nothing else is said."""

_NOT_SAID: Final = re.compile(r"[^0-9a-z가-힣ㄱ-ㅣ]+")
_WORD_BEGINS: Final = r"(?<![가-힣a-z])"
_GREETING: Final = re.compile(
    r"^(?:안녕(?:하세요|하십니까)?|반갑습니다|수고하십니다|수고하세요|저기요?|여보세요|hello|hi)(?=[\s,.!~?]|$)[\s,.!~?]*"
)


class SmallTalk:
    """Tells the kinds of small talk apart."""

    def __init__(self, patterns: Path = PATTERNS) -> None:
        known: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(patterns.read_text(encoding="utf-8"))
        self.kinds = tuple(known)
        self._whole = {
            kind: re.compile("|".join(f"(?:{one})" for one in about["whole"]))
            for kind, about in known.items()
            if "whole" in about
        }
        self._within = {
            # An insult is one only as a word of its own.
            kind: re.compile(f"{_WORD_BEGINS}(?:{'|'.join(about['within'])})")
            for kind, about in known.items()
            if "within" in about
        }

        swearing = "|".join(known[INSULT]["within"])
        self._sworn = re.compile(f"(?:{swearing})+[가-힣]{{0,2}}")

    def kind(self, question: str) -> str | None:
        """Name the kind of small talk that the whole question is; None where it may ask for something."""
        text = normalise(question)
        words = _NOT_SAID.sub(" ", text.replace("'", "")).split()
        if not words or sum(map(len, words)) > LONGEST:
            return None
        said = self._said(words)
        if PERSON in said and (INSULT in said or self.insults(question)):
            return ANGRY
        last = [one for one in said if one not in _ON_THE_WAY] or said
        return next((one for one in _FIRST if one in said), last[-1] if last else None)

    def _said(self, words: Sequence[str]) -> list[str]:
        """Name the kinds of the words one after the other, as few as can be; nothing where some are none."""
        ways: list[list[str] | None] = [[]]
        for end in range(1, len(words) + 1):
            found = None
            for start in range(end):
                before = ways[start]
                kind = None if before is None else self._kind_of("".join(words[start:end]))
                if (
                    before is not None
                    and kind is not None
                    and (found is None or len(before) < len(found) - 1)
                ):
                    found = [*before, kind]
            ways.append(found)
        return ways[-1] or []

    def _kind_of(self, squeezed: str) -> str | None:
        plain = squeezed.rstrip("ㅋㅎㅠㅜ") or squeezed
        found = next((kind for kind, whole in self._whole.items() if whole.fullmatch(plain)), None)
        return INSULT if found is None and self._sworn.fullmatch(plain) else found

    def wants_person(self, question: str) -> bool:
        """Tell whether a person is asked for in the question, whatever else it says."""
        return self._within[PERSON].search(normalise(question)) is not None

    def insults(self, question: str) -> bool:
        """Tell whether there is an insult in the question, whatever else it asks."""
        return self._within[INSULT].search(normalise(question)) is not None


def ungreeted(question: str) -> str:
    """Take the greeting from the beginning of a question, if something follows it."""
    rest = _GREETING.sub("", question.strip(), count=1)
    return rest or question
