"""The folder in which several workers keep their metrics; see `hub/metrics.py`.

The library reads its environment variable once, when it is imported: so the process that forks
workers calls `shared_metrics` before, and where the library is there already, lets it read again.
"""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Give the workers forked meanwhile a folder for their metrics, empty at the start, gone at the end."""
    before = os.environ.get(FOLDER)
    with tempfile.TemporaryDirectory(prefix="madang-metrics-") as folder:
        os.environ[FOLDER] = folder
        _read_again()
        try:
            yield
        finally:
            if before is None:
                del os.environ[FOLDER]
            else:
                os.environ[FOLDER] = before
            _read_again()


def forget_worker(pid: int) -> None:
    """Let go of what a dead worker had open; what it counted stays in the totals."""
    if folder := os.environ.get(FOLDER):
        for file in Path(folder).glob(f"gauge_live*_{pid}.db"):
            file.unlink(missing_ok=True)


def _read_again() -> None:
    """Let the library, if it is there already, choose anew where metrics made from now on are kept."""
    if (values := sys.modules.get("prometheus_client.values")) is not None:
        importlib.reload(values)
