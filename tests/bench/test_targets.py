from io import StringIO

import pytest
from rich.console import Console

from hub.cli.common import Failed
from tests.bench import connect, fanout, history, post, resume, start
from tests.bench.suite import checked
from tests.bench.targets import FULL, LINES, QUICK, Limits, Sizes, checks, measure, tasks
from tests.bench.verdicts import judge, laid_out

FIGURES = {
    "fanout": fanout.METRICS,
    "post": post.METRICS,
    "connect": connect.METRICS,
    "resume": resume.METRICS,
    "history": history.METRICS,
    "start": start.METRICS,
}
BOTH = pytest.mark.parametrize("sizes", [FULL, QUICK], ids=["full", "quick"])


@BOTH
def test_every_target_names_a_task_and_a_figure_of_its_benchmark(sizes: Sizes) -> None:
    benchmarks = {task.name: task.benchmark for task in tasks(sizes)}
    for check in checks(sizes, Limits()):
        assert check.figure in {metric.key for metric in FIGURES[benchmarks[check.task]]}, check


@BOTH
def test_all_that_is_measured_is_held_against_a_target_and_can_be_asked_for(sizes: Sizes) -> None:
    wanted = tasks(sizes)
    checked(wanted)
    assert len({task.name for task in wanted}) == len(wanted)
    assert {check.task for check in checks(sizes, Limits())} == {task.name for task in wanted}


@BOTH
def test_peers_that_are_compared_with_take_part(sizes: Sizes) -> None:
    peers = {task.name: task.options.get("peers", ()) for task in tasks(sizes)}
    for check in checks(sizes, Limits()):
        if check.than in {"ws", "websockets", "channels", "nchan"}:
            assert check.than in peers[check.task]


def test_the_lines_come_in_order_and_none_is_missing() -> None:
    lines = [check.line for check in checks(FULL, Limits())]
    assert sorted(lines) == lines
    assert set(lines) == set(LINES)


def test_the_table_of_the_full_sizes_needs_no_second_line_for_a_target() -> None:
    console = Console(file=StringIO(), width=80)
    verdicts = judge(checks(FULL, Limits()), {})
    console.print(laid_out(verdicts))
    assert isinstance(console.file, StringIO)
    rows = [line for line in console.file.getvalue().splitlines() if line.strip()]
    assert len(rows) == len(verdicts) + 2  # the head and the line below it
    assert "…" not in console.file.getvalue()


def test_a_line_that_the_table_does_not_have_is_refused_before_anything_runs() -> None:
    with pytest.raises(Failed, match="lines 1 to 10, not 11"):
        measure(quick=True, lines=[1, 11], rounds=1, as_json=False)
