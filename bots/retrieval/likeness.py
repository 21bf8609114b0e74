"""How like an entry's wordings a question is, for the few entries that the indexes hold for the best.

Words are like each other if they are the same, mean the same by the list of synonyms, or are near by their
vectors. A question's words count by how rare they are among what the person may see, an entry's own by how
rare they are in the language: so nothing depends on what is hidden.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.retrieval.evidence import LITERAL, NOUNS, Held, Word, leads, words_of
from bots.retrieval.grams import Numbers as GramNumbers
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.readings import COMMON, JAMO, PAIRS, Gathered, neighbours_of
from bots.retrieval.vocabulary import Numbers
from bots.retrieval.word_likeness import like_words, weighed
from bots.retrieval.wordings import Words, key, number

Rarity = Callable[[NDArray[np.uint32]], Numbers]
"""Says of features of a question how rare they are."""

_GRAMS: Final = 1 << 17
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


class Likeness(Struct, frozen=True):
    """A row of figures from 0 to 1 for each entry. Of wordings the best counts; `*_two` is the mean of two.

    `words` (near in meaning), `same` (the same), `pairs` and `jamo` weigh what of the question is in the
    wording against what of the wording is in the question; `asked` and `told` are these two for words.
    `all_*` say how much of the question is in all the wordings together, `answer` in the answer too,
    `literal` how much of it word by word, and `worst` how near the word is that is missed most. `nouns` and
    `others` are `answer` of these words alone, and `usual` is it with the words weighed by how rare they are
    in the language. `stretch` says how much of the question stands close together, `in_order` how many of its
    neighbours are neighbours there, `meaning` how near a wording is as a whole.

    Three speak against an entry: `missing`, how many of the question's nouns it lacks, by how rare they are
    in the language; `strange`, how rare the one is of these that the dictionary knows, so that it is no slip;
    and `another`, how rare a noun is that it lacks while it has the next: whoever asks for 인감증명서 wants
    nothing that is said of another 증명서.
    """

    words: Numbers
    words_two: Numbers
    asked: Numbers
    told: Numbers
    same: Numbers
    same_two: Numbers
    pairs: Numbers
    pairs_two: Numbers
    jamo: Numbers
    jamo_two: Numbers
    all_words: Numbers
    all_pairs: Numbers
    all_jamo: Numbers
    answer: Numbers
    literal: Numbers
    worst: Numbers
    nouns: Numbers
    others: Numbers
    usual: Numbers
    stretch: Numbers
    in_order: Numbers
    meaning: Numbers
    missing: Numbers
    strange: Numbers
    another: Numbers


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


# BLAS looks at what lies beside short rows, which need not be numbers; nothing here can be none.
@np.errstate(invalid="ignore")
def compare(asked: Asked, entries: Gathered) -> tuple[Likeness, Held | None]:
    """Compare a question with entries; gives also what they hold of its words, None of no entries."""
    if not len(entries.asked):
        return Likeness(*np.zeros((len(Likeness.__struct_fields__), 0), np.float32)), None
    begins = _begins(entries.texts)
    answers = begins + entries.texts - 1
    wordings = np.ones(len(entries.sizes), np.bool_)
    wordings[answers] = False
    weigh = _share(asked.weigh)
    words = like_words(asked.words, asked.synonyms, weigh, entries)
    covered = words.alike[wordings]
    told = words.told[wordings]
    asked_for = weighed(covered, weigh)
    exact = weighed(words.same[wordings], weigh)
    grams, all_grams, threes = _grams(asked, entries, wordings)
    in_order = _in_order(asked, entries)
    each = np.column_stack(
        [
            _mean(asked_for, told),
            _mean(exact, words.repeated[wordings]),
            grams,
            asked_for,
            told,
            words.stretch[wordings],
            in_order[wordings],
            words.meaning[wordings],
            covered,
        ]
    )
    # Every entry has a wording here, and its answer stands between its wordings and the next entry's.
    firsts = begins - np.arange(len(begins))
    best = np.maximum.reduceat(each, firsts, axis=0)
    two = _two(each[:, :4], best[:, :4], firsts, entries.texts - 1)
    together = best[:, 9:]
    whole = np.maximum(together, words.near[answers])
    rare = np.minimum(words.says + COMMON, 1)
    lacks = np.maximum(1 - whole, 0) * (rare * asked.nouns)
    likeness = Likeness(
        words=best[:, 0],
        words_two=two[:, 0],
        asked=best[:, 4],
        told=best[:, 5],
        same=best[:, 1],
        same_two=two[:, 1],
        pairs=best[:, 2],
        pairs_two=two[:, 2],
        jamo=best[:, 3],
        jamo_two=two[:, 3],
        all_words=weighed(together, weigh),
        all_pairs=all_grams[:, 0],
        all_jamo=all_grams[:, 1],
        answer=weighed(whole, weigh),
        literal=weighed((whole > LITERAL).astype(np.float32), weigh),
        worst=whole.min(axis=1) if len(weigh) else np.zeros(len(whole), np.float32),
        nouns=weighed(whole, _share(asked.weigh * asked.nouns)),
        others=weighed(whole, _share(asked.weigh * ~asked.nouns)),
        usual=weighed(whole, _share(words.says + COMMON)),
        stretch=np.maximum(best[:, 6], words.stretch[answers]),
        in_order=np.maximum(best[:, 7], in_order[answers]),
        meaning=best[:, 8],
        missing=1 - np.exp(-lacks.sum(axis=1)),
        strange=(lacks * asked.known).max(axis=1, initial=0),
        another=(np.maximum(1 - together[:, :-1], 0) * together[:, 1:] * (rare * asked.leads)[:-1]).max(
            axis=1, initial=0
        ),
    )
    special = np.minimum(asked.weigh / asked.rarest, 1)
    grams_there = asked.grams[asked.pairs :]
    return likeness, Held(asked.kinds, rare, special, together, whole, grams_there, threes, entries.asked > 0)


def _in_order(asked: Asked, entries: Gathered) -> Numbers:
    """Say how much of the question's neighbouring words stand side by side in each text."""
    met = np.zeros((len(entries.sizes), max(len(asked.words) - 1, 0)), np.float32)
    places = np.array([entries.vocabulary.places.get(word, 0) for word in asked.words.tolist()], np.int64)
    neighbours = neighbours_of(places[:-1], places[1:])
    equal = np.flatnonzero(neighbours[:, None] == entries.neighbours)
    which, at = np.divmod(equal, max(len(entries.neighbours), 1))
    met[np.searchsorted(np.cumsum(entries.sizes[:, 1]), at, side="right"), which] = 1
    return weighed(met, _share(np.sqrt(asked.weigh[:-1] * asked.weigh[1:])))


def _grams(asked: Asked, entries: Gathered, wordings: NDArray[np.bool_]) -> tuple[Numbers, Numbers, Numbers]:
    """Compare pairs and threes of jamo, in a column each.

    Gives how like each wording is, how much of the question each entry's wordings hold together, and which of
    its threes of jamo.
    """
    sizes = entries.sizes[wordings, 2:]
    # A gram has 16 bits: to look all of them up in a table is faster than to search for each.
    place_of = np.zeros(_GRAMS, np.int16)
    place_of[asked.grams[::-1]] = np.arange(len(asked.grams), 0, -1)
    places = place_of.take(entries.grams)
    hit = np.flatnonzero(places != 0)  # of truths it takes a quarter of the time that it takes of numbers
    place = places[hit] - 1
    # Grams of one wording follow each other: its pairs, then its jamo.
    side = np.repeat(np.arange(sizes.size), sizes.ravel())[hit]
    weights = np.bincount(side, weights=asked.grams_weigh[place], minlength=sizes.size).reshape(sizes.shape)
    found = np.bincount(side, minlength=sizes.size).reshape(sizes.shape)
    total = np.array([asked.grams_weigh[: asked.pairs].sum(), asked.grams_weigh[asked.pairs :].sum()])
    like = _mean(weights / np.maximum(total, 1e-9), found / np.maximum(sizes, 1))
    held = np.zeros((len(entries.asked), len(asked.grams)), np.float32)
    owner = np.repeat(np.arange(len(entries.texts)), 2 * (entries.texts - 1))
    held[owner[side], place] = 1
    pairs, jamo = np.split(held, [asked.pairs], axis=1)
    weigh = np.split(asked.grams_weigh, [asked.pairs])
    all_grams = np.column_stack([weighed(pairs, _share(weigh[0])), weighed(jamo, _share(weigh[1]))])
    return like, all_grams, jamo


def _two(values: Numbers, best: Numbers, begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> Numbers:
    """Give the mean of the best two wordings of each entry; of the best alone where there is no second."""
    rows = np.arange(len(values))[:, None]
    tops = np.where(values >= np.repeat(best, lengths, axis=0), rows, len(values))
    others = values.copy()
    others[np.minimum.reduceat(tops, begins, axis=0), np.arange(values.shape[1])] = 0
    found: Numbers = np.where(
        (lengths < 2)[:, None], best, (best + np.maximum.reduceat(others, begins, axis=0)) / 2
    )
    return found


def _share(weigh: Numbers) -> Numbers:
    shares: Numbers = (weigh / max(float(weigh.sum()), 1e-9)).astype(np.float32)
    return shares


def _begins(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    begins: NDArray[np.int64] = np.cumsum(lengths) - lengths
    return begins


def _mean(one: Numbers, other: Numbers) -> Numbers:
    """Give the harmonic mean: high only where both are."""
    mean: Numbers = (2 * one * other / np.maximum(one + other, 1e-9)).astype(np.float32)
    return mean
