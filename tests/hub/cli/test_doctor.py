import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from config import logging as hub_logging
from config.reading import TABLE
from config.settings import PREFIX
from hub.cli import push, reach
from hub.cli.doctor import doctor
from tests.support.waiting import PATIENCE

SECRETS = ["pass-word-1", "pass-word-2", "pass-word-3"]
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in an environment of its own."""
    monkeypatch.setattr(hub_logging, "configure", lambda _: None)  # what the test run logs stays as it is
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(reach, "SLOW_WRITE", PATIENCE)
    monkeypatch.setattr(reach, "SECONDS", PATIENCE)
    monkeypatch.setattr(push, "SECONDS", PATIENCE)
    app = typer.Typer()
    app.command()(doctor)

    def call(*arguments: str, **environ: str) -> Result:
        told = {f"MADANG_{name.upper()}": value for name, value in environ.items()}
        defaults = {"MADANG_DATA": str(tmp_path), "MADANG_PORT": "0"}
        return CliRunner().invoke(app, list(arguments), env=defaults | told)

    return call


@pytest.fixture
def impatient(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for what is not there."""
    monkeypatch.setattr(reach, "SECONDS", 0.2)
    monkeypatch.setattr(push, "SECONDS", 0.2)


def report(result: Result) -> dict[str, Any]:
    told = json.loads(result.stdout)
    assert told["ok"] == (result.exit_code == 0)
    return dict(told)


def states(told: dict[str, Any]) -> dict[str, str]:
    return {finding["about"]: finding["state"] for finding in told["findings"]}


def test_a_machine_that_is_ready(run: Run, mongod_url: str, redis_url: str, database_name: str) -> None:
    result = run(mongodb_url=mongod_url, mongodb_database=database_name, redis_url=redis_url)
    assert result.exit_code == 0, result.output
    looked_at = ("Settings", "Data folder", "Disk", "Secret key", "Ledger key", "Port", "Address")
    for about in (*looked_at, "MongoDB", "Redis"):
        assert f"{about}: " in result.stdout
    assert "All is well" in result.stdout
    assert f"{len(TABLE) - 5} more have their defaults; --all shows them." in result.stdout
    assert "\x1b" not in result.stdout


def test_a_newcomers_machine(run: Run, tmp_path: Path) -> None:
    told = report(run("--json"))
    assert told["ok"]
    assert told["config"] is None
    assert states(told)["MongoDB"] == "ok"
    assert not list(tmp_path.iterdir())


def test_everything_is_shown_with_its_source(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "madang.toml"
    file.write_text('host = "127.0.0.1"\nport = 1\n')
    result = run("--all", "--config", str(file))
    assert f"Settings (file: {file})" in result.stdout
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.startswith("  MADANG_")}
    assert list(lines) == [row.variable for row in TABLE]
    assert lines["MADANG_HOST"].endswith("  127.0.0.1  (toml)")
    assert lines["MADANG_PORT"].endswith("  0  (environment)")
    assert lines["MADANG_WORKERS"].endswith("  1  (default)")
    assert lines["MADANG_REDIS_URL"].endswith("  -  (default)")
    settings = {row["name"]: row for row in report(run("--json", "--config", str(file)))["settings"]}
    assert settings["host"] == {
        "name": "host", "variable": "MADANG_HOST", "value": "127.0.0.1", "source": "toml",
    }  # fmt: skip
    assert len(settings) == len(TABLE)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("argument", ["--json", "--all"])
def test_secrets_are_masked(run: Run, argument: str) -> None:
    result = run(
        argument,
        mongodb_url="mongodb://me:pass-word-1@127.0.0.1:1/?replicaSet=rs0",
        redis_url="redis://:pass-word-2@127.0.0.1:1/0",
        secret_key="pass-word-3" * 4,
    )
    assert result.exit_code == 1
    assert not any(secret in result.output for secret in SECRETS)
    assert "mongodb://me:***@127.0.0.1:1" in result.output


def test_every_fault_of_the_settings_is_told_and_the_rest_is_examined(run: Run) -> None:
    result = run("--json", workers="0", mongodb_url="nonsense", portt="1")
    told = report(result)
    faults = [finding for finding in told["findings"] if finding["state"] == "fault"]
    assert [finding["about"] for finding in faults] == ["Settings"] * 3
    assert any("did you mean MADANG_PORT?" in finding["found"] for finding in faults)
    assert all(finding["do"] for finding in faults)
    assert "MongoDB" not in states(told)
    assert states(told)["Redis"] == "ok"
    text = run(workers="0").stdout
    assert "not readable, see below" in text
    assert "1 to mend before the hub works" in text


@pytest.mark.usefixtures("impatient")
def test_servers_that_are_not_there(run: Run) -> None:
    told = report(run("--json", mongodb_url="mongodb://127.0.0.1:1/", redis_url="redis://127.0.0.1:1/0"))
    assert {states(told)[about] for about in ("MongoDB", "Redis")} == {"fault"}


def test_what_could_be_better_is_no_fault(run: Run) -> None:
    result = run(host="0.0.0.0")
    assert result.exit_code == 0
    assert "to improve." in result.stdout


def test_a_file_that_is_not_there(run: Run) -> None:
    result = run("--config", "/does/not/exist.toml")
    assert result.exit_code == 1
    assert "there is no such file" in result.stdout
