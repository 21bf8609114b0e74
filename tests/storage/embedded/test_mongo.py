"""The private MongoDB, with real processes that start, use, share and kill it."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest
from pymongo import MongoClient
from pymongo.errors import NotPrimaryError

from storage.embedded import mongo as embedded
from storage.embedded import mongod, supervisor
from storage.embedded.mongo import EmbeddedMongo, MongodFailed, MongodMissing
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[3]

USER = """
import sys
from pathlib import Path
from storage.embedded.mongo import EmbeddedMongo
with EmbeddedMongo.start(Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
"""Uses the server until its standard input ends."""


class User:
    """Another process that uses the private MongoDB of a data folder."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._url = ""

    def url(self) -> str:
        """Wait until the server is ready for this user."""
        assert self.process.stdout is not None
        self._url = self._url or self.process.stdout.readline().strip()
        return self._url

    def leave(self) -> None:
        self.process.communicate(timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def takes(mongo: MongoClient[dict[str, Any]], number: int) -> bool:
    """Write something, and tell whether it was taken: a server that is just back is no primary yet."""
    with contextlib.suppress(NotPrimaryError):
        mongo.some.things.insert_one({"_id": number})
        return True
    return False


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Give an empty data folder, and check that nothing uses it after the test."""
    yield tmp_path / "var"
    if (tmp_path / "var" / "mongo").exists():
        wait_until(lambda: is_unused(tmp_path / "var"), what="the supervisor and mongod have ended")


def is_unused(data: Path) -> bool:
    """Tell whether neither a supervisor nor a mongod of the folder lives: together they hold its lock."""
    with (data / "mongo" / supervisor.LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def mongod_pid(data: Path) -> int:
    return int((data / "mongo" / "db" / "mongod.lock").read_text())


def supervisor_pid(data: Path) -> int:
    status = Path(f"/proc/{mongod_pid(data)}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:"))


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended, even if nobody has asked for its exit status yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def client(url: str) -> MongoClient[dict[str, Any]]:
    # With a time for the whole, it tries as often as it takes; else once more only, which a killed server's
    # last breath can use up.
    return MongoClient(url, timeoutMS=60_000)


def ended_cleanly(data: Path) -> bool:
    """Tell whether mongod has emptied its lock file, as it does when it shuts down in good order."""
    return (data / "mongo" / "db" / "mongod.lock").read_text() == ""


def test_starts_writable_and_stops_clean(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        mongo.some.things.insert_one({"_id": 1})
        hello = mongo.admin.command("hello")
        assert hello["setName"] == "madang"
        assert hello["isWritablePrimary"]
    assert is_unused(data)
    assert ended_cleanly(data)
    assert not (data / "mongo" / supervisor.CONTROL).exists()
    assert not (data / "mongo" / supervisor.SERVER).exists()


def test_data_survives_and_the_second_start_is_quick(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        mongo.some.things.insert_one({"_id": 1})
    begun = time.monotonic()
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        assert time.monotonic() - begun < PATIENCE
        assert mongo.some.things.count_documents({"_id": 1}) == 1


def test_the_data_folder_may_be_moved(data: Path, tmp_path: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        mongo.some.things.insert_one({"_id": 1})
    moved = tmp_path / "마당 자료%"
    data.rename(moved)
    with EmbeddedMongo.start(moved) as server, client(server.url) as mongo:
        assert mongo.some.things.count_documents({"_id": 1}) == 1


def test_transactions_work(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        things = mongo.some.things
        things.insert_one({"_id": 0})
        with mongo.start_session() as session, session.start_transaction():
            things.insert_one({"_id": 1}, session=session)
            session.abort_transaction()
        with mongo.start_session() as session, session.start_transaction():
            things.insert_one({"_id": 2}, session=session)
        assert [thing["_id"] for thing in things.find()] == [0, 2]


def test_only_a_socket_closed_to_others_leads_in(data: Path) -> None:
    with EmbeddedMongo.start(data):
        assert data.stat().st_mode & 0o077 == 0
        assert (data / "mongo").stat().st_mode & 0o077 == 0
        inodes = set()
        for descriptor in Path(f"/proc/{mongod_pid(data)}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                inodes.add(str(descriptor.readlink()))
        assert any(inode.startswith("socket:") for inode in inodes)
        for table in ("tcp", "tcp6"):
            rows = [row.split() for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
            assert not inodes & {f"socket:[{row[9]}]" for row in rows}


def test_a_second_process_shares_the_server_and_the_last_one_out_stops_it(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, User(data) as second, User(data) as third:
        first_pid = mongod_pid(data)
        assert second.url() == third.url() == server.url
        assert mongod_pid(data) == first_pid
        third.leave()
        server.close()
        assert mongod_pid(data) == first_pid, "somebody still uses it"
        with client(second.url()) as mongo:
            mongo.some.things.insert_one({"_id": 1})
        second.leave()
        assert is_unused(data)
        assert ended_cleanly(data)


def test_many_users_that_start_at_once_get_one_server(data: Path) -> None:
    with contextlib.ExitStack() as stack:
        users = [stack.enter_context(User(data)) for _ in range(4)]
        urls = {user.url() for user in users}
        assert len(urls) == 1
        with client(urls.pop()) as mongo:
            mongo.some.things.insert_one({"_id": 1})
        log = (data / "mongo" / supervisor.OWN_LOG).read_text()
        assert log.count("mongod started") == 1


@pytest.mark.faults
def test_the_server_stops_cleanly_when_its_users_are_killed(data: Path) -> None:
    with User(data) as first, User(data) as second:
        first.url()
        second.url()
        first.kill()
        assert not is_unused(data)
        second.kill()
        wait_until(lambda: is_unused(data))
        assert ended_cleanly(data)


@pytest.mark.faults
def test_a_killed_mongod_is_back_with_its_data(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        for number in range(3):
            mongo.some.things.insert_one({"_id": number})
            killed = mongod_pid(data)
            begun = time.monotonic()
            os.kill(killed, signal.SIGKILL)
            mongo.some.things.insert_one({"_id": f"after {number}"})
            assert time.monotonic() - begun < PATIENCE
            assert mongod_pid(data) != killed
        assert mongo.some.things.count_documents({}) == 6
    assert ended_cleanly(data)


def test_a_mongod_stopped_by_its_own_users_signal_is_back(data: Path) -> None:
    # A service manager may signal every process of the service at once, while the hub still drains.
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        boss, child = supervisor_pid(data), mongod_pid(data)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(boss, number)
        os.kill(child, signal.SIGTERM)
        wait_until(lambda: has_ended(child))
        wait_until(lambda: takes(mongo, 1))
        assert supervisor_pid(data) == boss


@pytest.mark.faults
def test_a_killed_supervisor_takes_mongod_along_and_a_user_starts_another(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        mongo.some.things.insert_one({"_id": 1})
        boss, child = supervisor_pid(data), mongod_pid(data)
        os.kill(boss, signal.SIGKILL)
        wait_until(lambda: has_ended(child))  # until then, it may still take what is written
        wait_until(lambda: takes(mongo, 2))
        assert supervisor_pid(data) != boss
    assert ended_cleanly(data)


@pytest.mark.faults
def test_when_user_and_supervisor_are_killed_nothing_is_left_and_the_next_start_works(data: Path) -> None:
    with User(data) as user:
        with client(user.url()) as mongo:
            mongo.some.things.insert_one({"_id": 1})
        boss = supervisor_pid(data)
        user.kill()
        with contextlib.suppress(ProcessLookupError):
            os.kill(boss, signal.SIGKILL)
        wait_until(lambda: is_unused(data))
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        assert mongo.some.things.count_documents({"_id": 1}) == 1


def test_who_comes_while_the_server_stops_gets_a_fresh_one(data: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        for number in range(2):
            server = EmbeddedMongo.start(data)
            leaving = pool.submit(server.close)
            wait_until(lambda: not (data / "mongo" / supervisor.CONTROL).exists(), what="it is stopping")
            with EmbeddedMongo.start(data) as next_one, client(next_one.url) as mongo:
                mongo.some.things.insert_one({"_id": number})
                assert mongo.some.things.count_documents({}) == number + 1
            leaving.result()


def test_users_may_come_and_go_in_any_order(data: Path) -> None:
    def use(number: int) -> int:
        with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
            mongo.some.things.insert_one({"_id": number})
            return number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(12))) == list(range(12))
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        assert mongo.some.things.count_documents({}) == 12


def test_users_that_leave_at_the_same_moment_take_nothing_away_from_others(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo, contextlib.ExitStack() as stack:
        boss, child = supervisor_pid(data), mongod_pid(data)
        lines = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(12)]
        for line in lines:
            line.connect(str(data / "mongo" / supervisor.CONTROL))
            assert line.recv(64) == b"running\n"
        os.kill(boss, signal.SIGSTOP)
        for place, line in enumerate(lines):
            if place % 2:
                line.close()
            else:
                line.sendall(b"wait\n")
        os.kill(boss, signal.SIGCONT)
        for line in lines[::2]:
            assert line.recv(64) == b"staying\n"
        mongo.some.things.insert_one({"_id": 1})
        assert (supervisor_pid(data), mongod_pid(data)) == (boss, child)


def test_forked_children_keep_the_light_on(data: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from storage.embedded.mongo import EmbeddedMongo
server = EmbeddedMongo.start(Path(sys.argv[1]))
if os.fork():
    server.close()
    os._exit(0)
print(server.url, flush=True)
sys.stdin.read()
server.close()
"""
    parent = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert parent.wait(30) == 0
    with client(url) as mongo:
        mongo.some.things.insert_one({"_id": 1})
    parent.communicate(timeout=30)
    wait_until(lambda: is_unused(data))
    assert ended_cleanly(data)


def test_stale_sockets_of_a_crash_are_replaced(data: Path) -> None:
    (data / "mongo").mkdir(parents=True)
    for name in (supervisor.CONTROL, supervisor.SERVER):
        with socket.socket(socket.AF_UNIX) as left_over:
            left_over.bind(str(data / "mongo" / name))
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo:
        assert mongo.admin.command("ping")["ok"]


def test_a_long_data_path_works(tmp_path: Path) -> None:
    data = tmp_path / ("긴 이름 " * 10) / ("x" * 100)
    with EmbeddedMongo.start(data) as server, User(data) as second, client(second.url()) as mongo:
        assert second.url() == server.url
        mongo.some.things.insert_one({"_id": 1})
        assert server.url.count("madang-") == 1
    wait_until(lambda: is_unused(data))


def test_the_short_name_of_a_long_path_must_be_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = tmp_path / "t"
    open_to_all.mkdir()
    (open_to_all / f"madang-{os.getuid()}").mkdir(mode=0o777)
    (open_to_all / f"madang-{os.getuid()}").chmod(0o777)
    monkeypatch.setattr("tempfile.tempdir", str(open_to_all))
    with pytest.raises(MongodFailed, match="belongs to this user alone"):
        EmbeddedMongo.start(tmp_path / ("x" * 100))


def test_close_twice_is_harmless(data: Path) -> None:
    before = set(threading.enumerate())
    server = EmbeddedMongo.start(data)
    server.close()
    server.close()
    assert not any(thread.name == "embedded-mongo" for thread in set(threading.enumerate()) - before)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MongodFailed, match=r"The data folder .*file/var cannot be used: Not a directory"):
        EmbeddedMongo.start(tmp_path / "file" / "var")


def test_damaged_data_are_told_in_plain_words(data: Path) -> None:
    with EmbeddedMongo.start(data):
        pass
    (data / "mongo" / "db" / "WiredTiger.turtle").write_text("nonsense")
    (data / "mongo" / "db" / "WiredTiger.wt").write_bytes(b"")
    with pytest.raises(MongodFailed, match=r"does not start: mongod ended with status .*mongod\.log"):
        EmbeddedMongo.start(data)
    wait_until(lambda: is_unused(data))


def test_a_start_that_takes_too_long_is_given_up(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = data.parent / "mongod"
    sleeper.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(embedded, "find_mongod", lambda: mongod.Mongod(sleeper, "6.0"))
    with pytest.raises(MongodFailed, match="did not start in time"):
        EmbeddedMongo.start(data, timeout=0.3)
    wait_until(lambda: is_unused(data))


def test_no_mongod_says_what_helps(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(mongod, "find_spec", lambda _: None)
    with pytest.raises(MongodMissing, match=r"no `mongod` on the PATH.*MADANG_MONGODB_URL"):
        EmbeddedMongo.start(data)
    assert is_unused(data)


def test_a_mongod_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "mongod"
    program.write_text("#!/bin/sh\necho db version v7.0.1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert mongod.find_mongod() == mongod.Mongod(program, "7.0.1")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'error while loading shared libraries: libssl.so.1.1: no' >&2; exit 127", "needs OpenSSL 1.1"),
        ("echo 'error while loading shared libraries: libcurl.so.4: no' >&2; exit 127", "needs libcurl"),
        ("echo 'error while loading shared libraries: libx.so.9: no' >&2; exit 127", "library libx.so.9"),
        ("kill -ILL $$", "AVX"),
        ("echo 'quite broken' >&2; exit 3", "status 3: quite broken"),
    ],
)
def test_a_mongod_that_does_not_run_is_passed_over_and_the_reason_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    program = tmp_path / "mongod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert mongod.find_mongod().program != program
    monkeypatch.setattr(mongod, "find_spec", lambda _: None)
    with pytest.raises(MongodMissing, match=words):
        mongod.find_mongod()


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (14, '{"s":"E","msg":"x","attr":{"error":"28: No space left on device"}}', "the disk is full"),
        (-9, "", "killed"),
        (-4, "", "AVX"),
        (62, "", "another version"),
        (1, '{"s":"I","msg":"all is well"}\n', "mongod ended with status 1"),
        (1, '{"s":"F","msg":"No luck","attr":{"error":{"code":7}}}\n', 'status 1: No luck {"code": 7}'),
        (2, "Error parsing command line: bad", "status 2: Error parsing command line: bad"),
    ],
)
def test_reasons_are_plain(status: int, said: str, words: str) -> None:
    assert words in supervisor.reason(status, said)


def test_a_grown_log_is_put_aside_while_the_server_runs(data: Path) -> None:
    with EmbeddedMongo.start(data) as server, client(server.url) as mongo, User(data) as second:
        log = data / "mongo" / supervisor.SERVER_LOG
        os.truncate(log, supervisor.LOG_BYTES + 1)
        second.url()  # news of any kind makes the supervisor look
        wait_until((data / "mongo" / f"{supervisor.SERVER_LOG}.1").exists)
        wait_until(log.exists)
        mongo.some.things.insert_one({"_id": 1})
