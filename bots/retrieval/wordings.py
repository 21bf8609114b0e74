"""Every way to ask for an entry, and its answer, as numbers: to compare a question with each by itself.

The indexes see an entry as one document. Whether one of its wordings is all of the question, and nothing
besides, they cannot tell; that takes the wordings one by one, which is affordable for the few best entries.
Texts are kept as hashes, about 1 KB an entry.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.grams import Bag, Numbers, Runs
from bots.retrieval.morphemes import Morpheme

Words = NDArray[np.uint32]
Grams = NDArray[np.uint16]

LONGEST: Final = 256
"""Words of one text that are compared; of grams four times as many."""
READ: Final = 4_096
"""Entries whose texts are kept as they are compared."""
NUMBERED: Final = 65_536
"""Names whose numbers are remembered."""


class Spelt(NamedTuple):
    """A text in numbers: its words with a meaning, in order; its pairs of syllables; its threes of jamo."""

    words: Words
    pairs: Grams
    jamo: Grams


class Side(NamedTuple):
    """One kind of numbers of many texts, end to end, and how many there are of each text."""

    flat: NDArray[np.unsignedinteger]
    lengths: NDArray[np.int64]


class Gathered(NamedTuple):
    """Texts of some entries: `owner` says for each wording whose it is, as a place in what was asked for.

    `asked` counts the wordings of each entry. An entry without a wording has its answer for one.
    """

    owner: NDArray[np.int64]
    asked: NDArray[np.int64]
    words: Side
    pairs: Side
    jamo: Side
    answers: Side


def key(one: Morpheme) -> str:
    """Name a word: proper nouns are nouns, as Kiwi takes many a term for one or the other."""
    return f"{one.form}/{'NNG' if one.tag == 'NNP' else one.tag}"


@lru_cache(maxsize=NUMBERED)
def number(name: str) -> int:
    """Give the number of a word's name."""
    return crc32(name.encode())


def cut_number(grams: Numbers) -> Grams:
    """Shorten numbers of grams to 16 bits, which are enough to tell the few of a question from others."""
    return (grams & 0xFFFF).astype(np.uint16)


def pairs_of(runs: Runs) -> tuple[Numbers, NDArray[np.int32]]:
    """Give numbers to the pairs of syllables and to words of one, and say of which text each is."""
    (pairs, of_pair), (single, of_single) = runs.grams(2), runs.alone()
    return np.concatenate([pairs, single]), np.concatenate([of_pair, of_single])


def spell(texts: Sequence[str], cuts: Sequence[Sequence[Morpheme]]) -> list[Spelt]:
    """Make numbers of normalised texts and their morphemes."""
    runs = Runs.of(texts)
    pairs = _each(*pairs_of(runs), len(texts))
    threes = _each(*runs.spelt().grams(3), len(texts))
    return [
        Spelt(np.array([number(key(one)) for one in cut if one.content][:LONGEST], np.uint32), *grams)
        for cut, *grams in zip(cuts, pairs, threes, strict=True)
    ]


def _each(grams: Numbers, part: NDArray[np.int32], texts: int) -> list[Grams]:
    """Give the different grams of each text, but not of a very long one all."""
    bag = Bag.of(part, grams, np.ones(len(grams), np.float32))
    ends = np.searchsorted(bag.documents, np.arange(texts + 1))
    cut = cut_number(bag.features)
    most = 4 * LONGEST
    return [cut[begin : min(end, begin + most)] for begin, end in pairwise(ends.tolist())]


class _Texts(NamedTuple):
    """The texts of an entry that are compared, by kind, how many wordings it has, and its answer's words."""

    asked: int
    words: Side
    pairs: Side
    jamo: Side
    answer: Words


class Wordings:
    """The texts of entries by row. Rows are numbered by who uses this; a row is added once."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._read: dict[int, _Texts] = {}

    def add(self, row: int, wordings: Sequence[Spelt], answer: Spelt | None) -> None:
        """Add an entry's wordings and its answer."""
        if row >= len(self._rows):
            self._rows.extend([b""] * (row + 1 - len(self._rows)))
        texts = [*wordings, *([] if answer is None else [answer])]
        sizes = [len(part) for text in texts for part in (text.words, text.pairs, text.jamo)]
        head = np.array([len(wordings), answer is not None, *sizes], np.uint16)
        parts = [head.tobytes(), b"" if len(head) % 2 == 0 else b"\0\0"]
        for place in range(3):
            parts += [text[place].tobytes() for text in texts]
        self._rows[row] = b"".join(parts)

    def remove(self, row: int) -> None:
        """Forget a row, whose entry is no more."""
        if row < len(self._rows):
            self._rows[row] = b""
            self._read.pop(row, None)

    def gather(self, rows: Sequence[int]) -> Gathered:
        """Bring the texts of these rows together."""
        texts = [self._of(row) for row in rows]
        return Gathered(
            np.repeat(np.arange(len(texts)), [len(one.words.lengths) for one in texts]),
            np.array([one.asked for one in texts], np.int64),
            _together([one.words for one in texts]),
            _together([one.pairs for one in texts]),
            _together([one.jamo for one in texts]),
            _side([one.answer for one in texts]),
        )

    def _of(self, row: int) -> _Texts:
        """Read a row, or remember it: the same entries are compared again and again."""
        texts = self._read.get(row)
        if texts is None:
            if len(self._read) >= READ:
                self._read.clear()
            texts = self._read[row] = _read(self._rows[row])
        return texts


def _read(content: bytes) -> _Texts:
    wordings, answer = np.frombuffer(content, np.uint16, 2).tolist()
    number_of_texts = wordings + answer
    sizes = np.frombuffer(content, np.uint16, 3 * number_of_texts, 4).reshape(-1, 3).astype(np.int64)
    at = 4 + 6 * number_of_texts
    at += at % 4
    compared = sizes[: wordings or None]
    whole: list[NDArray[np.unsignedinteger]] = []
    for kind, dtype in enumerate((np.uint32, np.uint16, np.uint16)):
        whole.append(np.frombuffer(content, dtype, int(sizes[:, kind].sum()), at))
        at += whole[-1].nbytes
    words, pairs, jamo = (
        Side(flat[: int(compared[:, kind].sum())], compared[:, kind]) for kind, flat in enumerate(whole)
    )
    own = int(sizes[-1, 0]) if answer else 0
    return _Texts(wordings, words, pairs, jamo, whole[0][len(whole[0]) - own :])


def _together(sides: Sequence[Side]) -> Side:
    if not sides:
        return _side([])
    return Side(np.concatenate([one.flat for one in sides]), np.concatenate([one.lengths for one in sides]))


def _side(parts: Sequence[NDArray[np.unsignedinteger]]) -> Side:
    lengths = np.array([len(part) for part in parts], np.int64)
    return Side(np.concatenate(parts) if parts else np.zeros(0, np.uint32), lengths)
