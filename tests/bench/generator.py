"""The load generator: compiled here, then driven line by line. See load/load.c."""

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec
from msgspec import Struct

from hub.cli.common import Failed
from tests.bench.compiling import compiled

SOURCES: Final = Path(__file__).with_name("load")
GRACE_SECONDS: Final = 10.0
MOST_COLUMNS: Final = 10


class Target(Struct, frozen=True):
    """Where clients connect and how they begin.

    `headers`, `hello` and `publish` are templates; a client is ready once a frame holds `ready`, and answers
    the text `ping` with the text `pong`.
    """

    port: int
    path: str = "/"
    protocol: str = ""
    headers: tuple[str, ...] = ()
    hello: str = ""
    ready: str = ""
    publish: str = ""
    ping: str = ""
    pong: str = ""


class Times(Struct, frozen=True, kw_only=True):
    """How long something took, in milliseconds."""

    p50_ms: float
    p99_ms: float
    max_ms: float


class Opened(Times, frozen=True, kw_only=True):
    """Connections that were opened; the times count from dialling, `answer_…` from the greeting."""

    ready: int
    refused: int
    seconds: float
    answer_p50_ms: float
    answer_p99_ms: float
    answer_max_ms: float


class Fanned(Times, frozen=True, kw_only=True):
    """Messages that were published and delivered; `complete` connections got each exactly once.

    `latest_ms` is how late the generator itself was with a message.
    """

    sent: int
    deliveries: int
    want: int
    listeners: int
    complete: int
    answered: int
    errors: int
    lost: int
    seconds: float
    latest_ms: float


class Asked(Times, frozen=True, kw_only=True):
    """Questions that were asked and answered; `bytes` is the mean size of an answer."""

    asked: int
    answered: int
    errors: int
    lost: int
    deliveries: int
    seconds: float
    per_second: float
    bytes: float


class Resumed(Times, frozen=True, kw_only=True):
    """Connections that were lost and came back; `last` is the monotonic time when all were complete."""

    lost: int
    back: int
    complete: int
    over: int
    attempts: int
    deliveries: int
    last: float


class Listened(Times, frozen=True, kw_only=True):
    """What connections were told that somebody else sent; `complete` of the `listeners` got all of it."""

    listeners: int
    complete: int
    deliveries: int
    lost: int


class _Fault(Struct):
    error: str


A = TypeVar("A")


def load_generator(folder: Path) -> Path:
    """Compile the generator into a folder, if it is not there yet. Raises Failed."""
    return compiled("load", [*SOURCES.glob("*.c"), *SOURCES.glob("*.h")], folder)


def write_clients(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write the file of clients: a row each, columns that templates name as %0 to %9."""
    if any(len(row) > MOST_COLUMNS or any("\t" in cell or "\n" in cell for cell in row) for row in rows):
        raise ValueError("a client has too many columns, or a tab in one")
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def line(verb: str, options: dict[str, Any]) -> str:
    """Write a line for the generator; an option that is a tuple is repeated, one that is None left out."""
    parts = [verb]
    for name, value in options.items():
        values = value if isinstance(value, tuple) else (value,)
        parts.extend(f"{name}={each}" for each in values if each is not None)
    if any("\t" in part or "\n" in part for part in parts):
        raise ValueError("a tab or a line break cannot be in an option")
    return "\t".join(parts)


class Generator:
    """A running load generator. Use as a context manager; what it complains of goes to `log`."""

    def __init__(self, program: Path, log: Path) -> None:
        self._program = program
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = b""

    @property
    def pid(self) -> int:
        """Its process."""
        if self._process is None:
            raise LookupError("the load generator does not run")
        return self._process.pid

    def aim(self, target: Target, clients: Path | None = None) -> None:
        """Tell where to connect, and who: the rows of `write_clients`."""
        self._do(
            "target",
            dict[str, Any],
            30,
            port=target.port,
            path=target.path,
            protocol=target.protocol,
            header=target.headers,
            ping=target.ping,
            pong=target.pong,
            clients=clients,
        )

    def open(self, target: Target, n: int, *, limit: float, at_once: int = 64) -> Opened:
        """Open connections up to the number n, within `limit` seconds. Raises Failed unless all are ready."""
        opened = self._do(
            "open", Opened, limit, n=n, hello=target.hello, ready=target.ready, at_once=at_once, limit=limit
        )
        if opened.refused or not opened.ready:
            raise Failed(f"{opened.refused} of {n} connections were refused; see {self._log}")
        return opened

    def fanout(
        self, publish: str, *, count: int, rate: float, size: int, senders: int, limit: float
    ) -> Fanned:
        """Publish `count` messages, `rate` a second, and count what arrives everywhere."""
        options = {"count": count, "rate": rate, "size": size, "from": senders, "send": publish}
        return self._do("fanout", Fanned, limit, limit=limit, **options)

    def ask(
        self,
        send: str,
        *,
        clients: int = 1,
        count: int | None = None,
        seconds: float | None = None,
        size: int = 0,
        low: int = 1,
        high: int = 1,
        limit: float,
    ) -> Asked:
        """Let clients ask one thing after the other, `count` in all or for some seconds."""
        options = {
            "clients": clients,
            "count": count,
            "seconds": seconds,
            "size": size,
            "low": low,
            "high": high,
        }
        return self._do("ask", Asked, limit, limit=limit, send=send, **options)

    def begin_resume(self, target: Target, *, hello: str, expect: int, total: int, limit: float) -> None:
        """Begin to wait for the loss of the server; `end_resume` tells what came of it.

        Each client is to be told `expect` marked messages whose numbers add up to `total`.
        """
        self._tell("resume", hello=hello, ready=target.ready, expect=expect, sum=total, limit=limit)

    def end_resume(self, *, limit: float) -> Resumed:
        """Wait until all are back and complete, or the time is up."""
        return self._hear(Resumed, limit)

    def begin_listen(self, *, count: int, limit: float) -> None:
        """Begin to wait for `count` marked messages on every connection; `end_listen` tells what came."""
        self._tell("listen", count=count, limit=limit)

    def end_listen(self, *, limit: float) -> Listened:
        """Wait until all have them, or the time is up."""
        return self._hear(Listened, limit)

    def idle(self, seconds: float) -> None:
        """Stay connected and answer pings."""
        self._do("idle", dict[str, Any], seconds, seconds=seconds)

    def close(self) -> None:
        """End all connections."""
        self._do("close", dict[str, Any], 30)

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _do(self, verb: str, answer: type[A], limit: float, /, **options: Any) -> A:
        self._tell(verb, **options)
        return self._hear(answer, limit)

    def _tell(self, verb: str, /, **options: Any) -> None:
        if self._process is None or self._process.stdin is None:
            raise LookupError("the load generator does not run")
        try:
            self._process.stdin.write(line(verb, options).encode() + b"\n")
        except BrokenPipeError as error:
            raise Failed(f"the load generator has ended; see {self._log}") from error

    def _hear(self, answer: type[A], limit: float) -> A:
        if self._process is None or self._process.stdout is None:
            raise LookupError("the load generator does not run")
        deadline = time.monotonic() + limit + GRACE_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Failed(f"the load generator does not answer; see {self._log}")
                piece = os.read(self._process.stdout.fileno(), 65536)
                if not piece:
                    raise Failed(f"the load generator has ended; see {self._log}")
                self._heard += piece
        said, _, self._heard = self._heard.partition(b"\n")
        if said.startswith(b'{"error"'):
            raise Failed(f"the load generator: {msgspec.json.decode(said, type=_Fault).error}")
        return msgspec.json.decode(said, type=answer)
