"""How like texts the words of a question are: near in meaning, synonyms, or the same.

Of a text's words those alone are looked at that are like a word of the question in any way, about one in ten.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.readings import BLOCK, COMMON, Gathered
from bots.retrieval.vocabulary import Numbers, Vocabulary
from bots.retrieval.wordings import Words

SYNONYM: Final = 0.7
"""How near synonyms are; the same word is at 1."""
_TINY: Final = np.float32(1e-9)
_NO_NUMBERS: Final = np.zeros(0, np.float32)
_NO_PLACES: Final = np.zeros(0, np.int32)


class WordLikeness(NamedTuple):
    """How the words of a question and of texts are like each other: for each text a row.

    `near`, `alike` (near, or synonyms) and `same` have a column for each word of the question; `told` and
    `repeated` are the shares of the text that are alike and the same. `stretch` says how much of the question
    its best stretch holds, `meaning` how near the text is as a whole; `says` is of the question's words.
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

    They stand in lines, a line for each word of a text: `line` says which one each place of the vocabulary
    has, counted from 1, 0 for those that are like none; `begins` where each begins, `counts` how many it has.
    """

    line: NDArray[np.int32]
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]
    of_word: NDArray[np.int64]
    near: Numbers
    alike: Numbers
    same: Numbers


def like_words(
    words: Words, synonyms: Sequence[tuple[int, ...]], weigh: Numbers, entries: Gathered
) -> WordLikeness:
    """Compare the words of a question, which `weigh` 1 together, with the texts of entries."""
    known = entries.vocabulary
    mine = known.of(words)
    mean = mine.says @ mine.vectors
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    pairs = _pairs(words, synonyms, mine.vectors, known)
    blocks = entries.sizes[:, 0]
    text_of = np.repeat(np.arange(len(blocks)), blocks)
    places = entries.blocks.ravel()
    line = pairs.line.take(places)
    hits = np.flatnonzero(line)
    line, block = line[hits] - 1, hits // BLOCK
    text = text_of.take(block)
    # Each as often as words of the question are like it.
    counts = pairs.counts.take(line)
    which = np.repeat(pairs.begins.take(line) + counts - np.cumsum(counts), counts)
    which += np.arange(len(which))
    of_word, size = pairs.of_word.take(which), len(words)
    cells = np.repeat(text * size, counts) + of_word
    near, alike, same = (
        _most(cells, values.take(which), len(blocks), size)
        for values in (pairs.near, pairs.alike, pairs.same)
    )
    held = _most(np.repeat(block * size, counts) + of_word, pairs.near.take(which), len(text_of), size)
    says = known.says(places.take(hits)) + COMMON
    told, repeated = (
        np.bincount(text, says * np.maximum.reduceat(values, pairs.begins).take(line), len(blocks))
        / np.maximum(entries.measures.says, _TINY)
        for values in (pairs.alike, pairs.same)
    )
    return WordLikeness(
        near,
        alike,
        same,
        told.astype(np.float32),
        repeated.astype(np.float32),
        _stretch(weigh, held, text_of),
        np.maximum(weighed(entries.measures.directions, mean), 0),
        mine.says,
    )


def _pairs(words: Words, synonyms: Sequence[tuple[int, ...]], vectors: Numbers, known: Vocabulary) -> _Pairs:
    like = known.like(words, synonyms, vectors)
    own = np.array([known.places.get(word, 0) for word in words.tolist()], np.int32)
    there, columns = np.flatnonzero(own), np.arange(len(words))
    cosines = np.concatenate([_NO_NUMBERS, *(one.cosines for one in like)])
    alike = np.concatenate([_NO_PLACES, *(one.synonyms for one in like)])
    places = np.concatenate([*(one.near for one in like), alike, own[there]])
    of_word = np.concatenate(
        [
            columns.repeat([len(one.near) for one in like]),
            columns.repeat([len(one.synonyms) for one in like]),
            there,
        ]
    )
    of_kind = [len(cosines), len(alike), len(there)]
    values = np.repeat(np.array([[0, 0, 1], [0, SYNONYM, 1], [0, 0, 1]], np.float32), of_kind, axis=1)
    values[:2, : len(cosines)] = cosines
    order = np.argsort(places, kind="stable")
    places = places[order]
    begins = np.flatnonzero(np.diff(places, prepend=-1))
    line = np.zeros(len(known), np.int32)
    line[places[begins]] = np.arange(1, len(begins) + 1)
    counts = np.diff(begins, append=len(places))
    return _Pairs(line, begins, counts, of_word[order], *values[:, order])


def _most(cells: NDArray[np.int64], values: Numbers, texts: int, words: int) -> Numbers:
    """Give the greatest value of each cell of a matrix, 0 where there is none."""
    most = np.zeros((texts, words), np.float32)
    np.maximum.at(most.reshape(-1), cells, values)
    return most


def _stretch(weigh: Numbers, held: Numbers, text_of: NDArray[np.int64]) -> Numbers:
    """Say how much of the question the best stretch of each text holds: two blocks that follow each other."""
    whole = weighed(held, weigh)
    followed = np.flatnonzero(text_of[:-1] == text_of[1:])
    both = np.maximum(held.take(followed, axis=0), held.take(followed + 1, axis=0))
    whole[followed] = weighed(both, weigh)
    best: Numbers = np.maximum.reduceat(whole, np.flatnonzero(np.diff(text_of, prepend=-1)))
    return best


def weighed(held: Numbers, weigh: Numbers) -> Numbers:
    """Add up what is held of each word, by its weight.

    BLAS would add rows up in another order by where they stand; equal texts must come to equal figures.
    """
    summed: Numbers = np.einsum("ij,j->i", held, weigh)
    return summed
