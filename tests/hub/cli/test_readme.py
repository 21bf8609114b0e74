"""The README says what the import reads, and what the hub wants."""

import re
import tomllib
from pathlib import Path

from config.reading import load
from hub.cli.reach import LEAST_REDIS
from hub.cli.roster_columns import columns_table
from storage.server import LEAST_VERSION, dotted

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_shows_the_columns_there_are() -> None:
    readme = README.read_text(encoding="utf-8")
    shown = readme.partition("<!-- rosters -->")[2].partition("<!-- /rosters -->")[0]
    assert columns_table() == shown.strip()


def test_the_readme_wants_the_versions_that_the_hub_does() -> None:
    readme = README.read_text(encoding="utf-8")
    assert f"**MongoDB** ({dotted(LEAST_VERSION)} or later)" in readme
    assert f"**Redis** ({dotted(LEAST_REDIS)} or later)" in readme


def test_settings_for_systemd_hold_nothing_but_values() -> None:
    readme = README.read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    (block,) = [part for part in blocks if "MADANG_MONGODB_URL=" in part]
    for line in block.splitlines():
        assert line.startswith("#") or re.fullmatch(r"MADANG_\w+=[^\s#]*", line), line
    environ = dict(line.split("=", 1) for line in block.splitlines() if not line.startswith("#"))
    assert load(environ).workers == 1


def test_the_image_holds_every_package() -> None:
    readme = README.read_text(encoding="utf-8")
    project = tomllib.loads((README.parent / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert set(re.findall(r"COPY (\w+) \1\n", readme)) == {name.rstrip("*") for name in packages}


def test_the_architecture_names_every_package_and_no_file_that_is_not_there() -> None:
    root = README.parent
    told = README.read_text(encoding="utf-8").partition("\n## Architecture\n")[2].partition("\n## ")[0]
    packages = {
        f"{folder.parent.relative_to(root)}/"
        for top in ("bots", "config", "hub", "rooms", "storage")
        for folder in (root / top).rglob("__init__.py")
    }
    named = set(re.findall(r"`([a-z_/]+/)`", told))
    within = {f"{layer}/{part}" for layer in ("hub/api", "storage") for part in named if part.count("/") == 1}
    assert packages <= named | within
    for path in re.findall(r"`((?:bots|hub|rooms|storage)/[\w/]+\.py)`", told):
        assert (root / path).is_file(), path
