"""Ask: how soon an answer begins when many ask, and what the messenger notices of it.

Many ask in two ways, which are told apart: all in the same instant, as after an announcement, and without
pause, each the next question as soon as they have an answer. The second keeps the chatbot under full load,
which is what the messenger is measured beside: alone and beside it in turn, as machines vary with time.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import msgspec
from msgspec import Struct

from bots.entries import Entry
from bots.entry_files import read_questions
from bots.wire import Standing
from hub.bots.link import BotLink
from hub.cli.common import Failed
from rooms.errors import Refusal
from rooms.ids import RoomId, UnitId
from tests.bench.ask_load import AT_ONCE, WITHOUT_PAUSE, percentile
from tests.bench.figures import Figures, Metric, Outcome, series_of
from tests.bench.madang import Madang
from tests.bench.office import Guest, Office
from tests.bench.place import Place
from tests.bench.processes import age_seconds
from tests.bench.talking import talk
from tests.support import faq

KEY: Final = "first_p50_ms"
METRICS: Final = (
    Metric(KEY, "first piece p50 ms", 1),
    Metric("first_p99_ms", "p99 ms", 1),
    Metric("whole_p99_ms", "whole p99 ms", 1),
    Metric("per_second", "answers/s", 0),
    Metric("refused", "refused", 0),
    Metric("talk_p50_ms", "message p50 ms", 1),
    Metric("talk_p99_ms", "message p99 ms", 1),
    Metric("talk_times", "p99, × alone", 2),
    Metric("ready_seconds", "ready s", 2),
    Metric("own_seconds", "of its own", 2),
    Metric("complete_seconds", "all legs s", 1),
    Metric("bot_mb", "bot MB", 0),
)
ASKED: Final = {AT_ONCE: "asking, all at once", WITHOUT_PAUSE: "asking, without pause"}
ALONE: Final = "messenger alone"
BESIDE: Final = "messenger beside asking without pause"
CHECKOUT: Final = Path(__file__).parents[2]
QUESTIONS: Final = CHECKOUT / "tests" / "data" / "faq" / "questions.jsonl"
SLICES: Final = 4
"""How often the messenger is measured in a round, alone and beside; p99 is of the messages of all."""
AHEAD: Final = 2.0
"""Seconds that people have asked before the messenger is measured beside them."""
READY_SECONDS: Final = 180.0


class Plan(Struct, frozen=True, kw_only=True):
    """What is measured: people who ask at once, entries of the FAQ, and for how long."""

    people: int = 50
    entries: int = 1_000
    seconds: float = 10.0


def run(place: Place, plan: Plan) -> Outcome:
    """Measure. Raises Failed."""
    people, room = place.make(lambda office: _fill(office, plan))
    made = CHECKOUT / "var" / "bots" / "models"
    if made.is_dir():  # it takes half a minute, and is the same for every data folder
        shutil.copytree(made, place.settings.data / "bots" / "models", dirs_exist_ok=True)
    questions = place.work / f"{place.name}-questions.txt"
    asked = [one.query for one in read_questions(QUESTIONS) if one.tags.get("audience") == "guardian"]
    questions.write_text("\n".join(asked), encoding="utf-8")
    taken: dict[str, list[Figures]] = {name: [] for name in (*ASKED.values(), ALONE, BESIDE)}
    settings = {"BOT": "on", "LIMIT_ASKS_PER_MINUTE": "0", "LIMIT_ASKS_PER_ADDRESS": "0"}
    for number in range(1, place.rounds + 1):
        place.say(f"round {number} of {place.rounds}")
        server = place.madang(**settings)
        began = time.monotonic()
        server.start()
        try:
            started = asyncio.run(_ready(place, server, began, plan.entries))
            crowd = _Crowd(server, plan, questions)
            for how, name in ASKED.items():
                with crowd.ask(how, plan.seconds) as load:
                    taken[name].append(crowd.result(load) | started)
            alone, beside = _talked(server, people, room, crowd, plan.seconds)
            taken[ALONE].append(alone)
            taken[BESIDE].append(beside)
        finally:
            server.stop()
    series = [series_of(name, rounds) for name, rounds in taken.items()]
    times = series[-1].median["talk_times"]
    return Outcome(
        "ask",
        f"{plan.people} people who ask, {plan.entries:,} entries, no language model",
        METRICS,
        series,
        [
            "Ready is from the start of the hub, of its own from that of the chatbot's process.",
            "All at once: all ask in the same instant, rest once everybody has an answer, and ask again.",
            "Without pause: each asks the next question as soon as they have the answer to the last.",
            f"The messenger's p99 beside the chatbot under load is {times:.2f} times that without.",
            f"A round measures both {SLICES} times, in turn, and takes their messages together.",
            "Asking, messenger, database and the people who ask share this machine.",
            "Who measures the messenger takes short turns on the processor, alone and beside.",
        ],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


def _talked(
    server: Madang, people: Sequence[Guest], room: RoomId, crowd: "_Crowd", seconds: float
) -> tuple[Figures, Figures]:
    """Measure the messenger alone and beside people who ask without pause, in turn. Raises Failed."""
    alone, beside, asked = list[float](), list[float](), list[Figures]()
    for _ in range(SLICES):
        alone += talk(server.port, people, room, seconds)
        with crowd.ask(WITHOUT_PAUSE, seconds + 2 * AHEAD) as load:
            time.sleep(AHEAD)
            beside += talk(server.port, people, room, seconds)
            asked.append(crowd.result(load))
    quiet, loaded = _spoken(alone), _spoken(beside)
    times = {"talk_times": loaded["talk_p99_ms"] / quiet["talk_p99_ms"]}
    return quiet, series_of(BESIDE, asked).median | loaded | times


def _spoken(times: Sequence[float]) -> dict[str, float]:
    return {"talk_p50_ms": percentile(times, 0.5), "talk_p99_ms": percentile(times, 0.99)}


async def _fill(office: Office, plan: Plan) -> tuple[list[Guest], RoomId]:
    people = await office.people(2)
    (room,) = await office.groups([[guest.id for guest in people]])
    units = await office.services.mongo["units"].find({"kind": "office"}).to_list(None)
    await faq.publish(office.services.mongo, UnitId(units[0]["_id"]), entries(plan.entries))
    return people, room


def entries(count: int) -> list[Entry]:
    """Make entries of the sample, as often as it takes, each time for another year."""
    sample = faq.sample()
    made: list[Entry] = []
    for number in range(count):
        entry, year = sample[number % len(sample)], 2026 + number // len(sample)
        title = f"{year}학년도 {entry.title}" if number >= len(sample) else entry.title
        made.append(msgspec.structs.replace(entry, id=f"{entry.id}-{year}", title=title))
    return made


async def _ready(place: Place, server: Madang, began: float, wanted: int) -> Figures:
    """Wait until the hub says that the bot answers, then until all legs do. Raises Failed."""
    link = BotLink(
        place.settings.data / "bots", place.settings.limits.bot_requests, place.settings.limits.answer_backlog
    )
    running = asyncio.ensure_future(link.run())
    try:
        async with asyncio.timeout(READY_SECONDS):
            await _told(server)
            ready = time.monotonic() - began
            own = age_seconds("hub.bots.main", server.pids)
            await link.there()
            while not (standing := await _standing(link)).dense or standing.entries < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except (TimeoutError, httpx.HTTPError):
        raise Failed("the chatbot does not come up") from None
    finally:
        running.cancel()
    return {
        "ready_seconds": ready,
        "own_seconds": own,
        "complete_seconds": time.monotonic() - began,
        "bot_mb": standing.bytes / 2**20,
    }


async def _told(server: Madang) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        while not (await client.get("/api/v1/bots/school")).json()["ready"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _standing(link: BotLink) -> Standing:
    try:
        return await link.status()
    except Refusal as refusal:
        raise Failed(f"the chatbot went away: {refusal}") from refusal


class _Crowd:
    """Lets people ask, in a process of their own."""

    def __init__(self, server: Madang, plan: Plan, questions: Path) -> None:
        self._command = [sys.executable, "-m", "tests.bench.ask_load", str(server.port), str(plan.people)]
        self._questions = questions
        self._asked = 0

    def ask(self, how: str, seconds: float) -> subprocess.Popen[bytes]:
        """Begin to ask."""
        told = [str(seconds), str(self._questions), how, str(self._asked)]
        return subprocess.Popen([*self._command, *told], cwd=CHECKOUT, stdout=subprocess.PIPE)

    def result(self, load: subprocess.Popen[bytes]) -> dict[str, float]:
        """Wait until they have asked, and say how it went. Raises Failed."""
        out, _ = load.communicate()
        if load.returncode:
            raise Failed("the people who ask failed")
        found: dict[str, Any] = json.loads(out)
        self._asked += found.pop("asked")
        return found
