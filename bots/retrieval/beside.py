"""Several questions compared side by side: a few operations on large arrays in place of many on small ones.

A matrix has a line for each word of a question, by its place there, and a column for each question, or for
each text or entry that it is compared with; beyond a question's last word there is 0.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.readings import Gathered
from bots.retrieval.vocabulary import Numbers

Places = NDArray[np.int64]


class Layout(NamedTuple):
    """Which of some texts is compared with which question, and what it is of its entry.

    `of_entry`, `of_text` and `of_wording` say which question each is compared with. `answers` and `wordings`
    are places of texts: every entry has one answer, and its wordings before it. `begins` says at which of the
    wordings those of each entry begin, and `counts` how many they are.
    """

    of_entry: Places
    of_text: Places
    of_wording: Places
    answers: Places
    wordings: Places
    begins: Places
    counts: Places

    @classmethod
    def of(cls, entries: Gathered, compared: Sequence[int]) -> Self:
        """Lay out entries of which the first so many are compared with the first question, and so on."""
        of_entry = np.repeat(np.arange(len(compared)), compared)
        of_text = np.repeat(of_entry, entries.texts)
        ends = np.cumsum(entries.texts)
        wording = np.ones(len(of_text), np.bool_)
        wording[ends - 1] = False
        wordings = np.flatnonzero(wording)
        counts = entries.texts - 1
        return cls(
            of_entry, of_text, of_text[wordings], ends - 1, wordings, np.cumsum(counts) - counts, counts
        )


def beside(figures: Sequence[NDArray[np.generic]]) -> Numbers:
    """Put the figures of the words of each question side by side."""
    matrix = np.zeros((max(map(len, figures), default=0), len(figures)), np.float32)
    for place, column in enumerate(figures):
        matrix[: len(column), place] = column
    return matrix


def weighed(held: Numbers, weigh: Numbers) -> Numbers:
    """Add up what is held of each word, by its weight.

    Word after word: so equal texts come to equal figures, whatever stands beside them.
    """
    summed: Numbers = (held * weigh).sum(axis=0)
    return summed


def share(weigh: Numbers) -> Numbers:
    """Make weights 1 together."""
    shares: Numbers = (weigh / max(float(weigh.sum()), 1e-9)).astype(np.float32)
    return shares


def mean(one: Numbers, other: Numbers) -> Numbers:
    """Give the harmonic mean: high only where both are."""
    found: Numbers = (2 * one * other / np.maximum(one + other, 1e-9)).astype(np.float32)
    return found
