"""What was measured: rounds of figures, and what is told of them. Pure."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

Figures = Mapping[str, float]
"""One round's figures by their metric's key; a figure that could not be taken is left out."""


class Metric(Struct, frozen=True):
    """A column: `label` holds the unit; `digits` are decimal places."""

    key: str
    label: str
    digits: int = 1


class Series(Struct, frozen=True):
    """The rounds of one server at one task."""

    name: str
    rounds: list[dict[str, float]]
    median: dict[str, float]
    spread: dict[str, float]


class Outcome(Struct, frozen=True):
    """What a benchmark found; `notes` are whole sentences for people, `options` what it was told."""

    benchmark: str
    title: str
    metrics: tuple[Metric, ...]
    series: list[Series]
    notes: list[str]
    options: dict[str, str]


COMMON: Final = (Metric("load_cpu", "load, cores", 2), Metric("others_cpu", "others, cores", 2))
"""What tells whether a figure is to be trusted: how busy the generator was, and everybody else."""

BUSY_LOAD: Final = 0.9
BUSY_OTHERS: Final = 0.15


def series_of(name: str, rounds: Sequence[Figures]) -> Series:
    """Take medians; `spread` is (largest - smallest) / median, 0 for figures that are 0."""
    keys = list(dict.fromkeys(key for figures in rounds for key in figures))
    taken = {key: [figures[key] for figures in rounds if key in figures] for key in keys}
    return Series(
        name,
        [dict(figures) for figures in rounds],
        {key: statistics.median(values) for key, values in taken.items()},
        {key: spread(values) for key, values in taken.items()},
    )


def spread(values: Sequence[float]) -> float:
    """Tell how far rounds lie apart, as a share of their median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / abs(middle) if middle else 0.0


def ratio(of: Series, to: Series, key: str) -> float | None:
    """Tell how many times as much one median is as another; None where one is missing or nothing."""
    one, other = of.median.get(key), to.median.get(key)
    return one / other if one is not None and other else None


def doubts(series: Iterable[Series], key: str) -> list[str]:
    """Say why the figures, and `key` first of all, are to be taken with care."""
    told = []
    for one in series:
        if one.median.get("load_cpu", 0) > BUSY_LOAD:
            told.append(f"{one.name}: the load generator had no time to spare; it may be what is measured.")
        if one.median.get("others_cpu", 0) > BUSY_OTHERS:
            busy = one.median["others_cpu"]
            told.append(f"{one.name}: other programs used {busy:.2f} cores meanwhile.")
        if len(one.rounds) > 1 and one.spread.get(key, 0) > 0.25:
            told.append(f"{one.name}: the rounds lie {one.spread[key]:.0%} of the median apart.")
    return told


def per(amount: float, count: float, scale: float = 1.0) -> float:
    """Divide what was used by what was done; 0 where nothing was done."""
    return amount * scale / count if count else 0.0
