"""The words of the texts that are compared, by their place in a table, and which are like another word.

Hardly one word in two hundred is near to another. Which ones are near to a word that people ask with is
found once and remembered; of a text these alone are looked at.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.meanings import Known, Meanings
from bots.retrieval.wordings import Words

Numbers = NDArray[np.floating]
Places = NDArray[np.int32]

NEAR: Final = 0.3
"""Cosines below say nothing."""
DECIMALS: Final = 5
"""To which cosines are rounded."""
REMEMBERED: Final = 8_192
"""Words of which is remembered which are like them."""


class Like(NamedTuple):
    """The places of words that are like one: `near` by their cosines, maybe itself, and its `synonyms`.

    The first `known` places were looked at.
    """

    near: Places
    cosines: Numbers
    synonyms: Places
    known: int


_NONE: Final = Like(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int32), 0)


class Vocabulary:
    """Words by their place in a table: what they say, and their vectors. Place 0 is of no word."""

    def __init__(self, meanings: Meanings) -> None:
        self.meanings = meanings
        self.places: dict[int, int] = {}
        nothing = meanings.of(np.zeros(1, np.uint32)).vectors
        self._vectors = np.zeros((1, nothing.shape[1]), np.float32)
        self._says = np.zeros(1, np.float32)
        self._like: dict[tuple[int, tuple[int, ...]], Like] = {}

    def __len__(self) -> int:
        """Count the places."""
        return len(self.places) + 1

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return self._vectors.shape[1]

    def learn(self, words: Words) -> Places:
        """Give the places of words; those not seen before are looked up."""
        listed = words.tolist()
        new = [word for word in dict.fromkeys(listed) if word not in self.places]
        if new:
            begin = len(self)
            self._reach(begin + len(new))
            known = self.meanings.of(np.array(new, np.uint32))
            self._vectors[begin : begin + len(new)] = known.vectors
            self._says[begin : begin + len(new)] = known.says
            self.places.update(zip(new, range(begin, begin + len(new)), strict=True))
        return np.array([self.places[word] for word in listed], np.int32)

    def at(self, places: NDArray[np.integer]) -> Known:
        """Give what is at places."""
        return Known(self._vectors.take(places, axis=0), self._says.take(places))

    def says(self, places: NDArray[np.integer]) -> Numbers:
        """Give how much each of the words at places says."""
        return self._says.take(places)

    def of(self, words: Words) -> Known:
        """Look words up, and remember none."""
        places = [self.places.get(word, 0) for word in words.tolist()]
        return self.at(np.array(places, np.int64)) if all(places) else self.meanings.of(words)

    def like(self, words: Words, synonyms: Sequence[tuple[int, ...]], vectors: Numbers) -> list[Like]:
        """Say which words here are like some others, whose synonyms and vectors are given."""
        keys = list(zip(words.tolist(), synonyms, strict=True))
        found = [self._like.get(key) or self._alone(*key) for key in keys]
        behind = [place for place, one in enumerate(found) if one.known < len(self)]
        if not behind:
            return found
        if len(self._like) > REMEMBERED:
            self._like.clear()
        # What was looked at before is not looked at again, but for words that are asked for seldom.
        begin = min(found[place].known for place in behind)
        # The few are second: the other way round it takes twice as long.
        cosines = self._vectors[begin : len(self)] @ vectors[behind].T
        for place, row in zip(behind, np.ascontiguousarray(cosines.T), strict=True):
            found[place] = self._follow(found[place], keys[place][1], row[found[place].known - begin :])
            self._like[keys[place]] = found[place]
        return found

    def prepare(self, begin: int, most: int) -> bool:
        """Find ahead what is like each of some words here, from one on; says whether there are more."""
        words = np.array(list(islice(self.places, begin, min(begin + most, REMEMBERED // 2))), np.uint32)
        if len(words):
            self.like(words, [()] * len(words), self.of(words).vectors)
        return len(words) == most

    def _alone(self, word: int, synonyms: tuple[int, ...]) -> Like:
        """Give what is known of a word without its synonyms."""
        like = self._like.get((word, ()), _NONE)
        if synonyms and like.known:
            like = self._like[word, synonyms] = like._replace(synonyms=self._places(synonyms))
        return like

    def _places(self, words: Sequence[int]) -> Places:
        return np.array([self.places[one] for one in words if one in self.places], np.int32)

    def _follow(self, before: Like, synonyms: Sequence[int], cosines: Numbers) -> Like:
        """Add what is like a word among the latest places, to which it has these cosines."""
        near = np.flatnonzero(cosines >= NEAR)
        # The last bits depend on how many words were compared in one go, on some processors.
        alike = np.minimum(np.round(cosines[near], DECIMALS), 1)
        return Like(
            np.concatenate([before.near, (near + before.known).astype(np.int32)]),
            np.concatenate([before.cosines, alike]),
            self._places(synonyms),
            len(self),
        )

    def _reach(self, places: int) -> None:
        if places > len(self._vectors):
            more = max(places, 2 * len(self._vectors)) - len(self._vectors)
            self._vectors = np.concatenate(
                [self._vectors, np.zeros((more, self._vectors.shape[1]), np.float32)]
            )
            self._says = np.append(self._says, np.zeros(more, np.float32))
