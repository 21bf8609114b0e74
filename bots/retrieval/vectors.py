"""The dense index: FAISS over unit vectors, saved so that neither a crash nor another model can spoil it.

Up to 100,000 vectors are searched exactly; beyond, by a graph (HNSW), which is added to and never taken from.
Rows are never used twice, so a replaced entry is a new row, and the old one is left out by the mask of
what may be seen, as everything else that a person may not see.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from bots.entries import Entry
from bots.retrieval.postings import Mask, Scores

EXACT: Final = 100_000
"""Vectors up to which the search is exact."""
NEAREST: Final = 256
"""Rows that a search looks for; those beyond count as good as the last of them."""
_LINKS: Final = 32
_VISIT: Final = 128
FILE: Final = "vectors.index"
"""A line of JSON that says what this is, and FAISS's own bytes: one file, so that the two cannot part."""

Vectors = NDArray[np.float32]


class BrokenIndex(Exception):
    """What was saved cannot be used: damaged, or of another model or other entries. Build it anew."""


class VectorIndex:
    """Vectors by row. Rows are numbered by who uses this; a row is added once."""

    def __init__(self, index: Any, *, exact: bool) -> None:
        import faiss

        self._index = index
        self._exact = exact
        self._rows: set[int] = set(faiss.vector_to_array(index.id_map).tolist())

    @classmethod
    def empty(cls, dimensions: int, expected: int = 0) -> Self:
        """Make an empty index; how many vectors are `expected` decides between exact search and a graph."""
        import faiss

        if expected <= EXACT:
            return cls(faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions)), exact=True)
        graph = faiss.IndexHNSWFlat(dimensions, _LINKS, faiss.METRIC_INNER_PRODUCT)
        return cls(faiss.IndexIDMap2(graph), exact=False)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Sequence[int], vectors: Vectors) -> None:
        """Add vectors of length 1 under rows not used before. Raises ValueError for a row that is there."""
        # FAISS itself takes a second vector under one id without a word.
        if len(set(rows)) != len(rows) or not self._rows.isdisjoint(rows):
            raise ValueError("a row has a vector already")
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(rows, np.int64))
        self._rows.update(rows)

    def score(self, question: Vectors, visible: Mask) -> Scores:
        """Give the nearest visible rows their cosines to the question, and the others the least."""
        import faiss

        scores = np.zeros(len(visible), np.float32)
        shown = int(visible.sum())
        if not shown or not self._rows:
            return scores
        bits = np.packbits(visible, bitorder="little")
        chosen = faiss.IDSelectorBitmap(bits)
        options = (
            faiss.SearchParameters(sel=chosen)
            if self._exact
            else faiss.SearchParametersHNSW(sel=chosen, efSearch=max(_VISIT, NEAREST))
        )
        # The map renames the ids of its own selector, so it may be given the rows.
        cosines, rows = self._index.search(question[None, :], min(NEAREST, shown), params=options)
        found = rows[0] >= 0
        if not found.any():
            return scores
        if found.sum() < shown:
            scores[visible] = max(0.0, float(cosines[0][found].min()))
        scores[rows[0][found]] = cosines[0][found]
        return scores

    def save(self, folder: Path, fingerprint: str) -> None:
        """Save the index below `folder`, all or nothing: whoever reads gets this state or the one before.

        `fingerprint` names the model and the entries that the vectors are of.
        """
        import faiss

        folder.mkdir(parents=True, exist_ok=True)
        content = faiss.serialize_index(self._index).tobytes()
        about = {"fingerprint": fingerprint, "sha256": sha256(content).hexdigest(), "exact": self._exact}
        _write(folder / FILE, json.dumps(about).encode() + b"\n" + content)

    @classmethod
    def load(cls, folder: Path, fingerprint: str) -> Self:
        """Load what was saved with this fingerprint. Raises BrokenIndex where that is not there whole."""
        import faiss

        try:
            line, _, content = (folder / FILE).read_bytes().partition(b"\n")
            about = json.loads(line)
            if about["fingerprint"] != fingerprint:
                raise BrokenIndex("the index is of another model or of other entries")
            if about["sha256"] != sha256(content).hexdigest():
                raise BrokenIndex("the index is damaged")
            index = faiss.deserialize_index(np.frombuffer(content, np.uint8))
            return cls(index, exact=bool(about["exact"]))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise BrokenIndex(f"the index cannot be read: {error}") from error


def entries_fingerprint(model: str, entries: Iterable[tuple[int, Entry]]) -> str:
    """Name a model and the entries under their rows, in order."""
    made_of = sha256(model.encode())
    for row, entry in entries:
        made_of.update(repr((row, entry.id, entry.questions, entry.answer)).encode())
    return made_of.hexdigest()


def _write(path: Path, content: bytes) -> None:
    # Processes that were killed left theirs.
    for left in path.parent.glob(f"{path.name}.*"):
        left.unlink(missing_ok=True)
    draft = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
