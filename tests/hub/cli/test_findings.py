import os
import resource
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest

from config.secret import KEY_FILE, LEDGER_KEY_FILE, ensure_ledger_key, ensure_secret_key
from config.settings import Settings
from hub.cli import findings
from hub.cli.findings import State
from rooms.forms.seal import Seal

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def test_a_data_folder_that_can_be_written(tmp_path: Path) -> None:
    found = findings.data_folder(Settings(data=tmp_path))
    assert (found.state, found.found) == (State.OK, str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_data_folder_that_will_be_made(tmp_path: Path) -> None:
    found = findings.data_folder(Settings(data=tmp_path / "a" / "b"))
    assert found.state is State.OK
    assert "will be made" in found.found
    assert not list(tmp_path.iterdir())


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = findings.data_folder(Settings(data=tmp_path / "file"))
    assert found.state is State.FAULT
    assert "MADANG_DATA" in found.do


def test_a_data_folder_of_somebody_else() -> None:
    found = findings.data_folder(Settings(data=Path("/proc/madang")))
    assert found.state is State.FAULT


@pytest.mark.parametrize(
    ("least", "little", "state"), [(0, 0, "ok"), (0, 2**80, "warning"), (2**80, 0, "fault")]
)
def test_disk_space(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, least: int, little: int, state: str
) -> None:
    monkeypatch.setattr(findings, "LEAST_DISK", least)
    monkeypatch.setattr(findings, "LITTLE_DISK", little)
    found = findings.disk_space(Settings(data=tmp_path / "not" / "there"))
    assert found.state == state
    assert "GiB free" in found.found


def test_the_secret_key_is_seen_and_not_made(tmp_path: Path) -> None:
    assert findings.secret_key(Settings(secret_key="k" * 40)).found == "given in the settings"
    settings = Settings(data=tmp_path)
    assert "will be made" in findings.secret_key(settings).found
    assert not list(tmp_path.iterdir())
    key = ensure_secret_key(settings)
    found = findings.secret_key(settings)
    assert found.state is State.OK
    assert key not in found.found
    (tmp_path / KEY_FILE).chmod(0o644)
    found = findings.secret_key(settings)
    assert found.state is State.FAULT
    assert "chmod 600" in found.found


def test_the_ledger_key_is_seen_by_its_public_half_and_not_made(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert "will be made" in findings.ledger_key(settings).found
    assert not list(tmp_path.iterdir())
    secret = ensure_ledger_key(settings)
    found = findings.ledger_key(settings)
    assert (found.state, secret in found.found) == (State.OK, False)
    assert f"--key {Seal(secret).key}`" in found.found
    assert Seal(secret).key in findings.ledger_key(Settings(ledger_key=secret)).found
    (tmp_path / LEDGER_KEY_FILE).chmod(0o644)
    assert findings.ledger_key(settings).state is State.FAULT


@pytest.mark.parametrize(
    ("limit", "state"),
    [(256, "fault"), (1024, "warning"), (8192, "ok"), (resource.RLIM_INFINITY, "ok")],
)
def test_open_files(monkeypatch: pytest.MonkeyPatch, limit: int, state: str) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, resource.RLIM_INFINITY))
    assert findings.open_files().state == state


def test_the_clock() -> None:
    found = findings.clock(Settings(), NOW)
    assert (found.state, found.found) == (State.OK, "2026-11-23 09:00:00 in Asia/Seoul")
    assert findings.clock(Settings(), datetime(1970, 1, 1, tzinfo=UTC)).state is State.FAULT


def test_a_free_port() -> None:
    found = findings.port(Settings(port=0))
    assert (found.state, found.found) == (State.OK, "127.0.0.1:0 is free")


def hang_up(server: socket.socket) -> None:
    caller, _ = server.accept()
    caller.close()


def test_a_port_held_by_another_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answering = threading.Thread(target=hang_up, args=[other])
        answering.start()
        found = findings.port(Settings(port=port))
        answering.join()
    assert found.state is State.FAULT
    assert "MADANG_PORT" in found.do


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:  # type: ignore[explicit-override]
        pass


@pytest.fixture
def running_hub() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_port_held_by_a_hub_that_runs(running_hub: int) -> None:
    found = findings.port(Settings(port=running_hub))
    assert found.state is State.OK
    assert "held by a hub" in found.found


def test_an_address_of_another_machine() -> None:
    found = findings.port(Settings(host="192.0.2.1", port=0))
    assert found.state is State.FAULT
    assert "MADANG_HOST" in found.do


def test_a_host_without_an_address() -> None:
    found = findings.port(Settings(host="no-such-host.invalid", port=0))
    assert found.state is State.FAULT
    assert "MADANG_HOST" in found.do


def test_a_port_for_the_administrator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(findings, "listen", refuse)
    found = findings.port(Settings(port=443))
    assert found.state is State.FAULT
    assert "1023" in found.do


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        (Settings(), State.OK),
        (
            Settings(public_url="https://talk.example.org", trusted_proxies=(ip_network("127.0.0.1"),)),
            State.OK,
        ),
        (Settings(public_url="https://talk.example.org"), State.WARNING),
        (Settings(host="0.0.0.0"), State.WARNING),
        (Settings(host="::", public_url="http://talk.example.org"), State.WARNING),
    ],
)
def test_whether_people_come_over_tls(settings: Settings, state: State) -> None:
    found = findings.address(settings)
    assert found.state is state
    assert bool(found.do) == (state is State.WARNING)
