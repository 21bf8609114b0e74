"""Words that are one slip of the finger away: a jamo that is another, too many or missing.

Also words that were written as one, which nobody knows as such.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.files import Array
from bots.retrieval.text import to_jamo

SHORTEST: Final = 4
"""Jamo of a word that is corrected at least; of shorter ones too many are one slip away."""
LONGEST: Final = 30
PIECE: Final = LONGEST // 3
"""Syllables of a word that is looked for in another, at most: none of them has more jamo than LONGEST."""

_Codes = NDArray[np.uint16]


class Spelling:
    """The words that are known, to find those near to one that is not."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._words: dict[int, list[str]] = {}
        self._codes: dict[int, _Codes] = {}

    def add(self, words: Iterable[str]) -> None:
        """Learn words."""
        for word in words:
            if word in self._known:
                continue
            self._known.add(word)
            jamo = to_jamo(word)
            if SHORTEST <= len(jamo) <= LONGEST:
                self._words.setdefault(len(jamo), []).append(word)

    def __contains__(self, word: str) -> bool:
        """Say whether a word is one of those to which others may be near."""
        return word in self._known and SHORTEST <= len(to_jamo(word)) <= LONGEST

    def saved(self) -> dict[str, Array]:
        """Give all words there are as an array."""
        words = "\n".join(word for some in self._words.values() for word in some)
        return {"words": np.frombuffer(words.encode(), np.uint8)}

    def restore(self, saved: Mapping[str, Array]) -> None:
        """Learn what was saved."""
        self.add(saved["words"].tobytes().decode().split("\n"))

    def near(self, word: str) -> list[str]:
        """List the known words that are one slip away from this one, the oldest first."""
        jamo = to_jamo(word)
        if not SHORTEST <= len(jamo) <= LONGEST:
            return []
        codes = _codes([jamo])[0]
        found: list[str] = []
        for length in (len(jamo), len(jamo) - 1, len(jamo) + 1):
            words = self._words.get(length)
            if words:
                found += [words[place] for place in np.flatnonzero(_one_away(codes, self._of(length)))]
        return found

    def _of(self, length: int) -> _Codes:
        words = self._words[length]
        known = self._codes.get(length)
        if known is None or len(known) < len(words):
            begun = 0 if known is None else len(known)
            added = _codes([to_jamo(word) for word in words[begun:]])
            known = added if known is None else np.vstack([known, added])
            self._codes[length] = known
        return known


def pieces(word: str, known: Callable[[str], bool]) -> list[tuple[str, bool]]:
    """Cut a word into known ones of two syllables or more and what is left between; says which each is.

    The known ones are as much of it as can be, and as few as can be.
    """
    # Of each beginning: how much is known, by how few words, and where the last begins, if it ends there.
    best = [(0, 0, 0)]
    for end in range(1, len(word) + 1):
        most, fewest, _ = best[-1]
        place = -1
        for begin in range(max(end - PIECE, 0), end - 1):
            found = (best[begin][0] + end - begin, best[begin][1] - 1)
            if found > (most, fewest) and known(word[begin:end]):
                (most, fewest), place = found, begin
        best.append((most, fewest, place))
    cut: list[tuple[str, bool]] = []
    end = len(word)
    while end:
        begin = best[end][2]
        there = begin >= 0
        if not there:
            begin = next(place for place in range(end - 1, -1, -1) if best[place][2] >= 0)
        cut.append((word[begin:end], there))
        end = begin
    return cut[::-1]


def _codes(spelt: list[str]) -> _Codes:
    """Write words of the same length as numbers, a row each."""
    flat = np.frombuffer("".join(spelt).encode("utf-16-le"), np.uint16)
    return flat.reshape(len(spelt), -1)


def _one_away(word: _Codes, others: _Codes) -> NDArray[np.bool_]:
    """Say which others begin and end as the word does, but for one jamo."""
    shorter = min(len(word), others.shape[1])
    longer = max(len(word), others.shape[1])
    begins = (others[:, :shorter] == word[:shorter]).cumprod(axis=1).sum(axis=1)
    ends = (others[:, ::-1][:, :shorter] == word[::-1][:shorter]).cumprod(axis=1).sum(axis=1)
    away: NDArray[np.bool_] = (begins + ends >= longer - 1) & ((begins < longer) | (shorter < longer))
    return away
