"""How like texts the words of questions are: near in meaning, synonyms, or the same.

Of a text's words those alone are looked at that are like a word of the question in any way, about one in ten.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.asked import Asked
from bots.retrieval.beside import Layout, Places, beside, share, weighed
from bots.retrieval.meanings import Known
from bots.retrieval.readings import BLOCK, COMMON, Gathered, neighbours_of
from bots.retrieval.vocabulary import Numbers

SYNONYM: Final = 0.7
"""How near synonyms are; the same word is at 1."""
_TINY: Final = np.float32(1e-9)
_NO_NUMBERS: Final = np.zeros(0, np.float32)
_NO_PLACES: Final = np.zeros(0, np.int32)


class WordLikeness(NamedTuple):
    """How the words of questions and of texts are like each other: for each text a column.

    `near`, `alike` (near, or synonyms) and `same` have a line for each word of a question; `told` and
    `repeated` are the shares of the text that are alike and the same. `stretch` says how much of the question
    its best stretch holds, `meaning` how near the text is as a whole; `says` is of the questions' words.
    """

    near: Numbers
    alike: Numbers
    same: Numbers
    told: Numbers
    repeated: Numbers
    stretch: Numbers
    meaning: Numbers
    says: Numbers


class _Pairs(NamedTuple):
    """Words of texts, each with a word of the question, `of_word`, that it is like.

    They stand in groups, one for each word of a text: `group` says which one each place of the vocabulary has
    for each of the questions, counted from 1, 0 for those that are like none; `begins` where each begins,
    `counts` how many it has.
    """

    group: NDArray[np.int32]
    begins: Places
    counts: Places
    of_word: Places
    near: Numbers
    alike: Numbers
    same: Numbers


def like_words(asked: Sequence[Asked], weigh: Numbers, entries: Gathered, layout: Layout) -> WordLikeness:
    """Compare the words of questions, which `weigh` 1 together, with the texts of entries."""
    known = entries.vocabulary
    sizes = [len(one.words) for one in asked]
    mine = known.of(np.concatenate([one.words for one in asked]))
    pairs = _pairs(asked, sizes, mine, entries)
    texts, blocks = len(layout.of_text), entries.sizes[:, 0]
    text_of = np.arange(texts).repeat(blocks)
    places = entries.blocks.ravel()
    group = pairs.group.take(entries.blocks + (layout.of_text.take(text_of) * len(known))[:, None]).ravel()
    hits = np.flatnonzero(group)
    group, block = group[hits] - 1, hits // BLOCK
    text = text_of.take(block)
    # Each as often as words of the question are like it.
    counts = pairs.counts.take(group)
    which = (pairs.begins.take(group) + counts - np.cumsum(counts)).repeat(counts)
    which += np.arange(len(which))
    of_word, lines = pairs.of_word.take(which), max(sizes)
    cells = of_word * texts + text.repeat(counts)
    near, alike, same = (
        _most(cells, values.take(which), lines, texts) for values in (pairs.near, pairs.alike, pairs.same)
    )
    cells = of_word * len(text_of) + block.repeat(counts)
    held = _most(cells, pairs.near.take(which), lines, len(text_of))
    says = known.says(places.take(hits)) + COMMON
    told, repeated = (
        np.bincount(text, says * np.maximum.reduceat(values, pairs.begins).take(group), texts)
        / np.maximum(entries.measures.says, _TINY)
        for values in (pairs.alike, pairs.same)
    )
    ends = np.cumsum(sizes)[:-1]
    return WordLikeness(
        near,
        alike,
        same,
        told.astype(np.float32),
        repeated.astype(np.float32),
        _stretch(weigh, held, text_of, layout),
        _meaning(np.split(mine.says, ends), np.split(mine.vectors, ends), entries, layout),
        beside(np.split(mine.says, ends)),
    )


def in_order(asked: Sequence[Asked], entries: Gathered, layout: Layout) -> Numbers:
    """Say how much of the question's neighbouring words stand side by side in each text."""
    sizes = entries.sizes[:, 1]
    ends = np.cumsum(np.bincount(layout.of_text, sizes, len(asked))).astype(np.int64).tolist()
    weigh = beside([share(np.sqrt(one.weigh[:-1] * one.weigh[1:])) for one in asked])
    met = np.zeros((len(weigh), len(sizes)), np.float32)
    known, ends_of, begin = entries.vocabulary.places, np.cumsum(sizes), 0
    for one, end in zip(asked, ends, strict=True):
        places = np.array([known.get(word, 0) for word in one.words.tolist()], np.int64)
        neighbours = neighbours_of(places[:-1], places[1:])
        equal = np.flatnonzero(neighbours[:, None] == entries.neighbours[begin:end])
        which, at = np.divmod(equal, max(end - begin, 1))
        met[which, np.searchsorted(ends_of, at + begin, side="right")] = 1
        begin = end
    return weighed(met, weigh.take(layout.of_text, axis=1))


def _pairs(asked: Sequence[Asked], sizes: Sequence[int], mine: Known, entries: Gathered) -> _Pairs:
    known = entries.vocabulary
    words = np.concatenate([one.words for one in asked])
    like = known.like(words, [same for one in asked for same in one.synonyms], mine.vectors)
    # Each question has a vocabulary of its own: one after the other.
    first = np.arange(len(asked)).repeat(sizes) * len(known)
    columns = np.concatenate([_NO_PLACES, *map(np.arange, sizes)])
    own = np.array([known.places.get(word, 0) for word in words.tolist()], np.int32)
    there = np.flatnonzero(own)
    cosines = np.concatenate([_NO_NUMBERS, *(one.cosines for one in like)])
    alike = np.concatenate([_NO_PLACES, *(one.synonyms for one in like)])
    every = np.arange(len(words))
    of = np.concatenate(
        [
            every.repeat([len(one.near) for one in like]),
            every.repeat([len(one.synonyms) for one in like]),
            there,
        ]
    )
    places = np.concatenate([*(one.near for one in like), alike, own[there]]) + first[of]
    kinds = np.array([[0, 0, 1], [0, SYNONYM, 1], [0, 0, 1]], np.float32)
    values = kinds.repeat([len(cosines), len(alike), len(there)], axis=1)
    values[:2, : len(cosines)] = cosines
    order = np.argsort(places, kind="stable")
    places = places[order]
    begins = np.flatnonzero(np.diff(places, prepend=-1))
    group = np.zeros(len(asked) * len(known), np.int32)
    group[places[begins]] = np.arange(1, len(begins) + 1)
    counts = np.diff(begins, append=len(places))
    return _Pairs(group, begins, counts, columns[of[order]], *values[:, order])


def _most(cells: Places, values: Numbers, lines: int, columns: int) -> Numbers:
    """Give the greatest value of each cell of a matrix, 0 where there is none."""
    most = np.zeros((lines, columns), np.float32)
    np.maximum.at(most.reshape(-1), cells, values)
    return most


def _stretch(weigh: Numbers, held: Numbers, text_of: Places, layout: Layout) -> Numbers:
    """Say how much of the question the best stretch of each text holds: two blocks that follow each other."""
    of_block = weigh.take(layout.of_text.take(text_of), axis=1)
    whole = weighed(held, of_block)
    followed = np.flatnonzero(text_of[:-1] == text_of[1:])
    both = np.maximum(held.take(followed, axis=1), held.take(followed + 1, axis=1))
    whole[followed] = weighed(both, of_block.take(followed, axis=1))
    best: Numbers = np.maximum.reduceat(whole, np.flatnonzero(np.diff(text_of, prepend=-1)))
    return best


def _meaning(
    says: Sequence[Numbers], vectors: Sequence[Numbers], entries: Gathered, layout: Layout
) -> Numbers:
    """Say how near texts are to their question as a whole."""
    ends = np.cumsum(np.bincount(layout.of_text, minlength=len(says)))[:-1]
    near = []
    for weights, words, texts in zip(says, vectors, np.split(entries.measures.directions, ends), strict=True):
        whole = weights @ words
        whole /= max(float(np.linalg.norm(whole)), 1e-9)
        # Not by BLAS, whose sums depend on where a text stands.
        near.append(np.einsum("ij,j->i", texts, whole))
    nearness: Numbers = np.maximum(np.concatenate(near), 0)
    return nearness
