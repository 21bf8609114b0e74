"""The command line, run in the test's own process on a database of the test's own."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config import logging as hub_logging
from hub.cli import main


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@dataclass
class Madang:
    """Runs the command line on a database of the test's own."""

    folder: Path
    environ: dict[str, str]

    def __call__(self, *arguments: str | Path, said: str = "") -> Done:
        """Run a command; `said` is its standard input."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environ.items():
                patch.setenv(name, value)
            patch.setattr(hub_logging, "configure", lambda _: None)  # what the test run logs stays as it is
            patch.setattr(sys, "argv", ["madang", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.StringIO(said))
            with pytest.raises(SystemExit) as ended:
                main()
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def data(self, *arguments: str | Path) -> dict[str, Any]:
        """Run an import with --json."""
        done = self("import", *arguments, "--json")
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found | {"code": done.returncode}

    def files(self, texts: dict[str, str], encoding: str = "utf-8") -> Path:
        """Write the files of a roster to a folder that holds no others."""
        folder = self.folder / "roster"
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode(encoding))
        return folder


def madang_on(mongod_url: str, database: str, folder: Path) -> Madang:
    """Give the command line for a database, with a data folder below `folder`."""
    environ = {
        "MADANG_MONGODB_URL": mongod_url,
        "MADANG_MONGODB_DATABASE": database,
        "MADANG_DATA": str(folder / "var"),
        "MADANG_LOCALE": "en",
    }
    return Madang(folder, environ)
