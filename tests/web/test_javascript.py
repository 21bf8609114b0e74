"""The JavaScript of the pages: every file parses, and its own tests pass under node."""

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent
WEB = HERE.parent.parent / "hub" / "web"
# As `node --check` does, but all in one process.
PARSE = """
const { readFileSync } = require('node:fs');
const { SourceTextModule } = require('node:vm');
for (const path of process.argv.slice(1))
  new SourceTextModule(readFileSync(path, 'utf8'), { identifier: path });
"""
MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")


@pytest.fixture(scope="module")
def node() -> str:
    """Find node: the system's, else the one that Playwright brings along."""
    found = shutil.which("node")
    if found is None:
        brought = compute_driver_executable()[0]
        found = brought if Path(brought).exists() else None
    if found is None:
        pytest.fail("no node here: install the package nodejs, or playwright, which brings one")
    return found


def test_every_script_parses(node: str) -> None:
    scripts = sorted(WEB.rglob("*.js"))
    assert len(scripts) > 40
    command = [node, "--no-warnings", "--experimental-vm-modules", "--eval", PARSE]
    run = subprocess.run([*command, *scripts], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_scripts_pass_their_own_tests(node: str) -> None:
    tests = sorted(HERE.glob("*.test.js"))
    run = subprocess.run([node, "--test", *tests], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# pass 0" not in run.stdout


def test_every_script_and_style_stays_readable() -> None:
    sources = [path for path in WEB.rglob("*") if path.suffix in {".js", ".css", ".html"}]
    assert [path.name for path in sources if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_no_page_has_inline_script_or_style_or_fetches_from_elsewhere() -> None:
    for page in WEB.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text
        assert "//" not in text.replace("https://", "").replace("http://", "")
        assert "http" not in text


def test_text_of_people_never_becomes_markup() -> None:
    for script in WEB.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        for forbidden in MARKUP:
            assert forbidden not in text, f"{script.name} uses {forbidden}"
