"""Where the bot's process listens: a socket file that only this user can reach."""

import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

LONGEST: Final = 100
"""Bytes of a path that every system takes for a socket (`sun_path`, unix(7), has 108)."""
NAME: Final = "bot.sock"


class UnsafeFolder(Exception):
    """Somebody else has the folder that the socket would lie in."""


def socket_path(folder: Path) -> Path:
    """Name the socket of the bot whose data are in `folder`.

    It lies there, or, where that path is too long for a socket, in a folder of its own among the temporary
    files, always the same one.
    """
    path = folder.absolute() / NAME
    if len(os.fsencode(path)) <= LONGEST:
        return path
    name = sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"madang-{os.getuid()}-{name}" / NAME


def prepare(path: Path) -> None:
    """Make room for the socket, in a folder for this user alone. Raises OSError, UnsafeFolder."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    check(path)
    # A socket file that is there is of a process that has ended: the hub runs one at a time.
    path.unlink(missing_ok=True)


def check(path: Path) -> None:
    """See that nobody else could have put a socket there. Raises OSError, UnsafeFolder."""
    found = path.parent.stat(follow_symlinks=False)
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise UnsafeFolder(f"{path.parent} belongs to somebody else")
