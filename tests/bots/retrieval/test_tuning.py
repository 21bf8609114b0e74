import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bots.retrieval import embedder
from bots.retrieval.bands import Calibration
from bots.retrieval.ranking import Ranking
from bots.retrieval.tuning import FILE, Tuning, UnusableTuning

ROOT = Path(__file__).parents[3]


def learnt(model: str = embedder.DEFAULT, sure: float = 0.9) -> Tuning:
    calibration = msgspec.structs.replace(Calibration.shipped(), sure=sure)
    return Tuning(model=model, ranking=Ranking.shipped(), calibration=calibration)


def test_what_was_learnt_comes_back_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    assert Tuning.of(tmp_path / "bots", embedder.DEFAULT) is None
    for sure in (0.8, 0.9):
        learnt(sure=sure).save(tmp_path / "bots")
        assert Tuning.of(tmp_path / "bots", embedder.DEFAULT) == learnt(sure=sure)
    assert [one.name for one in (tmp_path / "bots").iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'{"model": "kiwi"}', "cannot be read"),
        (b'{"model": "kiwi", "ranking": {"always": ', "cannot be read"),
    ],
)
def test_what_is_broken_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UnusableTuning, match=f"{FILE} {why}"):
        Tuning.of(tmp_path, embedder.DEFAULT)


def test_what_was_kept_in_another_way_is_told_until_it_is_learnt_anew(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text("{}")
    with pytest.raises(UnusableTuning, match="earlier version"):
        Tuning.of(tmp_path, embedder.DEFAULT)
    learnt().save(tmp_path)
    assert Tuning.of(tmp_path, embedder.DEFAULT) == learnt()


def test_what_another_program_learnt_is_told(tmp_path: Path) -> None:
    learnt().save(tmp_path)
    told = json.loads((tmp_path / FILE).read_bytes())
    for part, names in (("ranking", "always"), ("calibration", "weights")):
        other = json.loads(json.dumps(told))
        other[part][names]["of_before"] = other[part][names].pop("fused")
        (tmp_path / FILE).write_text(json.dumps(other))
        with pytest.raises(UnusableTuning, match="another version"):
            Tuning.of(tmp_path, embedder.DEFAULT)


def test_it_is_of_one_model_alone(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_bytes(b"one")
    names = {one: embedder.named(one) for one in (None, "none", str(model), "intfloat/multilingual-e5-small")}
    assert len(set(names.values())) == len(names)
    learnt(embedder.named(str(model))).save(tmp_path)
    assert Tuning.of(tmp_path, embedder.named(str(model))) is not None
    (model / "weights").write_bytes(b"two")
    for name in (None, "none", str(model)):
        with pytest.raises(UnusableTuning, match="another model"):
            Tuning.of(tmp_path, embedder.named(name))


def test_kill_9_while_it_is_written_leaves_one_or_the_other_whole(tmp_path: Path) -> None:
    learnt(sure=0.5).save(tmp_path)
    program = (
        "import itertools, sys; from pathlib import Path\n"
        "from tests.bots.retrieval.test_tuning import learnt\n"
        "for number in itertools.count():\n"
        "    learnt(sure=number % 100 / 100).save(Path(sys.argv[1])); print(number, flush=True)"
    )
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, tmp_path],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        with writer, writer.stdout as lines:
            while int(lines.readline()) < 20:
                pass
            writer.kill()
        assert Tuning.of(tmp_path, embedder.DEFAULT) is not None
