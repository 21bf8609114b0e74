"""What is measured: a server that can be started, watched and stopped; several take turns."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from hub.cli.common import Failed
from tests.bench.generator import Target
from tests.support.waiting import wait_until

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0


class Server(Protocol):
    """A server in the run: ours, a variant of ours, or a peer.

    `pids` are the processes whose use of the machine is counted as the server's, `beside` those
    counted apart under a name (mongod, redis). `target` holds what a client of it says.
    """

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def target(self) -> Target:
        """Where and how clients connect; only while it runs."""

    @property
    def pids(self) -> list[int]:
        """Its processes."""

    @property
    def beside(self) -> Mapping[str, list[int]]:
        """What works for it, by name."""

    def start(self) -> None:
        """Start it, and return when it takes connections. Raises Failed."""

    def stop(self) -> None:
        """Stop it; nothing of it is left."""


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Run a server for a while."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def in_turn(servers: Sequence[Server], rounds: int) -> Iterator[tuple[int, Server]]:
    """Run every server once a round, one at a time, so that what changes on the machine meets them all."""
    for number in range(1, rounds + 1):
        for server in servers:
            with running(server):
                yield number, server


class Program:
    """A child process that says on a line of its output when it is ready. Its output goes to `log`."""

    def __init__(
        self, command: Sequence[str | Path], log: Path, ready: str, environment: Mapping[str, str]
    ) -> None:
        self._command = list(command)
        self._log = log
        self._ready = ready.encode()
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._seen = 0

    @property
    def pid(self) -> int:
        """The process. Only while it runs."""
        if self._process is None:
            raise LookupError("it does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        """Start it, without waiting."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._seen = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the benchmark, which stops everything in order
            )

    def start(self) -> None:
        """Start it, and wait until it is ready. Raises Failed."""
        self.begin()
        try:
            wait_until(lambda: not self.running or self._is_ready(), START_SECONDS)
        except AssertionError:
            self.kill()
        if not self.running:
            self.stop()
            raise Failed(f"{self._command[0]} does not start; see {self._log}")

    def stop(self) -> None:
        """Ask it to stop, and kill it where it does not."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _is_ready(self) -> bool:
        with self._log.open("rb") as log:
            log.seek(self._seen)
            return self._ready in log.read()


def bare_environment() -> dict[str, str]:
    """Give the environment without settings of a hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MADANG_")}
