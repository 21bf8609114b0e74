"""Reading what a hub tells Prometheus."""

import urllib.request
from typing import Final

FETCH_SECONDS: Final = 10.0


def counted(port: int) -> dict[str, float]:
    """Ask a hub what it has counted so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=FETCH_SECONDS) as answer:
        return totals(answer.read().decode())


def totals(text: str) -> dict[str, float]:
    """Take the series without labels out of Prometheus' text format, by name."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name and name[0] != "#" and "{" not in name:
            found[name] = float(value.split(" ")[0])
    return found
