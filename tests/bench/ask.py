"""Ask: how soon an answer begins when many ask at once, and what the messenger notices of it."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from bots.entries import Entry
from bots.entry_files import read_questions
from bots.wire import Standing
from hub.bots.link import BotLink
from hub.cli.common import Failed
from rooms.errors import Refusal
from rooms.ids import RoomId, UnitId, new_cid
from tests.bench.ask_load import percentile
from tests.bench.figures import Figures, Metric, Outcome, series_of
from tests.bench.madang import Madang
from tests.bench.office import Guest, Office
from tests.bench.place import Place
from tests.support import faq
from tests.support.wire import wire

KEY: Final = "first_p50_ms"
METRICS: Final = (
    Metric(KEY, "first piece p50 ms", 1),
    Metric("first_p99_ms", "p99 ms", 1),
    Metric("whole_p99_ms", "whole p99 ms", 1),
    Metric("per_second", "answers/s", 0),
    Metric("refused", "refused", 0),
    Metric("talk_p50_ms", "message p50 ms", 1),
    Metric("talk_p99_ms", "message p99 ms", 1),
    Metric("ready_seconds", "ready s", 2),
    Metric("complete_seconds", "all legs s", 1),
    Metric("bot_mb", "bot MB", 0),
)
ALONE, QUIET, LOADED = "asking", "messenger alone", "messenger beside it"
CHECKOUT: Final = Path(__file__).parents[2]
QUESTIONS: Final = CHECKOUT / "tests" / "data" / "faq" / "questions.jsonl"
PER_SECOND: Final = 20.0
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
    taken: dict[str, list[Figures]] = {ALONE: [], QUIET: [], LOADED: []}
    settings = {"BOT": "on", "LIMIT_ASKS_PER_MINUTE": "0", "LIMIT_ASKS_PER_ADDRESS": "0"}
    for number in range(1, place.rounds + 1):
        place.say(f"round {number} of {place.rounds}")
        server = place.madang(**settings)
        began = time.monotonic()
        server.start()
        try:
            started = asyncio.run(_ready(place, began, plan.entries))
            with _load(server, plan, questions) as load:
                taken[ALONE].append(_result(load) | started)
            taken[QUIET].append(asyncio.run(_talk(server, people, room, plan.seconds)))
            with _load(server, plan, questions, seconds=plan.seconds + 4) as load:
                time.sleep(2.0)
                talked = asyncio.run(_talk(server, people, room, plan.seconds))
                taken[LOADED].append(_result(load) | talked)
        finally:
            server.stop()
    series = [series_of(name, rounds) for name, rounds in taken.items()]
    quiet, loaded = (one.median["talk_p99_ms"] for one in series[1:])
    return Outcome(
        "ask",
        f"{plan.people} people at once, {plan.entries:,} entries, no language model",
        METRICS,
        series,
        [
            f"The messenger's p99 beside the chatbot under load is {loaded / quiet:.2f} times that without.",
            "Asking, messenger, database and the people who ask share this machine.",
        ],
        {field: str(getattr(plan, field)) for field in plan.__struct_fields__},
    )


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


async def _ready(place: Place, began: float, wanted: int) -> Figures:
    """Wait until all legs answer, and say when the first did. Raises Failed."""
    link = BotLink(
        place.settings.data / "bots", place.settings.limits.bot_requests, place.settings.limits.answer_backlog
    )
    running = asyncio.ensure_future(link.run())
    try:
        async with asyncio.timeout(READY_SECONDS):
            await link.there()
            ready = time.monotonic() - began
            while not (standing := await _standing(link)).dense or standing.entries < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Failed("the chatbot does not come up") from None
    finally:
        running.cancel()
    return {
        "ready_seconds": ready,
        "complete_seconds": time.monotonic() - began,
        "bot_mb": standing.bytes / 2**20,
    }


async def _standing(link: BotLink) -> Standing:
    try:
        return await link.status()
    except Refusal as refusal:
        raise Failed(f"the chatbot went away: {refusal}") from refusal


async def _talk(server: Madang, people: Sequence[Guest], room: RoomId, seconds: float) -> Figures:
    """Send messages at a steady pace, and take the time until the other has each."""
    url = f"ws://127.0.0.1:{server.port}/ws"
    times: list[float] = []
    sent: dict[str, float] = {}

    async with (
        wire(url, people[0].token, open_rooms=True) as one,
        wire(url, people[1].token, open_rooms=True) as other,
    ):

        async def hear() -> None:
            while True:
                push = (await other.receive()).get("push", {})
                now = time.perf_counter()
                heard = (sent.pop(event["cid"], None) for event in push.get("events", ()))
                times.extend(now - at for at in heard if at is not None)

        hearing = asyncio.ensure_future(hear())
        begun = time.perf_counter()
        for number in range(int(seconds * PER_SECOND)):
            await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
            cid = new_cid()
            sent[cid] = time.perf_counter()
            await one.begin("send", room=room, cid=cid, text=f"{number}번째 말")
        async with asyncio.timeout(30):
            while sent:  # noqa: ASYNC110 - the other task empties it
                await asyncio.sleep(0.01)
        hearing.cancel()
    return {"talk_p50_ms": percentile(times, 0.5), "talk_p99_ms": percentile(times, 0.99)}


def _load(
    server: Madang, plan: Plan, questions: Path, seconds: float | None = None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.bench.ask_load", str(server.port), str(plan.people)]
    command += [str(seconds or plan.seconds), str(questions)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE)


def _result(load: subprocess.Popen[bytes]) -> dict[str, float]:
    out, _ = load.communicate()
    if load.returncode:
        raise Failed("the people who ask failed")
    found: dict[str, Any] = json.loads(out)
    return found
