"""N-grams of syllables and of jamo as numbers, of many texts at once; `bots/retrieval/text.py` says which.

An index of 100,000 entries counts some hundred million of them, too many for one string each. A gram is 32
bits of a hash: where there are a million, a question's meet a foreign one once in dozens of questions.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.text import to_jamo

Numbers = NDArray[np.uint32]

_FIRST: Final = 0xAC00
_LAST: Final = 0xD7A3
_JAMO: Final = (0x3131, 0x3163)
_NOTHING: Final = 0xFFFFFFFF
_EDGE: Final = ord("^")
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(32)


class Runs(NamedTuple):
    """Words of some texts as codes of their characters, 0 between them; `part` says of which text each is."""

    codes: Numbers
    part: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Take normalised texts; words are what `bots.retrieval.text.words` finds."""
        codes = np.frombuffer("\n".join(("", *texts, "")).encode("utf-32-le"), np.uint32)
        part = np.cumsum(codes == ord("\n")).astype(np.int32) - 1
        korean = ((codes >= _FIRST) & (codes <= _LAST)) | ((codes >= _JAMO[0]) & (codes <= _JAMO[1]))
        latin = ((codes >= ord("0")) & (codes <= ord("9"))) | ((codes >= ord("a")) & (codes <= ord("z")))
        codes = np.where(korean | latin, codes, 0).astype(np.uint32)
        # Where one script follows the other, a word ends.
        turns = np.flatnonzero((korean[:-1] & latin[1:]) | (latin[:-1] & korean[1:])) + 1
        if not len(turns):
            return cls(codes, part)
        return cls(np.insert(codes, turns, 0), np.insert(part, turns, part[turns]))

    def spelt(self) -> Self:
        """Spell the words in jamo, an edge before and after each."""
        inside = self.codes > 0
        syllable = (self.codes >= _FIRST) & (self.codes <= _LAST)
        begins = inside & ~np.append(False, inside[:-1])
        ends = inside & ~np.append(inside[1:], False)
        columns = np.full((len(self.codes), 5), _NOTHING, np.uint32)
        columns[begins, 0] = _EDGE
        columns[syllable, 1:4] = _TABLE[self.codes[syllable] - _FIRST]
        columns[~syllable, 1] = self.codes[~syllable]
        columns[ends, 4] = _EDGE
        flat = columns.ravel()
        kept = flat != _NOTHING
        return type(self)(flat[kept], np.repeat(self.part, 5)[kept])

    def grams(self, size: int) -> tuple[Numbers, NDArray[np.int32]]:
        """Give numbers to the grams of so many characters within the words, and say of which text."""
        return self.all_grams(size, size)[0]

    def all_grams(self, shortest: int, longest: int) -> list[tuple[Numbers, NDArray[np.int32]]]:
        """Do the same for the grams of each of these sizes."""
        length = len(self.codes)
        codes = np.zeros(length + longest, np.uint64)
        codes[:length] = self.codes
        mixed = np.empty((longest - shortest + 1, length), np.uint64)
        mixed[:] = np.arange(shortest, longest + 1, dtype=np.uint64)[:, None]
        whole = np.ones(mixed.shape, np.bool_)
        for place in range(longest):
            # Longer grams alone have a character there.
            least = max(place + 1 - shortest, 0)
            some, there = mixed[least:], codes[place : place + length]
            some ^= there
            some *= _MIX
            some ^= some >> _SHIFT
            whole[least:] &= there > 0
        return [
            (some[there].astype(np.uint32), self.part[there])
            for some, there in zip(mixed, whole, strict=True)
        ]

    def alone(self) -> tuple[Numbers, NDArray[np.int32]]:
        """Give numbers to the words of one character, as to grams of one."""
        inside = self.codes > 0
        single = inside & ~np.append(False, inside[:-1]) & ~np.append(inside[1:], False)
        mixed = (np.full(int(single.sum()), 1, np.uint64) ^ self.codes[single]) * _MIX
        mixed ^= mixed >> _SHIFT
        return mixed.astype(np.uint32), self.part[single]


class Bag(NamedTuple):
    """How much of each feature each of some documents holds; ordered by document, then by feature."""

    documents: NDArray[np.int32]
    features: Numbers
    counts: NDArray[np.float32]

    @classmethod
    def of(cls, documents: NDArray[np.integer], features: Numbers, counts: NDArray[np.floating]) -> Self:
        """Add up the counts of the same feature in the same document."""
        keys = documents.astype(np.uint64) << _SHIFT | features
        order = np.argsort(keys)
        keys = keys[order]
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        totals = np.add.reduceat(counts[order], begins, dtype=np.float64) if len(begins) else counts[:0]
        keys = keys[begins]
        return cls(
            (keys >> _SHIFT).astype(np.int32),
            (keys & np.uint64(_NOTHING)).astype(np.uint32),
            totals.astype(np.float32),
        )


def counted(
    runs: Runs, documents: NDArray[np.integer], weights: NDArray[np.floating], shortest: int, longest: int
) -> Bag:
    """Count the grams of these sizes; of each text `documents` says whose it is, `weights` what it counts."""
    found = runs.all_grams(shortest, longest)
    part = np.concatenate([part for _, part in found])
    return Bag.of(documents[part], np.concatenate([grams for grams, _ in found]), weights[part])


def _table() -> Numbers:
    """Spell every syllable: three codes, the last one nothing where there is no 종성."""
    table = np.full((_LAST - _FIRST + 1, 3), _NOTHING, np.uint32)
    for place in range(len(table)):
        spelt = [ord(jamo) for jamo in to_jamo(chr(_FIRST + place))]
        table[place, : len(spelt)] = spelt
    return table


_TABLE: Final = _table()
