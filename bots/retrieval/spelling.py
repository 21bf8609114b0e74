"""Words that are one slip of the finger away: a jamo that is another, too many or missing."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.files import Array
from bots.retrieval.text import to_jamo

SHORTEST: Final = 4
"""Jamo of a word that is corrected at least; of shorter ones too many are one slip away."""
LONGEST: Final = 30

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
