from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from bots.retrieval import vectors
from bots.retrieval.files import BrokenIndex
from bots.retrieval.halves import SPARE, Halves
from bots.retrieval.vectors import VectorIndex, Vectors
from tests.support.killing import killed_amid_saving

DIMENSIONS = 16


def unit(number: int, seed: int = 1) -> Vectors:
    made = np.random.default_rng(seed).normal(size=(number, DIMENSIONS)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def named(rows: Iterable[int]) -> dict[int, bytes]:
    return {row: row.to_bytes(16) for row in rows}


def rows_of(rows: Iterable[int]) -> dict[bytes, int]:
    return {name: row for row, name in named(rows).items()}


EVERY = range(3, 503)


@pytest.fixture(params=[0, vectors.EXACT + 1], ids=["exact", "graph"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    made = VectorIndex.empty(DIMENSIONS, request.param)
    made.add(range(3, 503), unit(500))
    return made


def test_the_nearest_visible_row_is_the_best(index: VectorIndex) -> None:
    visible = np.zeros(503, np.bool_)
    visible[100:400:3] = True
    for row in (100, 250, 397):
        scores = index.score(unit(500)[row - 3], visible)
        assert int(scores.argmax()) == row
        assert scores[row] == pytest.approx(1, abs=1e-4)
        assert not scores[~visible].any()


@pytest.mark.parametrize("alike", [1, 40, 3_000], ids=["none alike", "some alike", "all alike"])
def test_many_are_searched_in_halves_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch, alike: int
) -> None:
    monkeypatch.setattr(vectors, "NEAREST", 16)
    many = np.repeat(unit(3_000 // alike), alike, axis=0)
    whole = VectorIndex.empty(DIMENSIONS)
    whole.add(range(len(many)), many)
    monkeypatch.setattr(vectors, "HALVED", 1_000)
    halved = VectorIndex.empty(DIMENSIONS)
    for begin in range(0, len(many), 900):
        halved.add(range(begin, begin + 900)[: len(many) - begin], many[begin : begin + 900])
    assert halved._halves is not None
    assert whole._halves is None
    for seed in range(20):
        visible = np.random.default_rng(seed).random(len(many) + 5) < (seed + 1) / 20
        question = unit(1, seed + 2)[0]
        assert np.array_equal(halved.score(question, visible), whole.score(question, visible))


def test_halves_say_where_they_cannot_tell() -> None:
    every = np.ones(400, np.bool_)
    apart, alike = Halves(unit(400)), Halves(np.repeat(unit(1), 400, axis=0))
    near = apart.near(unit(1, 2)[0], every, 4)
    assert near is not None
    assert len(near) == SPARE * 4
    assert alike.near(unit(1, 2)[0], every, 4) is None
    few = alike.near(unit(1, 2)[0], np.arange(400) % 60 == 0, 4)
    assert few is not None
    assert few.tolist() == list(range(0, 400, 60))


def test_a_row_is_taken_once(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match="already"):
        index.add([7], unit(1))
    with pytest.raises(ValueError, match="already"):
        index.add([900, 900], unit(2))
    assert len(index) == 500


def test_what_is_saved_comes_back(index: VectorIndex, tmp_path: Path) -> None:
    index.snapshot("this").save(tmp_path, named(EVERY))
    again = VectorIndex.load(tmp_path, "this", rows_of(EVERY))
    everything = np.ones(503, np.bool_)
    assert np.array_equal(again.score(unit(1)[0], everything), index.score(unit(1)[0], everything))
    with pytest.raises(ValueError, match="already"):
        again.add([7], unit(1))
    assert {one.name for one in tmp_path.iterdir()} == {"vectors.index"}


def test_what_changed_since_it_was_saved_is_missing(index: VectorIndex, tmp_path: Path) -> None:
    index.snapshot("this").save(tmp_path, named(EVERY))
    # Rows are numbered anew, one entry changed, another is no more, a third was added.
    wanted = {name: row + 1_000 for name, row in rows_of(EVERY).items() if row not in {7, 8}}
    wanted[b"changed entry..."] = 1_007
    again = VectorIndex.load(tmp_path, "this", wanted)
    assert again.missing(wanted.values()) == [1_007]
    assert (len(again), again.dark) == (498, 2)
    again.add([1_007], unit(1, seed=2))
    everything = np.ones(2_000, np.bool_)
    for row, vector in ((1_007, unit(1, seed=2)[0]), (1_400, unit(500)[397])):
        scores = again.score(vector, everything)
        assert int(scores.argmax()) == row
        assert scores[row] == pytest.approx(1, abs=1e-4)


def test_an_index_of_hardly_anything_that_is_wanted_is_made_anew(index: VectorIndex, tmp_path: Path) -> None:
    index.snapshot("this").save(tmp_path, named(EVERY))
    with pytest.raises(BrokenIndex, match="no more"):
        VectorIndex.load(tmp_path, "this", rows_of(range(3, 200)))


def test_what_has_grown_too_large_to_be_searched_exactly_becomes_a_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = VectorIndex.empty(DIMENSIONS, len(EVERY))
    made.add(EVERY, unit(500))
    made.snapshot("this").save(tmp_path, named(EVERY))
    monkeypatch.setattr(vectors, "EXACT", 500)
    assert len(VectorIndex.load(tmp_path, "this", rows_of(EVERY))) == 500
    with pytest.raises(BrokenIndex, match="fewer"):
        VectorIndex.load(tmp_path, "this", rows_of(range(3, 504)))
    grown = VectorIndex.empty(DIMENSIONS, 501)
    grown.add(EVERY, unit(500))
    grown.snapshot("this").save(tmp_path, named(EVERY))
    assert len(VectorIndex.load(tmp_path, "this", rows_of(range(3, 504)))) == 500


def test_another_fingerprint_is_another_index(index: VectorIndex, tmp_path: Path) -> None:
    index.snapshot("this").save(tmp_path, named(EVERY))
    with pytest.raises(BrokenIndex, match="another"):
        VectorIndex.load(tmp_path, "that", rows_of(EVERY))


@pytest.mark.parametrize("size", [0, 10, -1])
def test_a_cut_file_is_told(index: VectorIndex, tmp_path: Path, size: int) -> None:
    index.snapshot("this").save(tmp_path, named(EVERY))
    file = tmp_path / "vectors.index"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(BrokenIndex):
        VectorIndex.load(tmp_path, "this", rows_of(EVERY))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}\nx", b'{"model": "this"}\nx'])
def test_a_broken_note_is_told(index: VectorIndex, tmp_path: Path, content: bytes) -> None:
    index.snapshot("this").save(tmp_path, named(EVERY))
    (tmp_path / "vectors.index").write_bytes(content)
    with pytest.raises(BrokenIndex):
        VectorIndex.load(tmp_path, "this", rows_of(EVERY))


SAVER = """
import sys
import time
from pathlib import Path
import numpy as np
from bots.retrieval.vectors import VectorIndex
index = VectorIndex.empty(64)
index.add(range(20_000), np.ones((20_000, 64), np.float32))
while True:
    index.snapshot("this").save(Path(sys.argv[1]), {row: row.to_bytes(16) for row in range(len(index))})
    print(len(index), flush=True)
    index.add([len(index)], np.ones((1, 64), np.float32))
"""
KILLS = 5


@pytest.mark.faults
def test_a_process_killed_while_it_saves_leaves_the_index_whole(tmp_path: Path) -> None:
    for saved in killed_amid_saving(SAVER, tmp_path, tmp_path / vectors.FILE, KILLS):
        assert len(VectorIndex.load(tmp_path, "this", rows_of(range(saved + 1)))) in {saved, saved + 1}
    VectorIndex.empty(DIMENSIONS).snapshot("this").save(tmp_path, {})
    assert [one.name for one in tmp_path.iterdir()] == [vectors.FILE]
