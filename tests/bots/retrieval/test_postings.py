import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bots.retrieval import common, postings, segments
from bots.retrieval.grams import Bag
from bots.retrieval.postings import Features, Postings

DOCUMENTS = st.lists(
    st.dictionaries(st.integers(0, 5), st.integers(1, 4).map(float), min_size=1),
    min_size=1,
    max_size=12,
)


def bm25(question: dict[int, float], documents: list[dict[int, float]]) -> list[float]:
    """Compute it the plain way, k1 = 1.2 and b = 0.75."""
    mean = sum(sum(one.values()) for one in documents) / len(documents)
    scores = []
    for one in documents:
        least = 1.2 * (0.25 + 0.75 * sum(one.values()) / mean)
        score = 0.0
        for feature, times in question.items():
            holders = sum(feature in other for other in documents)
            weight = math.log1p((len(documents) - holders + 0.5) / (holders + 0.5))
            count = one.get(feature, 0.0)
            score += times * weight * count * 2.2 / (count + least)
        scores.append(score)
    return scores


def features(held: Mapping[int, float]) -> Features:
    """Write features as the index takes them."""
    ordered = dict(sorted(held.items()))
    return Features(np.fromiter(ordered, np.uint32), np.fromiter(ordered.values(), np.float32))


def bag(documents: Sequence[Mapping[int, float]]) -> Bag:
    """Put documents together."""
    held = [(place, *one) for place, document in enumerate(documents) for one in document.items()]
    places, numbers, counts = np.array(held, np.float64).reshape(-1, 3).T
    return Bag.of(places.astype(np.int32), numbers.astype(np.uint32), counts)


@pytest.mark.parametrize("few", [0, postings.FEW])
@pytest.mark.parametrize("long", [0, 2, common.LONG])
@given(documents=DOCUMENTS, data=st.data())
def test_a_reader_gets_what_an_index_of_the_visible_alone_would_give(
    long: int, few: int, documents: list[dict[int, float]], data: st.DataObject
) -> None:
    index = Postings()
    first, second = sorted(
        data.draw(st.tuples(st.integers(0, len(documents)), st.integers(0, len(documents))))
    )
    for begin, end in ((0, first), (first, second)):
        index.add_all(range(begin, end), bag(documents[begin:end]))
    for row in range(second, len(documents)):
        index.add(row, features(documents[row]))
    if data.draw(st.booleans()):
        index.merge()
    visible = np.array(data.draw(st.lists(st.booleans(), min_size=len(documents), max_size=len(documents))))
    question = {
        feature: float(count)
        for feature, count in Counter(data.draw(st.lists(st.integers(0, 6), max_size=5))).items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "LONG", long)
        patch.setattr(postings, "FEW", few)
        patch.setattr(segments, "DENSE", data.draw(st.sampled_from([0, 2, segments.DENSE])))
        patch.setattr(segments, "COLUMNS", 2)
        scores, again = (index.score(features(question), visible).scores for _ in range(2))
    shown = [one for one, seen in zip(documents, visible, strict=True) if seen]
    expected = iter(bm25(question, shown) if shown else [])
    assert scores == pytest.approx([next(expected) if seen else 0.0 for seen in visible], rel=1e-4)
    assert np.array_equal(scores, again)
    assert all(len(one.columns) <= 2 for one in index._segments)


@given(documents=DOCUMENTS, data=st.data())
def test_common_features_are_added_where_they_can_still_decide(
    documents: list[dict[int, float]], data: st.DataObject
) -> None:
    index = Postings()
    index.add_all(range(len(documents)), bag(documents))
    question = dict.fromkeys(data.draw(st.sets(st.integers(0, 6), min_size=1)), 1.0)
    everything = np.ones(len(documents), np.bool_)
    with pytest.MonkeyPatch.context() as patch:
        for module in (postings, common):
            patch.setattr(module, "LONG", 0)
        patch.setattr(postings, "FEW", 0)
        patch.setattr(segments, "DENSE", data.draw(st.sampled_from([0, segments.DENSE])))
        patch.setattr(common, "FULLY", data.draw(st.integers(0, 3 * len(documents))))
        patch.setattr(common, "BEST", 2)
        scores = index.score(features(question), everything).scores
    expected = np.array(bm25(question, documents), np.float32)
    # Nobody gets too much, and as many as were looked at to the end get all.
    assert (scores <= expected * (1 + 1e-4)).all()
    found = np.flatnonzero(scores)
    assert np.isclose(scores[found], expected[found], rtol=1e-4).sum() >= min(2, len(found))
    # One feature is looked for everywhere, however common all are.
    assert len(found) or not expected.any()


def test_what_is_added_one_by_one_is_found_across_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "FRESH", 2)
    monkeypatch.setattr(postings, "SMALL_SEGMENTS", 3)
    index = Postings()
    for row in range(21):
        index.add(row, features({99: 1.0, row: 1.0}))
    everything = np.ones(21, np.bool_)
    for row in range(21):
        assert int(index.score(features({row: 1.0, 99: 1.0}), everything).scores.argmax()) == row
    assert len(index._segments) < 3


def test_what_a_reader_sees_is_remembered_until_a_document_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "VIEWS", 2)
    index = Postings()
    index.add_all(range(3), bag([{1: 1.0}, {1: 3.0, 2: 1.0}, {2: 2.0}]))
    masks = [np.array(seen) for seen in ([True, True, False], [True, False, True], [False, True, True])]
    first = [index.score(features({1: 1.0, 2: 1.0}), mask).scores for mask in masks]
    for mask in masks:
        mask.setflags(write=False)
    for _ in range(2):
        again = [index.score(features({1: 1.0, 2: 1.0}), mask).scores for mask in masks]
        assert np.array_equal(again, first)
        assert 0 < len(index._views) <= 2
    index.add(3, features({1: 1.0}))
    assert not index._views


def test_the_known_share_counts_what_somebody_visible_holds() -> None:
    index = Postings()
    index.add_all(range(2), bag([{0: 1.0}, {1: 1.0}]))
    hidden = index.score(features({0: 1.0, 1: 1.0}), np.array([True, False]))
    alone = index.score(features({0: 1.0, 1: 1.0}), np.array([True, True]))
    assert hidden.known < hidden.ideal
    assert alone.known == alone.ideal


def test_an_empty_question_and_an_empty_index_score_nothing() -> None:
    index = Postings()
    assert index.score(features({0: 1.0}), np.zeros(0, np.bool_)).ideal == 0
    index.add(0, features({0: 1.0}))
    assert index.score(features({}), np.ones(1, np.bool_)).scores.tolist() == [0]


def test_holders_are_counted_among_the_visible() -> None:
    index = Postings()
    index.add_all(range(2), bag([{7: 1.0}, {7: 1.0, 8: 1.0}]))
    index.add(2, features({7: 1.0}))
    assert index.holders(7, np.array([True, False, True])) == 2
    assert index.holders(8, np.array([True, False, True])) == 0
    assert index.holders(9, np.ones(3, np.bool_)) == 0


def test_a_sharp_index_lets_rare_features_say_more() -> None:
    documents = [{1: 1.0, 2: 1.0}, {1: 1.0}, {1: 1.0, 3: 1.0}]
    for sharp in (1.0, 2.0):
        index = Postings(sharp=sharp)
        index.add_all(range(3), bag(documents))
        scored = index.score(features({1: 1.0, 2: 1.0}), np.ones(3, np.bool_))
        rare = scored.rare(np.array([2, 9, 1], np.uint32))
        assert rare.tolist() == pytest.approx(
            [math.log1p(2.5 / 1.5) ** sharp, 0, math.log1p(0.5 / 3.5) ** sharp], rel=1e-5
        )
        assert scored.ideal == pytest.approx(rare.sum(), rel=1e-5)
        assert scored.scores.argmax() == 0


@given(documents=DOCUMENTS, data=st.data())
def test_questions_together_get_what_each_gets_alone(
    documents: list[dict[int, float]], data: st.DataObject
) -> None:
    index = Postings(sharp=1.5)
    index.add_all(range(len(documents)), bag(documents))
    index.add(len(documents), features({0: 1.0, 7: 2.0}))
    visible = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(documents) + 1, max_size=len(documents) + 1))
    )
    held = st.dictionaries(st.integers(0, 8), st.integers(1, 3).map(float), max_size=5)
    questions = [features(one) for one in data.draw(st.lists(held, min_size=1, max_size=4))]

    def check(visible: NDArray[np.bool_]) -> None:
        expected = [index.score(one, visible) for one in questions]
        for alone, together in zip(expected, index.score_all(questions, visible), strict=True):
            for one, other in zip(alone, together, strict=True):
                assert np.array_equal(one, other)

    check(visible)
    # Of a reader whose mask nobody writes to more is remembered, until a document changes.
    visible.setflags(write=False)
    check(visible)
    check(visible)
    more = np.append(visible, True)
    more.setflags(write=False)
    index.add(len(visible), features({1: 2.0, 7: 1.0}))
    check(more)
    index.merge()
    check(more)


def test_what_is_doubtful_counts_where_a_visible_document_holds_it_alone() -> None:
    index = Postings()
    for row, document in enumerate(({1: 1.0, 2: 1.0}, {1: 1.0, 3: 1.0})):
        index.add(row, features(document))
    visible = np.array([True, False])
    visible.flags.writeable = False
    sure, held, hidden = (features(dict.fromkeys(asked, 1.0)) for asked in ((1,), (1, 2), (1, 3)))
    doubt = np.array([False, True])
    doubted = [held._replace(doubtful=doubt), hidden._replace(doubtful=doubt), hidden]
    for scores in ([index.score(one, visible) for one in doubted], index.score_all(doubted, visible)):
        assert scores[0].ideal == pytest.approx(index.score(held, visible).ideal)
        assert scores[1].ideal == pytest.approx(index.score(sure, visible).ideal)
        assert scores[1].ideal < scores[2].ideal
        assert scores[1].rare(hidden.numbers).tolist() == [scores[2].rare(sure.numbers)[0], 0]
