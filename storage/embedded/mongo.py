"""A private MongoDB for whoever has none: a real `mongod`, a replica set of one, below the data folder.

It listens on a Unix socket alone, in a folder closed to other people, so it needs no port and no password.
Several processes may use one data folder at once (the hub and its workers, `madang import`, `madang
token`): the first starts the server, the last one out stops it, and the server comes back by itself when it
dies (see `storage.embedded.supervisor`).
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import selectors
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote_plus

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from storage.embedded import supervisor
from storage.embedded.mongod import Mongod, MongodMissing, find_mongod
from storage.embedded.short_turns import short_turns

__all__ = ["EmbeddedMongo", "MongodFailed", "MongodMissing", "find_mongod"]

REPLICA_SET = "madang"
SOCKET_PATH_BYTES = 107
START_ATTEMPTS = 3
POLL_SECONDS = 0.01
_GIGABYTE = 1 << 30

_logger = logging.getLogger(__name__)


class MongodFailed(Exception):
    """The private MongoDB did not become ready; the message says why, in plain words."""


class EmbeddedMongo:
    """One use of the private MongoDB of a data folder; the server runs while at least one use is open.

    Make it with `start`, end it with `close` or by leaving it as a context manager. A process that dies
    closes it too. Forked children share the use of their parent: it ends when the last of them has closed
    it or ended.
    """

    url: str
    """Where to connect, on this machine: a MongoDB URL, the same for every process that uses the folder."""

    def __init__(self, place: "_Place", line: socket.socket) -> None:
        self.url = place.url
        self._place = place
        self._line = line
        self._alarm, self._alarm_in = socket.socketpair()
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="embedded-mongo", daemon=True)
        self._watcher.start()

    @classmethod
    def start(cls, data: Path, *, timeout: float = 60) -> Self:
        """Use the private MongoDB below `data`, starting it if nobody does yet; it takes writes on return.

        `data` is the data folder, made if missing; the database lies in its folder `mongo`. `timeout` is in
        seconds. Blocks: about 0.6 s where the server has to be started, hardly at all where it runs.

        Raises `MongodMissing` if there is no `mongod` to be run, `MongodFailed` if it does not become ready.
        """
        deadline = time.monotonic() + timeout
        place = _Place(data)
        line = _enter(place, deadline)
        try:
            while not _hear_running(line, place, deadline):
                line.close()
                line = _enter(place, deadline)
            _become_primary(place, deadline)
        except BaseException:
            line.close()
            place.close()
            raise
        return cls(place, line)

    def close(self) -> None:
        """End this use. If it was the last, the server has shut down cleanly when this returns."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._watcher.is_alive():  # not so in a forked child, which must not disturb its parent's
            self._alarm_in.send(b".")
            self._watcher.join()
        waiter = _connect(self._place)  # before the line is closed, while there is somebody to tell
        for end in (self._line, self._alarm, self._alarm_in):
            end.close()
        if waiter is not None:
            _await_end(waiter)
        self._place.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _watch(self) -> None:
        """Log what the supervisor says, and find another one if it dies while we still need it."""
        while not self._closed.is_set():
            with selectors.DefaultSelector() as selector:
                selector.register(self._alarm, selectors.EVENT_READ)
                selector.register(self._line, selectors.EVENT_READ)
                selector.select()
            if self._closed.is_set():
                return
            try:
                heard = self._line.recv(4096)
            except ConnectionError:
                heard = b""
            for news in heard.decode(errors="replace").splitlines():
                _logger.warning("private MongoDB: %s", news)
            if not heard:
                self._enter_again()

    def _enter_again(self) -> None:
        _logger.error("private MongoDB: its supervisor died; starting another")
        while not self._closed.is_set():
            try:
                line = _enter(self._place, time.monotonic() + 1)
            except (MongodFailed, MongodMissing, OSError):
                _logger.exception("private MongoDB: no supervisor could be started")
                self._closed.wait(1)
                continue
            self._line.close()
            self._line = line
            return


class _Place:
    """The folder `mongo` of a data folder, and a name for it short enough for the address of a socket."""

    def __init__(self, data: Path) -> None:
        self._guard: int | None = None
        try:
            self.folder = data.resolve() / "mongo"
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.folder.chmod(0o700)
            (self.folder / "db").mkdir(mode=0o700, exist_ok=True)
            self._address = self._short_name()
        except OSError as error:
            raise MongodFailed(
                f"The data folder {data} cannot be used: {error.strerror} ({error.filename})."
            ) from error
        self.control = str(self._address / supervisor.CONTROL)
        self.url = f"mongodb://{quote_plus(str(self._address / supervisor.SERVER))}/?directConnection=true"

    def close(self) -> None:
        """Release the guard of the short name."""
        if self._guard is not None:
            os.close(self._guard)
            self._guard = None

    def _short_name(self) -> Path:
        if _fits(self.folder):
            return self.folder
        own = Path(tempfile.gettempdir()) / f"madang-{os.getuid()}"
        own.mkdir(mode=0o700, exist_ok=True)
        state = own.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
            raise MongodFailed(f"{own} should be a folder that belongs to this user alone; please remove it.")
        alias = own / hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        if not _fits(alias):
            raise MongodFailed(f"The path of the data folder, {self.folder}, is too long for a socket.")
        if not alias.is_symlink() or alias.readlink() != self.folder:
            fresh = own / f"{alias.name}.{os.getpid()}.{threading.get_ident()}"
            fresh.symlink_to(self.folder)
            fresh.replace(alias)
        # systemd-tmpfiles leaves a locked folder alone, however old it is.
        self._guard = os.open(own, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._guard, fcntl.LOCK_SH)
        return alias


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / supervisor.CONTROL)) <= SOCKET_PATH_BYTES


def _enter(place: _Place, deadline: float) -> socket.socket:
    """Connect to the supervisor, starting one if there is none; a stopping one is waited for."""
    while True:
        line = _connect(place) or _start_supervisor(place)
        if line is not None:
            return line
        if time.monotonic() >= deadline:
            raise MongodFailed(f"The server that used {place.folder} before has not stopped yet.")
        time.sleep(POLL_SECONDS)


def _connect(place: _Place) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(place.control)
    except (FileNotFoundError, ConnectionError):
        line.close()
        return None
    return line


def _start_supervisor(place: _Place) -> socket.socket | None:
    """Start a supervisor and connect to it; None if another process holds the lock."""
    lock = os.open(place.folder / supervisor.LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        mongod = find_mongod()
        Path(place.control).unlink(missing_ok=True)
        with contextlib.ExitStack() as undo, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(place.control)
            listener.listen(64)
            line = undo.enter_context(socket.socket(socket.AF_UNIX))
            line.connect(place.control)  # before it runs, so that it finds somebody to run for
            _run_supervisor(place, mongod, lock, listener.fileno())
            undo.pop_all()
        return line
    finally:
        os.close(lock)


def _run_supervisor(place: _Place, mongod: Mongod, lock: int, listener: int) -> None:
    log = place.folder / supervisor.OWN_LOG
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH"}  # no secrets of the hub's
    try:
        mode = "wb" if log.exists() and log.stat().st_size > supervisor.LOG_BYTES else "ab"
        with log.open(mode) as output, short_turns():
            subprocess.run(  # noqa: S603 - our own program
                [
                    *(sys.executable, "-I", "-S", supervisor.__file__),
                    *(str(place.folder), str(lock), str(listener), json.dumps(dict(mongod.environment))),
                    *_command(mongod),
                ],
                env={name: value for name, value in os.environ.items() if name in kept},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock, listener),
                start_new_session=True,
                check=True,
            )
    except (OSError, subprocess.CalledProcessError) as error:
        raise MongodFailed(f"The supervisor of the private MongoDB cannot be started: {error}.") from error


def _command(mongod: Mongod) -> list[str]:
    # Relative names: the data folder may be moved, and its path may be longer than a socket's address can be.
    return [
        str(mongod.program.absolute()),
        *("--dbpath", "db", "--replSet", REPLICA_SET, "--oplogSize", "512"),
        *("--bind_ip", f"./{supervisor.SERVER}", "--nounixsocket"),
        *("--wiredTigerCacheSizeGB", f"{_cache_gigabytes():.2f}"),
        *("--logpath", supervisor.SERVER_LOG, "--logappend", "--logRotate", "reopen", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]


def _cache_gigabytes() -> float:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # ValueError: "max", the container has no bound
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(1.0, max(0.25, memory / _GIGABYTE / 10))


def _hear_running(line: socket.socket, place: _Place, deadline: float) -> bool:
    """Wait until the supervisor says that the server runs; False if the supervisor went away."""
    log = place.folder / supervisor.SERVER_LOG
    failures = 0
    heard = b""
    while True:
        line.settimeout(max(POLL_SECONDS, deadline - time.monotonic()))
        try:
            piece = line.recv(4096)
        except TimeoutError:
            raise MongodFailed(f"The private MongoDB did not start in time; its log is {log}.") from None
        except ConnectionError:
            piece = b""
        if not piece:
            return False
        *lines, heard = (heard + piece).split(b"\n")
        for news in lines:
            if news == b"running":
                line.settimeout(None)
                return True
            failures += 1
            if failures == START_ATTEMPTS:
                why = news.decode(errors="replace").removeprefix("failed ")
                raise MongodFailed(f"The private MongoDB does not start: {why}. Its log is {log}.")


def _become_primary(place: _Place, deadline: float) -> None:
    """Wait until the server accepts writes, making it a replica set of one if it is new."""
    left = max(POLL_SECONDS, deadline - time.monotonic())
    problem: PyMongoError | None = None
    with MongoClient[dict[str, Any]](place.url, serverSelectionTimeoutMS=int(left * 1000)) as client:
        while time.monotonic() < deadline:
            try:
                hello = client.admin.command("hello")
                if hello["isWritablePrimary"]:
                    return
                if "setName" not in hello:
                    members = [{"_id": 0, "host": f"./{supervisor.SERVER}"}]
                    client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            except PyMongoError as error:
                problem = error  # another process was first, or the server is being started again
            time.sleep(POLL_SECONDS)
    log = place.folder / supervisor.SERVER_LOG
    raise MongodFailed(f"The private MongoDB runs but does not accept writes; its log is {log}.") from problem


def _await_end(waiter: socket.socket) -> None:
    with waiter:
        waiter.settimeout(supervisor.STOP_SECONDS + 10)
        try:
            waiter.sendall(b"wait\n")
            while waiter.recv(4096):
                pass  # others stay, or the server still stops: the end of the connection ends the wait
        except ConnectionError:
            return
        except TimeoutError:
            _logger.warning("private MongoDB: it is taking long to stop")
