"""How a peer is installed, run and spoken to."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.cli.common import Failed
from tests.bench.generator import Target
from tests.bench.processes import descendants
from tests.bench.redis_server import Redis
from tests.bench.servers import Program, bare_environment
from tests.support.ports import free_port

INSTALL_SECONDS: Final = 120.0

LIKE_OURS: Final = (
    '{"push":{"room":"r000000000000","events":[{"seq":10000,"kind":"message","by":"p000000000000",'
    '"at":"2026-11-23T09:00:00.000Z","cid":"%U","body":{"text":"%P"}}]}}'
)
"""What is published through a peer: as many bytes as our push of the same text."""

Command = Sequence[str | Path]


def anybody(port: int) -> Target:
    """Speak to a peer that takes plain WebSockets: whoever connects is there at once."""
    return Target(port, publish=LIKE_OURS)


@dataclass(frozen=True)
class Recipe:
    """A peer; its functions are given the folder where the installed part goes.

    `command` runs it on a port; it says `ready` on its output. `redis` tells it, as the variable
    BENCH_REDIS, of a Redis of its own.
    """

    command: Callable[[Path, int], Command]
    installed: Callable[[Path], bool]
    install: Callable[[Path], None]
    environment: Callable[[Path], Mapping[str, str]] = lambda _: {}
    target: Callable[[int], Target] = anybody
    ready: str = "ready"
    redis: bool = False


class Peer:
    """A server made from a recipe."""

    def __init__(self, name: str, recipe: Recipe, folder: Path, log: Path) -> None:
        self.name = name
        self._port = free_port()
        self._recipe = recipe
        self._redis = Redis(log.with_suffix(".redis.log")) if recipe.redis else None
        environment = bare_environment() | dict(recipe.environment(folder))
        if self._redis is not None:
            environment["BENCH_REDIS"] = self._redis.url
        self._program = Program(recipe.command(folder, self._port), log, recipe.ready, environment)

    @property
    def target(self) -> Target:
        """What its clients say."""
        return self._recipe.target(self._port)

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return descendants(self._program.pid)

    @property
    def beside(self) -> Mapping[str, list[int]]:
        """Redis, where it needs one."""
        return {} if self._redis is None else {"redis": self._redis.pids}

    def start(self) -> None:
        """Start it."""
        if self._redis is not None:
            self._redis.start()
        self._program.start()

    def stop(self) -> None:
        """Stop it."""
        self._program.stop()
        if self._redis is not None:
            self._redis.stop()


def program(name: str, packages: str) -> str:
    """Find a program. Raises Failed, which says what Debian calls it."""
    found = shutil.which(name)
    if found is None:
        raise Failed(f"this peer needs {name}; on Debian: apt-get install {packages}")
    return found


def npm_install(package: Path, folder: Path) -> None:
    """Install what a package.json names. Raises Failed."""
    npm = program("npm", "nodejs npm")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(package, folder)
    _installing([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"], folder)


def pip_install(requirements: Path, folder: Path) -> None:
    """Install what a requirements.txt names into a folder, and nothing else. Raises Failed."""
    folder.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    _installing([*pip, "install", "--no-deps", "--target", folder, "--requirement", requirements], folder)


def _installing(command: Command, folder: Path) -> None:
    log = folder / "install.log"
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                command, cwd=folder, stdout=output, stderr=output, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{folder.name} is not installed in {INSTALL_SECONDS:.0f} s; see {log}") from error
    if done.returncode:
        raise Failed(f"{folder.name} cannot be installed; see {log}")
