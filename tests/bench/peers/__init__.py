"""Other servers that do the same, to be measured in turn with ours.

A peer is a program that takes a port and sends every text it gets to every connection. Each stands in a
file or folder here, whose head says what it is and how it is installed. What is installed goes below
var/bench/peers.
"""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hub.cli.common import Failed
from tests.bench.compiling import compiled
from tests.bench.generator import Target
from tests.bench.madang import Madang
from tests.bench.peers.recipe import LIKE_OURS, Peer, Recipe, npm_install, pip_install, program
from tests.bench.place import Place
from tests.bench.servers import Server
from tests.bench.with_redis import MadangWithRedis

HERE: Final = Path(__file__).parent
NCHAN_MODULE: Final = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")


@dataclass(frozen=True)
class Chosen:
    """The servers to measure beside ours, and what to say of the others."""

    servers: list[Server]
    notes: list[str]


def _floor(folder: Path) -> Path:
    return compiled("floor", [HERE / "floor.c"], folder)


def _node(name: str, package: str, target: Callable[[int], Target] | None = None) -> Recipe:
    """Describe a peer on Node; `package` tells whether it is installed."""
    recipe = partial(
        Recipe,
        command=lambda _, port: [program("node", "nodejs"), HERE / name / "server.js", str(port)],
        installed=lambda folder: (
            (folder / "node_modules" / package).is_dir() and shutil.which("node") is not None
        ),
        install=lambda folder: npm_install(HERE / name / "package.json", folder),
        environment=lambda folder: {"NODE_PATH": str(folder / "node_modules"), "NODE_ENV": "production"},
    )
    return recipe() if target is None else recipe(target=target)


def _socketio(port: int) -> Target:
    """Speak the protocols of Socket.IO 4, Engine.IO 4 below it: 40 connects, 42 is an event, 2 a ping."""
    return Target(
        port,
        "/socket.io/?EIO=4&transport=websocket",
        hello="40",
        ready='40{"sid"',
        publish=f'42["m",{LIKE_OURS}]',
        ping="2",
        pong="3",
    )


def _daphne(_: Path, port: int) -> list[str | Path]:
    return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "server:application"]


def _nginx(folder: Path, port: int) -> list[str | Path]:
    folder.mkdir(parents=True, exist_ok=True)
    config = (HERE / "nchan" / "nginx.conf").read_text()
    (folder / "nginx.conf").write_text(
        config.replace("@module@", str(NCHAN_MODULE)).replace("@port@", str(port))
    )
    return [_nginx_program() or "nginx", "-e", "stderr", "-p", folder.resolve(), "-c", "nginx.conf"]


def _nginx_program() -> str | None:
    """Find nginx, which stands where only root looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def _no_nginx(_: Path) -> None:
    raise Failed("nchan is missing; on Debian: apt-get install nginx-core libnginx-mod-nchan")


RECIPES: Final = {
    "floor": Recipe(
        command=lambda folder, port: [_floor(folder), str(port)],
        installed=lambda _: shutil.which("cc") is not None,
        install=lambda folder: (_floor(folder), None)[1],
    ),
    "ws": _node("ws", "ws"),
    "websockets": Recipe(
        command=lambda _, port: [sys.executable, HERE / "broadcast.py", str(port)],
        installed=lambda _: True,
        install=lambda _: None,
    ),
    "socketio": _node("socketio", "socket.io", _socketio),
    "nchan": Recipe(
        command=_nginx,
        installed=lambda _: _nginx_program() is not None and NCHAN_MODULE.exists(),
        install=_no_nginx,
        ready="start worker process",
    ),
    "channels": Recipe(
        command=_daphne,
        installed=lambda folder: (
            (folder / "channels_redis").is_dir() and shutil.which("redis-server") is not None
        ),
        install=lambda folder: pip_install(HERE / "channels" / "requirements.txt", folder),
        environment=lambda folder: {"PYTHONPATH": f"{folder.resolve()}:{HERE / 'channels'}"},
        ready="Listening on TCP address",
        redis=True,
    ),
}


def _one_by_one(place: Place) -> Server:
    command: list[str | Path] = [sys.executable, HERE / "one_by_one.py"]
    log = place.log("one-by-one")
    return Madang(place.settings.data, log, place.told, name="madang, one by one", command=command)


def _workers(place: Place) -> Server:
    return MadangWithRedis(place.settings.data, place.log("workers"), place.told, workers=2)


VARIANTS: Final[Mapping[str, Callable[[Place], Server]]] = {"one-by-one": _one_by_one, "workers": _workers}
"""Our own server, otherwise: they need nothing installed, and are measured where they are named."""


def install(name: str, folder: Path) -> None:
    """Install a peer where it is not; our own variants always are. Raises Failed."""
    recipe = RECIPES.get(name)
    if recipe is not None and not recipe.installed(folder):
        recipe.install(folder)


def choose(names: Sequence[str] | None, known: Sequence[str], place: Place) -> Chosen:
    """Make the peers named, installing what is missing; those that are installed where `names` is None.

    `known` are those the benchmark has a use for. Raises Failed.
    """
    folder = place.folder / "peers"
    if names is None:
        named = [name for name in known if name in RECIPES and RECIPES[name].installed(folder / name)]
        left = [name for name in known if name not in named]
        notes = [f"Not measured: {', '.join(left)}; --peer NAME measures it too."] if left else []
    else:
        named, notes = [name for name in names if name in known], []
    servers: list[Server] = []
    for name in named:
        if name in VARIANTS:
            servers.append(VARIANTS[name](place))
            continue
        install(name, folder / name)
        servers.append(Peer(name, RECIPES[name], folder / name, place.log(name)))
    return Chosen(servers, notes)
