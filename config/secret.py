"""Keys that are made once and kept in the data folder, such as the one that signs tokens."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from config.settings import Settings, SettingsFault

KEY_FILE: Final = "secret.key"
LEDGER_KEY_FILE: Final = "ledger.key"
_LEAST: Final = 32
_OTHERS: Final = 0o077


def ensure_secret_key(settings: Settings) -> str:
    """Return the secret key; make one and keep it in `<data>/secret.key` (mode 0600) where there is none.

    Several processes may call this at once: all get the same key. Raises SettingsFault where
    the file is not to be used (others may read it, too short) or cannot be made.
    """
    if settings.secret_key is not None:
        return settings.secret_key
    return ensure_kept(settings.data / KEY_FILE, "secret key", lambda: secrets.token_urlsafe(48), _LEAST)


def ensure_ledger_key(settings: Settings) -> str:
    """Return the key that signs ledgers; make one and keep it in `<data>/ledger.key` where there is none.

    It is a key of its own, so that the one for tokens can be changed without touching evidence. Raises
    SettingsFault as `ensure_secret_key` does.
    """
    if settings.ledger_key is not None:
        return settings.ledger_key
    path = settings.data / LEDGER_KEY_FILE
    return ensure_kept(path, "ledger key", lambda: secrets.token_urlsafe(48), _LEAST)


def ensure_kept(path: Path, what: str, make: Callable[[], str], least: int) -> str:
    """Return the key in a file; where there is none, `make` one and keep it there (mode 0600).

    `what` names the key to people, `least` is how many characters it has. Several processes may call
    this at once: all get the same key. Raises SettingsFault.
    """
    try:
        if not path.exists():
            _make(path, make())
        return _read(path, what, least)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsFault((f"{path}: the {what} cannot be kept there: {error}.",)) from error


def _make(path: Path, key: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key is the key
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path, what: str, least: int) -> str:
    if path.stat().st_mode & _OTHERS:
        raise SettingsFault((f"{path}: others may read the {what}; run: chmod 600 {path}",))
    key = path.read_text(encoding="ascii").strip()
    if len(key) < least:
        raise SettingsFault(
            (f"{path}: the {what} has {len(key)} characters, fewer than {least}; remove the file.",)
        )
    return key
