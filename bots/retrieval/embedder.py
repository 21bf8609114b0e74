"""Text to vectors: a sentence-transformers model, by default the one made of Kiwi's meanings.

Importing sentence-transformers takes seconds and hundreds of megabytes; that happens in `warm_up`, and for a
configured model alone: the default one is a table, which is read as it lies there. No code of a model is ever
run (`trust_remote_code` stays off).
"""

import os
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bots.entries import Entry
from bots.retrieval.morphemes import Morpheme, Morphemes
from bots.retrieval.static_model import ModelFailed, ensure_model, words_of
from bots.retrieval.static_table import StaticTable

Vectors = NDArray[np.float32]

WORDS_ALONE: Final = "none"
"""The name of a model for machines that have no room for one."""
DEFAULT: Final = "kiwi"
"""What the default model is called by what was learnt over it."""
BATCH: Final = 64
_E5: Final = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])")
_PREFIXES: Final = ("query: ", "passage: ")
_INSTRUCTED: Final = ("Instruct: Given a question, retrieve the passage that answers it\nQuery: ", "")
"""What the E5 models want before questions and entries; not all that are around say so themselves."""
_HASHED: Final = 1 << 20


class Embedder:
    """One interface for the default model and a configured one. Call `warm_up` before anything else."""

    def __init__(self, morphemes: Morphemes, models: Path, name: str | None = None) -> None:
        """Take warm `morphemes`, the folder for models made here, and a configured model's name or folder."""
        self._morphemes = morphemes
        self._models = models
        self._name = name
        self._prefixes = _prefixes(name)
        self._model: Any = None
        self._fingerprint = ""

    @property
    def configured(self) -> bool:
        """Whether somebody chose this model, so that it has to prove itself first."""
        return self._name is not None

    @property
    def fingerprint(self) -> str:
        """Name the model: vectors of another fingerprint cannot be compared."""
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        model = self._warm()
        if isinstance(model, StaticTable):
            return model.dimensions
        ask = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
        return int(ask())

    def warm_up(self, progress: Callable[[float], None] = lambda _: None) -> None:
        """Load the model; the default one is made first where it is not there. Raises ModelFailed."""
        if self._model is not None:
            return
        if self._name is None:
            place = ensure_model(self._models, progress)
            try:
                self._model = StaticTable.open(place)
            except (OSError, ValueError, KeyError) as error:
                raise ModelFailed(f"the model {place} cannot be read: {error}") from error
        else:
            place = Path(self._name)
            self._model = _stock(self._name)
        self._fingerprint = _fingerprint(place)

    def question(self, text: str, cut: Sequence[Morpheme]) -> Vectors | None:
        """Give the vector of a question, of length 1; None where the model sees nothing in it."""
        return self.questions([text], [cut])[0]

    def questions(self, texts: Sequence[str], cuts: Sequence[Sequence[Morpheme]]) -> list[Vectors | None]:
        """Give the vectors of several questions."""
        each: Sequence[Vectors | None]
        if self.configured:
            # Each by itself: beside longer ones a text would have another vector by a hair.
            each = [self._encode([text], 0)[0] if text.strip() else None for text in texts]
        else:
            each = list(self._encode([words_of(cut) for cut in cuts], 0))
        return [vector if vector is not None and vector.any() else None for vector in each]

    def entries(self, entries: Sequence[Entry], cuts: Sequence[Sequence[Morpheme]] | None = None) -> Vectors:
        """Give the vectors of entries, one a row, of length 1 (0 where the model sees nothing in one).

        `cuts` are the morphemes of each, where they are known already.
        """
        texts = [(*entry.questions, entry.answer) for entry in entries]
        if self.configured:
            return self._encode(["\n".join(some) for some in texts], 1)
        if cuts is None:
            every = self._morphemes.cut_all(text for some in texts for text in some)
            cuts = [list(chain.from_iterable(islice(every, len(some)))) for some in texts]
        return self._encode([words_of(cut) for cut in cuts], 1)

    def _encode(self, texts: list[str], side: int) -> Vectors:
        vectors: Vectors = np.asarray(self._raw(texts, side), np.float32)
        if not isinstance(self._model, StaticTable):
            vectors = np.nan_to_num(vectors)
        lengths: Vectors = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
        lengths[lengths == 0] = 1
        made: Vectors = vectors / lengths
        return made

    def _raw(self, texts: list[str], side: int) -> Any:
        model = self._warm()
        if isinstance(model, StaticTable):
            return model.encode(texts)
        options: dict[str, Any] = {"batch_size": BATCH, "show_progress_bar": False, "convert_to_numpy": True}
        if any(model.prompts.values()):
            return (model.encode_document if side else model.encode_query)(texts, **options)
        return model.encode([self._prefixes[side] + text for text in texts], **options)

    def _warm(self) -> Any:
        if self._model is None:
            raise RuntimeError("Embedder.warm_up was not called")
        return self._model


def named(name: str | None) -> str:
    """Name the model that is set, without loading it, for what was learnt over its vectors.

    The default one is made anew with every new term, which changes little of what was learnt.
    """
    return DEFAULT if name is None else name if name == WORDS_ALONE else _fingerprint(Path(name))


def _prefixes(name: str | None) -> tuple[str, str]:
    """Tell by a model's name or folder what it wants before a question, and before an entry."""
    place = Path(name or "")
    # As models are kept that were downloaded: NAME/snapshots/REVISION.
    called = (place.parents[1] if place.parent.name == "snapshots" else place).name.lower()
    if _E5.search(called) is None:
        return "", ""
    return _INSTRUCTED if "instruct" in called else _PREFIXES


def _stock(name: str) -> Any:
    """Load a configured model. Raises ModelFailed."""
    # A progress bar or a warning of the library has no place among a server's logs.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(name, device="cpu", trust_remote_code=False)
    except Exception as error:
        raise ModelFailed(f"the model {name} cannot be loaded: {error}") from error
    # Half precision gives NaN where a text has no known word.
    return model.float().eval()


def _fingerprint(place: Path) -> str:
    """Name a model by its files' sizes and beginnings, or by its name where it is no folder."""
    made_of = sha256(f"{place} {version('sentence-transformers')}".encode())
    if place.is_dir():
        for file in sorted(one for one in place.rglob("*") if one.is_file()):
            made_of.update(f"{file.relative_to(place)} {file.stat().st_size} ".encode())
            with file.open("rb") as content:
                made_of.update(content.read(_HASHED))
    return made_of.hexdigest()[:32]
