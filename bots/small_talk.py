"""Small talk: what people say that asks for no entry, and what kind of reply fits."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bots.retrieval.text import normalise

PATTERNS: Final = Path(__file__).parent / "data" / "small_talk.toml"
INSULT: Final = "insult"
CRISIS: Final = "crisis"
PERSON: Final = "person"
TALK: Final = "talk"
"""The band of an answer to small talk."""
LONGEST: Final = 40
"""Characters, without spaces, of what can be small talk as a whole."""

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
            # People in need may write without spaces; an insult is one only as a word of its own.
            kind: re.compile(
                ("" if kind == CRISIS else r"(?<![가-힣a-z])") + f"(?:{'|'.join(about['within'])})"
            )
            for kind, about in known.items()
            if "within" in about
        }

    def kind(self, question: str) -> str | None:
        """Name the kind of small talk that the whole question is; None where it may ask for something."""
        text = normalise(question)
        crisis = self._within.get(CRISIS)
        if crisis is not None and crisis.search(text):
            return CRISIS
        squeezed = _NOT_SAID.sub("", text)
        squeezed = squeezed.rstrip("ㅋㅎㅠㅜ") or squeezed
        if not squeezed or len(squeezed) > LONGEST:
            return None
        return next((kind for kind, whole in self._whole.items() if whole.fullmatch(squeezed)), None)

    def insults(self, question: str) -> bool:
        """Tell whether there is an insult in the question, whatever else it asks."""
        return self._within[INSULT].search(normalise(question)) is not None


def ungreeted(question: str) -> str:
    """Take the greeting from the beginning of a question, if something follows it."""
    rest = _GREETING.sub("", question.strip(), count=1)
    return rest or question
