"""Keep one private `mongod` running while anybody uses its data: the last one out turns off the light.

`storage.embedded.mongo` starts this file as a program, in a session of its own, so that Ctrl-C at the
terminal of one user does not stop the server of all. It imports the standard library alone, and is up in
hundredths of a second.

Every user holds a connection to the control socket. A connection ends with its process, however that ends, so
nothing has to be tidied up after anybody. What is said on it, in lines:

    running            the server accepts connections (said to each newcomer, and after each restart)
    failed <reason>    the server ended unexpectedly, and will be started again
    wait               said by a client: I do not use the server, I want to know when it has stopped;
                       answered with `staying` if others use it, else with the end of the connection

One lock, `supervisor.lock`, is held by this program and its `mongod` together. It is taken by the process
that starts this program, and passed on: whoever has it may replace the sockets, as no older server can be
left.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CONTROL = "control.sock"
SERVER = "mongod.sock"
LOCK = "supervisor.lock"
SERVER_LOG = "mongod.log"
OWN_LOG = "supervisor.log"

LOG_BYTES = 10 * 1024 * 1024
PROBE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 30.0
STOP_SECONDS = 60.0
LOOK_AT_LOG_SECONDS = 600.0
_PR_SET_PDEATHSIG = 1


class Server:
    """The `mongod` process: started, found to accept connections, found to have ended, stopped.

    All paths are relative to the working folder, which is the data folder.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], lock: int) -> None:
        self._command = list(command)
        self._environment = {**os.environ, **environment}
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._failures = 0
        self._due = 0.0
        self.accepts = False

    def turn(self) -> str | None:
        """Start the server if it is time to, and return news of it: a line to tell the users, or None."""
        now = time.monotonic()
        if self._process is None:
            return self._launch(now) if now >= self._due else None
        status = self._process.poll()
        if status is not None:
            return self._ended(status, now)
        if not self.accepts and self._probe():
            self.accepts = True
            self._failures = 0
            return "running"
        return None

    def patience(self) -> float:
        """Return the seconds after which `turn` has to be called again at the latest."""
        if self._process is None:
            return max(0.0, self._due - time.monotonic())
        return LOOK_AT_LOG_SECONDS if self.accepts else PROBE_SECONDS

    def stop(self) -> None:
        """Shut the server down cleanly, wait for it, give up the lock; a server that hangs is killed."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _note("mongod did not stop, and is killed")
                self._process.kill()
                self._process.wait()
        os.close(self._lock)

    def rotate_log(self) -> None:
        """Put a grown log aside; one former log is kept."""
        with contextlib.suppress(FileNotFoundError):
            if Path(SERVER_LOG).stat().st_size > LOG_BYTES:
                Path(SERVER_LOG).replace(f"{SERVER_LOG}.1")
                if self._process is not None:
                    self._process.send_signal(signal.SIGUSR1)

    def _launch(self, now: float) -> str | None:
        self.rotate_log()
        self.accepts = False
        self._due = now + 1.0
        supervisor = os.getpid()

        def tie_to_supervisor() -> None:
            # A server nobody supervises would never stop; the journal makes a kill safe.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != supervisor:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with Path(SERVER_LOG).open("ab") as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(  # noqa: S603 - the command comes from storage.embedded.mongo
                    self._command,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(self._lock,),
                    preexec_fn=tie_to_supervisor,  # noqa: PLW1509 - this program has one thread
                )
        except OSError as error:
            return self._failed(f"mongod cannot be started: {error}", now)
        _note(f"mongod started, process {self._process.pid}")
        return None

    def _probe(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(SERVER) == 0

    def _ended(self, status: int, now: float) -> str:
        self._process = None
        self.accepts = False
        try:
            with Path(SERVER_LOG).open("rb") as log:
                log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - 65536))
                said = log.read().decode(errors="replace")
        except OSError:
            said = ""
        return self._failed(reason(status, said), now)

    def _failed(self, why: str, now: float) -> str:
        # One that ran is back at once; one that never came up is tried ever more rarely.
        if self._failures:
            self._due = now + min(LONGEST_PAUSE_SECONDS, 0.25 * 2**self._failures)
        self._failures += 1
        _note(why)
        return f"failed {why}"


def reason(status: int, said: str) -> str:
    """Say in plain words, on one line, why a `mongod` ended: from its exit status and the end of its log."""
    if "No space left on device" in said:
        return "the disk is full"
    if status == -signal.SIGKILL:
        return "mongod was killed; the system does that too when memory runs out"
    if status == -signal.SIGILL:
        return "this processor lacks instructions mongod needs (MongoDB 5 and newer ask for AVX)"
    if status == 62:
        return "the data folder was written by another version of MongoDB, which this mongod cannot read"
    last = ""
    for line in said.splitlines():
        try:
            entry = json.loads(line)
            if entry["s"] in "FE":
                detail = entry.get("attr", {}).get("error", "")
                last = f"{entry['msg']} {detail if isinstance(detail, str) else json.dumps(detail)}"
        except (ValueError, TypeError, KeyError):
            last = line or last  # what is not JSON was said before the log was open, or while it fell over
    words = " ".join(last.split())[:300]
    return f"mongod ended with status {status}{': ' if words else ''}{words}"


class Supervisor:
    """The users of one server, and the server for as long as there are any."""

    def __init__(self, server: Server, listener: socket.socket) -> None:
        self._server = server
        self._listener = listener
        self._users: set[socket.socket] = set()
        self._waiters: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._alarm, alarm = socket.socketpair()
        for end in (listener, self._alarm, alarm):
            end.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self._alarm_in = alarm
        signal.set_wakeup_fd(alarm.fileno())
        # A shutdown of the machine or of a service signals all at once: the users go first, in their own
        # time, and may need the server until then. Handlers, as the server would inherit that a signal is
        # ignored.
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def run(self) -> None:
        """Serve until nobody is left, stop the server, and only then let those go who wait for that."""
        self._admit()
        while self._users:
            news = self._server.turn()
            if news is not None:
                self._tell_all(news)
            self._server.rotate_log()
            for key, _ in self._selector.select(self._server.patience()):
                if key.fileobj is self._alarm:
                    self._alarm.recv(4096)
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._users:
                    self._hear(key.fileobj)
            if self._waiters:  # the same client may have left a moment ago
                for user in list(self._users):
                    self._hear(user)
            self._admit()  # before the loop asks whether anybody is left: who has just come in counts
            while self._users and self._waiters:
                self._send_off(self._waiters.pop())
        self._listener.close()
        Path(CONTROL).unlink(missing_ok=True)
        self._server.stop()
        _note("nobody is left, mongod has stopped")
        for waiter in self._waiters:
            waiter.close()

    def _admit(self) -> None:
        while True:
            try:
                user, _ = self._listener.accept()
            except BlockingIOError:
                return
            user.setblocking(False)
            self._users.add(user)
            self._selector.register(user, selectors.EVENT_READ)
            if self._server.accepts:
                self._tell(user, "running")

    def _hear(self, user: socket.socket) -> None:
        try:
            said = user.recv(64)
        except BlockingIOError:
            return
        except ConnectionError:
            said = b""
        if not said:
            self._dismiss(user)
            user.close()
        elif said.startswith(b"wait"):
            self._dismiss(user)
            self._waiters.append(user)

    def _dismiss(self, user: socket.socket) -> None:
        self._selector.unregister(user)
        self._users.discard(user)

    def _send_off(self, waiter: socket.socket) -> None:
        self._tell(waiter, "staying")
        waiter.close()

    def _tell_all(self, line: str) -> None:
        for user in self._users:
            self._tell(user, line)

    @staticmethod
    def _tell(user: socket.socket, line: str) -> None:
        # Who has gone is noticed when reading; who does not read misses news, and nothing else.
        with contextlib.suppress(OSError):
            user.send(f"{line}\n".encode())


def _note(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {text}\n")
    sys.stderr.flush()


def main() -> None:
    """Become a process of its own and supervise: FOLDER LOCK-FD LISTENER-FD ENVIRONMENT-JSON COMMAND…."""
    folder, lock, listener, environment, *command = sys.argv[1:]
    if os.fork():
        os._exit(0)  # the user that started us has nobody to wait for
    os.umask(0o077)
    os.chdir(folder)
    with socket.socket(fileno=int(listener)) as door:
        Supervisor(Server(command, json.loads(environment), int(lock)), door).run()


if __name__ == "__main__":
    main()
