"""Our server as its users start it: `madang serve`, everything on, with limits the load does not meet."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from hub.cli.common import Failed
from tests.bench.generator import Target
from tests.bench.processes import descendants
from tests.bench.servers import Program, bare_environment
from tests.support.hub_process import mongod_of
from tests.support.ports import free_port

UNLIMITED: Final = {
    "LIMIT_SENDS_PER_10S": "0",
    "LIMIT_SENDS_PER_MINUTE": "0",
    "LIMIT_CONNECTIONS_PER_PERSON": "0",
    "LIMIT_SIGNINS_PER_MINUTE": "0",
    "TOKEN_SECONDS": "86400",
    "BOT": "off",
}
"""Settings without which a few clients could not make the load of many people."""

OPEN: Final = '{"id":1,"open":{}}'
SEND: Final = '{"id":%K,"send":{"room":"%*2","cid":"%U","text":"%P"}}'
"""Clients' rows: 0 their token, 1 what they have seen (`since`), 2 their rooms, separated by commas."""


def installed() -> Path:
    """Find the command `madang` beside this Python. Raises Failed."""
    program = Path(sys.executable).with_name("madang")
    if not program.exists():
        raise Failed("the command madang is not installed beside this Python: make bench")
    return program


class Madang:
    """A hub on a data folder whose MongoDB outlives it. `settings` lack their prefix."""

    def __init__(
        self,
        data: Path,
        log: Path,
        settings: Mapping[str, str],
        *,
        name: str = "madang",
        command: Sequence[str | Path] = (),
    ) -> None:
        self.name = name
        self._data = data
        self.port = free_port()
        told = UNLIMITED | {"DATA": str(data), "PORT": str(self.port)} | dict(settings)
        environment = bare_environment() | {f"MADANG_{key}": value for key, value in told.items()}
        program = list(command) or [installed()]
        self._program = Program([*program, "serve"], log, "Madang is ready at ", environment)

    @property
    def target(self) -> Target:
        """Clients with a token in their header, who open all their rooms."""
        return Target(
            self.port,
            "/ws",
            "madang.v1",
            ("Authorization: Bearer %0",),
            hello=OPEN,
            ready='"open":{',
            publish=SEND,
        )

    @property
    def silent(self) -> Target:
        """Clients who only sign in, and hear of no room."""
        return Target(
            self.port,
            "/ws",
            "madang.v1",
            ("Authorization: Bearer %0",),
            hello='{"id":1,"ping":{}}',
            ready='"ping":{',
            publish=SEND,
        )

    @property
    def pids(self) -> list[int]:
        """The hub's processes."""
        return descendants(self._program.pid)

    @property
    def beside(self) -> Mapping[str, list[int]]:
        """MongoDB."""
        mongod = mongod_of(self._data)
        return {"mongod": [mongod] if mongod is not None else []}

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._program.running

    def begin(self) -> None:
        """Start it, without waiting."""
        self._program.begin()

    def start(self) -> None:
        """Start it."""
        self._program.start()

    def stop(self) -> None:
        """Stop it in good order."""
        self._program.stop()

    def kill(self) -> None:
        """End all its processes as a crash would."""
        for worker in self.pids[1:]:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self._program.kill()
