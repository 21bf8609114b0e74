"""What tests take from npm: installed once, below `var`, as the lock in tests/e2e/npm names it."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "e2e" / "npm"
INSTALLED = Path(__file__).parents[2] / "var" / "npm"


def installed() -> Path:
    """Install what the lock names, unless that was done; gives the folder."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "busy").open("w") as busy:  # one process of the tests at a time
        fcntl.flock(busy, fcntl.LOCK_EX)
        _install()
    return INSTALLED


def _install() -> None:
    lock = INSTALLED / "package-lock.json"
    fresh = lock.exists() and lock.read_bytes() == (HERE / lock.name).read_bytes()
    if not (fresh and (INSTALLED / "node_modules").is_dir()):
        lock.unlink(missing_ok=True)
        shutil.copy(HERE / "package.json", INSTALLED)
        npm = shutil.which("npm")
        assert npm is not None, "this test needs npm: apt-get install npm"
        shutil.copy(HERE / lock.name, INSTALLED)
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, check=False)
        if done.returncode:
            lock.unlink()
            pytest.fail(f"npm ci failed: {done.stderr[-2000:]}")
