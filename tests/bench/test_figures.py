import pytest

from tests.bench.figures import doubts, per, ratio, series_of, spread


def test_medians_and_spreads_are_taken_of_each_figure() -> None:
    one = series_of("ours", [{"a": 3.0, "b": 10.0}, {"a": 1.0, "b": 10.0}, {"a": 8.0, "b": 10.0}])
    assert one.median == {"a": 3.0, "b": 10.0}
    assert one.spread == {"a": pytest.approx(7 / 3), "b": 0.0}
    assert [figures["a"] for figures in one.rounds] == [3.0, 1.0, 8.0]


def test_the_median_of_two_rounds_lies_between_them() -> None:
    assert series_of("ours", [{"a": 2.0}, {"a": 5.0}]).median == {"a": 3.5}


def test_a_figure_that_one_round_lacks_is_taken_from_the_others() -> None:
    one = series_of("ours", [{"a": 1.0}, {"a": 3.0, "b": 7.0}])
    assert one.median == {"a": 2.0, "b": 7.0}


def test_the_spread_is_a_share_of_the_median() -> None:
    assert spread([90.0, 100.0, 120.0]) == pytest.approx(0.3)
    assert spread([5.0]) == 0.0
    assert spread([0.0, 0.0]) == 0.0


def test_a_ratio_needs_both_figures() -> None:
    ours, theirs = series_of("ours", [{"a": 3.0, "c": 1.0}]), series_of("theirs", [{"a": 4.0, "c": 0.0}])
    assert ratio(ours, theirs, "a") == 0.75
    assert ratio(ours, theirs, "b") is None
    assert ratio(ours, theirs, "c") is None


def test_figures_are_doubted_where_the_load_others_or_the_rounds_say_so() -> None:
    calm = series_of("calm", [{"a": 100.0, "load_cpu": 0.5, "others_cpu": 0.05}] * 3)
    assert doubts([calm], "a") == []
    loaded = series_of("loaded", [{"a": 100.0, "load_cpu": 0.95}])
    beside = series_of("beside", [{"a": 100.0, "others_cpu": 0.4}])
    apart = series_of("apart", [{"a": 100.0}, {"a": 130.0}])
    told = doubts([loaded, beside, apart], "a")
    assert [line.split(":")[0] for line in told] == ["loaded", "beside", "apart"]


def test_nothing_done_costs_nothing() -> None:
    assert per(2.0, 4, 1e3) == 500.0
    assert per(2.0, 0) == 0.0
