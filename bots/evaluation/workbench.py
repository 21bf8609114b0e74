"""A retriever put together from settings, as the command line wants it."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from bots.entries import Entry
from bots.retrieval.embedder import WORDS_ALONE, Embedder
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.proof import Proof
from bots.retrieval.retriever import Retriever
from bots.retrieval.static_model import ensure_model
from bots.retrieval.tuning import Tuning
from config.settings import Settings

Advance = Callable[[str, int, int], None]
"""Hears the name of a step, how much of it is done, and of how much."""


def folder(settings: Settings) -> Path:
    """Name the folder of the chatbot among the data."""
    return settings.data / "bots"


def build(
    settings: Settings,
    entries: Sequence[Entry],
    learnt: Tuning | None,
    progress: Advance,
    *,
    dense: bool = True,
) -> tuple[Retriever, Proof | None]:
    """Make a retriever over these entries, with the dense leg or without; nothing of theirs is kept.

    It goes by what an office has `learnt`, else by what comes with Madang.
    The second result says how a configured model did, None for the default one. Raises ModelFailed.
    """
    for chatty in ("faiss", "sentence_transformers", "transformers"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    place = folder(settings)
    morphemes = Morphemes()
    morphemes.warm_up()
    retriever = Retriever(
        morphemes,
        Meanings.load(ensure_model(place / "models", lambda share: progress("model", int(100 * share), 100))),
        ranking=None if learnt is None else learnt.ranking,
        calibration=None if learnt is None else learnt.calibration,
    )
    retriever.fill(entries, lambda done: progress("words", done, len(entries)))
    if not dense or settings.embedding_model == WORDS_ALONE:
        return retriever, None
    embedder = Embedder(morphemes, place / "models", settings.embedding_model)
    embedder.warm_up()
    proof = retriever.add_dense(embedder, progress=lambda done: progress("vectors", done, len(entries)))
    return retriever, proof
