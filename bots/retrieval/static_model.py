"""The dense model that needs no download: Kiwi's meanings of morphemes as a sentence-transformers model.

Kiwi's language model (CoNg) tells the cosine of two morphemes, not their vectors. The cosines of all to a
few hundred anchors are enough to compute vectors that have them (the Nyström method). What all vectors share
(their mean, and three principal components) says nothing and is taken out; frequent morphemes are made
short. The mean of a text's morphemes is then a fair vector of its meaning: what `StaticEmbedding` computes.
"""

import fcntl
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bots.retrieval.morphemes import TERMS, Morpheme, made, read_terms

DIMENSIONS: Final = 256
ANCHORS: Final = 320
COMPONENTS: Final = 3
MAKING: Final = ".making"
"""The file that whoever makes the model holds locked."""
DRAFT: Final = ".making-"
"""With what the name of a model that is being written begins."""
MAKE: Final = 1
"""Counts up when the same Kiwi and terms would make other vectors."""

_UNKNOWN: Final = "[UNK]"
_LEAST_EIGENVALUE: Final = 1e-4
_ZIPF: Final = 0.1
_SMOOTH: Final = 2e-4
"""The probability at which a morpheme counts half. Kiwi numbers morphemes by how frequent they are."""
_PROBE: Final = 100

Vectors = NDArray[np.float32]


class ModelFailed(Exception):
    """The model cannot be made or loaded; the message says which and why."""


def words_of(cut: Iterable[Morpheme]) -> str:
    """Write the morphemes with a meaning as the model's tokenizer reads them: form/TAG, between spaces."""
    return " ".join(_word(one.form, one.tag) for one in cut if one.content)


def fingerprint(terms: Path = TERMS) -> str:
    """Name what the model is made of; another fingerprint means another model."""
    made_of = f"{MAKE} {version('kiwipiepy')} {version('kiwipiepy_model')} {DIMENSIONS} {ANCHORS}"
    return sha256(made_of.encode() + terms.read_bytes()).hexdigest()[:16]


def place_of(folder: Path) -> Path:
    """Name the folder of the model of today's Kiwi and terms below `folder`."""
    return folder / f"kiwi-{fingerprint()}"


class Maker:
    """Makes the model in a process of its own, with which goes the memory that PyTorch takes.

    That process ends with this one, however this one ends, and leaves no half of a model.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    @property
    def at_work(self) -> bool:
        """Whether a model is being made."""
        return self._process is not None

    def make(self, folder: Path, progress: Callable[[float], None]) -> None:
        """Make the model below `folder`, and return when it is there, or is not. Raises ModelFailed."""
        command = [sys.executable, "-m", "bots.retrieval.static_model", str(folder)]
        with self._lock:
            if self._stopped:
                raise ModelFailed("no model is made any more")
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        with self._process as process:
            for line in process.stdout or ():
                progress(float(line))
        self._process = None
        if process.returncode:
            raise ModelFailed(f"the model cannot be made in {folder}: exit code {process.returncode}")

    def stop(self) -> None:
        """Make none any more, and end what is being made; the next start begins again."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()


def ensure_model(
    folder: Path, progress: Callable[[float], None] = lambda _: None, maker: Maker | None = None
) -> Path:
    """Make the model below `folder`, unless it is there; returns its own folder. Raises ModelFailed.

    That takes about 20 s once, and calls `progress` with the share that is done. A model that is there was
    written whole. Whoever has the `maker` can stop it from another thread.
    """
    place = place_of(folder)
    if not place.is_dir():
        (maker or Maker()).make(folder, progress)
    if not place.is_dir():
        raise ModelFailed(f"the model {place} cannot be made")
    return place


def make(folder: Path, progress: Callable[[float], None] = lambda _: None) -> None:
    """Make the model below `folder` in this process; of several processes one makes it, the others wait."""
    place = place_of(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MAKING).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if place.is_dir():
            return
        for left in folder.glob(f"{DRAFT}*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        words, vectors = make_vectors(progress=progress)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
        try:
            save(draft, words, vectors)
            draft.chmod(0o755)
            draft.replace(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def make_vectors(
    most: int | None = None, progress: Callable[[float], None] = lambda _: None
) -> tuple[list[str], Vectors]:
    """Compute the words (form/TAG) and their vectors, one a row, from a Kiwi of its own.

    `most` bounds their number, the most frequent coming first.
    """
    from kiwipiepy import Kiwi

    kiwi = Kiwi(num_workers=-1, load_multi_dict=False)
    ids, words = _vocabulary(kiwi, most)
    cosines = _cosines(kiwi, ids, progress)
    vectors = _nystroem(cosines)
    vectors -= vectors.mean(axis=0)
    sample = vectors[:: max(1, len(vectors) // 10_000)]
    _, _, components = np.linalg.svd(sample, full_matrices=False)
    shared = components[:COMPONENTS]
    vectors -= (vectors @ shared.T) @ shared
    probability = _ZIPF / (np.asarray(ids, np.float32) + 3)
    vectors *= (1 / (1 + probability / _SMOOTH))[:, None]
    return _with_terms(kiwi, words, vectors.astype(np.float32))


def save(folder: Path, words: list[str], vectors: Vectors) -> None:
    """Save vectors as a sentence-transformers model of one `StaticEmbedding`, in half precision."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    numbers = {word: number for number, word in enumerate((_UNKNOWN, *words))}
    tokenizer = Tokenizer(WordLevel(numbers, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    weights = np.vstack([np.zeros((1, vectors.shape[1]), np.float32), vectors])
    module = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = SentenceTransformer(modules=[module.half()], device="cpu")
    model.save(str(folder), create_model_card=False)


def _word(form: str, tag: str) -> str:
    return f"{'_'.join(form.split())}/{tag}"


def _vocabulary(kiwi: Any, most: int | None) -> tuple[list[int], list[str]]:
    """List the morphemes that have a meaning and a vector, the most frequent first."""
    ids: list[int] = []
    words: dict[str, None] = {}
    number = 0
    # Beyond the last with a vector there are others without; their similarity is no number.
    while (most is None or len(ids) < most) and not _barren(kiwi, number):
        token = kiwi.morpheme(number)
        one = Morpheme(token.form, token.tag.partition("-")[0])
        word = _word(one.form, one.tag)
        if one.form and one.content and word not in words and not math.isnan(_similarity(kiwi, number)):
            ids.append(number)
            words[word] = None
        number += 1
    return ids, list(words)


def _barren(kiwi: Any, number: int) -> bool:
    """Tell whether no morpheme from here on has a vector."""
    return all(math.isnan(_similarity(kiwi, one)) for one in range(number, number + _PROBE))


def _similarity(kiwi: Any, number: int) -> float:
    return float(kiwi.morpheme_similarity(_PROBE, number))


def _cosines(kiwi: Any, ids: list[int], progress: Callable[[float], None]) -> NDArray[np.float64]:
    """Ask for the cosines of all to the anchors; the anchors' rows come first in the result's order."""
    number = min(ANCHORS, len(ids))
    # Evenly spread over frequent and rare ones, always the same.
    places = np.unique(np.linspace(0, len(ids) - 1, number).astype(int))
    similarity = kiwi.morpheme_similarity
    cosines = np.empty((len(ids) + len(places), len(places)), np.float64)
    for column, place in enumerate(places):
        anchor = ids[place]
        cosines[len(places) :, column] = [similarity(anchor, one) for one in ids]
        progress((column + 1) / len(places))
    cosines[: len(places)] = cosines[len(places) + places]
    return cosines


def _nystroem(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find vectors with these cosines to the anchors, whose own are the first rows."""
    anchors = cosines.shape[1]
    own = cosines[:anchors]
    values, axes = np.linalg.eigh((own + own.T) / 2)
    best = np.argsort(-values)[:DIMENSIONS]
    scale = 1 / np.sqrt(np.maximum(values[best], _LEAST_EIGENVALUE))
    found: NDArray[np.float64] = cosines[anchors:] @ (axes[:, best] * scale)
    return found


def _with_terms(kiwi: Any, words: list[str], vectors: Vectors) -> tuple[list[str], Vectors]:
    """Give each term of school life the mean of the morphemes that say what it means."""
    number = {word: place for place, word in enumerate(words)}
    added: dict[str, Vectors] = {}
    for term, meaning in read_terms(TERMS).items():
        meant = [_word(one.form, one.tag) for one in made(kiwi.tokenize(meaning))]
        known = [number[word] for word in meant if word in number]
        if known:
            added[_word(term, "NNG")] = vectors[known].mean(axis=0)
    for word in number.keys() & added.keys():
        vectors[number[word]] = added.pop(word)
    if not added:
        return words, vectors
    return [*words, *added], np.vstack([vectors, *added.values()])


def main() -> None:
    """Make the model below the folder that is named, as long as whoever asked for it is there.

    They hold the other ends of standard input and output.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for them
    threading.Thread(target=_end_with_parent, daemon=True).start()
    make(Path(sys.argv[1]), _tell)


def _tell(share: float) -> None:
    """Tell whoever waits for the model; where they are gone, nobody wants it any more."""
    try:
        os.write(sys.stdout.fileno(), f"{share}\n".encode())
    except BrokenPipeError:
        sys.exit(1)


def _end_with_parent() -> None:
    while os.read(0, 64):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
