"""The chatbot's FAQ: how long many entries take to be indexed, found in and replaced, and in which memory."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from msgspec import Struct

from hub.bots.keeper import BOUNDS
from hub.cli.common import Failed
from tests.bench.figures import Figures, Metric, Outcome, series_of
from tests.bench.place import Place

CHECKOUT: Final = Path(__file__).parents[2]
KEY: Final = "build_s"
METRICS: Final = (
    Metric(KEY, "s to index", 1),
    Metric("p50_ms", "ms a question, p50"),
    Metric("p99_ms", "p99"),
    Metric("family_p50_ms", "p50, one family"),
    Metric("replace_ms", "ms to replace, p50"),
    Metric("replace_max_ms", "most"),
    Metric("save_s", "s to save", 1),
    Metric("restart_s", "s to start again, with what changed", 1),
    Metric("rss_mb", "RSS MB", 0),
    Metric("peak_mb", "peak MB", 0),
)


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: so many entries, each a case of its own, and so many questions."""

    sizes: list[int]
    questions: int = 300


def run(place: Place, plan: Plan) -> Outcome:
    """Measure each size in a process of its own. Raises Failed."""
    folder = place.work / "faq"
    # The model is made once for all, and is the same for every data folder.
    shutil.rmtree(folder, ignore_errors=True)
    made = CHECKOUT / "var" / "bots" / "models"
    if made.is_dir():
        shutil.copytree(made, folder / "models")
    series = []
    for size in plan.sizes:
        rounds = [
            _round(place, folder, size, plan.questions, f"round {number} of {place.rounds}")
            for number in range(1, place.rounds + 1)
        ]
        series.append(series_of(f"{size:,} entries", rounds))
    return Outcome(
        "faq",
        f"{plan.questions} questions in turn, by somebody who may see all entries and by one family",
        METRICS,
        series,
        ["Entries are those of the evaluation set again and again, with names of schools."],
        {"sizes": ", ".join(map(str, plan.sizes)), "questions": str(plan.questions)},
    )


def _round(place: Place, folder: Path, size: int, questions: int, name: str) -> Figures:
    told: dict[str, float] = {}
    with place.log("load").open("w", encoding="utf-8") as errors:
        load = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.faq_load", folder, str(size), str(questions)],
            cwd=CHECKOUT,
            env=BOUNDS | dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert load.stdout is not None
            for line in load.stdout:
                told = json.loads(line)
                if "step" in told:
                    place.say(f"{name}, {size:,} entries: {told['step']} {told['share']:.0%}")
        finally:
            load.terminate()
            status = load.wait()
    if KEY not in told:
        raise Failed(f"the load ended with {status}; see {errors.name}")
    return told
