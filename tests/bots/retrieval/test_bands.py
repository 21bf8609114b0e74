import random
from pathlib import Path

import pytest

from bots.retrieval.bands import Band, Calibration, calibrate
from bots.retrieval.signals import Signals


def drawn(number: int) -> tuple[list[Signals], list[bool]]:
    """Draw signals of which one says, with some noise, whether the answer is right."""
    draw = random.Random(3)
    signals = [Signals(fused=draw.random(), margin=draw.random()) for _ in range(number)]
    return signals, [one.fused + draw.gauss(0, 0.1) > 0.5 for one in signals]


def test_the_chance_grows_with_what_tells_right_from_wrong() -> None:
    signals, right = drawn(600)
    made = calibrate(signals, right, [True] * 600, [place % 5 for place in range(600)])
    assert made.confidence(Signals(fused=0.95)) > 0.95
    assert made.confidence(Signals(fused=0.05)) < 0.05
    assert abs(made.weights["margin"]) < made.weights["fused"] / 5
    assert made.weights["jamo"] == 0


def test_the_sure_band_is_right_as_often_as_promised() -> None:
    signals, right = drawn(2000)
    made = calibrate(signals[:1000], right[:1000], [True] * 1000, [place % 5 for place in range(1000)])
    sure = [
        truth
        for one, truth in zip(signals[1000:], right[1000:], strict=True)
        if made.band(made.confidence(one)) is Band.SURE
    ]
    assert sum(sure) / len(sure) > 0.95
    assert len(sure) > 300


def test_bands_lie_above_each_other() -> None:
    made = Calibration(bias=0.0, weights={}, sure=0.8, unsure=0.3)
    assert [made.band(one) for one in (0.8, 0.79, 0.3, 0.29)] == [
        Band.SURE,
        Band.UNSURE,
        Band.UNSURE,
        Band.UNKNOWN,
    ]


def test_where_all_are_right_nothing_can_be_learnt() -> None:
    with pytest.raises(ValueError, match="wrong ones"):
        calibrate([Signals()] * 5, [True] * 5, [True] * 5, [0] * 5)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    made = Calibration.shipped()
    made.save(tmp_path / "calibration.json")
    assert Calibration.load(tmp_path / "calibration.json") == made
    assert 0 < made.unsure < made.sure < 1
    assert made.confidence(Signals()) < made.unsure
