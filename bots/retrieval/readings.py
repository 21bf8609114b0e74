"""The texts of entries as they are compared: what can be known of an entry before there is a question.

`Wordings` keeps the texts of all entries as small as can be. The same entries are compared again and again,
so those that were lately are kept here as well, in a form that a few operations on whole arrays can compare:
words numbered one after the other, beside a table of their vectors, in blocks of equal size.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.meanings import Meanings
from bots.retrieval.vocabulary import Numbers, Places, Vocabulary
from bots.retrieval.wordings import Texts, Wordings

BLOCK: Final = 8
"""Words of a text that are looked at together; a place without a word holds word 0."""
COMMON: Final = np.float32(0.05)
"""What the most frequent words of the language still weigh; a rare one weighs about 1."""
PAIRS, JAMO = 0, 1 << 16
"""From which number on the grams of each kind are numbered."""
READ: Final = 4_096
"""Entries that are kept, at most."""
STEP: Final = 32
"""Entries or words that are prepared in one go, while nobody can ask: some 3 ms."""
LEARNT: Final = 32_768
"""Words that are kept with their vectors of 1 KB, but for those of the last few entries."""
_PLACE: Final = np.int64(32)


class Measures(NamedTuple):
    """For each text: how much its words say together, and a vector of length 1: where they point together.

    Where no word has a vector it is 0.
    """

    says: Numbers
    directions: Numbers


class Gathered(NamedTuple):
    """Texts of some entries, one entry after the other: its wordings, and last its answer.

    `asked` counts the wordings of each entry as `Texts` does, `texts` its texts here. `sizes` has a row
    for each text: of how many blocks it is, of how many neighbours, pairs and threes of jamo.
    """

    vocabulary: Vocabulary
    asked: NDArray[np.float64]
    texts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    blocks: Places
    neighbours: NDArray[np.int64]
    grams: NDArray[np.int32]
    measures: Measures


class _Read(NamedTuple):
    """An entry as `Gathered` has several: in bytes, which Python joins faster than arrays."""

    asked: float
    texts: int
    sizes: bytes
    blocks: bytes
    neighbours: bytes
    grams: bytes
    says: bytes
    directions: bytes


class Readings:
    """Entries of `wordings` by row, those that were compared lately; a row holds the same until it goes."""

    def __init__(self, wordings: Wordings, meanings: Meanings) -> None:
        self.meanings = meanings
        self._wordings = wordings
        self._vocabulary = Vocabulary(meanings)
        self._read: dict[int, _Read] = {}

    def __len__(self) -> int:
        """Count the entries that are kept."""
        return len(self._read)

    def forget(self, row: int) -> None:
        """Keep a row no longer, whose entry is no more."""
        self._read.pop(row, None)

    def gather(self, rows: Sequence[int]) -> Gathered:
        """Bring the texts of these rows together."""
        self._reach(rows)
        read = [self._read[row] for row in rows]
        if not read:
            return _none(self._vocabulary)
        return Gathered(
            self._vocabulary,
            np.array([one.asked for one in read], np.float64),
            np.array([one.texts for one in read], np.int64),
            np.frombuffer(b"".join([one.sizes for one in read]), np.int64).reshape(-1, 4),
            np.frombuffer(b"".join([one.blocks for one in read]), np.int32).reshape(-1, BLOCK),
            np.frombuffer(b"".join([one.neighbours for one in read]), np.int64),
            np.frombuffer(b"".join([one.grams for one in read]), np.int32),
            Measures(
                np.frombuffer(b"".join([one.says for one in read]), np.float32),
                np.frombuffer(b"".join([one.directions for one in read]), np.float32).reshape(
                    -1, self._vocabulary.dimensions
                ),
            ),
        )

    def prepare(self, rows: Sequence[int]) -> Iterator[None]:
        """Do ahead, in steps of milliseconds, what questions for these rows would have to wait for.

        Nothing where there are more of them than are kept. Rows may come and go between the steps.
        """
        if len(rows) > READ:
            return
        for begin in range(0, len(rows), STEP):
            self._reach([row for row in rows[begin : begin + STEP] if self._wordings.has(row)])
            yield
        begin = 0
        while self._vocabulary.prepare(begin, STEP):
            begin += STEP
            yield

    def _reach(self, rows: Sequence[int]) -> None:
        new = [row for row in dict.fromkeys(rows) if row not in self._read]
        if new:
            if len(self._read) + len(new) > READ or len(self._vocabulary) > LEARNT:
                self._read.clear()
                self._vocabulary = Vocabulary(self.meanings)
                new = list(dict.fromkeys(rows))
            self._read.update(zip(new, self._of([self._wordings[row] for row in new]), strict=True))

    def _of(self, entries: Sequence[Texts]) -> list[_Read]:
        """Prepare entries."""
        sizes = np.concatenate([one.sizes for one in entries])
        lengths = sizes[:, 0]
        text = np.repeat(np.arange(len(lengths)), lengths)
        places = self._vocabulary.learn(np.concatenate([one.words for one in entries]))
        # A text without a word is a block without one: so no text is empty where texts are reduced.
        blocks = np.maximum(-(-lengths // BLOCK), 1)
        filled = np.zeros((int(blocks.sum()), BLOCK), np.int32)
        within = np.arange(len(places)) - np.repeat(_begins(lengths), lengths)
        filled.ravel()[(BLOCK * _begins(blocks))[text] + within] = places
        followed = np.flatnonzero(text[:-1] == text[1:])
        neighbours = neighbours_of(places[followed], places[followed + 1])
        says, directions = self._measure(places, text, len(lengths))
        counted = np.column_stack([blocks, np.maximum(lengths - 1, 0), sizes[:, 1:]])
        texts = np.array([len(one.sizes) for one in entries])
        of_text = np.append(0, np.cumsum(texts)).tolist()
        of_block, of_neighbour = (
            np.append(0, np.cumsum(counted[:, column]))[of_text].tolist() for column in (0, 1)
        )
        return [
            _Read(
                one.asked,
                len(one.sizes),
                counted[of_text[place] : of_text[place + 1]].tobytes(),
                filled[of_block[place] : of_block[place + 1]].tobytes(),
                neighbours[of_neighbour[place] : of_neighbour[place + 1]].tobytes(),
                _numbered(one).tobytes(),
                says[of_text[place] : of_text[place + 1]].tobytes(),
                directions[of_text[place] : of_text[place + 1]].tobytes(),
            )
            for place, one in enumerate(entries)
        ]

    def _measure(self, places: Places, text: NDArray[np.int64], texts: int) -> Measures:
        known = self._vocabulary.at(places)
        says = np.bincount(text, weights=known.says + COMMON, minlength=texts).astype(np.float32)
        sums = np.zeros((texts, known.vectors.shape[1]), np.float32)
        begins = np.flatnonzero(np.diff(text, prepend=-1))
        if len(begins):
            sums[text[begins]] = np.add.reduceat(known.vectors * known.says[:, None], begins, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return Measures(says, sums / np.where(lengths > 0, lengths, 1))


def neighbours_of(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give numbers to words that follow each other, by their places."""
    together: NDArray[np.int64] = (first.astype(np.int64) << _PLACE) | second
    return together


def _numbered(texts: Texts) -> NDArray[np.int32]:
    """Give pairs and threes of jamo numbers that no two share."""
    sizes = texts.sizes[:, 1:].ravel()
    kinds = np.tile(np.array([PAIRS, JAMO], np.int32), len(texts.sizes))
    numbered: NDArray[np.int32] = np.repeat(kinds, sizes)
    numbered += texts.grams
    return numbered


def _begins(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    begins: NDArray[np.int64] = np.cumsum(lengths) - lengths
    return begins


def _none(vocabulary: Vocabulary) -> Gathered:
    numbers, measures = np.zeros(0, np.int64), np.zeros(0, np.float32)
    return Gathered(
        vocabulary,
        numbers.astype(np.float64),
        numbers,
        np.zeros((0, 4), np.int64),
        np.zeros((0, BLOCK), np.int32),
        numbers,
        np.zeros(0, np.int32),
        Measures(measures, measures.reshape(0, vocabulary.dimensions)),
    )
