"""What `madang doctor` finds on this machine: folder, disk, key, open files, clock, port."""

import errno
import os
import resource
import shutil
import socket
import tempfile
import urllib.request
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct

from config.kinds import LOOPBACK
from config.secret import KEY_FILE, LEDGER_KEY_FILE, ensure_ledger_key, ensure_secret_key
from config.settings import Settings, SettingsFault
from hub.serve import listen
from rooms.forms.seal import Seal

GIB: Final = 2**30
LEAST_DISK: Final = GIB
LITTLE_DISK: Final = 5 * GIB
LEAST_FILES: Final = 1024
FEW_FILES: Final = 8192
NOT_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_HEALTH_SECONDS: Final = 2.0


class State(StrEnum):
    """How it stands: with a fault the hub does not work, with a warning not as well as it could."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(Struct, frozen=True):
    """What was found about one thing, and what to do about it."""

    about: str
    state: State
    found: str
    do: str = ""


def ok(about: str, found: str) -> Finding:
    """Report that something is as it should be."""
    return Finding(about, State.OK, found)


def warning(about: str, found: str, do: str) -> Finding:
    """Report that something could be better."""
    return Finding(about, State.WARNING, found, do)


def fault(about: str, found: str, do: str) -> Finding:
    """Report that the hub will not work like this."""
    return Finding(about, State.FAULT, found, do)


def data_folder(settings: Settings) -> Finding:
    """Try to write in the data folder; where there is none yet, in the folder it will be made in."""
    place = _nearest(settings.data)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"madang")
    except OSError as error:
        return fault(
            "Data folder",
            f"{settings.data} cannot be written: {error.strerror or error}.",
            f"Let the user who runs the hub own {place}, or set MADANG_DATA to another folder.",
        )
    made = "" if place == settings.data else ", which will be made at the first start"
    return ok("Data folder", f"{settings.data.absolute()}{made}")


def disk_space(settings: Settings) -> Finding:
    """See how much room there is where the data folder lies."""
    free = shutil.disk_usage(_nearest(settings.data)).free
    found = f"{free / GIB:.1f} GiB free"
    if free < LEAST_DISK:
        return fault("Disk", f"{found}.", "Make room: below 1 GiB MongoDB may stop at any time.")
    if free < LITTLE_DISK:
        return warning("Disk", f"{found}.", "Make room before it is needed.")
    return ok("Disk", found)


def secret_key(settings: Settings) -> Finding:
    """See whether there is a key to sign tokens with, and whether others may read it."""
    if settings.secret_key is not None:
        return ok("Secret key", "given in the settings")
    file = settings.data / KEY_FILE
    try:
        if not file.exists():
            return ok("Secret key", "will be made at the first start")
        ensure_secret_key(settings)
    except (SettingsFault, OSError) as error:
        return fault("Secret key", str(error), "Mend the file, or set MADANG_SECRET_KEY.")
    return ok("Secret key", f"kept in {file}")


def ledger_key(settings: Settings) -> Finding:
    """See whether there is a key to sign ledgers with, and tell its public half, to compare files with."""
    file = settings.data / LEDGER_KEY_FILE
    try:
        if settings.ledger_key is None and not file.exists():
            return ok("Ledger key", "will be made at the first start")
        public = Seal(ensure_ledger_key(settings)).key
    except (SettingsFault, OSError) as error:
        return fault(
            "Ledger key",
            str(error),
            "Mend the file or bring it back from a backup: what was signed with it is checked with it.",
        )
    kept = "given in the settings" if settings.ledger_key is not None else f"kept in {file}"
    return ok("Ledger key", f"{kept}; `madang ledger verify --key {public}`")


def open_files() -> Finding:
    """See how many sockets one process may hold."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return ok("Open files", "no limit")
    found = f"{limit:,} for each process, and every connection takes one"
    do = "Raise it: `ulimit -n 65536`, or LimitNOFILE=65536 in the systemd unit."
    if limit < LEAST_FILES:
        return fault("Open files", f"{found}.", do)
    if limit < FEW_FILES:
        return warning("Open files", f"{found}.", do)
    return ok("Open files", found)


def clock(settings: Settings, now: datetime) -> Finding:
    """See whether the clock can be right; `now` is what it says."""
    local = now.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M:%S")
    if now < NOT_BEFORE:
        return fault(
            "Clock",
            f"It says {local}, which is past.",
            "Set the clock, and keep it right with chrony or systemd-timesyncd.",
        )
    return ok("Clock", f"{local} in {settings.timezone}")


def port(settings: Settings) -> Finding:
    """Try to listen where the hub would."""
    place = f"{settings.host}:{settings.port}"
    try:
        listen(settings.host, settings.port).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _answers(settings):
            return ok("Port", f"{place} is held by a hub that runs")
        return fault("Port", f"The hub cannot listen on {place}: {error.strerror or error}.", remedy(error))
    return ok("Port", f"{place} is free")


def address(settings: Settings) -> Finding:
    """See whether what people's browsers are told is safe."""
    if settings.public_url is not None and settings.over_https and not settings.trusted_proxies:
        return warning(
            "Address",
            f"{settings.public_url}, but everybody seems to come from the proxy and shares its limits.",
            "Let the proxy set X-Forwarded-For, and set MADANG_TRUSTED_PROXIES to its address.",
        )
    if settings.public_url is not None and settings.over_https:
        return ok("Address", settings.public_url)
    if settings.host in LOOPBACK:
        return ok("Address", settings.public_url or "for this machine alone")
    return warning(
        "Address",
        "Other machines can come, and cookies and passwords travel without TLS.",
        "Put a proxy with TLS before the hub, and set MADANG_PUBLIC_URL to its https:// address.",
    )


def _nearest(folder: Path) -> Path:
    place = folder
    while not place.exists() and place.parent != place:
        place = place.parent
    return place


def remedy(error: OSError) -> str:
    """Say what helps where the hub cannot listen."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "Set MADANG_HOST to an address of this machine, or to 0.0.0.0 for all of them."
    if error.errno == errno.EACCES:
        return "Choose a port above 1023 with MADANG_PORT, and let a proxy take the low one."
    if error.errno == errno.EADDRINUSE:
        return "Stop the program that holds it (`ss -ltnp` shows which), or set MADANG_PORT to another one."
    return f"{os.strerror(error.errno or 0)}: see MADANG_HOST and MADANG_PORT."


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - asked, not bound
    host = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(
            f"http://{host}:{settings.port}/healthz", timeout=_HEALTH_SECONDS
        ) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False
