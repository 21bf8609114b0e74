import json
from pathlib import Path

import numpy as np

from bots.embedder import Embedder
from bots.morphemes import Morphemes
from bots.static_model import ensure_model, place_of, words_of


def test_words_are_the_morphemes_with_a_meaning(morphemes: Morphemes) -> None:
    assert words_of(morphemes.cut("전학을 가요!")) == "전학/NNG 가/VV"


def test_a_model_that_is_there_is_not_made_again(models: Path) -> None:
    assert ensure_model(models) == place_of(models)


def test_it_is_a_stock_model_in_half_precision(models: Path) -> None:
    place = place_of(models)
    (module,) = json.loads((place / "modules.json").read_text())
    assert module["type"].startswith("sentence_transformers.")
    assert (place / "model.safetensors").stat().st_size < 13_000 * 256 * 2.1


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
