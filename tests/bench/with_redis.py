"""Our server with several workers and a Redis of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from typing_extensions import override

from tests.bench.figures import per
from tests.bench.madang import Madang
from tests.bench.processes import ESTABLISHED, LISTEN, sockets
from tests.bench.redis_server import Redis
from tests.support.waiting import wait_until

START_SECONDS: Final = 30.0


class MadangWithRedis(Madang):
    """`madang serve --workers N`; Redis runs as long as the hub."""

    def __init__(self, data: Path, log: Path, settings: Mapping[str, str], *, workers: int) -> None:
        self._redis = Redis(log.with_suffix(".redis.log"))
        self._workers = workers
        told = dict(settings) | {"WORKERS": str(workers), "REDIS_URL": self._redis.url}
        super().__init__(data, log, told, name=f"madang, {workers} workers")

    @property
    @override
    def beside(self) -> Mapping[str, list[int]]:
        """MongoDB and Redis."""
        return {**super().beside, "redis": self._redis.pids}

    @override
    def start(self) -> None:
        """Start Redis, then the hub; return when every worker takes connections."""
        self._redis.start()
        super().start()
        wait_until(self._all_listen, START_SECONDS, what="all workers take connections")

    @override
    def stop(self) -> None:
        """Stop the hub, then Redis."""
        super().stop()
        self._redis.stop()

    def least_share(self) -> float:
        """Tell how many per cent of all connections the worker has that has the fewest."""
        held = [sockets(pid, self.port, ESTABLISHED) for pid in self._listening()]
        return per(min(held), sum(held), 100) if held else 0.0

    def _listening(self) -> list[int]:
        return [pid for pid in self.pids[1:] if sockets(pid, self.port, LISTEN)]

    def _all_listen(self) -> bool:
        return len(self._listening()) >= self._workers
