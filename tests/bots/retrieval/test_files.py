from pathlib import Path

import numpy as np
import pytest

from bots.retrieval.files import Array, BrokenIndex, load, save
from tests.support.killing import killed_amid_saving

ARRAYS: dict[str, Array] = {
    "counts": np.arange(200, dtype=np.uint8),
    "keys": np.arange(7, dtype=np.uint32),
    "rows": np.arange(5, dtype=np.int32)[::2],
    "begins": np.zeros(0, np.int64),
    "lengths": np.linspace(0, 1, 9, dtype=np.float32),
}


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "words.index"
    save(path, "this", ARRAYS)
    loaded = load(path, "this")
    assert list(loaded) == list(ARRAYS)
    assert all(
        np.array_equal(loaded[name], one) and loaded[name].dtype == one.dtype for name, one in ARRAYS.items()
    )
    # Who takes them may go on writing.
    loaded["lengths"][0] = 5
    assert [one.name for one in path.parent.iterdir()] == ["words.index"]


def test_what_another_made_is_left(tmp_path: Path) -> None:
    save(tmp_path / "words.index", "this", ARRAYS)
    with pytest.raises(BrokenIndex, match="another"):
        load(tmp_path / "words.index", "that")


@pytest.mark.parametrize("size", [0, 10, 400, -1])
def test_a_cut_file_is_told(tmp_path: Path, size: int) -> None:
    path = tmp_path / "words.index"
    save(path, "this", ARRAYS)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(BrokenIndex):
        load(path, "this")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "words.index"
    save(path, "this", ARRAYS)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenIndex, match="damaged"):
        load(path, "this")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"made_by": "this", "arrays": 5}',
        b'{"made_by": "this", "sha256": "", "arrays": [["a", "|O", 1]]}',
        b'{"made_by": "this", "sha256": "", "arrays": [["a", "<i8", -1]]}',
        b'{"made_by": "this", "sha256": "", "arrays": [["a", "<i8", 1000000000000000]]}',
        b'{"made_by": "this", "sha256": "", "arrays": []}',
        b"\xff\xfe",
    ],
)
def test_a_foreign_file_is_told(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "words.index"
    path.write_bytes(line + b"\n")
    with pytest.raises(BrokenIndex):
        load(path, "this")


def test_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenIndex):
        load(tmp_path / "words.index", "this")


SAVER = """
import sys
from pathlib import Path
import numpy as np
from bots.retrieval.files import save
content = np.zeros(30_000_000, np.uint8)
number = 0
while True:
    content[:] = number % 251
    save(Path(sys.argv[1]), "this", {"number": np.array([number]), "content": content})
    print(number, flush=True)
    number += 1
"""
KILLS = 4


@pytest.mark.faults
def test_a_process_killed_while_it_saves_leaves_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "words.index"
    for saved in killed_amid_saving(SAVER, path, path, KILLS):
        loaded = load(path, "this")
        assert int(loaded["number"][0]) in {saved, saved + 1}
        assert (loaded["content"] == loaded["number"][0] % 251).all()
    save(path, "this", {})
    assert [one.name for one in tmp_path.iterdir()] == ["words.index"]
