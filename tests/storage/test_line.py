"""Commands over lines of our own: to the real server, and to one that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import bson
import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from storage import line
from storage.line import Lines
from storage.mongo import Mongo
from tests.support.waiting import eventually

PING = {"ping": 1, "$db": "admin"}
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def lines_to(url: str) -> Lines:
    lines = Lines.to(url)
    assert lines is not None
    return lines


class Server:
    """Speaks as much of MongoDB's protocol as a test wants."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), "little")
                await self._answer(await reader.readexactly(size - 4), writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()
        finally:
            self.open.discard(writer)


@asynccontextmanager
async def served(folder: Path, answer: Answer) -> AsyncIterator[tuple[Server, Lines]]:
    server, address = Server(answer), str(folder / "s")
    listening = await asyncio.start_unix_server(server.serve, address)
    lines = Lines(address)
    try:
        yield server, lines
    finally:
        lines.close()
        listening.close()
        await eventually(lambda: not server.open)


def answered(document: dict[str, object]) -> bytes:
    body = bson.encode(document)
    return line._HEAD.pack(line._HEAD.size + len(body), 1, 1, line._OP_MSG, 0, 0) + body


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        ("mongodb://%2Ftmp%2Fm.sock/?directConnection=true", True),
        ("mongodb://localhost:27017/?directConnection=true", True),
        ("mongodb://localhost:27017/", False),
        ("mongodb://a:1,b:2/?replicaSet=madang", False),
        ("mongodb://me:secret@localhost/?directConnection=true", False),
        ("mongodb://localhost/?directConnection=true&tls=true", False),
        ("mongodb://localhost/?directConnection=true&compressors=zlib", False),
        ("mongodb://localhost/?directConnection=false", False),
    ],
)
def test_only_servers_that_are_asked_directly_and_plainly(url: str, direct: bool) -> None:
    assert (Lines.to(url) is not None) is direct


async def test_documents_are_stored_and_acknowledged_as_the_driver_would(own: Mongo) -> None:
    await own["things"].create_index("a", unique=True)
    await own.command("profile", value=2)
    assert await own.insert("things", [{"a": 1}, {"a": 2}]) is None
    said = await own.insert("things", [{"a": 3}, {"a": 1}, {"a": 4}])
    assert said is not None
    assert (said["n"], [error["code"] for error in said["writeErrors"]]) == (1, [11000])
    await own.command("profile", value=0)
    seen = await own["system.profile"].find({"ns": f"{own.name}.things", "op": "insert"}).to_list(None)
    concerns = [entry["command"]["writeConcern"] for entry in seen]
    assert concerns == [{"w": "majority", "j": True, "wtimeout": 10_000}] * 2
    assert await own["things"].count_documents({}) == 3


async def test_what_the_server_refuses_is_raised_and_the_line_goes_on(mongod_url: str) -> None:
    lines = lines_to(mongod_url)
    with pytest.raises(OperationFailure, match="no such command"):
        await lines.command({"nonsense": 1, "$db": "admin"})
    assert (await lines.command(PING))["ok"] == 1
    lines.close()
    assert (await lines.command(PING))["ok"] == 1, "a new line is made"
    lines.close()


async def test_a_write_is_told_of_only_where_something_is_wrong_with_it(tmp_path: Path) -> None:
    fault = {"code": 11000, "errmsg": "ok"}
    for said in (
        {"n": 1, "writeErrors": [fault], "ok": 1.0},
        {"n": 1, "writeConcernError": fault, "ok": 1.0},
        {"n": 1, "ok": 1},
    ):
        async with served(tmp_path, partial(_say, said)) as (_, lines):
            assert await lines.write(PING) == said
    async with served(tmp_path, partial(_say, {"n": 1, "ok": 1.0, "operationTime": 5})) as (_, lines):
        assert await lines.write(PING) is None
    async with served(tmp_path, partial(_say, {"ok": 0.0, "errmsg": "no"})) as (_, lines):
        with pytest.raises(OperationFailure, match="no"):
            await lines.write(PING)


async def _say(said: dict[str, object], _: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(answered(said))


async def test_who_is_not_there_is_told_as_by_the_driver(tmp_path: Path) -> None:
    for lines in (Lines(str(tmp_path / "nobody")), Lines(("127.0.0.1", 1))):
        with pytest.raises(AutoReconnect):
            await lines.command(PING)


async def test_who_gets_no_answer_is_told_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "PATIENCE", 0.05)

    async def silent(_: bytes, __: asyncio.StreamWriter) -> None:
        pass

    async with served(tmp_path, silent) as (server, lines):
        with pytest.raises(AutoReconnect, match="does not answer"):
            await lines.command(PING)
        await eventually(lambda: not server.open)


async def test_an_answer_may_come_in_pieces(tmp_path: Path) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in answered({"ok": 1, "text": "가나다"}):
            writer.write(bytes((byte,)))
            await writer.drain()

    async with served(tmp_path, answer) as (server, lines):
        for _ in range(3):
            assert (await lines.command(PING))["text"] == "가나다"
        assert server.connections == 1


async def test_a_line_that_breaks_is_replaced(tmp_path: Path) -> None:
    whole = True

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answered({"ok": 1}) if whole else b"\x40\0\0\0")
        if not whole:
            writer.close()

    async with served(tmp_path, answer) as (server, lines):
        await lines.command(PING)
        whole = False
        with pytest.raises(AutoReconnect):
            await lines.command(PING)
        whole = True
        await lines.command(PING)
        assert server.connections == 2


async def test_a_line_that_breaks_while_it_rests_is_replaced(tmp_path: Path) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answered({"ok": 1}))
        writer.close()

    async with served(tmp_path, answer) as (server, lines):
        await lines.command(PING)
        [resting] = lines._resting
        await eventually(lambda: not resting.connected)
        await lines.command(PING)
        assert server.connections == 2


async def test_an_answer_to_who_is_gone_is_nobody_elses(tmp_path: Path) -> None:
    asked: asyncio.Queue[tuple[bytes, asyncio.StreamWriter]] = asyncio.Queue()

    async def answer(command: bytes, writer: asyncio.StreamWriter) -> None:
        await asked.put((command, writer))

    async with served(tmp_path, answer) as (server, lines):
        first = asyncio.create_task(lines.command(PING))
        _, gone = await asked.get()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gone.write(answered({"ok": 1, "for": "first"}))
        second = asyncio.create_task(lines.command(PING))
        _, here = await asked.get()
        here.write(answered({"ok": 1, "for": "second"}))
        assert (await second)["for"] == "second"
        assert server.connections == 2


async def test_there_are_so_many_lines_and_no_more(tmp_path: Path) -> None:
    asked: list[asyncio.StreamWriter] = []

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)

    async with served(tmp_path, answer) as (server, lines):
        commands = [asyncio.create_task(lines.command(PING)) for _ in range(line.MOST + 5)]
        for _ in commands:
            await eventually(lambda: bool(asked))
            asked.pop().write(answered({"ok": 1}))
        await asyncio.gather(*commands)
        assert server.connections == line.MOST
