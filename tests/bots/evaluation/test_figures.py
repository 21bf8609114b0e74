import random

import pytest

from bots.evaluation.figures import Outcome, Question, auc, by_tag, measure
from bots.retrieval.bands import Band


def outcome(ids: str, pos: str, confidence: float = 0.5, band: Band = Band.UNSURE, kind: str = "") -> Outcome:
    question = Question("q", frozenset(pos), {"kind": kind})
    return Outcome(question, tuple(ids), confidence, band, ms=len(ids))


def test_recall_and_rank_are_of_answerable_questions() -> None:
    figures = measure([outcome("abc", "a"), outcome("abc", "c"), outcome("abc", "x"), outcome("abc", "")])
    assert (figures.answerable, figures.refused) == (3, 1)
    assert figures.recall_1 == pytest.approx(1 / 3)
    assert figures.recall_5 == pytest.approx(2 / 3)
    assert figures.mrr_10 == pytest.approx((1 + 1 / 3) / 3)


def test_ranks_beyond_five_and_ten_do_not_count() -> None:
    figures = measure([outcome("bcdefa", "a"), outcome("bcdefghijka", "a")])
    assert figures.recall_5 == 0
    assert figures.mrr_10 == pytest.approx(1 / 6 / 2)


def test_bands_are_counted() -> None:
    figures = measure(
        [
            outcome("a", "a", band=Band.SURE),
            outcome("a", "b", band=Band.SURE),
            outcome("a", "a"),
            outcome("a", "a", band=Band.UNKNOWN),
            outcome("a", "", band=Band.SURE),
            outcome("a", "", band=Band.UNKNOWN),
        ]
    )
    assert (figures.sure_coverage, figures.sure_precision) == (0.5, 0.5)
    assert (figures.refused_sure, figures.refused_unknown) == (0.5, 0.5)
    assert figures.known_unknown == 0.25


def test_a_set_without_refusals_says_nothing_of_them() -> None:
    figures = measure([outcome("a", "a")])
    assert (figures.refusal_auc, figures.refused_sure, figures.sure_precision) == (None, None, None)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    draw = random.Random(7)
    higher = [draw.randrange(10) / 10 for _ in range(60)]
    lower = [draw.randrange(8) / 10 for _ in range(40)]
    pairs = [(high > low) + (high == low) / 2 for high in higher for low in lower]
    assert auc(higher, lower) == pytest.approx(sum(pairs) / len(pairs))


def test_figures_go_by_a_tag() -> None:
    parts = by_tag(
        [outcome("a", "a", kind="short"), outcome("b", "a", kind="long"), outcome("a", "a")], "kind"
    )
    assert {name: one.recall_1 for name, one in parts.items()} == {"long": 0, "short": 1}


@pytest.mark.parametrize(("right", "number", "expected"), [(80, 100, 0.077), (10, 10, 0.139), (0, 10, 0.139)])
def test_the_error_of_a_share_grows_as_questions_get_fewer(right: int, number: int, expected: float) -> None:
    asked = [outcome("a" if place < right else "b", "a") for place in range(number)]
    assert measure(asked).recall_1_error == pytest.approx(expected, abs=2e-3)
