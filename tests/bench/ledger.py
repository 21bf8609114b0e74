"""Ledger: how fast answers to one form get their place, and how fast a file is verified."""

import asyncio
import time
from pathlib import Path
from typing import Final

from msgspec import Struct

from rooms.forms.verify import verify
from rooms.ids import new_notice_id
from tests.bench.figures import Figures, Metric, Outcome, series_of
from tests.bench.office import Office
from tests.bench.place import Place
from tests.support.ledgers import ledger
from tests.support.submissions import submission

KEY: Final = "per_second"
METRICS: Final = (
    Metric(KEY, "entries/s", 0),
    Metric("p50_ms", "p50 ms", 1),
    Metric("max_ms", "max ms", 1),
    Metric("megabytes", "MB/s", 1),
)


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: a file of so many entries, and so many guardians who sign at the same moment."""

    entries: int = 10_000
    signers: int = 2_000


def run(place: Place, plan: Plan) -> Outcome:
    """Measure."""
    path = place.work / "ledger.jsonl"
    path.write_bytes(b"".join(ledger(plan.entries).lines))
    taken: dict[str, list[Figures]] = {}
    for number in range(1, place.rounds + 1):
        place.say(f"round {number} of {place.rounds}")
        taken.setdefault(f"verify {plan.entries:,} entries", []).append(_verified(path))
        together = place.make(lambda office: _signed(office, plan.signers))
        taken.setdefault(f"{plan.signers:,} sign at once", []).append(together)
        alone = place.make(lambda office: _signed(office, min(plan.signers, 200), at_once=1))
        taken.setdefault("one after the other", []).append(alone)
    return Outcome(
        "ledger",
        "A ledger of a form",
        METRICS,
        [series_of(name, rounds) for name, rounds in taken.items()],
        [],
        {"entries": str(plan.entries), "signers": str(plan.signers)},
    )


def _verified(path: Path) -> Figures:
    began = time.perf_counter()
    with path.open("rb") as file:
        verdict = verify(file)
    seconds = time.perf_counter() - began
    if not verdict.sound:
        raise AssertionError(verdict.faults[:3])
    return {KEY: verdict.links / seconds, "megabytes": path.stat().st_size / 1e6 / seconds}


async def _signed(office: Office, count: int, at_once: int | None = None) -> Figures:
    """Append answers of so many guardians to a new form."""
    chains, notice = office.services.forms.chains, new_notice_id()
    waits: list[float] = []
    free = asyncio.Semaphore(at_once or count)

    async def sign(number: int) -> None:
        async with free:
            began = time.perf_counter()
            await chains.append(submission(notice, f"p{number}"))
            waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*map(sign, range(count)))
    seconds = time.perf_counter() - began
    waits.sort()
    return {KEY: count / seconds, "p50_ms": waits[count // 2] * 1e3, "max_ms": waits[-1] * 1e3}
