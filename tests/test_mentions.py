"""What docstrings, comments and documents name is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("bots", "config", "hub", "rooms", "storage", "tests")
MENTION = re.compile(rf"`((?:{'|'.join(PACKAGES)})/[\w/.-]+\.[a-z]+)`")


def test_files_that_are_named_are_there() -> None:
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for package in PACKAGES:
        files += [file for ending in ("py", "js", "md") for file in (ROOT / package).rglob(f"*.{ending}")]
    named = {
        (path, str(file.relative_to(ROOT)))
        for file in files
        if "node_modules" not in file.parts
        for path in MENTION.findall(file.read_text(encoding="utf-8"))
    }
    assert named
    assert {(path, by) for path, by in named if not (ROOT / path).exists()} == set()
