"""Alarms: what people tell of danger, and what has to be said to them whatever else is answered.

Who writes that a child does not breathe, or that somebody hits them, gets numbers that are answered day and
night before anything else. Better one such sentence too many than one too few.

Danger is told by notions that meet in a question (somebody, a blow), which are morphemes in their plain form:
so endings, politeness, spaces and common slips need no words of their own. The rules stand in
`bots/data/alarms.toml`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any, Final

from bots.retrieval.morphemes import Typed

RULES: Final = Path(__file__).parent / "data" / "alarms.toml"
CRISIS: Final = "crisis"
"""Who speaks of ending their own life; nothing is looked for then."""
NEAR: Final = 12
"""Morphemes among which all that a rule names has to stand."""

_NUMBER: Final = re.compile(r"(?<!\d)1\d{2,3}(?!\d)")
_CALL: Final = re.compile(r"\s*11[29]\s*[.!?]*")
_LEFT_OUT: Final = ("JKS", "JKO", "JX", "JKG", "JC", "SF", "SP", "SS", "SE")
"""Parts of speech that people leave out, or put anywhere: they tell nothing of who does what."""
_TYPED: Final = str.maketrans("ᆫᆯᆷᆸᆼ", "ㄴㄹㅁㅂㅇ")
"""Endings within a syllable, as Kiwi writes them and as a keyboard does."""

Piece = str | tuple[str, ...]
"""Letters, or morphemes that follow each other."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """The name of the sentence that is due, and whether somebody tells of danger or asks about it."""

    name: str
    lived: bool


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """Any of these. Each is itself alone, so that what it found is remembered at no cost."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """What has to stand near each other, and what may stand nowhere."""

    needs: tuple[Term, ...]
    never: tuple[Term, ...]

    def fits(self, said: "_Said") -> bool:
        places = []
        for term in self.needs:
            found = said.places(term)
            if not found:
                return False
            places.append(found)
        if any(said.places(term) for term in self.never):
            return False
        starts = sorted({place for found in places for place in found if place >= 0})
        return not starts or any(
            all(any(place < 0 or start <= place < start + NEAR for place in found) for found in places)
            for start in starts
        )


class _Said:
    """What somebody said, as rules look at it."""

    def __init__(self, typed: Typed) -> None:
        self._text = typed.text.replace(" ", "")
        self._cut = [
            {(form := one.form.translate(_TYPED)), f"{form}/{one.tag}", f"/{one.tag}"}
            for one in typed.cut
            if not one.tag.startswith(_LEFT_OUT)
        ]
        self.known = set[str]().union(*self._cut)
        self._found: dict[Term, list[int]] = {}

    def places(self, term: Term) -> list[int]:
        """List where a term stands; -1 is anywhere."""
        if term not in self._found:
            self._found[term] = [place for piece in term.pieces for place in self._of(piece)]
        return self._found[term]

    def _of(self, piece: Piece) -> list[int]:
        if isinstance(piece, str):
            return [-1] if piece in self._text else []
        if not self.known.issuperset(piece):
            return []
        return [
            start
            for start in range(len(self._cut) - len(piece) + 1)
            if all(word in self._cut[start + place] for place, word in enumerate(piece))
        ]


class _Rules:
    """Rules, of which nearly all are passed over at once: what they name first was not said."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        self._rules = rules
        self._by_word: dict[str, list[int]] = {}
        self._always: list[int] = []
        for place, rule in enumerate(rules):
            pieces = rule.needs[0].pieces
            if any(isinstance(piece, str) for piece in pieces):
                self._always.append(place)
                continue
            for word in {piece[0] for piece in pieces}:
                self._by_word.setdefault(word, []).append(place)

    def fit(self, said: "_Said") -> bool:
        """Tell whether any fits."""
        places = {place for word in said.known for place in self._by_word.get(word, ())}
        return any(self._rules[place].fits(said) for place in (*places, *self._always))


class Alarms:
    """Tells whether a question tells of danger."""

    def __init__(self, rules: Path = RULES) -> None:
        known: dict[str, Any] = tomllib.loads(rules.read_text(encoding="utf-8"))
        terms = _Terms(known.pop("notions"))
        self.names = tuple(known)
        self._lived = {
            name: terms.rules(_lived(about, known), about["unless"]) for name, about in known.items()
        }
        self._about = {name: terms.rules(about.get("about", ())) for name, about in known.items()}
        self._entries = {name: terms.rules(about.get("entries", ())) for name, about in known.items()}

    def of(self, typed: Typed) -> Alarm | None:
        """Find the alarm that a question raises; None for nearly all questions."""
        if _CALL.fullmatch(typed.text):
            return Alarm("emergency", lived=True)
        said = _Said(typed)
        for lived, rules in ((True, self._lived), (False, self._about)):
            for name in self.names:
                if rules[name].fit(said):
                    return Alarm(name, lived)
        return None

    def concerns(self, name: str, typed: Typed) -> bool:
        """Tell whether a text, such as an entry's question, is about what an alarm of this name is about."""
        said = _Said(typed)
        return any(rules[name].fit(said) for rules in (self._lived, self._about, self._entries))


def _lived(about: Mapping[str, Any], kinds: Mapping[str, Any]) -> list[str]:
    return [*about["lived"], *(rule for name in about.get("of", ()) for rule in kinds[name]["lived"])]


class _Terms:
    """Reads rules, and what they name: each once."""

    def __init__(self, notions: Mapping[str, Sequence[str]]) -> None:
        self._known: dict[str, Term] = {}
        for name, pieces in notions.items():
            self._known[f"@{name}"] = Term(tuple(one for piece in pieces for one in self.term(piece).pieces))

    def rules(self, rules: Sequence[str], unless: Sequence[str] = ()) -> _Rules:
        """Read rules; of `unless` none may stand anywhere."""
        nowhere = [self.term(piece) for piece in unless]
        made = [
            _Rule(
                # What few words say comes first: most rules end there.
                tuple(
                    sorted(
                        (self.term(word) for word in rule.split() if not word.startswith("!")),
                        key=lambda term: len(term.pieces),
                    )
                ),
                (*(self.term(word[1:]) for word in rule.split() if word.startswith("!")), *nowhere),
            )
            for rule in rules
        ]
        return _Rules(made)

    def term(self, piece: str) -> Term:
        """Read a notion, letters, or morphemes that follow each other, any of which may be a notion."""
        if piece not in self._known:
            if piece.startswith("~"):
                self._known[piece] = Term((piece[1:],))
            elif "+" in piece:
                parts = [self.term(word).pieces for word in piece.split("+")]
                ways = product(*([one for one in part if isinstance(one, tuple)] for part in parts))
                self._known[piece] = Term(tuple(tuple(chain.from_iterable(way)) for way in ways))
            else:
                if piece.startswith("@"):
                    raise KeyError(piece)
                self._known[piece] = Term(((piece,),))
        return self._known[piece]


def says_as_much(answer: str, sentence: str) -> bool:
    """Tell whether an answer names one of the numbers that a sentence names."""
    return not set(_NUMBER.findall(sentence)).isdisjoint(_NUMBER.findall(answer))
