"""Other servers that do the same, to be measured in turn with ours.

A peer is a program that takes a port, says `ready`, and sends every text it gets to every connection.
Each stands in a file or folder here, whose head says what it is and how it is installed. What is
installed goes below var/bench/peers.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.cli.common import Failed
from tests.bench.generator import Target
from tests.bench.madang import Madang
from tests.bench.place import Place
from tests.bench.processes import descendants
from tests.bench.servers import Program, Server, bare_environment
from tests.bench.with_redis import MadangWithRedis
from tests.support.hub_process import free_port

HERE: Final = Path(__file__).parent
INSTALL_SECONDS: Final = 120.0

LIKE_OURS: Final = (
    '{"push":{"room":"r000000000000","events":[{"seq":10000,"kind":"message","by":"p000000000000",'
    '"at":"2026-11-23T09:00:00.000Z","cid":"%U","body":{"text":"%P"}}]}}'
)
"""What is published through a peer: as many bytes as our push of the same text."""


@dataclass(frozen=True)
class Recipe:
    """How a peer is run and installed; `folder` is where the installed part goes."""

    command: Callable[[Path, int], Sequence[str | Path]]
    installed: Callable[[Path], bool]
    install: Callable[[Path], None]
    environment: Callable[[Path], Mapping[str, str]] = lambda _: {}


@dataclass(frozen=True)
class Chosen:
    """The servers to measure beside ours, and what to say of the others."""

    servers: list[Server]
    notes: list[str]


class Peer:
    """A server made from a recipe."""

    def __init__(self, name: str, recipe: Recipe, folder: Path, log: Path) -> None:
        self.name = name
        self._port = free_port()
        self._program = Program(
            recipe.command(folder, self._port),
            log,
            "ready",
            bare_environment() | dict(recipe.environment(folder)),
        )

    @property
    def target(self) -> Target:
        """Anybody may connect, and is there at once."""
        return Target(self._port, publish=LIKE_OURS)

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return descendants(self._program.pid)

    @property
    def beside(self) -> Mapping[str, list[int]]:
        """Nothing."""
        return {}

    def start(self) -> None:
        """Start it."""
        self._program.start()

    def stop(self) -> None:
        """Stop it."""
        self._program.stop()


def _node(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise Failed(f"the peer ws needs {program}; on Debian: apt-get install nodejs npm")
    return found


def _install_ws(folder: Path) -> None:
    npm = _node("npm")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "ws" / "package.json", folder)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    with (folder / "install.log").open("wb") as log:
        done = subprocess.run(
            command, cwd=folder, stdout=log, stderr=log, timeout=INSTALL_SECONDS, check=False
        )
    if done.returncode:
        raise Failed(f"the peer ws cannot be installed; see {folder / 'install.log'}")


RECIPES: Final = {
    "websockets": Recipe(
        command=lambda _, port: [sys.executable, HERE / "broadcast.py", str(port)],
        installed=lambda _: True,
        install=lambda _: None,
    ),
    "ws": Recipe(
        command=lambda _, port: [_node("node"), HERE / "ws" / "server.js", str(port)],
        installed=lambda folder: (
            (folder / "node_modules" / "ws").is_dir() and shutil.which("node") is not None
        ),
        install=_install_ws,
        environment=lambda folder: {"NODE_PATH": str(folder / "node_modules"), "NODE_ENV": "production"},
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
        if not RECIPES[name].installed(folder / name):
            place.say(f"installing {name}")
            RECIPES[name].install(folder / name)
        servers.append(Peer(name, RECIPES[name], folder / name, place.log(name)))
    return Chosen(servers, notes)


def known_peers() -> list[str]:
    """Name all peers and variants."""
    return [*RECIPES, *VARIANTS]
