"""Questions that ask for the same, put together: those are linked that share their letters and a matter."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from bots.follow_up import Cut
from bots.retrieval.evidence import is_topic
from bots.retrieval.text import jamo_grams, normalise, syllable_grams

ALIKE: Final = 0.45
"""Share of common n-grams (Dice) from which on two questions count as the same."""
THE_SAME: Final = 0.7
"""The same for questions that name no matter in common: one of them may be misspelt."""
MOST_COMMON: Final = 200
"""An n-gram of more questions than this links none: everybody writes it."""


def clusters(questions: Sequence[str], cut: Cut) -> list[tuple[int, ...]]:
    """Group the questions by place, the largest group first; each group in the order of the questions.

    `cut` says what matters they name: 결석하면 어떻게 하나요 and 전학 가려면 어떻게 하나요 share most of
    their letters and nothing else.
    """
    matters = [{one.form for one in cut(question) if is_topic(one)} for question in questions]
    grams = [_grams(normalise(question)) for question in questions]
    holding: defaultdict[str, list[int]] = defaultdict(list)
    for place, of_one in enumerate(grams):
        for gram in of_one:
            holding[gram].append(place)
    links = _Links(len(questions))
    for place, of_one in enumerate(grams):
        shared: Counter[int] = Counter()
        for gram in of_one:
            if len(holding[gram]) <= MOST_COMMON:
                shared.update(other for other in holding[gram] if other < place)
        for other, count in shared.items():
            mine, its = matters[place], matters[other]
            least = ALIKE if mine & its or not (mine or its) else THE_SAME
            if 2 * count >= least * (len(of_one) + len(grams[other])):
                links.join(place, other)
    return sorted(links.groups(), key=lambda group: (-len(group), group))


def _grams(text: str) -> set[str]:
    return set(syllable_grams(text, 2, 3)) | set(jamo_grams(text, 4, 5))


class _Links:
    """Disjoint sets of places."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def join(self, one: int, other: int) -> None:
        self._parent[self._root(one)] = self._root(other)

    def groups(self) -> list[tuple[int, ...]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for place in range(len(self._parent)):
            found[self._root(place)].append(place)
        return [tuple(group) for group in found.values()]

    def _root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place
