"""The dense index: FAISS over unit vectors, saved so that neither a crash nor another model can spoil it.

Up to 100,000 vectors are searched exactly; beyond, by a graph (HNSW), which is added to and never taken from.
Rows are never used twice, so a replaced entry is a new row, and the old one is left out by the mask of
what may be seen, as everything else that a person may not see.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bots.entries import Entry
from bots.retrieval.files import BrokenIndex, replace
from bots.retrieval.halves import Halves, make_room
from bots.retrieval.postings import Mask, Scores

EXACT: Final = 100_000
"""Vectors up to which the search is exact."""
NEAREST: Final = 256
"""Rows that a search looks for; those beyond count as good as the last of them."""
NAME_BYTES: Final = 16
NAMELESS: Final = bytes(NAME_BYTES)
"""What is of no entry."""
_DARK: Final = 1 << 40
"""Numbers from here on are of vectors that no row has any more."""
_FEW: Final = 8
"""Where less than one in so many vectors is visible, only these are multiplied."""
HALVED: Final = 16_384
"""Vectors from which on a search looks first at halves of them."""
_LINKS: Final = 32
_VISIT: Final = 128
FILE: Final = "vectors.index"
"""A line of JSON that says what this is, and FAISS's own bytes: one file, so that the two cannot part."""

Vectors = NDArray[np.float32]


class VectorIndex:
    """Vectors by row. Rows are numbered by who uses this; a row is added once."""

    def __init__(self, index: Any, *, exact: bool) -> None:
        import faiss

        self._index = index
        self._exact = exact
        self._rows: set[int] = set(faiss.vector_to_array(index.id_map).tolist())
        self._numbered = self._numbers()
        self._halves: Halves | None = None
        self._halve()

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
        self._numbered = self._numbers()
        self._halve()

    def score(self, question: Vectors, visible: Mask) -> Scores:
        """Give the nearest visible rows their cosines to the question, and the others the least."""
        scores = np.zeros(len(visible), np.float32)
        shown = int(np.count_nonzero(visible))
        if not shown or not self._rows:
            return scores
        rows, cosines = (self._all if self._exact else self._near)(question, visible, min(NEAREST, shown))
        if not len(rows):
            return scores
        if len(rows) < shown:
            scores[visible] = max(0.0, float(cosines.min()))
        scores[rows] = cosines
        return scores

    def _all(self, question: Vectors, visible: Mask, most: int) -> tuple[NDArray[np.int64], Vectors]:
        """Compare with all that is visible; gives the nearest rows and their cosines."""
        vectors = self._vectors()
        here = visible.take(self._numbered, mode="clip") & (self._numbered < len(visible))
        seen = np.flatnonzero(here)
        if self._halves is not None and len(seen) * _FEW >= len(vectors):
            near = self._halves.near(question, here, most)
            seen = seen if near is None else near
        few = len(seen) * _FEW < len(vectors)
        # Not by BLAS, whose sums depend on where a vector stands: equal entries have equal cosines.
        cosines = np.einsum("ij,j->i", vectors.take(seen, axis=0) if few else vectors, question)
        cosines = cosines if few else cosines.take(seen)
        rows = self._numbered.take(seen)
        if len(rows) > most:
            near = cosines >= np.partition(cosines, -most)[-most]
            rows, cosines = rows[near], cosines[near]
        return rows, cosines

    def _vectors(self) -> Vectors:
        """Give all vectors of the exact search: FAISS's own memory, good until one is added."""
        import faiss

        flat = faiss.downcast_index(self._index.index)
        vectors: Vectors = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d).reshape(-1, flat.d)
        return vectors

    def _halve(self) -> None:
        """Let the halves follow what was added, where there are many."""
        if not self._exact or self._index.ntotal < HALVED:
            return
        if self._halves is None:
            self._halves = Halves(self._vectors())
        else:
            self._halves.add(self._vectors()[len(self._halves) :])

    def _near(self, question: Vectors, visible: Mask, most: int) -> tuple[NDArray[np.int64], Vectors]:
        """Do the same by the graph."""
        import faiss

        chosen = faiss.IDSelectorBitmap(np.packbits(visible, bitorder="little"))
        options = faiss.SearchParametersHNSW(sel=chosen, efSearch=max(_VISIT, NEAREST))
        # The map renames the ids of its own selector, so it may be given the rows.
        cosines, rows = self._index.search(question[None, :], most, params=options)
        found = rows[0] >= 0
        return rows[0][found], cosines[0][found]

    def _numbers(self) -> NDArray[np.int64]:
        """List the rows in the order of their vectors."""
        import faiss

        numbers: NDArray[np.int64] = faiss.vector_to_array(self._index.id_map)
        return numbers

    def missing(self, rows: Iterable[int]) -> list[int]:
        """List those of the rows that have no vector."""
        return [row for row in rows if row not in self._rows]

    @property
    def dark(self) -> int:
        """How many vectors were loaded that are of no row."""
        return int(self._index.ntotal) - len(self._rows)

    def snapshot(self, model: str) -> "Snapshot":
        """Copy the index as it is, to be saved; `model` is the fingerprint of what made the vectors."""
        import faiss

        rows = faiss.vector_to_array(self._index.id_map).tolist()
        return Snapshot(model, rows, faiss.clone_index(self._index), self._exact)

    @classmethod
    def load(cls, folder: Path, model: str, rows: Mapping[bytes, int]) -> Self:
        """Load the vectors of this model that were saved of what these rows hold, by its name.

        What changed since is `missing`; what is no more stays in the dark. Raises BrokenIndex where nothing
        is there whole, or hardly anything that is still wanted, or where so many are searched another way.
        """
        import faiss

        try:
            line, _, content = (folder / FILE).read_bytes().partition(b"\n")
            about = json.loads(line)
            if about["model"] != model:
                raise BrokenIndex("the index is of another model")
            if about["sha256"] != sha256(content).hexdigest():
                raise BrokenIndex("the index is damaged")
            names = int(about["vectors"]) * NAME_BYTES
            index = faiss.deserialize_index(np.frombuffer(content, np.uint8, offset=names))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise BrokenIndex(f"the index cannot be read: {error}") from error
        numbered = np.array(
            [rows.get(content[at : at + NAME_BYTES], _DARK + at) for at in range(0, names, NAME_BYTES)],
            np.int64,
        )
        if 2 * np.count_nonzero(numbered >= _DARK) > len(numbered):
            raise BrokenIndex("the index is mostly of entries that are no more")
        faiss.copy_array_to_vector(numbered, index.id_map)
        index.construct_rev_map()
        exact = bool(about["exact"])
        if exact and len(rows) > EXACT:
            raise BrokenIndex("the index is one of fewer")
        if exact:
            make_room(faiss.downcast_index(index.index))
        made = cls(index, exact=exact)
        made._rows = {row for row in numbered.tolist() if row < _DARK}
        return made


class Snapshot(NamedTuple):
    """An index of FAISS as it was, and the rows of its vectors."""

    model: str
    rows: Sequence[int]
    index: Any
    exact: bool

    def save(self, folder: Path, names: Mapping[int, bytes]) -> None:
        """Save the index below `folder`, all or nothing. Raises OSError.

        `names` are names of 16 bytes what each row's vector is of (`name_of`); a row without a name is not
        found again.
        """
        import faiss

        named = b"".join(names.get(row, NAMELESS) for row in self.rows)
        content: NDArray[np.uint8] = faiss.serialize_index(self.index)
        digest = sha256(named)
        digest.update(content.data)
        about = {
            "model": self.model,
            "sha256": digest.hexdigest(),
            "exact": self.exact,
            "vectors": len(self.rows),
        }
        line = json.dumps(about).encode() + b"\n"
        replace(folder / FILE, [line, named, content.data])


def name_of(entry: Entry) -> bytes:
    """Name what an entry's vector is of: another name means another text."""
    return sha256(repr((entry.id, entry.questions, entry.answer)).encode()).digest()[:NAME_BYTES]
