"""The load generator against a server that notes what comes, and says what a test wants."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hub.cli.common import Failed
from tests.bench.generator import Generator, Target, line, write_clients
from tests.support.waiting import PATIENCE, eventually

MARK = re.compile(r"^T0=(\d{20}),(\d{8});(x*)$")


@dataclass
class Heard:
    """What a server heard: the requests' paths and headers, and the texts in their order."""

    port: int = 0
    paths: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    everybody: list[ServerConnection] = field(default_factory=list)


Reply = Callable[[Heard, ServerConnection, str], list[tuple[ServerConnection, str]]]


def silence(_heard: Heard, _from: ServerConnection, _text: str) -> list[tuple[ServerConnection, str]]:
    return []


def echo(heard: Heard, _from: ServerConnection, text: str) -> list[tuple[ServerConnection, str]]:
    """Send everybody what came, and answer commands."""
    if not text.startswith("{"):
        return [(each, text) for each in heard.everybody]
    said = json.loads(text)
    return [
        *((each, json.dumps({"push": said})) for each in heard.everybody),
        (_from, json.dumps({"id": said["id"], "ok": {}}, separators=(",", ":"))),
    ]


@asynccontextmanager
async def server(reply: Reply = silence, first: str | None = None) -> AsyncIterator[Heard]:
    heard = Heard()

    async def serve_one(connection: ServerConnection) -> None:
        assert connection.request is not None
        heard.paths.append(connection.request.path)
        heard.headers.append(connection.request.headers.get("X-Who", ""))
        heard.everybody.append(connection)
        if first is not None:
            await connection.send(first)
        async for text in connection:
            assert isinstance(text, str)
            heard.texts.append(text)
            for to, said in reply(heard, connection, text):
                await to.send(said)

    async with serve(serve_one, "127.0.0.1", 0, compression=None) as running:
        heard.port = next(iter(running.sockets)).getsockname()[1]
        yield heard


@pytest.fixture
def generator(program: Path, tmp_path: Path) -> Generator:
    return Generator(program, tmp_path / "load.log")


async def test_templates_are_filled_for_each_connection(generator: Generator, tmp_path: Path) -> None:
    clients = tmp_path / "clients.tsv"
    write_clients(clients, [("alpha", "", "r1,r2"), ("beta", "", "r3")])

    def drive(port: int) -> None:
        target = Target(
            port,
            "/ws?n=%I",
            headers=("X-Who: %0",),
            hello="%K %0 %1|100%%",
            ready="ready",
        )
        with generator:
            generator.aim(target, clients)
            generator.open(target, 3, at_once=1, limit=PATIENCE)
            generator.fanout("%I %K %*2 %U %R %P", count=6, rate=1000, size=50, senders=3, limit=0.3)

    def greet(_heard: Heard, to: ServerConnection, text: str) -> list[tuple[ServerConnection, str]]:
        return [(to, "ready")] if "|" in text else []

    async with server(greet) as heard:
        await asyncio.to_thread(drive, heard.port)
        await eventually(lambda: len(heard.texts) == 9, what="the server has read all that was sent")
    assert heard.paths == ["/ws?n=0", "/ws?n=1", "/ws?n=2"]
    assert heard.headers == ["alpha", "beta", "alpha"]  # the rows begin again where they end
    assert heard.texts[:3] == ["1 alpha |100%", "1 beta |100%", "1 alpha |100%"]
    said = sorted((text.split(" ") for text in heard.texts[3:]), key=lambda parts: (parts[0], parts[1]))
    assert [parts[:3] for parts in said] == [
        ["0", "2", "r1"],
        ["0", "3", "r2"],
        ["1", "2", "r3"],
        ["1", "3", "r3"],
        ["2", "2", "r1"],
        ["2", "3", "r2"],
    ]
    assert len({uuid.UUID(parts[3]) for parts in said}) == 6
    assert all(uuid.UUID(parts[3]).version == 4 for parts in said)
    assert {parts[4] for parts in said} == {"1"}  # a number from 1 to 1, where nothing else is said
    marks = [MARK.match(parts[5]) for parts in said]
    assert all(mark is not None and len(mark.string) == 50 for mark in marks)
    assert sorted(int(mark[2]) for mark in marks if mark is not None) == [0, 1, 2, 3, 4, 5]


async def test_numbers_by_chance_stay_within_their_bounds(generator: Generator) -> None:
    def drive(port: int) -> int:
        target = Target(port)
        with generator:
            generator.aim(target)
            generator.open(target, 1, limit=PATIENCE)
            return generator.ask('{"id":%K,"n":%R}', count=100, low=7, high=9, limit=PATIENCE).answered

    async with server(echo) as heard:
        assert await asyncio.to_thread(drive, heard.port) == 100
    assert {json.loads(text)["n"] for text in heard.texts} == {7, 8, 9}


async def test_deliveries_are_counted_once_for_each_connection(generator: Generator) -> None:
    async with server(echo) as heard:

        def drive(port: int) -> None:
            target = Target(port)
            with generator:
                generator.aim(target)
                generator.open(target, 5, limit=PATIENCE)
                fanned = generator.fanout("%P", count=20, rate=500, size=200, senders=2, limit=PATIENCE)
            assert (fanned.sent, fanned.deliveries, fanned.want) == (20, 100, 100)
            assert (fanned.listeners, fanned.complete, fanned.errors) == (5, 5, 0)
            assert 0 < fanned.p50_ms <= fanned.p99_ms <= fanned.max_ms < PATIENCE * 1000

        await asyncio.to_thread(drive, heard.port)


async def test_a_connection_that_misses_a_message_and_gets_another_twice_is_not_complete(
    generator: Generator,
) -> None:
    kept: list[str] = []

    def crooked(heard: Heard, _from: ServerConnection, text: str) -> list[tuple[ServerConnection, str]]:
        kept.append(text)
        instead = kept[0] if len(kept) == 2 else text
        return [(heard.everybody[0], text), (heard.everybody[1], instead)]

    async with server(crooked) as heard:

        def drive(port: int) -> None:
            target = Target(port)
            with generator:
                generator.aim(target)
                generator.open(target, 2, at_once=1, limit=PATIENCE)
                fanned = generator.fanout("%P", count=3, rate=500, size=40, senders=1, limit=PATIENCE)
            assert (fanned.deliveries, fanned.complete) == (6, 1)

        await asyncio.to_thread(drive, heard.port)


async def test_pings_in_texts_are_answered_as_the_target_says(generator: Generator) -> None:
    """Engine.IO, below Socket.IO, asks `2` and wants `3`."""

    def ask(_heard: Heard, to: ServerConnection, text: str) -> list[tuple[ServerConnection, str]]:
        return {"40": [(to, "2")], "3": [(to, '40{"sid":"s"}')]}.get(text, [])

    async with server(ask, first='0{"sid":"e"}') as heard:

        def drive(port: int) -> None:
            target = Target(port, hello="40", ready='40{"sid"', ping="2", pong="3")
            with generator:
                generator.aim(target)
                assert generator.open(target, 1, limit=PATIENCE).ready == 1

        await asyncio.to_thread(drive, heard.port)
    assert heard.texts == ["40", "3"]


async def test_a_greeting_that_is_refused_ends_the_benchmark(generator: Generator) -> None:
    def refuse(_heard: Heard, to: ServerConnection, _text: str) -> list[tuple[ServerConnection, str]]:
        return [(to, '{"id":1,"error":{"code":"unauthenticated"}}')]

    def drive(port: int) -> None:
        target = Target(port, hello='{"id":1,"open":{}}', ready='"open":{')
        with generator:
            generator.aim(target)
            with pytest.raises(Failed, match="2 of 2 connections were refused"):
                generator.open(target, 2, limit=PATIENCE)

    async with server(refuse) as heard:
        await asyncio.to_thread(drive, heard.port)


def test_a_verb_that_does_not_exist_is_told(generator: Generator) -> None:
    with generator, pytest.raises(Failed, match="there is no such verb"):
        generator._do("dance", dict[str, int], 5)


def test_options_are_written_on_one_line() -> None:
    assert line("open", {"n": 3, "header": ("a", "b"), "hello": None}) == "open\tn=3\theader=a\theader=b"
    for bad in ("a\tb", "a\nb"):
        with pytest.raises(ValueError, match="a tab or a line break"):
            line("open", {"hello": bad})


def test_a_client_cannot_have_a_tab_in_a_column(tmp_path: Path) -> None:
    for row in (("a\tb",), ("x",) * 11):
        with pytest.raises(ValueError, match="too many columns, or a tab"):
            write_clients(tmp_path / "clients.tsv", [row])
