import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bots.retrieval import static_model
from bots.retrieval.embedder import Embedder
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.static_model import ModelFailed, ensure_model, place_of, words_of
from bots.retrieval.static_table import StaticTable


def test_words_are_the_morphemes_with_a_meaning(morphemes: Morphemes) -> None:
    assert words_of(morphemes.cut("전학을 가요!")) == "전학/NNG 가/VV"


def test_a_model_that_is_there_is_not_made_again(models: Path) -> None:
    assert ensure_model(models) == place_of(models)


def test_it_is_a_stock_model_in_half_precision(models: Path) -> None:
    place = place_of(models)
    (module,) = json.loads((place / "modules.json").read_text())
    assert module["type"].startswith("sentence_transformers.")
    assert (place / "model.safetensors").stat().st_size < 13_000 * 256 * 2.1


def test_sentence_transformers_gives_the_same_vectors(models: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["전학/NNG 가/VV", "학교/NNG 없는말/NNG 급식비/NNG", "", "쀍/NNG", "하/VV"]
    place = place_of(models)
    read = StaticTable.open(place).encode(texts)
    stock = np.nan_to_num(SentenceTransformer(str(place), device="cpu").float().encode(texts))
    assert read == pytest.approx(stock, abs=1e-6)


def test_a_process_without_a_configured_model_never_loads_pytorch(models: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bots.retrieval.embedder import Embedder;"
        "from bots.retrieval.morphemes import Morphemes; Embedder(Morphemes(), Path(sys.argv[1])).warm_up();"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(models)], check=True, cwd=Path(__file__).parents[3])


def test_a_model_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelFailed, match="cannot be made"):
        ensure_model(tmp_path / "file")


def test_the_making_ends_without_a_word_where_nobody_waits_for_it_any_more() -> None:
    program = "from bots.retrieval import static_model; static_model._tell(0.5)"
    gone, told = os.pipe()
    os.close(gone)
    made = subprocess.run([sys.executable, "-c", program], stdout=told, stderr=subprocess.PIPE, check=False)
    os.close(told)
    assert (made.returncode, made.stderr) == (1, b"")


FOR_EVER = (
    "import itertools; from bots.retrieval import static_model as module\n"
    "module.make_vectors = lambda progress: [progress(share) for share in itertools.count()]\n"
    "module.main()"
)


@pytest.mark.parametrize("reads_on", [False, True])
def test_a_maker_ends_quietly_with_whoever_wanted_its_model(tmp_path: Path, *, reads_on: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FOR_EVER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as maker:
        assert maker.stdin is not None
        assert maker.stdout is not None
        assert maker.stderr is not None
        assert maker.stdout.readline()
        maker.send_signal(signal.SIGINT)  # Ctrl-C comes to all processes at a terminal
        if reads_on:
            maker.stdin.close()
            maker.stdout.read()
        else:
            maker.stdout.close()
        assert maker.stderr.read() == b""
        assert maker.wait() == 1


def test_what_a_killed_maker_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(draft: Path, *_: Any) -> None:
        (draft / "words").touch()

    monkeypatch.setattr(static_model, "make_vectors", lambda **_: ([], np.zeros((0, 1))))
    monkeypatch.setattr(static_model, "save", save)
    (tmp_path / ".making-abc").mkdir()
    (tmp_path / ".making-abc" / "model.safetensors").write_text("half")
    static_model.make(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {place_of(tmp_path).name, static_model.MAKING}
    assert [file.name for file in place_of(tmp_path).iterdir()] == ["words"]


def test_one_of_several_makes_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def vectors(progress: Callable[[float], None]) -> Any:
        made.append(1)
        other.start()  # waits until this one is done
        return [], np.zeros((0, 1))

    monkeypatch.setattr(static_model, "make_vectors", vectors)
    monkeypatch.setattr(static_model, "save", lambda *_: None)
    other = threading.Thread(target=static_model.make, args=(tmp_path,))
    static_model.make(tmp_path)
    other.join()
    assert made == [1]


def test_what_means_the_same_is_nearer(embedder: Embedder, morphemes: Morphemes) -> None:
    def vector(text: str) -> np.ndarray:  # type: ignore[type-arg]
        found = embedder.question(text, morphemes.cut(text))
        assert found is not None
        return found

    asked = vector("전학 갈 때 필요한 서류")
    assert asked @ vector("학교를 옮기려면 무엇을 제출하나요") > asked @ vector("점심 메뉴가 뭐예요") + 0.1


def test_a_term_of_school_life_has_its_meaning(embedder: Embedder, morphemes: Morphemes) -> None:
    term = embedder.question("학폭", morphemes.cut("학폭"))
    meaning = embedder.question("학교 폭력", morphemes.cut("학교 폭력"))
    assert term is not None
    assert meaning is not None
    assert term @ meaning > 0.99
