"""The key that signs tokens: from the settings, or made once and kept in the data folder."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from config.settings import Settings, SettingsFault

KEY_FILE: Final = "secret.key"
_LEAST: Final = 32
_OTHERS: Final = 0o077


def ensure_secret_key(settings: Settings) -> str:
    """Return the secret key; make one and keep it in `<data>/secret.key` (mode 0600) where there is none.

    Several processes may call this at once: all get the same key. Raises SettingsFault where
    the file is not to be used (others may read it, too short) or cannot be made.
    """
    if settings.secret_key is not None:
        return settings.secret_key
    path = settings.data / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsFault((f"{path}: the secret key cannot be kept there: {error}.",)) from error


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key is the key
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> str:
    if path.stat().st_mode & _OTHERS:
        raise SettingsFault((f"{path}: others may read the secret key; run: chmod 600 {path}",))
    key = path.read_text(encoding="ascii").strip()
    if len(key) < _LEAST:
        raise SettingsFault(
            (f"{path}: the secret key has {len(key)} characters, fewer than {_LEAST}; remove the file.",)
        )
    return key
