"""Every way to ask for an entry, and its answer, as numbers: to compare a question with each by itself.

The indexes see an entry as one document. Whether one of its wordings is all of the question, and nothing
besides, they cannot tell; that takes the wordings one by one, which is affordable for the few best entries.
Texts are kept as hashes, about 1 KB an entry.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.files import Array
from bots.retrieval.grams import Bag, Numbers, Runs
from bots.retrieval.morphemes import Morpheme

Words = NDArray[np.uint32]
Grams = NDArray[np.uint16]

LONGEST: Final = 256
"""Words of one text that are compared; of grams four times as many."""
HEADED: Final = 0.5
"""What a title counts for as a wording where nothing but an answer stands below: that is half a passage."""
NUMBERED: Final = 65_536
"""Names whose numbers are remembered."""


class Spelt(NamedTuple):
    """A text in numbers: its words with a meaning, in order; its pairs of syllables; its threes of jamo."""

    words: Words
    pairs: Grams
    jamo: Grams


class Texts(NamedTuple):
    """The texts of an entry that are compared: its wordings (`asked` of them), and last its answer.

    An entry without a wording has its answer for one as well; one with nothing but a title above its answer
    is `asked` HEADED times. `sizes` has a row for each text: how many words
    it has, pairs and threes of jamo, which stand one text after the other. Of an answer the grams are left
    out.
    """

    asked: float
    sizes: NDArray[np.int64]
    words: Words
    grams: Grams


_NOTHING: Final = Spelt(np.zeros(0, np.uint32), np.zeros(0, np.uint16), np.zeros(0, np.uint16))


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


class Wordings:
    """The texts of entries by row. Rows are numbered by who uses this; a row is added once."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []

    def add(self, row: int, wordings: Sequence[Spelt], answer: Spelt | None, *, headed: bool = False) -> None:
        """Add an entry's wordings and its answer; `headed` says that a title is the only wording."""
        if row >= len(self._rows):
            self._rows.extend([b""] * (row + 1 - len(self._rows)))
        compared = [*wordings] or [_NOTHING if answer is None else answer]
        last = _NOTHING.words if answer is None else answer.words
        sizes = [len(part) for text in compared for part in text]
        words = [*(text.words for text in compared), last]
        asked = int(len(wordings) * (HEADED if headed else 1) / HEADED)
        head = np.array([asked, len(compared), len(last), *sizes], np.uint16)
        self._rows[row] = b"".join(
            [
                head.tobytes(),
                b"" if len(head) % 2 == 0 else b"\0\0",
                *(part.tobytes() for part in words),
                *(part.tobytes() for text in compared for part in (text.pairs, text.jamo)),
            ]
        )

    def remove(self, row: int) -> None:
        """Forget a row, whose entry is no more."""
        if row < len(self._rows):
            self._rows[row] = b""

    def has(self, row: int) -> bool:
        """Say whether a row is there, and was not removed."""
        return row < len(self._rows) and bool(self._rows[row])

    def saved(self) -> dict[str, Array]:
        """Give all there is as arrays."""
        rows = list(self._rows)
        return {
            "texts": np.frombuffer(b"".join(rows), np.uint8),
            "sizes": np.array([len(row) for row in rows], np.int32),
        }

    def restore(self, saved: Mapping[str, Array]) -> None:
        """Take what was saved, in place of what is there."""
        content, ends = saved["texts"].tobytes(), np.append(0, np.cumsum(saved["sizes"], dtype=np.int64))
        self._rows = [content[begin:end] for begin, end in pairwise(ends.tolist())]

    def __getitem__(self, row: int) -> Texts:
        content = self._rows[row]
        asked, texts, last = np.frombuffer(content, np.uint16, 3).tolist()
        sizes = np.zeros((texts + 1, 3), np.int64)
        sizes[:texts] = np.frombuffer(content, np.uint16, 3 * texts, 6).reshape(-1, 3)
        sizes[texts, 0] = last
        at = 6 + 6 * texts
        at += at % 4
        words = np.frombuffer(content, np.uint32, int(sizes[:, 0].sum()), at)
        grams = np.frombuffer(content, np.uint16, int(sizes[:, 1:].sum()), at + words.nbytes)
        return Texts(asked * HEADED, sizes, words, grams)
