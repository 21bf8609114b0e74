from pathlib import Path

from bots.entries import Entry
from bots.retrieval.embedder import Embedder
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.proof import Proof, prove
from tests.bots.retrieval.test_embedder import save_model


def test_the_default_model_proves_itself(
    morphemes: Morphemes, embedder: Embedder, school: tuple[Entry, ...]
) -> None:
    proof = prove(morphemes, embedder, school)
    assert proof.probes == len(school)
    assert proof.passed


def test_a_model_that_knows_no_korean_does_not(
    morphemes: Morphemes, tmp_path: Path, school: tuple[Entry, ...]
) -> None:
    save_model(tmp_path / "other")
    embedder = Embedder(morphemes, tmp_path, str(tmp_path / "other"))
    embedder.warm_up()
    assert not prove(morphemes, embedder, school).passed


def test_the_line_is_at_six_tenths() -> None:
    assert Proof(0.54, 0.9, 100).passed
    assert not Proof(0.53, 0.9, 100).passed


def test_without_aliases_there_is_nothing_to_prove(morphemes: Morphemes, embedder: Embedder) -> None:
    assert prove(morphemes, embedder, [Entry(id="a", answer="b")]) == Proof(0.0, 0.0, 0)
