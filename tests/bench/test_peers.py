import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hub.cli.common import Failed
from tests.bench.fanout import PEERS
from tests.bench.peers import RECIPES, VARIANTS, install
from tests.bench.peers.recipe import Peer
from tests.bench.servers import running

HERE = Path(__file__).parent / "peers"


@pytest.fixture
def floor(compiler: str, tmp_path: Path) -> Iterator[str]:
    """Run the C floor, and give its address."""
    peer = Peer("floor", RECIPES["floor"], tmp_path, tmp_path / "floor.log")
    with running(peer):
        yield f"ws://127.0.0.1:{peer.target.port}"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 500_000])
async def test_the_floor_sends_every_text_to_everybody(floor: str, size: int) -> None:
    async with connect(floor, compression=None) as one, connect(floor, compression=None) as other:
        assert await (await other.ping()) >= 0  # it is among those who are sent to
        text = "가" * (size // 3) + "x" * (size % 3)
        await one.send(text)
        assert await asyncio.wait_for(one.recv(), 10) == text
        assert await asyncio.wait_for(other.recv(), 10) == text


async def test_the_floor_keeps_the_order_and_forgets_who_left(floor: str) -> None:
    async with connect(floor, compression=None) as one:
        async with connect(floor, compression=None) as other:
            await (await other.ping())
        for number in range(100):
            await one.send(f"{number}")
        assert [await asyncio.wait_for(one.recv(), 10) for _ in range(100)] == [f"{n}" for n in range(100)]


async def test_the_floor_takes_a_burst_that_one_read_does_not_hold(floor: str) -> None:
    async with connect(floor, compression=None, max_queue=None) as one:
        texts = [f"{number}" + "x" * 9_000 for number in range(200)]

        async def say() -> None:
            for text in texts:
                await one.send(text)

        saying = asyncio.create_task(say())
        assert [await asyncio.wait_for(one.recv(), 10) for _ in texts] == texts
        await saying


async def test_the_floor_ends_a_connection_that_breaks_the_rules(floor: str) -> None:
    async with connect(floor, compression=None) as one:
        one.transport.write(b"\x81\x01x")  # not masked
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(one.recv(), 10)
    async with connect(floor, compression=None) as another:  # and serves the others
        await another.send("still there")
        assert await asyncio.wait_for(another.recv(), 10) == "still there"


def test_every_peer_says_how_it_is_installed() -> None:
    heads = {
        "floor": HERE / "floor.c",
        "ws": HERE / "ws" / "server.js",
        "websockets": HERE / "broadcast.py",
        "socketio": HERE / "socketio" / "server.js",
        "channels": HERE / "channels" / "server.py",
        "nchan": HERE / "nchan" / "nginx.conf",
        "one-by-one": HERE / "one_by_one.py",
    }
    assert set(heads) | {"workers"} == set(RECIPES) | set(VARIANTS)
    for path in heads.values():
        head = path.read_text()[:600].lower()
        assert "peer:" in head or "variant:" in head, path
        assert "install" in head, path


def test_the_fan_out_knows_every_peer() -> None:
    assert set(PEERS) == set(RECIPES) | {"workers"}


def test_nchan_is_never_installed_but_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(Failed, match=r"apt-get install nginx-core libnginx-mod-nchan$"):
        install("nchan", tmp_path)
