"""Fetch OpenSSL 1.1 for the `mongod` of the wheel: `python -m storage.embedded.openssl`.

That server was linked against OpenSSL 1.1, which Debian 12 and Ubuntu 22.04 no longer carry. The package
`libssl1.1` of an earlier release is fetched with the machine's own apt, from its own package source and
checked against its own keys, and the two libraries are unpacked into a folder that nobody but the server is
pointed to. Nothing is installed into the system, and the virtual environment is all that must be writable.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from storage.embedded.mongod import MongodMissing, find_mongod, private_openssl

PACKAGE = "libssl1.1"
LIBRARIES = ("libssl.so.1.1", "libcrypto.so.1.1")
DONORS = {"debian": "bullseye", "ubuntu": "focal"}
"""The last release of each distribution that carries the package."""

_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_ONE_LINE = re.compile(r"^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$")


class OpensslUnavailable(Exception):
    """OpenSSL 1.1 could not be fetched; the message says why and what helps."""


def fetch(target: Path) -> None:
    """Put the two libraries of OpenSSL 1.1 into the folder `target`, complete or not at all.

    Raises `OpensslUnavailable`.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise _unavailable(f"this machine has no {tool}", target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".openssl-") as scratch:
            _place(_libraries(Path(scratch), target), target)
    except OSError as error:
        raise _unavailable(f"{error.strerror or error}: {error.filename or target}", target) from error


def donor_sources(release: Mapping[str, str], texts: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Rewrite each package source of this machine's release to the release that still carries the package.

    `release` holds the fields of os-release, `texts` pairs of file name and text from apt's configuration.
    Yields pairs of suffix (`.sources` or `.list`) and text, one per source that carries the release's `main`.
    """
    own = release.get("UBUNTU_CODENAME") or release.get("VERSION_CODENAME", "")
    family = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    donor = next((DONORS[name] for name in family if name in DONORS), None)
    if donor is None or not own:
        return
    for name, text in texts:
        if name.endswith(".sources"):
            for stanza in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)):
                rewritten = _stanza(stanza, own, donor)
                if rewritten:
                    yield ".sources", rewritten
        else:
            for line in text.splitlines():
                matched = _ONE_LINE.match(line.partition("#")[0].strip())
                if matched and matched[3] == own and "main" in matched[4].split():
                    options = f"[{matched[1]}] " if matched[1] else ""
                    yield ".list", f"deb {options}{matched[2]} {donor} main\n"


def _stanza(text: str, own: str, donor: str) -> str | None:
    fields = {name.lower(): (name, value) for name, value in _FIELD.findall(text)}

    def words(name: str) -> list[str]:
        value: str = fields.get(name, ("", ""))[1]
        return value.split()

    if "deb" not in words("types") or own not in words("suites") or "main" not in words("components"):
        return None
    if words("enabled") == ["no"]:
        return None
    fixed = {"types": "deb", "suites": donor, "components": "main"}
    kept = [f"{name}: {fixed.get(key, value)}" for key, (name, value) in fields.items()]
    return "\n".join(kept) + "\n"


def _libraries(scratch: Path, target: Path) -> list[Path]:
    reasons: list[str] = []
    for number, (suffix, text) in enumerate(donor_sources(_os_release(), _apt_sources())):
        folder = scratch / str(number)
        try:
            package = _download(folder, suffix, text)
            _run(["dpkg-deb", "--extract", str(package), str(folder / "unpacked")], folder)
        except _Failed as failure:
            reasons.append(str(failure))
            continue
        found = [next((folder / "unpacked").glob(f"usr/lib/*/{name}"), None) for name in LIBRARIES]
        libraries = [library for library in found if library is not None]
        if len(libraries) == len(LIBRARIES):
            return libraries
        reasons.append(f"{package.name} does not hold {' and '.join(LIBRARIES)}")
    told = "; ".join(reasons) or "apt's configuration names no source of this release's own packages"
    raise _unavailable(told, target)


def _download(folder: Path, suffix: str, source: str) -> Path:
    """Let apt fetch the package into `folder`, with lists and caches of its own, and return its file."""
    for part in ("sources", "lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "sources" / f"donor{suffix}").write_text(source)
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "sources",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "",  # the folder is closed to apt's own user, and apt would warn of that
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Update::Error-Mode": "any",  # else a source that cannot be reached is only a warning
    }
    apt = ["apt-get", "--quiet", *(f"--option={name}={value}" for name, value in settings.items())]
    _run([*apt, "update"], folder)
    _run([*apt, "download", PACKAGE], folder)
    return next(folder.glob("*.deb"))


class _Failed(Exception):
    """A tool ended with an error; the message holds its last words."""


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - apt and dpkg, with arguments made here
        command,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if line.startswith(("E:", "W: GPG"))]
        raise _Failed(f"{command[0]}: {' / '.join(errors) or done.stdout[-300:].strip()}")


def _place(libraries: list[Path], target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".openssl-") as scratch:
        ready = Path(scratch) / "ready"
        ready.mkdir()
        for library in libraries:
            shutil.copyfile(library, ready / library.name)
        if target.exists():
            target.rename(Path(scratch) / "former")
        ready.rename(target)


def _os_release() -> dict[str, str]:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name: value.strip("\"'") for name, _, value in pairs if value}


def _apt_sources() -> list[tuple[str, str]]:
    configuration = Path("/etc/apt")
    parts = configuration / "sources.list.d"
    files = [configuration / "sources.list", *sorted(parts.glob("*.sources")), *sorted(parts.glob("*.list"))]
    return [(file.name, file.read_text(encoding="utf-8")) for file in files if file.is_file()]


def _unavailable(reason: str, target: Path) -> OpensslUnavailable:
    return OpensslUnavailable(
        f"OpenSSL 1.1 could not be fetched: {reason}. "
        f"Put {' and '.join(LIBRARIES)} into {target}, or install MongoDB 6.0 or newer, "
        "or set MADANG_MONGODB_URL to a MongoDB that runs already."
    )


def main() -> int:
    """Fetch OpenSSL 1.1 unless `mongod` runs without it; the exit status tells whether it runs now."""
    try:
        find_mongod()
    except MongodMissing as missing:
        if "OpenSSL 1.1" not in str(missing):
            sys.stderr.write(f"{missing}\n")
            return 1
    else:
        return 0
    try:
        fetch(private_openssl())
        found = find_mongod()
    except (OpensslUnavailable, MongodMissing) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stderr.write(f"OpenSSL 1.1 is in place; MongoDB {found.version} runs.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
