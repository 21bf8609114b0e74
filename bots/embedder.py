"""Text to vectors: a sentence-transformers model, by default the one made of Kiwi's meanings.

Importing sentence-transformers takes seconds and hundreds of megabytes; that happens in `warm_up`. No code
of a model is ever run (`trust_remote_code` stays off).
"""

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bots.entries import Entry
from bots.morphemes import Morpheme, Morphemes
from bots.static_model import ensure_model, words_of

Vectors = NDArray[np.float32]

BATCH: Final = 64
_E5: Final = ("query: ", "passage: ")
_HASHED: Final = 1 << 20


class ModelFailed(Exception):
    """The model cannot be loaded; the message says which and why."""


class Embedder:
    """One interface for the default model and a configured one. Call `warm_up` before anything else."""

    def __init__(self, morphemes: Morphemes, models: Path, name: str | None = None) -> None:
        """Take warm `morphemes`, the folder for models made here, and a configured model's name or folder."""
        self._morphemes = morphemes
        self._models = models
        self._name = name
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
        model = self._model
        ask = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
        return int(ask())

    def warm_up(self, progress: Callable[[float], None] = lambda _: None) -> None:
        """Load the model; the default one is made first where it is not there. Raises ModelFailed."""
        if self._model is not None:
            return
        place = str(ensure_model(self._models, progress)) if self._name is None else self._name
        # A progress bar or a warning of the library has no place among a server's logs.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(place, device="cpu", trust_remote_code=False)
        except Exception as error:
            raise ModelFailed(f"the model {place} cannot be loaded: {error}") from error
        # Half precision gives NaN where a text has no known word.
        self._model = model.float().eval()
        self._fingerprint = _fingerprint(place)

    def question(self, text: str, cut: Sequence[Morpheme]) -> Vectors | None:
        """Give the vector of a question, of length 1; None where the model sees nothing in it."""
        given = text if self.configured else words_of(cut)
        if not given.strip():
            return None
        vector = self._encode([given], 0)[0]
        return vector if vector.any() else None

    def entries(self, entries: Sequence[Entry]) -> Vectors:
        """Give the vectors of entries, one a row, of length 1 (0 where the model sees nothing in one)."""
        texts = ["\n".join((*entry.questions, entry.answer)) for entry in entries]
        if not self.configured:
            texts = [words_of(cut) for cut in self._morphemes.cut_all(texts)]
        return self._encode(texts, 1)

    def _encode(self, texts: list[str], side: int) -> Vectors:
        model = self._model
        if model is None:
            raise RuntimeError("Embedder.warm_up was not called")
        options: dict[str, Any] = {"batch_size": BATCH, "show_progress_bar": False, "convert_to_numpy": True}
        if any(model.prompts.values()):
            found = (model.encode_document if side else model.encode_query)(texts, **options)
        elif self._name is not None and "e5" in Path(self._name).name.lower():
            # The E5 models want these prefixes; not all that are around say so themselves.
            found = model.encode([_E5[side] + text for text in texts], **options)
        else:
            found = model.encode(texts, **options)
        vectors: Vectors = np.nan_to_num(np.asarray(found, np.float32))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _fingerprint(place: str) -> str:
    """Name a model by its files' sizes and beginnings, or by its name where it is no folder."""
    made_of = sha256(f"{place} {version('sentence-transformers')}".encode())
    folder = Path(place)
    if folder.is_dir():
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            made_of.update(f"{file.relative_to(folder)} {file.stat().st_size} ".encode())
            with file.open("rb") as content:
                made_of.update(content.read(_HASHED))
    return made_of.hexdigest()[:32]
