import multiprocessing
import stat
from pathlib import Path

import pytest

from config.secret import KEY_FILE, LEDGER_KEY_FILE, ensure_ledger_key, ensure_secret_key
from config.settings import Settings, SettingsFault


def test_the_key_of_the_settings_is_the_key(tmp_path: Path) -> None:
    assert ensure_secret_key(Settings(secret_key="k" * 40, data=tmp_path / "data")) == "k" * 40
    assert not (tmp_path / "data").exists()


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "deep" / "data")
    key = ensure_secret_key(settings)
    assert len(key) >= 64
    assert ensure_secret_key(settings) == key
    file = settings.data / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in settings.data.iterdir()] == [KEY_FILE]
    assert ensure_secret_key(Settings(data=tmp_path / "other")) != key


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(ensure_secret_key, [settings] * 16, chunksize=1)
    assert len(set(keys)) == 1
    assert [entry.name for entry in settings.data.iterdir()] == [KEY_FILE]


def test_a_key_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ensure_secret_key(settings)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(SettingsFault, match="chmod 600"):
        ensure_secret_key(settings)


@pytest.mark.parametrize("content", [b"", b"short", "열쇠".encode() * 40])
def test_a_key_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / KEY_FILE
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SettingsFault, match="secret key"):
        ensure_secret_key(Settings(data=tmp_path))


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsFault, match="cannot be kept there"):
        ensure_secret_key(Settings(data=tmp_path / "file" / "data"))


def test_ledgers_have_a_key_of_their_own(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    key = ensure_ledger_key(settings)
    assert key == ensure_ledger_key(settings) != ensure_secret_key(settings)
    assert stat.S_IMODE((tmp_path / LEDGER_KEY_FILE).stat().st_mode) == 0o600
    assert ensure_ledger_key(Settings(ledger_key="k" * 40, data=tmp_path / "other")) == "k" * 40
    assert not (tmp_path / "other").exists()
