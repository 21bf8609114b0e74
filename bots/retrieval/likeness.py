"""How like an entry's wordings a question is, for the few entries that the indexes hold for the best.

Words are like each other if they are the same, mean the same by the list of synonyms, or are near by their
vectors. A question's words count by how rare they are among what the person may see, an entry's own by how
rare they are in the language: so nothing depends on what is hidden.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bots.retrieval.asked import Asked
from bots.retrieval.beside import Layout, beside, mean, share, weighed
from bots.retrieval.evidence import LITERAL, Held
from bots.retrieval.gram_likeness import like_grams
from bots.retrieval.readings import COMMON, Gathered
from bots.retrieval.vocabulary import Numbers
from bots.retrieval.word_likeness import in_order, like_words


class Likeness(Struct, frozen=True):
    """A row of figures from 0 to 1 for each entry. Of wordings the best counts; `*_two` is the mean of two.

    `words` (near in meaning), `same` (the same), `pairs` and `jamo` weigh what of the question is in the
    wording against what of the wording is in the question; `asked` and `told` are these two for words.
    `all_*` say how much of the question is in all the wordings together, `answer` in the answer too,
    `literal` how much of it word by word, and `worst` how near the word is that is missed most. `nouns` and
    `others` are `answer` of these words alone, and `usual` is it with the words weighed by how rare they are
    in the language. `stretch` says how much of the question stands close together, `in_order` how many of its
    neighbours are neighbours there, `meaning` how near a wording is as a whole.

    Three speak against an entry: `missing`, how many of the question's nouns it lacks, by how rare they are
    in the language; `strange`, how rare the one is of these that the dictionary knows, so that it is no slip;
    and `another`, how rare a noun is that it lacks while it has the next: whoever asks for 인감증명서 wants
    nothing that is said of another 증명서.
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
    missing: Numbers
    strange: Numbers
    another: Numbers


class Compared(NamedTuple):
    """How like some entries are, and how many wordings each has, as `bots.retrieval.wordings.Texts` counts.

    Also what they hold of the words of the question, None of no entries.
    """

    likeness: Likeness
    held: Held | None
    asked: NDArray[np.float64]


def compare(asked: Asked, entries: Gathered) -> Compared:
    """Compare a question with entries."""
    return compare_all([asked], entries, [len(entries.asked)])[0]


# BLAS looks at what lies beside short rows, which need not be numbers; nothing here can be none.
@np.errstate(invalid="ignore")
def compare_all(asked: Sequence[Asked], entries: Gathered, compared: Sequence[int]) -> list[Compared]:
    """Compare questions, the first with the first so many of the entries, the second with the next."""
    if not len(entries.asked):
        nothing = Likeness(*np.zeros((len(Likeness.__struct_fields__), 0), np.float32))
        return [Compared(nothing, None, entries.asked)] * len(asked)
    layout = Layout.of(entries, compared)
    weigh = beside([share(one.weigh) for one in asked])
    of_wording, of_entry = (weigh.take(places, axis=1) for places in (layout.of_wording, layout.of_entry))
    words, grams = like_words(asked, weigh, entries, layout), like_grams(asked, entries, layout)
    order = in_order(asked, entries, layout)
    covered, told = words.alike.take(layout.wordings, axis=1), words.told[layout.wordings]
    asked_for = weighed(covered, of_wording)
    exact = weighed(words.same.take(layout.wordings, axis=1), of_wording)
    each = np.vstack(
        [
            mean(asked_for, told),
            mean(exact, words.repeated[layout.wordings]),
            grams.like,
            asked_for,
            told,
            words.stretch[layout.wordings],
            order[layout.wordings],
            words.meaning[layout.wordings],
            covered,
        ]
    )
    # Every entry has a wording here.
    best = np.maximum.reduceat(each, layout.begins, axis=1)
    two = _two(each[:4], best[:4], layout)
    together = best[9:]
    whole = np.maximum(together, words.near.take(layout.answers, axis=1))
    there = beside([np.ones(len(one.weigh)) for one in asked]) > 0
    rare = np.minimum(words.says + COMMON, 1) * there

    def of_these(figures: NDArray[Any]) -> NDArray[Any]:
        return figures.take(layout.of_entry, axis=1)

    usual = [share(words.says[: len(one.words), place] + COMMON) for place, one in enumerate(asked)]
    lacks = np.maximum(1 - whole, 0) * of_these(rare * beside([one.nouns for one in asked]))
    leading = of_these((rare * beside([one.leads for one in asked]))[:-1])
    likeness = Likeness(
        words=best[0],
        words_two=two[0],
        asked=best[4],
        told=best[5],
        same=best[1],
        same_two=two[1],
        pairs=best[2],
        pairs_two=two[2],
        jamo=best[3],
        jamo_two=two[3],
        all_words=weighed(together, of_entry),
        all_pairs=grams.together[0],
        all_jamo=grams.together[1],
        answer=weighed(whole, of_entry),
        literal=weighed((whole > LITERAL).astype(np.float32), of_entry),
        worst=np.where(of_these(there), whole, 1).min(axis=0, initial=1) * of_these(there).any(axis=0),
        nouns=weighed(whole, of_these(beside([share(one.weigh * one.nouns) for one in asked]))),
        others=weighed(whole, of_these(beside([share(one.weigh * ~one.nouns) for one in asked]))),
        usual=weighed(whole, of_these(beside(usual))),
        stretch=np.maximum(best[6], words.stretch[layout.answers]),
        in_order=np.maximum(best[7], order[layout.answers]),
        meaning=best[8],
        missing=1 - np.exp(-lacks.sum(axis=0)),
        strange=(lacks * of_these(beside([one.known for one in asked]))).max(axis=0, initial=0),
        another=(np.maximum(1 - together[:-1], 0) * together[1:] * leading).max(axis=0, initial=0),
    )
    found: list[Compared] = []
    figures = [getattr(likeness, name) for name in Likeness.__struct_fields__]
    for place, (one, end) in enumerate(zip(asked, accumulate(compared), strict=True)):
        own, size = slice(end - compared[place], end), len(one.words)
        held = Held(
            one.kinds,
            rare[:size, place],
            np.minimum(one.weigh / one.rarest, 1),
            together[:size, own].T,
            whole[:size, own].T,
            one.grams[one.pairs :],
            grams.held[one.pairs : len(one.grams), own].T,
            entries.asked[own] > 0,
        )
        part = Likeness(*(some[own] for some in figures))
        found.append(Compared(part, held if compared[place] else None, entries.asked[own]))
    return found


def _two(values: Numbers, best: Numbers, layout: Layout) -> Numbers:
    """Give the mean of the best two wordings of each entry; of the best alone where there is no second."""
    places = np.arange(values.shape[1])
    tops = np.where(values >= best.repeat(layout.counts, axis=1), places, values.shape[1])
    others = values.copy()
    others[np.arange(len(values))[:, None], np.minimum.reduceat(tops, layout.begins, axis=1)] = 0
    second = np.maximum.reduceat(others, layout.begins, axis=1)
    found: Numbers = np.where(layout.counts < 2, best, (best + second) / 2)
    return found
