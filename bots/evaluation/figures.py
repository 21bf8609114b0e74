"""How good the retrieval is, in figures; pure: ranks and confidences go in, figures come out."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bots.retrieval.bands import Band
from bots.retrieval.ranking import Candidates
from bots.retrieval.signals import Signals

_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an evaluation set: the ids that answer it; none where it must be refused.

    `tags` hold whatever else the set says of it (kind, topic, …).
    """

    query: str
    pos: frozenset[str]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came to a question: ids, best first; how sure (0 to 1) the first is; and in which time.

    `answerable` is the chance that any entry answers, by which questions are refused. `candidates` and
    `candidate_ids` are what the order was made of, where somebody wants to order it anew.
    """

    question: Question
    ids: tuple[str, ...]
    confidence: float
    band: Band
    ms: float
    signals: Signals = Signals()  # noqa: RUF009  # it cannot change
    answerable: float = 0.0
    candidates: Candidates | None = None
    candidate_ids: tuple[str, ...] = ()

    @property
    def rank(self) -> int | None:
        """The place of the first id that answers, counted from 1; None where none came."""
        return next((place for place, one in enumerate(self.ids, 1) if one in self.question.pos), None)

    @property
    def right(self) -> bool:
        """Whether the first id answers the question."""
        return self.rank == 1


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a set of outcomes; None where the set says nothing about one.

    `answerable` and `refused` count the questions with and without an answer. Recall and MRR are of the
    answerable ones. `refusal_auc` is the chance that an answerable question, drawn at random, is held for
    likelier to have an answer than one that must be refused. Of the sure band: `sure_coverage`, the
    answerable ones in it; `sure_precision`, how many of those were right; `refused_sure`, those to be refused
    that fell into it. `refused_unknown` are those that fell into the unknown band, and `known_unknown` the
    answerable ones that did: what it costs to refuse the others.
    """

    answerable: int
    refused: int
    recall_1: float | None
    recall_5: float | None
    mrr_10: float | None
    refusal_auc: float | None
    sure_coverage: float | None
    sure_precision: float | None
    refused_sure: float | None
    refused_unknown: float | None
    known_unknown: float | None
    ms_p50: float
    ms_p99: float

    @property
    def recall_1_error(self) -> float | None:
        """Half the interval in which the recall of other such questions lies 19 times in 20."""
        return _error(self.recall_1, self.answerable)

    @property
    def sure_precision_error(self) -> float | None:
        """The same of the precision of the sure band."""
        return _error(self.sure_precision, round(self.answerable * (self.sure_coverage or 0)))


def measure(outcomes: Sequence[Outcome]) -> Figures:
    """Compute the figures. `outcomes` must not be empty."""
    known = [one for one in outcomes if one.question.pos]
    alien = [one for one in outcomes if not one.question.pos]
    ranks = [one.rank for one in known]
    sure = [one for one in known if one.band is Band.SURE]
    times = sorted(one.ms for one in outcomes)
    return Figures(
        answerable=len(known),
        refused=len(alien),
        recall_1=_share([rank is not None and rank <= 1 for rank in ranks]),
        recall_5=_share([rank is not None and rank <= 5 for rank in ranks]),
        mrr_10=_share([1 / rank if rank is not None and rank <= 10 else 0 for rank in ranks]),
        refusal_auc=auc([one.answerable for one in known], [one.answerable for one in alien]),
        sure_coverage=_share([one.band is Band.SURE for one in known]),
        sure_precision=_share([one.right for one in sure]),
        refused_sure=_share([one.band is Band.SURE for one in alien]),
        refused_unknown=_share([one.band is Band.UNKNOWN for one in alien]),
        known_unknown=_share([one.band is Band.UNKNOWN for one in known]),
        ms_p50=statistics.median(times),
        ms_p99=times[min(len(times) - 1, int(0.99 * len(times)))],
    )


def by_tag(outcomes: Sequence[Outcome], tag: str) -> dict[str, Figures]:
    """Compute the figures of each value of a tag by itself."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.question.tags.get(tag, ""), []).append(one)
    return {name: measure(group) for name, group in sorted(groups.items()) if name}


def auc(higher: Sequence[float], lower: Sequence[float]) -> float | None:
    """Give the chance that one of `higher` is above one of `lower`, ties counting half; None without both."""
    if not higher or not lower:
        return None
    marked = sorted([(value, 1) for value in higher] + [(value, 0) for value in lower])
    total, below, start = 0.0, 0, 0
    while start < len(marked):
        end = start
        while end < len(marked) and marked[end][0] == marked[start][0]:
            end += 1
        above = sum(mark for _, mark in marked[start:end])
        equal = end - start - above
        total += above * (below + equal / 2)
        below += equal
        start = end
    return total / (len(higher) * len(lower))


def _error(share: float | None, number: int) -> float | None:
    """Give half of Wilson's interval, which is one for shares of 0 and 1 too."""
    if share is None or not number:
        return None
    spread = share * (1 - share) / number + _Z**2 / (4 * number**2)
    return float(_Z * spread**0.5 / (1 + _Z**2 / number))


def _share(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
