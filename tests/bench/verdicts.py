"""Whether figures meet their targets, and by how much. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from rich import box
from rich.table import Table

from tests.bench.figures import Series


class Check(Struct, frozen=True, kw_only=True):
    """A target: the median `figure` of the series `of` in a task, or its ratio to that of the series `than`.

    `than` is of the same task where `than_task` names no other.

    It is met at the limit and below, or above where `at_least` is set. `line` is its number in the table.
    """

    line: int
    what: str
    task: str
    figure: str
    of: str
    than: str | None = None
    than_task: str | None = None
    limit: float
    at_least: bool = False
    digits: int = 2


class Verdict(Struct, frozen=True, kw_only=True):
    """What came of a check: `by` is how far the value is from the limit, as a share of it, on whichever side.

    All three are None where nothing was measured.
    """

    check: Check
    value: float | None
    met: bool | None
    by: float | None


def judge(checks: Iterable[Check], found: Mapping[str, Sequence[Series]]) -> list[Verdict]:
    """Hold the series that tasks found against the targets."""
    return [
        verdict(check, found.get(check.task, ()), found.get(check.than_task or check.task, ()))
        for check in checks
    ]


def verdict(check: Check, series: Sequence[Series], others: Sequence[Series]) -> Verdict:
    """Hold one figure against its target; `others` are the series that it may be a ratio to."""
    medians = {one.name: one.median for one in series}
    value = medians.get(check.of, {}).get(check.figure)
    if value is not None and check.than is not None:
        beside = {one.name: one.median for one in others}.get(check.than, {}).get(check.figure)
        value = value / beside if beside else None
    if value is None:
        return Verdict(check=check, value=None, met=None, by=None)
    met = value >= check.limit if check.at_least else value <= check.limit
    return Verdict(check=check, value=value, met=met, by=abs(value / check.limit - 1))


def laid_out(verdicts: Sequence[Verdict]) -> Table:
    """Lay verdicts out as a table of 80 characters."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("", justify="right", min_width=2, no_wrap=True)
    table.add_column("what", width=37)
    table.add_column("figure", justify="right", width=8)
    table.add_column("target", justify="right", width=9)
    table.add_column("verdict", width=16)
    before = 0
    for one in verdicts:
        number = f"{one.check.line}" if one.check.line != before else ""
        before = one.check.line
        style = {True: "green", False: "red", None: "dim"}[one.met]
        sign = "≥" if one.check.at_least else "≤"
        digits = one.check.digits
        figure = "–" if one.value is None else f"{one.value:,.{digits}f}"
        table.add_row(
            number, one.check.what, figure, f"{sign} {one.check.limit:,.{digits}f}", words(one), style=style
        )
    return table


def words(verdict: Verdict) -> str:
    """Say a verdict."""
    if verdict.met is None or verdict.by is None:
        return "not measured"
    by = f" by {verdict.by:.0%}" if verdict.by >= 0.005 else ""
    return f"met{by}" if verdict.met else f"not met{by or ', just'}"
