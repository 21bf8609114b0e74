from io import StringIO

import pytest
from rich.console import Console

from tests.bench.figures import series_of
from tests.bench.verdicts import Check, Verdict, judge, laid_out, words

FOUND = {
    "fanout": [
        series_of("ours", [{"cpu": 9.0}, {"cpu": 12.0}, {"cpu": 10.0}]),
        series_of("theirs", [{"cpu": 20.0}]),
        series_of("idle", [{"cpu": 0.0}]),
    ]
}


def check(limit: float, *, than: str | None = None, at_least: bool = False, of: str = "ours") -> Check:
    return Check(
        line=1, what="CPU", task="fanout", figure="cpu", of=of, than=than, limit=limit, at_least=at_least
    )


def judged(one: Check) -> Verdict:
    return judge([one], FOUND)[0]


@pytest.mark.parametrize(
    ("target", "value", "met", "said"),
    [
        (check(12.5), 10.0, True, "met by 20%"),
        (check(8.0), 10.0, False, "not met by 25%"),
        (check(10.0), 10.0, True, "met"),
        (check(9.98), 10.0, False, "not met, just"),
        (check(8.0, at_least=True), 10.0, True, "met by 25%"),
        (check(20.0, at_least=True), 10.0, False, "not met by 50%"),
        (check(1.0, than="theirs"), 0.5, True, "met by 50%"),
        (check(0.4, than="theirs"), 0.5, False, "not met by 25%"),
    ],
)
def test_a_median_or_its_ratio_is_held_against_the_limit(
    target: Check, value: float, met: bool, said: str
) -> None:
    verdict = judged(target)
    assert verdict.value == pytest.approx(value)
    assert verdict.met is met
    assert words(verdict) == said


@pytest.mark.parametrize(
    "target", [check(1.0, of="nobody"), check(1.0, than="nobody"), check(1.0, than="idle")]
)
def test_what_was_not_measured_is_neither_met_nor_missed(target: Check) -> None:
    verdict = judged(target)
    assert (verdict.value, verdict.met, verdict.by) == (None, None, None)
    assert words(verdict) == "not measured"


def test_a_task_that_did_not_run_leaves_its_checks_open() -> None:
    assert [one.met for one in judge([check(1.0)], {})] == [None]


def test_the_table_fits_into_80_columns_and_numbers_each_line_once() -> None:
    console = Console(file=StringIO(), width=80)
    console.print(laid_out([judged(check(12.5)), judged(check(8.0)), judged(check(1.0, of="nobody"))]))
    assert isinstance(console.file, StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines() if "CPU" in line]
    assert [line.split() for line in lines] == [
        ["1", "CPU", "10.00", "≤", "12.50", "met", "by", "20%"],
        ["CPU", "10.00", "≤", "8.00", "not", "met", "by", "25%"],
        ["CPU", "–", "≤", "1.00", "not", "measured"],
    ]
    assert max(map(len, lines)) <= 80
