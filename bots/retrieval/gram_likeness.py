"""How like wordings the grams of a question are: pairs of syllables, and threes of jamo."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from bots.retrieval.asked import Asked
from bots.retrieval.beside import Layout, Places, beside, mean, share, weighed
from bots.retrieval.readings import Gathered
from bots.retrieval.vocabulary import Numbers

_GRAMS: Final = 1 << 17


class GramLikeness(NamedTuple):
    """Pairs and threes of jamo, a line each: how `like` each wording is to its question.

    For each entry: how much of the question its wordings hold `together`, and `held`, with a line for each
    gram of the question, not 0 where they have it.
    """

    like: Numbers
    together: Numbers
    held: Numbers


def like_grams(asked: Sequence[Asked], entries: Gathered, layout: Layout) -> GramLikeness:
    """Compare the grams of questions with those of wordings."""
    hits, grams = _hits(asked, entries, layout)
    # Grams of one wording follow each other: its pairs, then its jamo.
    sizes = entries.sizes[layout.wordings, 2:]
    side = np.searchsorted(np.cumsum(sizes.ravel()), hits, side="right")
    of_side = layout.of_wording.repeat(2)
    says = beside([one.grams_weigh for one in asked])
    weights = np.bincount(side, says[grams, of_side[side]], sizes.size).reshape(sizes.shape).T
    found = np.bincount(side, minlength=sizes.size).reshape(sizes.shape).T
    halves = [np.split(one.grams_weigh, [one.pairs]) for one in asked]
    total = np.array([[half.sum() for half in both] for both in halves]).T.take(layout.of_wording, axis=1)
    like = mean(weights / np.maximum(total, 1e-9), found / np.maximum(sizes.T, 1))
    held = np.zeros((len(says), len(layout.of_entry)), np.float32)
    owner = np.arange(len(layout.counts)).repeat(2 * layout.counts)
    held[grams, owner[side]] = 1
    pairs = beside([share(both[0]) for both in halves])
    jamo = beside([np.append(np.zeros(len(both[0])), share(both[1])) for both in halves])
    together = [weighed(held[: len(weigh)], weigh.take(layout.of_entry, axis=1)) for weigh in (pairs, jamo)]
    return GramLikeness(like, np.array(together), held)


def _hits(asked: Sequence[Asked], entries: Gathered, layout: Layout) -> tuple[Places, Places]:
    """Find grams of a question among those of its wordings: where they are, and which of the question's."""
    ends = np.cumsum(np.bincount(layout.of_text, entries.sizes[:, 2] + entries.sizes[:, 3], len(asked)))
    place_of = np.zeros(_GRAMS, np.int16)
    hits, grams, begin = [], [], 0
    for one, end in zip(asked, ends.astype(np.int64).tolist(), strict=True):
        # A gram has 16 bits: to look all of them up in a table is faster than to search for each.
        place_of[one.grams[::-1]] = np.arange(len(one.grams), 0, -1)
        places = place_of.take(entries.grams[begin:end])
        hit = np.flatnonzero(places != 0)  # of truths it takes a quarter of the time that it takes of numbers
        hits.append(hit + begin)
        grams.append(places[hit].astype(np.int64) - 1)
        place_of[one.grams] = 0
        begin = end
    return np.concatenate(hits), np.concatenate(grams)
