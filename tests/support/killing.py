"""Kill a program amid its saving of a file."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PATIENCE: Final = 30.0


def killed_amid_saving(script: str, argument: Path, file: Path, kills: int) -> Iterator[int]:
    """Run a script that saves `file` and then prints a number, without end; kill it, again and again.

    Each run comes one saving further and dies amid the writing of the next. Gives the last number that was
    printed, where the numbers count up.
    """
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    for kill in range(1, kills + 1):
        saver = subprocess.Popen(
            [sys.executable, "-c", script, str(argument)], stdout=subprocess.PIPE, text=True, env=environ
        )
        assert saver.stdout is not None
        saved = [int(saver.stdout.readline()) for _ in range(kill)][-1]
        draft = file.with_name(f"{file.name}.{saver.pid}")
        deadline = time.monotonic() + PATIENCE
        while not draft.exists() and time.monotonic() < deadline:
            pass
        saver.kill()
        saved += len(saver.stdout.read().split())
        saver.wait()
        saver.stdout.close()
        yield saved
