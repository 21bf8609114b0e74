"""Keeping the chatbot's process running beside the hub: started with it, again when it dies, and ended."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from bots.storing import Storing
from config.settings import CONFIG, PREFIX, Settings
from hub.bots import idle_group

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 30.0
SETTLED_SECONDS: Final = 30.0
"""A process that ran for this long is back at once; one that never came up is tried ever more rarely."""
STOP_SECONDS: Final = 5.0
PAUSE: Final = "--pause"
STORING: Final = "--storing"
BOUNDS: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""Threads of the libraries that compute, and pools of memory. More threads wait for each other where the
machine has other work: a search takes 60 ms instead of 20. What the environment says goes first."""

log = structlog.get_logger(__name__)


class BotKeeper:
    """Starts the bot's process and starts it again. Use it as a context: at its end the process ends.

    Whoever owns the process that serves calls `watch`, or, where it waits for all its children itself,
    `start` and `ended`. A hub that dies takes the bot with it: the pipe to it is closed then.
    """

    def __init__(
        self,
        settings: Settings,
        mongodb_url: str,
        config: Path | None = None,
        storing: Storing | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the hub's settings, and the file that they were read from, if there was one.

        The bot shares `storing` with the hub's processes, and gives way.
        """
        self.storing = storing
        self._settings = settings
        self._mongodb_url = mongodb_url
        self._config = config
        self._now = now
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._failures = 0
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process, None where the bot is switched off."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, which waits by itself first where it failed lately."""
        if self._settings.bot == "on":
            self._launch()

    def run_once(self) -> int:
        """Run the process until it ends, or until Ctrl-C; returns its exit code."""
        self._launch()
        with suppress(KeyboardInterrupt):
            return 1 if self._process is None else self._process.wait()
        return 0

    def _launch(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._began = self._now()
            command = [
                sys.executable,
                "-m",
                "hub.bots.main",
                "--tied",
                PAUSE,
                str(pause_after(self._failures)),
            ]
            shared: tuple[int, ...] = ()
            if self.storing is not None:
                shared = (self.storing.file,)
                command += [STORING, str(self.storing.file)]
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.PIPE,
                env=self._environment(),
                pass_fds=shared,
                start_new_session=True,  # Linux shares processors out between sessions first (sched(7))
            )

    def ended(self, status: int) -> None:
        """Take note that the process ended, and start another."""
        if self._stopping.is_set():
            return
        settled = self._now() - self._began >= SETTLED_SECONDS
        self._failures = 1 if settled else self._failures + 1
        log.error("the chatbot's process died, starting another", status=status, failures=self._failures)
        self._close_pipe()
        self.start()

    def watch(self) -> None:
        """Start the process and keep it, from a thread of this class's own."""
        self.start()
        if self._process is not None:
            threading.Thread(target=self._watch, name="bot-keeper", daemon=True).start()

    def let_go(self) -> None:
        """Forget the process in a fork of its owner: its end is not the hub's."""
        self._close_pipe()
        self._process = None

    def stop(self) -> None:
        """End the process: asked to, then made to."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._close_pipe()
        idle_group.leave_nothing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _watch(self) -> None:
        while (process := self._process) is not None:
            status = process.wait()
            if self._stopping.is_set():
                return
            self.ended(status)

    def _close_pipe(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def _environment(self) -> dict[str, str]:
        given = {f"{PREFIX}MONGODB_URL": self._mongodb_url, f"{PREFIX}DATA": str(self._settings.data)}
        return (
            BOUNDS | dict(os.environ) | given | ({} if self._config is None else {CONFIG: str(self._config)})
        )


def pause_after(failures: int) -> float:
    """Tell how many seconds a process waits before it tries again."""
    return 0.0 if failures <= 1 else min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 20))
