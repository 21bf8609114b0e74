"""How like an entry's wordings a question is, for the few entries that the indexes hold for the best.

Words are like each other if they are the same, mean the same by the list of synonyms, or are near by their
vectors. A question's words count by how rare they are among what the person may see, an entry's own by how
rare they are in the language: so nothing depends on what is hidden.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from typing_extensions import override

from bots.retrieval.grams import Runs
from bots.retrieval.meanings import Known, Meanings
from bots.retrieval.morphemes import Morpheme
from bots.retrieval.wordings import Gathered, Grams, Side, Words, cut_number, key, number, pairs_of

Numbers = NDArray[np.floating]

SYNONYM: Final = 0.7
"""How near synonyms are; the same word is at 1."""
COMMON: Final = np.float32(0.05)
"""What the most frequent words of the language still weigh; a rare one weighs about 1."""
NEAR: Final = 0.3
"""Cosines below say nothing."""
LITERAL: Final = 0.99
NOUNS: Final = frozenset(("NNG", "NNP", "SL", "SN", "SH", "XR"))
"""Parts of speech that name things; foreign words and numbers among them."""
ALL_GRAMS: Final = 1 << 16
STRETCH: Final = 8
"""A stretch of a text is two of as many words that follow each other."""


class Asked(NamedTuple):
    """A question in numbers: each kind with how much each of its numbers says, and synonyms of each word."""

    words: Words
    words_weigh: Numbers
    nouns: NDArray[np.bool_]
    pairs: Grams
    pairs_weigh: Numbers
    jamo: Grams
    jamo_weigh: Numbers
    synonyms: tuple[Words, ...]


class Likeness(Struct, frozen=True):
    """A row of figures from 0 to 1 for each entry. Of wordings the best counts; `*_two` is the mean of two.

    `words` (near in meaning), `same` (the same), `pairs` and `jamo` weigh what of the question is in the
    wording against what of the wording is in the question; `asked` and `told` are these two for words.
    `all_*` say how much of the question is in all the wordings together, `answer` in the answer too,
    `literal` how much of it word by word, and `worst` how near the word is that is missed most. `nouns` and
    `others` are `answer` of these words alone, and `usual` is it with the words weighed by how rare they are
    in the language. `stretch` says how much of the question stands close together, `in_order` how many of its
    neighbours are neighbours there, `meaning` how near a wording is as a whole.
    """

    words: Numbers
    words_two: Numbers
    asked: Numbers
    told: Numbers
    same: Numbers
    same_two: Numbers
    pairs: Numbers
    pairs_two: Numbers
    jamo: Numbers
    jamo_two: Numbers
    all_words: Numbers
    all_pairs: Numbers
    all_jamo: Numbers
    answer: Numbers
    literal: Numbers
    worst: Numbers
    nouns: Numbers
    others: Numbers
    usual: Numbers
    stretch: Numbers
    in_order: Numbers
    meaning: Numbers


def ask(
    text: str,
    cut: Sequence[Morpheme],
    alike: Callable[[str], Sequence[str]],
    rarity: Mapping[str, Mapping[int, float]],
) -> Asked:
    """Make numbers of a normalised question: its morphemes, what is `alike` to each, and its grams.

    `rarity` says by the legs of the index how much each feature says.
    """
    content = [one for one in cut if one.content]
    synonyms = tuple(np.array([number(name) for name in alike(one.form)], np.uint32) for one in content)
    runs = Runs.of([text])
    pairs = np.unique(pairs_of(runs)[0])
    threes = np.unique(runs.spelt().grams(3)[0])
    words, syllables, jamo = rarity["morphemes"], rarity["syllables"], rarity["jamo"]
    return Asked(
        np.array([number(key(one)) for one in content], np.uint32),
        np.array([words.get(number(one.form), 0.0) for one in content], np.float32),
        np.array([one.tag in NOUNS for one in content], np.bool_),
        cut_number(pairs),
        np.array([syllables.get(one, 0.0) for one in pairs.tolist()], np.float32),
        cut_number(threes),
        np.array([jamo.get(one, 0.0) for one in threes.tolist()], np.float32),
        synonyms,
    )


def compare(asked: Asked, entries: Gathered, meanings: Meanings) -> Likeness:
    """Compare a question with entries."""
    best, two = _Best(entries), _Two(entries)
    pairs, all_pairs = _grams(asked.pairs, asked.pairs_weigh, entries, entries.pairs)
    jamo, all_jamo = _grams(asked.jamo, asked.jamo_weigh, entries, entries.jamo)
    side, answers = entries.words, entries.answers
    # The same words come again and again; each is compared once.
    different, places = np.unique(np.concatenate([side.flat, answers.flat]), return_inverse=True)
    in_wordings, in_answers = places[: len(side.flat)], places[len(side.flat) :]
    weigh = asked.words_weigh / max(float(asked.words_weigh.sum()), 1e-9)
    theirs = meanings.of(different)
    mine = meanings.of(asked.words)
    says = (theirs.says + COMMON)[in_wordings]
    same = (asked.words[:, None] == different[None]).astype(np.float32)
    near = _near(mine.vectors, theirs.vectors, same)
    alike = _alike(asked, different, near)
    covered = _over(np.maximum, alike[:, in_wordings], side)
    literal = _over(np.maximum, same[:, in_wordings], side)
    total = np.maximum(_over(np.add, says, side), 1e-9)
    told = _over(np.add, alike.max(0, initial=0)[in_wordings] * says, side) / total
    repeated = _over(np.add, same.max(0, initial=0)[in_wordings] * says, side) / total
    words = _mean(weigh @ covered, told)
    exact = _mean(weigh @ literal, repeated)
    together = best(covered)
    whole = np.maximum(together, _over(np.maximum, near[:, in_answers], answers))
    return Likeness(
        words=best(words),
        words_two=two(words),
        asked=best(weigh @ covered),
        told=best(told),
        same=best(exact),
        same_two=two(exact),
        pairs=best(pairs),
        pairs_two=two(pairs),
        jamo=best(jamo),
        jamo_two=two(jamo),
        all_words=weigh @ together,
        all_pairs=all_pairs,
        all_jamo=all_jamo,
        answer=weigh @ whole,
        literal=weigh @ (whole > LITERAL).astype(np.float32),
        worst=whole.min(0) if len(weigh) else np.zeros(len(entries.asked), np.float32),
        nouns=_share(asked.words_weigh * asked.nouns) @ whole,
        others=_share(asked.words_weigh * ~asked.nouns) @ whole,
        usual=_share(mine.says + COMMON) @ whole,
        stretch=np.maximum(
            best(_stretch(weigh, near[:, in_wordings], side)), _stretch(weigh, near[:, in_answers], answers)
        ),
        in_order=np.maximum(
            best(_in_order(weigh, same[:, in_wordings], side)), _in_order(weigh, same[:, in_answers], answers)
        ),
        meaning=best(_meaning(mine, theirs, in_wordings, side)),
    )


class _Best:
    """Of what is known for each wording (the last axis), the best of each entry."""

    def __init__(self, entries: Gathered) -> None:
        self._owner = entries.owner
        # Wordings of one entry follow each other.
        self._each = Side(entries.words.flat, np.bincount(entries.owner, minlength=len(entries.asked)))

    def __call__(self, values: Numbers) -> Numbers:
        return _over(np.maximum, values, self._each)


class _Two(_Best):
    """The mean of the best two of each entry; of the best alone where there is no second."""

    @override
    def __call__(self, values: Numbers) -> Numbers:
        best = super().__call__(values)
        tops = np.flatnonzero(values >= best[self._owner])
        first = tops[np.diff(self._owner[tops], prepend=-1) > 0]
        others = values.copy()
        others[first] = 0
        alone = self._each.lengths < 2
        found: Numbers = np.where(alone, best, (best + super().__call__(others)) / 2)
        return found


def _grams(asked: Grams, weigh: Numbers, entries: Gathered, side: Side) -> tuple[Numbers, Numbers]:
    """Compare grams: how like each wording is, and how much of the question each entry's wordings hold."""
    if not len(asked):
        return np.zeros(len(entries.owner), np.float32), np.zeros(len(entries.asked), np.float32)
    order = np.argsort(asked)[::-1]
    total = max(float(weigh.sum()), 1e-9)
    # A gram has 16 bits: to look all of them up in a table is faster than to search for each.
    place_of = np.full(ALL_GRAMS, -1, np.int32)
    place_of[asked[order]] = order
    places = place_of[side.flat]
    hit = places >= 0
    covered = _over(np.add, np.where(hit, weigh[places], 0).astype(np.float32), side) / total
    told = _over(np.add, hit.astype(np.float32), side) / np.maximum(side.lengths, 1)
    held = np.zeros((len(entries.asked), len(asked)), np.float32)
    held[np.repeat(entries.owner, side.lengths)[hit], places[hit]] = 1
    return _mean(covered, told), (held @ weigh / total).astype(np.float32)


def _near(mine: Numbers, theirs: Numbers, same: Numbers) -> Numbers:
    """Say of each of the question's words how near each other word is, 1 for the same."""
    near = mine @ theirs.T
    near[near < NEAR] = 0
    return np.maximum(near, same)


def _alike(asked: Asked, different: Words, near: Numbers) -> Numbers:
    """Take synonyms for near as well. The `different` words are in order."""
    alike = near.copy()
    if not len(different):
        return alike
    for place, synonyms in enumerate(asked.synonyms):
        if len(synonyms):
            at = np.minimum(np.searchsorted(different, synonyms), len(different) - 1)
            at = at[different[at] == synonyms]
            alike[place, at] = np.maximum(near[place, at], SYNONYM)
    return alike


def _share(weigh: Numbers) -> Numbers:
    shares: Numbers = (weigh / max(float(weigh.sum()), 1e-9)).astype(np.float32)
    return shares


def _stretch(weigh: Numbers, near: Numbers, side: Side) -> Numbers:
    """Say how much of the question the best stretch of each text holds."""
    texts = len(side.lengths)
    best = np.zeros(texts, np.float32)
    if not len(weigh) or not len(side.flat):
        return best
    halves = -(-side.lengths // STRETCH)
    owner = np.repeat(np.arange(texts), halves)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(halves) - halves, halves)
    begins = _starts(side)[owner] + place * STRETCH
    held = np.maximum.reduceat(near, begins, axis=1)
    followed = np.flatnonzero(owner[:-1] == owner[1:])
    whole = held.copy()
    whole[:, followed] = np.maximum(held[:, followed], held[:, followed + 1])
    np.maximum.at(best, owner, weigh @ whole)
    return best


def _in_order(weigh: Numbers, same: Numbers, side: Side) -> Numbers:
    """Say how much of the question's neighbouring words stand side by side in each text."""
    if len(weigh) < 2 or len(side.flat) < 2:
        return np.zeros(len(side.lengths), np.float32)
    owner = np.repeat(np.arange(len(side.lengths)), side.lengths)
    met = np.zeros((len(weigh) - 1, len(side.flat)), np.float32)
    met[:, :-1] = same[:-1, :-1] * same[1:, 1:] * (owner[:-1] == owner[1:])
    shares: Numbers = _share(np.sqrt(weigh[:-1] * weigh[1:])) @ _over(np.maximum, met, side)
    return shares


def _meaning(mine: Known, theirs: Known, places: NDArray[np.int64], side: Side) -> Numbers:
    """Give the cosine of the question's mean vector and each text's; what points elsewhere is at 0."""
    asked = mine.says @ mine.vectors
    asked /= max(float(np.linalg.norm(asked)), 1e-9)
    if not len(side.lengths):
        return np.zeros(0, np.float32)
    scaled = theirs.vectors * theirs.says[:, None]
    sums = np.zeros((len(side.lengths), scaled.shape[1]), np.float32)
    filled = side.lengths > 0
    if len(places):
        sums[filled] = np.add.reduceat(scaled[places], _starts(side)[filled], axis=0)
    cosines = sums @ asked / np.maximum(np.linalg.norm(sums, axis=1), 1e-9)
    ahead: Numbers = np.maximum(cosines, 0).astype(np.float32)
    return ahead


def _over(how: np.ufunc, values: Numbers, side: Side) -> Numbers:
    """Reduce what is known for each number of a side (the last axis) to one for each text."""
    filled = side.lengths > 0
    if len(side.lengths) and filled.all():
        whole: Numbers = how.reduceat(values, _starts(side), axis=-1)
        return whole
    reduced = np.zeros((*values.shape[:-1], len(side.lengths)), values.dtype)
    if filled.any():
        # What is empty takes no room between the others.
        reduced[..., filled] = how.reduceat(values, _starts(side)[filled], axis=-1)
    return reduced


def _starts(side: Side) -> NDArray[np.int64]:
    return np.cumsum(side.lengths) - side.lengths


def _mean(one: Numbers, other: Numbers) -> Numbers:
    """Give the harmonic mean: high only where both are."""
    mean: Numbers = (2 * one * other / np.maximum(one + other, 1e-9)).astype(np.float32)
    return mean
