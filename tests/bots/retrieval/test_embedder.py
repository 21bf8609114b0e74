from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bots.entries import Entry
from bots.retrieval.embedder import Embedder
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.static_model import ModelFailed


@pytest.mark.parametrize("text", ["", "   ", "!!!", "쀍뛟", "\u0000"])
def test_what_the_model_does_not_know_has_no_vector(
    embedder: Embedder, morphemes: Morphemes, text: str
) -> None:
    assert embedder.question(text, morphemes.cut(text)) is None


def test_vectors_have_length_one_or_nothing(embedder: Embedder, school: tuple[Entry, ...]) -> None:
    vectors = embedder.entries([*school, Entry(id="empty", answer="!!")])
    assert vectors.shape == (len(school) + 1, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0] * len(school) + [0.0], abs=1e-5)


def test_a_model_that_is_not_there_is_told(morphemes: Morphemes, tmp_path: Path) -> None:
    with pytest.raises(ModelFailed, match="nowhere"):
        Embedder(morphemes, tmp_path, str(tmp_path / "nowhere")).warm_up()


DIMENSIONS = 64
WORDS = ("전학", "급식비", "서류")


def save_model(folder: Path, prompts: dict[str, str] | None = None, words: Sequence[str] = WORDS) -> None:
    """Save a model of words between spaces whose vectors are drawn, as one may be configured."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    known = dict.fromkeys(("[UNK]", "query:", "Query:", "passage:", *words))
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    weights = np.random.default_rng(3).normal(size=(len(known), DIMENSIONS)).astype(np.float32)
    weights[0] = 0
    module = StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[module], prompts=prompts, device="cpu").save(
        str(folder), create_model_card=False
    )


@pytest.mark.parametrize(
    ("name", "prompts", "before"),
    [
        ("multilingual-e5-tiny", None, ("query: ", "passage: ")),
        ("models--intfloat--multilingual-e5-small/snapshots/0a1b", None, ("query: ", "passage: ")),
        ("multilingual-e5-instruct", None, ("Query: ", "")),
        ("named", {"query": "query: ", "document": "passage: "}, ("query: ", "passage: ")),
        ("tree5-ko", None, ("", "")),
    ],
)
def test_prefixes_are_honoured(
    morphemes: Morphemes, tmp_path: Path, name: str, prompts: dict[str, str] | None, before: tuple[str, str]
) -> None:
    save_model(tmp_path / name, prompts)
    save_model(tmp_path / "plain")
    prefixed = Embedder(morphemes, tmp_path, str(tmp_path / name))
    plain = Embedder(morphemes, tmp_path, str(tmp_path / "plain"))
    prefixed.warm_up()
    plain.warm_up()
    asked, expected = prefixed.question("전학", []), plain.question(f"{before[0]}전학", [])
    assert asked is not None
    assert expected is not None
    assert asked == pytest.approx(expected, abs=1e-5)
    entry, passage = Entry(id="a", answer="전학 서류"), Entry(id="a", answer=f"{before[1]}전학 서류")
    assert prefixed.entries([entry])[0] == pytest.approx(plain.entries([passage])[0], abs=1e-5)
    assert prefixed.configured
    assert prefixed.fingerprint != plain.fingerprint
