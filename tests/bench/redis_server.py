"""A Redis that works for a server in the run, and keeps nothing on disk."""

import shutil
from pathlib import Path

from hub.cli.common import Failed
from tests.bench.servers import Program, bare_environment
from tests.support.ports import free_port


class Redis:
    """A `redis-server` on a loopback port of its own. Raises Failed where the program is missing."""

    def __init__(self, log: Path) -> None:
        redis = shutil.which("redis-server")
        if redis is None:
            raise Failed("this needs redis-server; on Debian: apt-get install redis-server")
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        command = [redis, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        self._program = Program(command, log, "Ready to accept connections", bare_environment())

    @property
    def pids(self) -> list[int]:
        """Its process."""
        return [self._program.pid]

    def start(self) -> None:
        """Start it. Raises Failed."""
        self._program.start()

    def stop(self) -> None:
        """Stop it."""
        self._program.stop()
