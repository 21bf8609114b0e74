import random

import pytest

from bots.retrieval.bands import Band, Calibration, Model, calibrate
from bots.retrieval.signals import Signals


def drawn(number: int) -> tuple[list[Signals], list[bool]]:
    """Draw signals of which one says, with some noise, whether the answer is right."""
    draw = random.Random(3)
    signals = [Signals(fused=draw.random(), margin=draw.random()) for _ in range(number)]
    return signals, [one.fused + draw.gauss(0, 0.1) > 0.5 for one in signals]


@pytest.fixture(scope="module")
def learnt() -> Calibration:
    """Learn from the first of what is drawn."""
    signals, right = drawn(1600)
    return calibrate(signals[:600], right[:600], [True] * 600, [place % 5 for place in range(600)])


def test_the_chance_grows_with_what_tells_right_from_wrong(learnt: Calibration) -> None:
    assert learnt.judge(Signals(fused=0.95)).confidence > 0.95
    assert learnt.judge(Signals(fused=0.05)).confidence < 0.06
    assert abs(learnt.weights["margin"]) < learnt.weights["fused"] / 5
    assert learnt.weights["jamo"] == 0


def test_the_sure_band_is_right_as_often_as_promised(learnt: Calibration) -> None:
    signals, right = drawn(1600)
    sure = [
        truth
        for one, truth in zip(signals[600:], right[600:], strict=True)
        if learnt.judge(one).band is Band.SURE
    ]
    assert sum(sure) / len(sure) > 0.95
    assert len(sure) > 300


def test_what_looks_right_is_sure_unless_nothing_may_answer_it() -> None:
    made = Calibration(
        bias=0.0, weights={"fused": 1.0}, sure=0.7, unsure=0.3, answerable=Model(0.0, {"known": 1.0})
    )
    told = {
        (right, there): made.judge(Signals(fused=right, known=there)).band
        for right in (1.0, 0.0)
        for there in (-0.8, -0.9)
    }
    assert told == {
        (1.0, -0.8): Band.SURE,
        (1.0, -0.9): Band.UNKNOWN,
        (0.0, -0.8): Band.UNSURE,
        (0.0, -0.9): Band.UNKNOWN,
    }


def test_without_a_model_of_what_is_answerable_it_goes_by_the_one_it_has() -> None:
    made = Calibration(bias=0.0, weights={"fused": 1.0}, sure=0.7, unsure=0.3)
    told = [made.judge(Signals(fused=one)).band for one in (1.0, 0.0, -1.0)]
    assert told == [Band.SURE, Band.UNSURE, Band.UNKNOWN]


def test_what_is_far_off_is_refused_whatever_else_is_unclear() -> None:
    # One signal tells whether anything answers, another whether the first does.
    draw = random.Random(4)
    signals = [Signals(known=draw.random(), margin=draw.random()) for _ in range(1000)]
    there = [one.known + draw.gauss(0, 0.05) > 0.4 for one in signals]
    right = [exists and one.margin > 0.6 for one, exists in zip(signals, there, strict=True)]
    made = calibrate(signals, right, there, [place % 5 for place in range(1000)])
    bands = [made.judge(Signals(known=known, margin=0.5)).band for known in (0.9, 0.6, 0.2)]
    assert bands == [Band.UNSURE, Band.UNSURE, Band.UNKNOWN]
    lost = [made.judge(one).band is Band.UNKNOWN for one, good in zip(signals, right, strict=True) if good]
    assert 0 < sum(lost) / len(lost) < 0.1


def test_where_nothing_was_to_be_refused_the_first_model_decides_alone() -> None:
    signals, right = drawn(300)
    made = calibrate(signals, right, [True] * 300, [place % 5 for place in range(300)])
    assert made.answerable is None
    assert 0 < made.unsure <= made.sure


def test_where_all_are_right_nothing_can_be_learnt() -> None:
    with pytest.raises(ValueError, match="wrong ones"):
        calibrate([Signals()] * 5, [True] * 5, [True] * 5, [0] * 5)


def test_what_ships_refuses_where_nothing_is_known() -> None:
    made = Calibration.shipped()
    assert 0 < made.unsure < 1
    assert made.judge(Signals()).band is Band.UNKNOWN


def test_rich_entries_and_passages_have_weights_of_their_own() -> None:
    made = Model(0.0, {"fused": 1.0}, rich={"fused": 2.0}, passages={"fused": -3.0})
    told = [
        made.chance(Signals(fused=1.0, rich=rich, passages=passages).vector())
        for rich, passages in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    ]
    assert told == pytest.approx([0.7311, 0.9526, 0.1192], abs=1e-3)


def test_what_holds_for_passages_alone_is_learnt() -> None:
    draw = random.Random(5)
    signals = [
        Signals(fused=draw.random(), margin=draw.random(), passages=float(place % 2)) for place in range(2000)
    ]
    right = [(one.margin if one.passages else one.fused) > 0.5 for one in signals]
    made = calibrate(signals, right, [True] * 2000, [place % 5 for place in range(2000)])
    for passages, fused, margin in ((0.0, 0.9, 0.1), (1.0, 0.1, 0.9)):
        said = made.judge(Signals(fused=fused, margin=margin, passages=passages)).confidence
        unsaid = made.judge(Signals(fused=margin, margin=fused, passages=passages)).confidence
        assert said > unsaid + 0.15
