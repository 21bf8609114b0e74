"""Whether a configured model is good enough for these entries: scored alone, on the entries' own aliases."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from bots.entries import Entry
from bots.retrieval.embedder import Embedder
from bots.retrieval.fusion import GATE, Weights, fuse, known_share
from bots.retrieval.lexical import Lexical
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.postings import Scores
from bots.retrieval.text import normalise

PROBES: Final = 300
"""Entries that are asked for by one of their aliases, at most."""
DEPTH: Final = 5


class Proof(Struct, frozen=True):
    """Recall@5 of the model alone and of the lexical legs together, and on how many questions."""

    dense: float
    lexical: float
    probes: int

    @property
    def passed(self) -> bool:
        """Whether the model may have a say; with nothing to ask it may."""
        return self.dense >= GATE * self.lexical


def prove(morphemes: Morphemes, embedder: Embedder, entries: Sequence[Entry]) -> Proof:
    """Ask for entries by an alias taken out of them before. Takes some seconds with a large model."""
    chosen = [entry for entry in entries if entry.aliases]
    chosen = chosen[:: max(1, len(chosen) // PROBES)][:PROBES]
    if not chosen:
        return Proof(0.0, 0.0, 0)
    probes = [entry.aliases[-1] for entry in chosen]
    bare = [msgspec.structs.replace(entry, aliases=entry.aliases[:-1]) for entry in chosen]
    lexical = Lexical(morphemes)
    for _ in lexical.add_all(enumerate(bare)):
        pass
    vectors = embedder.entries(bare)
    visible = np.ones(len(bare), np.bool_)
    found_dense = found_lexical = 0
    for row, probe in enumerate(probes):
        cut = morphemes.cut(probe)
        scores = lexical.score(lexical.read(probe, cut), visible)
        legs = {leg: score.scores for leg, score in scores.items()}
        found_lexical += _among_best(fuse(legs, Weights(), known_share(scores)), row)
        vector = embedder.question(normalise(probe), cut)
        found_dense += vector is not None and _among_best(vectors @ vector, row)
    return Proof(found_dense / len(probes), found_lexical / len(probes), len(probes))


def _among_best(scores: Scores, row: int) -> bool:
    return bool(scores[row] > 0 and (scores > scores[row]).sum() < DEPTH)
