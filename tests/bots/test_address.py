import os
from pathlib import Path

import pytest

from bots.address import LONGEST, UnsafeFolder, check, prepare, socket_path


def test_the_socket_lies_among_the_data_or_where_its_path_is_short(tmp_path: Path) -> None:
    assert socket_path(tmp_path / "b") == tmp_path / "b" / "bot.sock"
    long = tmp_path / ("x" * 120)
    path = socket_path(long)
    assert len(os.fsencode(path)) <= LONGEST
    assert path == socket_path(long) != socket_path(long / "y")
    prepare(path)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.rmdir()


def test_a_folder_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(UnsafeFolder):
        check(tmp_path / "bot.sock")
