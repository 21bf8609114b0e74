"""The likeness of one entry, computed word by word as it is described; slow, and easy to check by reading."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from bots.retrieval.asked import Asked
from bots.retrieval.evidence import HALF, LITERAL
from bots.retrieval.grams import Runs
from bots.retrieval.meanings import Meanings
from bots.retrieval.readings import BLOCK, COMMON, JAMO
from bots.retrieval.text import to_jamo
from bots.retrieval.vocabulary import NEAR
from bots.retrieval.word_likeness import SYNONYM
from bots.retrieval.wordings import Spelt


class Plain:
    """A question beside the wordings and the answer of one entry."""

    def __init__(self, asked: Asked, meanings: Meanings) -> None:
        self.asked = asked
        self.meanings = meanings
        self.words = asked.words.tolist()
        self.weigh = asked.weigh / max(asked.weigh.sum(), 1e-9)

    def likeness(self, wordings: Sequence[Spelt], answer: Spelt) -> dict[str, float]:
        """Compute every figure."""
        each = [self.wording(one) for one in wordings]
        found = {name: max(one[name] for one in each) for name in each[0]}
        for name in ("words", "same", "pairs", "jamo"):
            found[f"{name}_two"] = float(np.mean(sorted((one[name] for one in each), reverse=True)[:2]))
        places = range(len(self.words))
        together = [max(self.held(place, one.words, self.alike) for one in wordings) for place in places]
        whole = [max(together[place], self.held(place, answer.words, self.near)) for place in places]
        found["stretch"] = max(found["stretch"], self.stretch(answer.words.tolist()))
        found["in_order"] = max(found["in_order"], self.in_order(answer.words.tolist()))
        found["all_words"] = self.share(self.asked.weigh, together)
        found["answer"] = self.share(self.asked.weigh, whole)
        found["literal"] = self.share(self.asked.weigh, [near > LITERAL for near in whole])
        found["worst"] = min(whole, default=0.0)
        found["nouns"] = self.share(self.asked.weigh * self.asked.nouns, whole)
        found["others"] = self.share(self.asked.weigh * ~self.asked.nouns, whole)
        found["usual"] = self.share([self.says(word) for word in self.words], whole)
        rare = [min(self.says(word), 1.0) for word in self.words]
        lacks = [rare[place] * float(self.asked.nouns[place]) * (1 - whole[place]) for place in places]
        found["missing"] = 1 - float(np.exp(-sum(lacks)))
        found["strange"] = max((lacks[place] for place in places if self.asked.known[place]), default=0.0)
        found["another"] = max(
            (
                rare[place] * (1 - together[place]) * together[place + 1]
                for place in places[:-1]
                if self.asked.leads[place]
            ),
            default=0.0,
        )
        pairs, jamo = self.grams()
        found["all_pairs"] = self.held_grams(pairs, [gram for one in wordings for gram in one.pairs.tolist()])
        found["all_jamo"] = self.held_grams(jamo, [gram for one in wordings for gram in one.jamo.tolist()])
        return found

    def evidence(self, wordings: Sequence[Spelt], answer: Spelt) -> dict[str, float]:
        """Compute what tells of another matter, of an entry with wordings."""
        rare = [min(self.says(word), 1.0) for word in self.words]
        together = [max(self.held(place, one.words, self.alike) for one in wordings) for place in self.places]
        there = [max(together[place], self.held(place, answer.words, self.near)) for place in self.places]
        special = [min(float(weigh) / self.asked.rarest, 1.0) for weigh in self.asked.weigh]
        kinds = self.asked.kinds
        nouns = [one.noun for one in kinds]
        plain, topics = [one.plain for one in kinds], [one.topic for one in kinds]
        literal = [place for place in self.places if together[place] > LITERAL]
        slips = [max(self.spelt(place, wordings) - there[place], 0.0) for place in self.places]
        return {
            "spelt": self.share(rare, slips),
            "unsaid": some(rare[place] * (1 - there[place]) for place in self.places if not nouns[place]),
            "topic": some(rare[place] * there[place] for place in self.places if topics[place]),
            "topical": max((rare[place] for place in literal if topics[place]), default=0.0),
            "alien": max(
                (rare[place] * (1 - there[place]) for place in self.places if plain[place]), default=0.0
            ),
            "special": some(rare[place] * special[place] for place in literal if nouns[place]),
            "usual_noun": max(
                (rare[place] * (1 - special[place]) for place in literal if nouns[place]), default=0.0
            ),
            "qualifier": max(
                (
                    special[place]
                    for place in self.places
                    if plain[place] and topics[place] and place not in literal
                    if any(there[later] > LITERAL for later in self.row(place))
                ),
                default=0.0,
            ),
            "weightiest": max(
                (
                    (rare[place], -place, float(there[place] > LITERAL))
                    for place in self.places
                    if nouns[place]
                ),
                default=(0.0, 0, HALF),
            )[2],
        }

    def row(self, place: int) -> list[int]:
        """List the nouns that follow in the row of nouns in which one stands."""
        row = []
        for later in range(place + 1, len(self.words)):
            if self.asked.kinds[later].joined != self.asked.kinds[place].joined:
                break
            row.append(later)
        return row

    def unheard(self, entries: Sequence[tuple[Sequence[Spelt], Spelt]]) -> float:
        """Compute how many words no entry comes near to."""
        return some(
            1
            - max(
                max(
                    *(self.held(place, one.words, self.alike) for one in wordings),
                    self.held(place, answer.words, self.near),
                )
                for wordings, answer in entries
            )
            for place in self.places
        )

    def foreign(self, entries: Sequence[tuple[Sequence[Spelt], Spelt]]) -> float:
        """Compute how many plain nouns no entry has, in its wordings or its answer."""
        texts = [one.words.tolist() for wordings, answer in entries for one in (*wordings, answer)]
        return some(
            min(self.says(self.words[place]), 1.0)
            for place in self.places
            if self.asked.kinds[place].plain
            and not any(self.held(place, one, self.near) > LITERAL for one in texts)
        )

    def spelt(self, place: int, wordings: Sequence[Spelt]) -> float:
        """Say how much of a word is there as it is spelt: of itself, or of the nouns that it stands among."""
        there = {gram for one in wordings for gram in one.jamo.tolist()}
        asked = {gram - JAMO for gram in self.asked.grams[self.asked.pairs :].tolist()}
        word, shares = self.asked.kinds[place], [0.0]
        for spelling in (word.form if len(word.form) > 1 else "", word.joined):
            jamo = "".join(to_jamo(spelling))
            codes = [
                np.array([ord(one) for one in jamo[at : at + 3]], np.uint32) for at in range(len(jamo) - 2)
            ]
            its = {int(Runs(three, np.zeros(3, np.int32)).grams(3)[0][0]) & 0xFFFF for three in codes} & asked
            shares.append(len(its & there) / max(len(its), 1))
        return max(shares) if max(shares) >= HALF else HALF * max(shares)

    def wording(self, text: Spelt) -> dict[str, float]:
        """Compute what is of one wording."""
        words = text.words.tolist()
        asked = self.share(self.asked.weigh, [self.held(place, words, self.alike) for place in self.places])
        told = self.share(map(self.says, words), [self.most(word, self.alike) for word in words])
        exact = self.share(self.asked.weigh, [self.held(place, words, self.same) for place in self.places])
        repeated = self.share(map(self.says, words), [self.most(word, self.same) for word in words])
        pairs, jamo = self.grams()
        return {
            "words": mean(asked, told),
            "asked": asked,
            "told": told,
            "same": mean(exact, repeated),
            "pairs": like(self.held_grams(pairs, text.pairs.tolist()), pairs, text.pairs.tolist()),
            "jamo": like(self.held_grams(jamo, text.jamo.tolist()), jamo, text.jamo.tolist()),
            "stretch": self.stretch(words),
            "in_order": self.in_order(words),
            "meaning": self.meaning(words),
        }

    @property
    def places(self) -> range:
        return range(len(self.words))

    def says(self, word: int) -> float:
        return float(self.meanings.of(np.array([word], np.uint32)).says[0] + COMMON)

    def vector(self, word: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return self.meanings.of(np.array([word], np.uint32)).vectors[0]  # type: ignore[return-value]

    def same(self, place: int, word: int) -> float:
        return float(self.words[place] == word)

    def near(self, place: int, word: int) -> float:
        cosine = float(self.vector(self.words[place]) @ self.vector(word))
        return max(self.same(place, word), cosine if cosine >= NEAR else 0.0)

    def alike(self, place: int, word: int) -> float:
        return max(self.near(place, word), SYNONYM if word in self.asked.synonyms[place] else 0.0)

    def held(self, place: int, words: Iterable[int], how: Callable[[int, int], float]) -> float:
        return max((how(place, word) for word in words), default=0.0)

    def most(self, word: int, how: Callable[[int, int], float]) -> float:
        return max((how(place, word) for place in self.places), default=0.0)

    def share(self, weigh: Iterable[float], held: Sequence[float]) -> float:
        weights = [float(one) for one in weigh]
        return sum(w * h for w, h in zip(weights, held, strict=True)) / max(sum(weights), 1e-9)

    def stretch(self, words: Sequence[int]) -> float:
        blocks = [words[begin : begin + BLOCK] for begin in range(0, len(words), BLOCK)]
        stretches = [one + other for one, other in pairwise(blocks)] or blocks
        return max(
            (
                self.share(self.asked.weigh, [self.held(place, one, self.near) for place in self.places])
                for one in stretches
            ),
            default=0.0,
        )

    def in_order(self, words: Sequence[int]) -> float:
        weights = np.sqrt(self.asked.weigh[:-1] * self.asked.weigh[1:])
        return self.share(weights, [pair in set(pairwise(words)) for pair in pairwise(self.words)])

    def meaning(self, words: Sequence[int]) -> float:
        asked, theirs = (
            sum((self.vector(one) * (self.says(one) - COMMON) for one in some), np.zeros(1))
            for some in (self.words, words)
        )
        lengths = float(np.linalg.norm(asked) * np.linalg.norm(theirs))
        return max(0.0, float((asked * theirs).sum()) / lengths) if lengths > 1e-6 else 0.0

    def grams(self) -> tuple[dict[int, float], dict[int, float]]:
        """Give the question's grams of both kinds, and how much each says."""
        weighed = list(zip(self.asked.grams.tolist(), self.asked.grams_weigh.tolist(), strict=True))
        return (
            dict(weighed[: self.asked.pairs]),
            {gram - JAMO: weigh for gram, weigh in weighed[self.asked.pairs :]},
        )

    def held_grams(self, asked: dict[int, float], theirs: Iterable[int]) -> float:
        return sum(asked.get(gram, 0.0) for gram in set(theirs)) / max(sum(asked.values()), 1e-9)


def like(covered: float, asked: dict[int, float], theirs: Sequence[int]) -> float:
    """Weigh what of the grams asked for is there against what of those there was asked for."""
    return mean(covered, sum(gram in asked for gram in theirs) / max(len(theirs), 1))


def some(amounts: Iterable[float]) -> float:
    """Bring a sum to 0 … 1."""
    return 1 - float(np.exp(-sum(amounts)))


def mean(one: float, other: float) -> float:
    """Give the harmonic mean."""
    return 2 * one * other / max(one + other, 1e-9)
