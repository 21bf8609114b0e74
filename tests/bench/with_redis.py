"""Our server with several workers and a Redis of their own."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from hub.cli.common import Failed
from tests.bench.madang import Madang
from tests.bench.servers import Program, bare_environment
from tests.support.hub_process import free_port


class MadangWithRedis(Madang):
    """`madang serve --workers N`; Redis runs as long as the hub, and keeps nothing on disk."""

    def __init__(self, data: Path, log: Path, settings: Mapping[str, str], *, workers: int) -> None:
        redis = shutil.which("redis-server")
        if redis is None:
            raise Failed("several workers need redis-server; on Debian: apt-get install redis-server")
        port = free_port()
        command = [redis, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        self._redis = Program(
            command, log.with_suffix(".redis.log"), "Ready to accept connections", bare_environment()
        )
        told = dict(settings) | {"WORKERS": str(workers), "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        super().__init__(data, log, told, name=f"madang, {workers} workers")

    @property
    @override
    def beside(self) -> Mapping[str, list[int]]:
        """MongoDB and Redis."""
        return {**super().beside, "redis": [self._redis.pid]}

    @override
    def start(self) -> None:
        """Start Redis, then the hub."""
        self._redis.start()
        super().start()

    @override
    def stop(self) -> None:
        """Stop the hub, then Redis."""
        super().stop()
        self._redis.stop()
