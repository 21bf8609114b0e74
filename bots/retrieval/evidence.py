"""What tells a question of another matter from one that an entry answers, whatever words they share.

Who asks "인감증명서 온라인 발급" shares words with many an entry, and most may be asked of anything. What
counts is whether the word that names the matter is there. A word that is missing as it is written may be
there as it is spelt: then it was a slip of the finger.
"""

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.grams import Runs
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.text import to_jamo

Numbers = NDArray[np.floating]

GENERAL: Final = Path(__file__).parents[1] / "data" / "general.txt"
NOUNS: Final = frozenset(("NNG", "NNP", "SL", "SN", "SH", "XR"))
"""Parts of speech that name things; foreign words and numbers among them."""
LITERAL: Final = 0.99
"""How near a word is that is the same."""
HALF: Final = 0.5
"""A word of which less is there as it is spelt counts half of that: some threes of jamo are everywhere."""
_JOINED: Final = NOUNS | {"NNB", "NR", "XPN", "XSN"}
"""Of these a word is made up; a misspelt one is cut into such pieces at odd places."""
_GRAM: Final = 0xFFFF
_REMEMBERED: Final = 65_536


class Word(NamedTuple):
    """A word of a question. `plain` is a noun of two syllables or more that the dictionary knows.

    `topic` is a noun that names a matter. `joined` are the nouns in a row that it stands in, one after the
    other, nothing where it is no noun.
    """

    form: str
    noun: bool
    plain: bool
    topic: bool
    joined: str


class Held(NamedTuple):
    """What some entries hold of the words of a question: matrices with a row for each entry.

    A column is a word: how near the wordings of the entry come to it `together`, and the `whole` entry. Of
    `threes` a column is a three of jamo of the question, `grams`, not 0 where its wordings have it. `rare`
    says how rare each word is in the language, `special` how rare it is among the entries that the person may
    see, 1 where none has it. A passage is not `asked` for in any wording.
    """

    words: Sequence[Word]
    rare: Numbers
    special: Numbers
    together: Numbers
    whole: Numbers
    grams: NDArray[np.integer]
    threes: Numbers
    asked: NDArray[np.bool_]


class Evidence(NamedTuple):
    """Figures from 0 to 1 of one entry, all by how rare words are in the language. 0 of a passage.

    `topic` says how many nouns it holds of those that name a matter, as 발급 and 온라인 do not, and `topical`
    how rare the one is that its wordings have literally. `foreign` says how many nouns none of the entries
    has that are no slips, `alien` how rare the one is that this entry lacks, and `unsaid` how many other
    words it lacks. `spelt` is how much of the question it has as it is spelt though not as it is written.
    `special` says how many nouns its wordings have literally that few have, and `usual_noun` how usual the
    one is that most have. `qualifier` says how few have the noun that its wordings lack while it has a later
    one of the same row: who asks for 여권 재발급 wants nothing else issued anew.

    `unheard` says how many words none of the entries comes near to, most of them slips and what is said on
    the way, and `weightiest` whether it has the noun literally that says most by the vectors, which is seldom
    the one that names the matter; half, where there is no noun.
    """

    spelt: float = 0.0
    foreign: float = 0.0
    unsaid: float = 0.0
    topic: float = 0.0
    topical: float = 0.0
    alien: float = 0.0
    special: float = 0.0
    usual_noun: float = 0.0
    qualifier: float = 0.0
    unheard: float = 0.0
    weightiest: float = 0.0


def words_of(cut: Sequence[Morpheme]) -> list[Word]:
    """Look at the words with a meaning of a question, by its morphemes."""
    words: list[Word] = []
    for noun, some in groupby(cut, key=lambda one: one.tag in _JOINED):
        row = list(some)
        joined = "".join(one.form for one in row) if noun else ""
        words += [
            Word(one.form, one.tag in NOUNS, is_plain(one), is_topic(one), joined)
            for one in row
            if one.content
        ]
    return words


def is_plain(one: Morpheme) -> bool:
    """Say whether it is a noun and no slip; of one syllable are the pieces of misspelt words."""
    return one.known and one.tag in NOUNS and len(one.form) > 1


def is_topic(one: Morpheme) -> bool:
    """Say whether it is a noun that says which matter is asked of."""
    return one.tag in NOUNS and one.tag != "SN" and one.form not in general_words()


def leads(cut: Sequence[Morpheme]) -> list[bool]:
    """Say of each word with a meaning whether it is a noun right before another noun."""
    nouns = [one.tag in NOUNS for one in cut]
    followed = zip(cut, nouns, [*nouns[1:], False], strict=False)
    return [noun and leads for one, noun, leads in followed if one.content]


@cache
def general_words() -> frozenset[str]:
    """Read the nouns with which one may ask of anything."""
    lines = GENERAL.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines for word in line.partition("#")[0].split())


def weigh(held: Held, place: int) -> Evidence:
    """Weigh what the entry at this place holds of each word."""
    if not held.words or not held.asked[place]:
        return Evidence()
    # A handful of words is sooner gone through one by one than in arrays.
    whole, together = held.whole[place].tolist(), held.together[place].tolist()
    rare, special = held.rare.tolist(), held.special.tolist()
    anywhere = held.whole.max(axis=0).tolist()
    slips = _slips(held, place, whole)
    spelt = foreign = unsaid = topic = topical = alien = rarely = usual = most = 0.0
    weightiest = HALF
    for at, word in enumerate(held.words):
        weight, lacks, literal = rare[at], max(1 - whole[at], 0.0), together[at] > LITERAL
        spelt += weight * slips[at]
        if not word.noun:
            unsaid += weight * lacks
            continue
        if weight > most:
            most, weightiest = weight, float(whole[at] > LITERAL)
        if literal:
            rarely += weight * special[at]
            usual = max(usual, weight * (1 - special[at]))
        if word.topic:
            topic += weight * whole[at]
            topical = max(topical, weight * literal)
        if word.plain:
            foreign += weight * (anywhere[at] <= LITERAL)
            alien = max(alien, weight * lacks)
    return Evidence(
        spelt=spelt / max(sum(rare), 1e-9),
        foreign=1 - math.exp(-foreign),
        unsaid=1 - math.exp(-unsaid),
        topic=1 - math.exp(-topic),
        topical=topical,
        alien=alien,
        special=1 - math.exp(-rarely),
        usual_noun=usual,
        qualifier=_qualifier(held, whole, together),
        unheard=1 - math.exp(-sum(max(1 - near, 0.0) for near in anywhere)),
        weightiest=weightiest,
    )


def _qualifier(held: Held, whole: Sequence[float], together: Sequence[float]) -> float:
    """Find the noun of a row that tells which of what follows is meant, and that the wordings lack."""
    most, row, later = 0.0, "", False
    for at in reversed(range(len(held.words))):
        word = held.words[at]
        if word.joined != row:
            row, later = word.joined, False
        if later and word.topic and word.plain and together[at] <= LITERAL:
            most = max(most, float(held.special[at]))
        later = later or whole[at] > LITERAL
    return most


def _slips(held: Held, place: int, whole: Sequence[float]) -> list[float]:
    """Say of each word how much more of it is there as it is spelt than as it is written."""
    grams = [gram & _GRAM for gram in held.grams.tolist()]
    asked = frozenset(grams)
    there = {gram for gram, has in zip(grams, held.threes[place].tolist(), strict=True) if has}

    def share(spelling: str) -> float:
        # Threes across a space are none of the question's.
        its = _threes(spelling) & asked
        return len(its & there) / len(its) if its else 0.0

    slips = []
    for word, near in zip(held.words, whole, strict=True):
        if near >= 1:
            slips.append(0.0)
            continue
        most = max(share(word.form) if len(word.form) > 1 else 0.0, share(word.joined))
        slips.append(max((most if most >= HALF else HALF * most) - near, 0.0))
    return slips


@lru_cache(maxsize=_REMEMBERED)
def _threes(spelling: str) -> frozenset[int]:
    """Give the numbers of the threes of jamo within a word, its edges apart."""
    codes = np.array([ord(jamo) for jamo in to_jamo(spelling)], np.uint32)
    grams, _ = Runs(codes, np.zeros(len(codes), np.int32)).grams(3)
    return frozenset((grams & np.uint32(_GRAM)).tolist())
