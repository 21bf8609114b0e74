"""Fill the chatbot's retrieval with many entries, in a process of its own, and say what that takes.

`python -m tests.bench.faq_load FOLDER ENTRIES QUESTIONS` prints lines of JSON: `{"step", "share"}` while it
works, and figures at the end. FOLDER is where the default model is kept.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import msgspec

from bots.entries import EVERYBODY, Asker, Audience, Entry, Scope
from bots.entry_files import read_entries, read_questions
from bots.retrieval.embedder import Embedder
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.retriever import Retriever
from bots.retrieval.static_model import ensure_model

SET: Final = Path(__file__).parents[1] / "data" / "faq"
DAY: Final = date(2026, 3, 2)
REPLACED: Final = 50
UNITS: Final = 2_500
SYLLABLES: Final = (
    "가나다라마바사아자차카타파하강남동북서성송수신안양영용우원월은이인일장정주진창천청춘충태평포한해현호홍화"
)


def entries(number: int) -> Iterator[Entry]:
    """Make entries of those of the evaluation set: again and again, with names of places no two share."""
    known = read_entries(SET / "entries.jsonl")
    draw = random.Random(7)
    for place in range(number):
        entry = known[place % len(known)]
        if place < len(known):
            yield entry
            continue
        name = "".join(draw.choices(SYLLABLES, k=3))
        yield msgspec.structs.replace(
            entry,
            id=f"{entry.id}-{place}",
            title=f"{name} {entry.title}",
            question=f"{name}에서 {entry.question}",
            aliases=tuple(f"{alias} {''.join(draw.choices(SYLLABLES, k=2))}" for alias in entry.aliases),
            answer=f"{name}: {entry.answer}",
            scope=Scope.SCHOOL,
            unit=f"s{place % UNITS}",
        )


def measure(folder: Path, number: int, questions: int, say: Callable[[str, float], None]) -> dict[str, float]:
    """Fill, ask, replace, save and start again, as the chatbot's process does."""
    morphemes = Morphemes()
    morphemes.warm_up()
    embedder = Embedder(morphemes, folder / "models")
    embedder.warm_up()
    meanings = Meanings.load(ensure_model(folder / "models"))
    made = list(entries(number))
    figures = first(Retriever(morphemes, meanings), embedder, made, folder / "index", questions, say)
    starting = time.perf_counter()
    Retriever(morphemes, meanings).fill(made, embedder=embedder, folder=folder / "index")
    return figures | {"restart_s": time.perf_counter() - starting}


def first(
    retriever: Retriever,
    embedder: Embedder,
    made: list[Entry],
    folder: Path,
    questions: int,
    say: Callable[[str, float], None],
) -> dict[str, float]:
    """Do all but the start from what was saved, in `folder`."""
    number, ready = len(made), time.perf_counter()
    retriever.fill(made, lambda done: say("entries", done / number), embedder)
    filled = time.perf_counter()
    asked = [one.query for one in read_questions(SET / "questions.jsonl")][:questions]
    everywhere = Asker(audience=EVERYBODY, units=frozenset(f"s{unit}" for unit in range(UNITS)))
    family = Asker(audience=frozenset({Audience.GUARDIAN, Audience.STUDENT}), units=frozenset({"s1", "s2"}))
    took = {
        name: timed(lambda text, who=who: retriever.search(text, who, DAY), asked)
        for name, who in (("all", everywhere), ("family", family))
    }
    replaced = timed(
        lambda place: retriever.put(msgspec.structs.replace(made[place], answer="바뀌었습니다.")),
        range(0, number, max(1, number // REPLACED)),
    )
    figures = {
        "build_s": filled - ready,
        "p50_ms": median(took["all"]),
        "p99_ms": quantiles(took["all"], n=100)[98],
        "family_p50_ms": median(took["family"]),
        "replace_ms": median(replaced),
        "replace_max_ms": max(replaced),
        "rss_mb": memory("VmRSS"),
        "peak_mb": memory("VmHWM"),
    }
    saving = time.perf_counter()
    retriever.keep(folder)
    return figures | {"save_s": time.perf_counter() - saving}


def timed(work: Callable[[Any], object], many: Any) -> list[float]:
    """Do something with each, and give the milliseconds of each time."""
    took = []
    for one in many:
        begun = time.perf_counter()
        work(one)
        took.append((time.perf_counter() - begun) * 1_000)
    return took


def memory(field: str) -> float:
    """Give this process's memory, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1_024
    return 0.0


def main(folder: str, number: str, questions: str) -> None:
    """Measure, and print figures as the last line."""

    def say(step: str, share: float) -> None:
        tell({"step": step, "share": share})

    tell(measure(Path(folder), int(number), int(questions), say))


def tell(what: object) -> None:
    """Print a line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
