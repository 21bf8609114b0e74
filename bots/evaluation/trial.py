"""Evaluation sets put to a retriever: the outcomes that `bots/evaluation/figures.py` makes figures of."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Final
from zlib import crc32

import numpy as np

from bots.entries import EVERYBODY, Asker, Audience, asker
from bots.evaluation.figures import Outcome, Question
from bots.evaluation.learning import Example, learn
from bots.retrieval.bands import Band, Calibration, calibrate
from bots.retrieval.ranking import Ranking
from bots.retrieval.retriever import Retriever
from bots.retrieval.signals import observe

DEPTH: Final = 10
FOLDS: Final = 5
EVERYONE: Final = Asker(audience=EVERYBODY)
"""Who asks where the set does not say: somebody for whom every entry of the office is."""
_KNOWN: Final = {str(one): asker([one]) for one in Audience}


def who_asks(question: Question) -> Asker:
    """Tell who asks: the set's field `audience` says it; who must be refused may be anybody."""
    return _KNOWN.get(question.tags.get("audience", ""), EVERYONE)


def today(zone: tzinfo) -> date:
    """Tell the office's own date, which decides what is valid."""
    return datetime.now(zone).date()


def ask(retriever: Retriever, questions: Sequence[Question], day: date) -> Iterator[Outcome]:
    """Put the questions to the retriever, one after the other."""
    for question in questions:
        begun = time.perf_counter()
        examined = retriever.examine(question.query, who_asks(question), day, DEPTH)
        ms = (time.perf_counter() - begun) * 1_000
        found = examined.found
        ids = tuple(hit.entry.id for hit in found.hits)
        yield Outcome(
            question,
            ids,
            found.confidence,
            found.band,
            ms,
            found.signals,
            answerable=found.answerable,
            candidates=examined.candidates,
            candidate_ids=examined.ids,
        )


def joined(questions: Sequence[Question]) -> list[Question]:
    """Take all spaces out of the questions, as some people write."""
    return [replace(one, query="".join(one.query.split())) for one in questions]


def alone(retriever: Retriever, questions: Sequence[Question], day: date) -> dict[str, list[Outcome]]:
    """Say what each leg would have found by itself; of how sure it is of that it says nothing."""
    outcomes: dict[str, list[Outcome]] = {}
    for question in questions:
        for leg, ids in retriever.legs(question.query, who_asks(question), day, DEPTH).items():
            outcomes.setdefault(leg, []).append(Outcome(question, ids, 0.0, Band.UNKNOWN, 0.0))
    return outcomes


def relearn(outcomes: Sequence[Outcome], prior: Ranking) -> tuple[Ranking, list[Outcome]]:
    """Learn an order from outcomes, starting from `prior`.

    Also gives the outcomes as they come in an order that was learnt from the other folds alone. Raises
    ValueError as `learn` does.
    """
    folds = _folds(outcomes)
    judged: dict[int, Outcome] = {}
    for fold in set(folds):
        others = [one for one, its in zip(outcomes, folds, strict=True) if its != fold]
        ranking = learn(_examples(others), prior)
        judged |= {
            place: reordered(one, ranking)
            for place, (one, its) in enumerate(zip(outcomes, folds, strict=True))
            if its == fold
        }
    return learn(_examples(outcomes), prior), [judged[place] for place in range(len(outcomes))]


def reordered(outcome: Outcome, ranking: Ranking) -> Outcome:
    """Order what came to a question anew; how sure that is, nobody has judged yet."""
    if outcome.candidates is None or not outcome.candidate_ids:
        return outcome
    scores = ranking.score(outcome.candidates)
    order = [int(place) for place in np.argsort(-scores, kind="stable")]
    ids = tuple(outcome.candidate_ids[place] for place in order[:DEPTH])
    return replace(outcome, ids=ids, signals=observe(order, scores, outcome.candidates))


def _examples(outcomes: Sequence[Outcome]) -> list[Example]:
    return [
        Example(one.candidates, np.array([name in one.question.pos for name in one.candidate_ids]))
        for one in outcomes
        if one.candidates is not None and one.question.pos
    ]


def recalibrate(outcomes: Sequence[Outcome]) -> Calibration:
    """Find a calibration from outcomes. Raises ValueError as `calibrate` does."""
    return calibrate(
        [one.signals for one in outcomes],
        [one.right for one in outcomes],
        [bool(one.question.pos) for one in outcomes],
        _folds(outcomes),
    )


def cross_validate(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Judge every outcome anew, by a calibration made of the other folds alone.

    The figures of these say how good the bands will be for questions that nobody has asked yet.
    """
    folds = _folds(outcomes)
    judged: list[Outcome] = []
    for fold in range(FOLDS):
        others = [one for one, its in zip(outcomes, folds, strict=True) if its != fold]
        held = [one for one, its in zip(outcomes, folds, strict=True) if its == fold]
        if not held:
            continue
        made = recalibrate(others)
        for one in held:
            told = made.judge(one.signals)
            judged.append(
                replace(one, confidence=told.confidence, answerable=told.answerable, band=told.band)
            )
    return judged


def _folds(outcomes: Sequence[Outcome]) -> list[int]:
    """Give each its fold: questions for one entry share one, as do those to be refused of one topic."""
    keys = [
        min(one.question.pos, default="") or one.question.tags.get("topic") or one.question.query
        for one in outcomes
    ]
    return [crc32(key.encode()) % FOLDS for key in keys]
