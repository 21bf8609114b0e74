"""A question in numbers, as it is compared with the wordings of entries."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.evidence import NOUNS, Word, leads, words_of
from bots.retrieval.grams import Numbers as GramNumbers
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.readings import JAMO, PAIRS
from bots.retrieval.vocabulary import Numbers
from bots.retrieval.wordings import Words, key, number

Rarity = Callable[[NDArray[np.uint32]], Numbers]
"""Says of features of a question how rare they are."""

_GRAM: Final = np.uint32(0xFFFF)


class Asked(NamedTuple):
    """A question in numbers: its words and its grams, each with how much it says.

    Of each word: whether it is a noun, whether the dictionary knows it, whether it is a noun that leads
    another, which follows it at once (인감 of 인감증명서). `kinds` says more of them, as
    `bots.retrieval.evidence` has it, and `synonyms` are its. Of the grams the first `pairs` are pairs of
    syllables, the others threes of jamo. `rarest` is how much a word says that none of the entries has.
    """

    words: Words
    weigh: Numbers
    nouns: NDArray[np.bool_]
    known: NDArray[np.bool_]
    leads: NDArray[np.bool_]
    kinds: Sequence[Word]
    synonyms: Sequence[tuple[int, ...]]
    grams: NDArray[np.int32]
    grams_weigh: Numbers
    pairs: int
    rarest: float


def ask(
    cut: Sequence[Morpheme],
    alike: Callable[[str], tuple[int, ...]],
    pairs: tuple[GramNumbers, Numbers],
    jamo: tuple[GramNumbers, Numbers],
    rare: Rarity,
    rarest: float,
) -> Asked:
    """Make numbers of a question: its morphemes, what is `alike` to each, and its grams with their rarity.

    `rare` says how rare words are, by the numbers of their forms; `rarest` are those that nobody has.
    """
    content = [one for one in cut if one.content]
    (pairs_there, pairs_weigh), (jamo_there, jamo_weigh) = pairs, jamo
    return Asked(
        np.array([number(key(one)) for one in content], np.uint32),
        rare(np.array([number(one.form) for one in content], np.uint32)),
        np.array([one.tag in NOUNS for one in content], np.bool_),
        np.array([one.known for one in content], np.bool_),
        np.array(leads(cut), np.bool_),
        words_of(cut),
        [alike(one.form) for one in content],
        np.concatenate(
            [(pairs_there & _GRAM) + np.uint32(PAIRS), (jamo_there & _GRAM) + np.uint32(JAMO)]
        ).astype(np.int32),
        np.concatenate([pairs_weigh, jamo_weigh]),
        len(pairs_there),
        rarest,
    )
