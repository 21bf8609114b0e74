"""What tells a question of another matter from one that an entry answers, whatever words they share.

Who asks "인감증명서 온라인 발급" shares words with many an entry, and most may be asked of anything. What
counts is whether the word that names the matter is there. A word that is missing as it is written may be
there as it is spelt: then it was a slip of the finger.
"""

from collections.abc import Iterator, Mapping, Sequence
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


class Spellings(NamedTuple):
    """How words of a question are spelt: the noun itself, and the nouns in a row that it stands in.

    `grams` has a row for each three of jamo of the question and a column for each spelling, 1 where it is of
    it; `lengths` counts them. Threes across a space are none. The first spelling is of nothing. `own` and
    `joined` give the spellings of each word.
    """

    grams: Numbers
    lengths: NDArray[np.int64]
    own: NDArray[np.int64]
    joined: NDArray[np.int64]


class Evidence(NamedTuple):
    """A row of figures from 0 to 1 for each entry, as `bots.retrieval.likeness.Likeness` describes them."""

    spelt: Numbers
    foreign: Numbers
    unsaid: Numbers
    topic: Numbers
    topical: Numbers
    alien: Numbers
    special: Numbers
    usual_noun: Numbers


class Words(NamedTuple):
    """Of each word of a question: how rare it is in the language, and what kind of word it is.

    `special` says how rare it is among the entries that the person may see, 1 where none has it. `plain` are
    nouns of two syllables or more that the dictionary knows, `topics` nouns that name a matter.
    """

    rare: Numbers
    special: Numbers
    nouns: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    topics: NDArray[np.bool_]


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


def spellings(cut: Sequence[Morpheme], threes: Sequence[int]) -> Spellings:
    """See how the words with a meaning of `cut` are spelt; `threes` are the question's threes of jamo."""
    places: dict[str, int] = {"": 0}
    content = [(one.form if len(one.form) > 1 else "", joined) for one, joined in _joined(cut) if one.content]
    own, joined = ([places.setdefault(pair[which], len(places)) for pair in content] for which in (0, 1))
    at: Mapping[int, int] = {gram & _GRAM: place for place, gram in enumerate(threes)}
    grams = np.zeros((len(threes), len(places)), np.float32)
    lengths = np.ones(len(places), np.int64)
    for spelling, column in places.items():
        its = [at[gram] for gram in _threes(spelling) if gram in at]
        lengths[column] = max(len(its), 1)
        grams[its, column] = 1
    return Spellings(grams, lengths, np.array(own, np.int64), np.array(joined, np.int64))


def covered(spelt: Spellings, held: Numbers) -> Numbers:
    """Say of each entry how much of each word it holds as it is spelt; of `held` threes a row for each."""
    # Ones are counted, so that it is the same in whatever order they are added up.
    shares = (held @ spelt.grams) / spelt.lengths
    most = np.maximum(shares[:, spelt.own], shares[:, spelt.joined])
    return np.where(most >= HALF, most, HALF * most)


def weigh(
    words: Words, together: Numbers, whole: Numbers, spelt: Numbers, asked: NDArray[np.bool_]
) -> Evidence:
    """Weigh what entries hold of each word: their wordings `together`, the `whole` of them, or as `spelt`.

    Only of those that are `asked` for in wordings: a passage has a little of everything.
    """
    lacks = np.maximum(1 - whole, 0)
    rare = words.rare
    more = np.maximum(spelt - whole, 0)
    literal = (together > LITERAL).astype(np.float32)
    foreign = rare * words.plain * ~(whole > LITERAL).any(axis=0)
    figures = Evidence(
        spelt=_sum(more, rare / max(float(rare.sum()), 1e-9)),
        foreign=np.full(len(whole), 1 - np.exp(-foreign.sum()), np.float32),
        unsaid=1 - np.exp(-_sum(lacks, rare * ~words.nouns)),
        topic=1 - np.exp(-_sum(whole, rare * words.topics)),
        topical=(literal * (rare * words.topics)).max(axis=1, initial=0),
        alien=(lacks * (rare * words.plain)).max(axis=1, initial=0),
        special=1 - np.exp(-_sum(literal, rare * words.nouns * words.special)),
        usual_noun=(literal * (rare * words.nouns * (1 - words.special))).max(axis=1, initial=0),
    )
    return Evidence(*(asked * figure for figure in figures))


def _sum(held: Numbers, weights: Numbers) -> Numbers:
    # As in `likeness`: BLAS would add rows up in another order by where they stand.
    summed: Numbers = np.einsum("ij,j->i", held, weights)
    return summed


def _joined(cut: Sequence[Morpheme]) -> Iterator[tuple[Morpheme, str]]:
    """Give each morpheme with all the nouns in a row that it stands in, nothing for what is no noun."""
    for noun, some in groupby(cut, key=lambda one: one.tag in _JOINED):
        row = list(some)
        joined = "".join(one.form for one in row) if noun else ""
        yield from ((one, joined) for one in row)


@lru_cache(maxsize=_REMEMBERED)
def _threes(spelling: str) -> frozenset[int]:
    """Give the numbers of the threes of jamo within a word, its edges apart."""
    codes = np.array([ord(jamo) for jamo in to_jamo(spelling)], np.uint32)
    grams, _ = Runs(codes, np.zeros(len(codes), np.int32)).grams(3)
    return frozenset((grams & np.uint32(_GRAM)).tolist())
