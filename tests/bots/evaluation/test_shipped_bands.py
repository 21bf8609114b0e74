"""The bands that come with Madang, on a part of the evaluation set; README has the figures of all of it.

The model of tests knows the most frequent morphemes alone, so the bounds are wider than those figures.
"""

from datetime import date

import msgspec
import pytest

from bots.entry_files import read_entries, read_questions
from bots.evaluation.figures import Figures, by_tag, measure
from bots.evaluation.trial import ask, joined
from bots.retrieval.embedder import Embedder
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.retriever import Retriever
from tests.support.faq import SAMPLE

TODAY = date(2026, 9, 1)


@pytest.fixture(scope="module")
def retriever(morphemes: Morphemes, meanings: Meanings, embedder: Embedder) -> Retriever:
    made = Retriever(morphemes, meanings)
    made.fill(read_entries(SAMPLE), embedder=embedder)
    return made


@pytest.fixture(scope="module")
def refused(retriever: Retriever) -> dict[str, Figures]:
    asked = [one for one in read_questions(SAMPLE.with_name("refused.jsonl")) if one.tags["kind"] == "far"]
    asked += read_questions(SAMPLE.with_name("refused.jsonl"))[:120:4]
    return by_tag(list(ask(retriever, asked[::2], TODAY)), "kind")


def test_what_has_nothing_to_do_with_the_office_is_refused(refused: dict[str, Figures]) -> None:
    assert (refused["far"].refused_sure or 0) <= 0.04
    assert (refused["far"].refused_unknown or 0) >= 0.8


def test_what_is_near_is_hardly_ever_answered_as_sure(refused: dict[str, Figures]) -> None:
    assert (refused["near"].refused_sure or 0) <= 0.2


def test_what_has_an_answer_gets_it(retriever: Retriever) -> None:
    asked = read_questions(SAMPLE.with_name("questions.jsonl"))[::12]
    told = measure(list(ask(retriever, asked, TODAY)))
    assert (told.sure_coverage or 0) >= 0.5
    assert (told.sure_precision or 0) >= 0.93
    assert (told.known_unknown or 0) <= 0.2


def test_what_is_typed_without_spaces_gets_it_too(retriever: Retriever) -> None:
    asked = read_questions(SAMPLE.with_name("questions.jsonl"))[::12]
    told = measure(list(ask(retriever, joined(asked), TODAY)))
    assert (told.sure_coverage or 0) >= 0.5
    assert (told.sure_precision or 0) >= 0.93
    assert (told.known_unknown or 0) <= 0.22


@pytest.mark.parametrize(("place", "bare", "least"), [("hospital", False, 0.6), ("city", True, 0.33)])
def test_entries_that_nothing_was_learnt_from_are_answered_as_surely(
    morphemes: Morphemes, meanings: Meanings, embedder: Embedder, place: str, bare: bool, least: float
) -> None:
    entries = read_entries(SAMPLE.with_name(f"{place}-entries.jsonl"))
    made = Retriever(morphemes, meanings)
    # What has a title and a question alone leaves more in doubt.
    made.fill(
        [msgspec.structs.replace(one, aliases=()) for one in entries] if bare else entries, embedder=embedder
    )
    told = measure(list(ask(made, read_questions(SAMPLE.with_name(f"{place}-questions.jsonl")), TODAY)))
    assert (told.sure_coverage or 0) >= least
    assert (told.sure_precision or 0) >= 0.97
    assert (told.refused_sure or 0) <= 0.04
    assert (told.refused_unknown or 0) >= 0.9
    assert (told.known_unknown or 0) <= 0.15
