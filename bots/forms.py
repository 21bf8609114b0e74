"""The forms in which a Korean word may be met again: without its endings, and as words like it. Pure.

No dictionary is asked, as it would cost some milliseconds a sentence. A word is cut wherever it might end, so
it has more forms than true ones; two words are held to be the same where they share one.
"""

import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

WORDING: Final = Path(__file__).parent / "data" / "wording.toml"
LONGEST: Final = 24
"""Syllables of a word that are looked at."""
REMEMBERED: Final = 20_000
"""Words whose forms are kept, about a kilobyte each."""
ENDINGS: Final = 3
"""Particles and endings that may follow each other, as in 학교+에서+는."""

_FIRST: Final = ord("가")
_NIEUN, _RIEUL, _BIEUP, _SSANGSIOT = 4, 8, 17, 20
_CLOSED: Final = frozenset({_NIEUN, _RIEUL, _BIEUP, _SSANGSIOT})
"""Final consonants that an ending adds to a stem: 하+ㄴ, 하+ㄹ, 하+ㅂ니다, 하+았."""
_OPENED: Final = {6: 20, 9: 8, 14: 13, 4: 18, 10: 11}
"""Vowels that an ending was joined with, and the stem's own: 알려 of 알리, 나와 of 나오, 돼 of 되."""
_HIEUH, _AE = 18, 1
_MADE_VERB: Final = frozenset("하해한할합했되돼된될됩됐")
_MADE_VERB_BY: Final = ("시키", "시켜", "시킵", "시킨", "받")
_COUNTING: Final = frozenset("값비료표일날권금증률액수")
"""What may be left off a noun: 저녁값 is of 저녁."""


class Wording(NamedTuple):
    """The lists of `wording.toml`."""

    same: dict[str, frozenset[str]]
    light: frozenset[str]
    heavy: tuple[str, ...]
    common: frozenset[str]
    labels: frozenset[str]
    extreme: tuple[str, ...]
    particles: frozenset[str]
    suffixes: frozenset[str]
    nouns: tuple[str, ...]
    bound: tuple[str, ...]
    marked: tuple[str, ...]
    parted: frozenset[str]
    restrict: tuple[str, ...]


@cache
def wording() -> Wording:
    """Read the lists, once."""
    lists: dict[str, str] = tomllib.loads(WORDING.read_text(encoding="utf-8"))
    same: dict[str, set[str]] = {}
    for line in lists["same"].splitlines():
        words = line.split()
        for word in words:
            same.setdefault(word, set()).add(f"={words[0]}")
    of = {name: lists[name].split() for name in lists if name != "same"}
    return Wording(
        same={word: frozenset(groups) for word, groups in same.items()},
        light=frozenset(of["light"]),
        heavy=tuple(of["heavy"]),
        common=frozenset(of["common"]),
        labels=frozenset(of["labels"]),
        extreme=tuple(of["extreme"]),
        particles=frozenset(of["particles"]),
        suffixes=frozenset((*of["particles"], *of["endings"])),
        nouns=tuple(of["nouns"]),
        bound=tuple(of["bound"]),
        marked=tuple(of["marked"]),
        parted=frozenset(of["parted"]),
        restrict=tuple(of["restrict"]),
    )


@lru_cache(REMEMBERED)
def forms(word: str) -> frozenset[str]:
    """List the forms of a word, and after a `=` the groups of words that say the same."""
    cut = _cut(word)
    found = {form for stem in cut for form in _stems(stem)}
    if (noun := _of_verb(word)) is not None:
        found.add(noun)
    return _with_same(found)


@lru_cache(REMEMBERED)
def forms_within(word: str) -> frozenset[str]:
    """List the forms of a word, and those of the words it is made of: 질병결석 is met again as 결석."""
    whole = forms(word)
    found = set(whole)
    stem = min((form for form in whole if len(form) > 1 and word.startswith(form)), key=len, default="")
    # A part beside a single syllable may be the very contrary: 인정 of 미인정, 학교 of 학교장.
    for at in range(2, len(stem) - 1):
        found |= {stem[:at], stem[at:]}
    if len(stem) > 2 and stem[-1] in _COUNTING:
        found.add(stem[:-1])
    return _with_same(found)


def ends_with(word: str, consonant: int = _RIEUL) -> bool:
    """Tell whether the last syllable ends with ㄹ, as that of a verb before a noun does (돌려받을, 할)."""
    return _is_syllable(word[-1]) and (ord(word[-1]) - _FIRST) % 28 == consonant


def _with_same(found: set[str]) -> frozenset[str]:
    same = wording().same
    return frozenset(found.union(*(same[form] for form in found if form in same)))


def _cut(word: str) -> set[str]:
    """Cut a word wherever particles and endings might begin."""
    suffixes = wording().suffixes
    word = word[:LONGEST].casefold()
    found, last = {word}, [word]
    for _ in range(ENDINGS):
        last = [
            one[:at] for one in last for at in range(max(1, len(one) - 5), len(one)) if one[at:] in suffixes
        ]
        last = [one for one in dict.fromkeys(last) if one not in found]
        found.update(last)
    return found


def _stems(cut: str) -> list[str]:
    """Undo what an ending does to the last syllable of a stem."""
    found = [cut]
    if not _is_syllable(cut[-1]):
        return found
    place = ord(cut[-1]) - _FIRST
    initial, vowel, final = place // 588, place // 28 % 21, place % 28
    if final in _CLOSED:
        final = 0
        found.append(cut[:-1] + _syllable(initial, vowel))
    if final == 0:
        if vowel in _OPENED:
            found.append(cut[:-1] + _syllable(initial, _OPENED[vowel]))
        elif (initial, vowel) == (_HIEUH, _AE):
            found.append(cut[:-1] + "하")
    return found


def _of_verb(word: str) -> str | None:
    """Give the noun of a verb that is made of one: 신청 of 신청하셔야."""
    for at in range(2, len(word)):
        if word[at] in _MADE_VERB or word.startswith(_MADE_VERB_BY, at):
            return word[:at]
    return None


def _is_syllable(char: str) -> bool:
    return "가" <= char <= "힣"


def _syllable(initial: int, vowel: int) -> str:
    return chr(_FIRST + initial * 588 + vowel * 28)
