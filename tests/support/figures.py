"""Figures that a test run measured, told at its end and kept in `var/figures.json`."""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[2] / "var" / "figures.json"


class Figures:
    """Figures by the name of what was measured."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, Any]] = {}

    def tell(self, what: str, **figures: Any) -> None:
        """Keep figures; numbers are rounded to what they mean."""
        self.told[what] = {
            name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()
        }


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Give where figures go."""
    found = Figures()
    yield found
    if not found.told:
        return
    FILE.parent.mkdir(exist_ok=True)
    # Of a run in several processes each adds its own.
    with FILE.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        earlier = json.loads(file.read() or "{}")
        file.truncate(0)
        file.write(json.dumps(earlier | found.told, indent=2, ensure_ascii=False) + "\n")
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        for what, values in found.told.items():
            terminal.write_line(f"{what}: " + ", ".join(f"{name} {value}" for name, value in values.items()))
