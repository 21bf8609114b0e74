from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec
import pytest

from bots.entries import EVERYBODY, Asker, Audience, Entry, asker
from bots.retrieval import lexical
from bots.retrieval.embedder import Embedder
from bots.retrieval.kept import FILE
from bots.retrieval.lexical import Lexical
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.retriever import WORTH, Retriever
from bots.retrieval.vectors import FILE as VECTORS

DAY = date(2026, 3, 2)
ANYBODY = Asker(audience=EVERYBODY)
QUESTIONS = ("전학 서류", "방가후 신쳥", "급식비 언제 빠져나가요", "통학구혁", "애가 아파서 학교 못 갔어요")
BUS = Entry(id="bus", question="통학버스는 어떻게 신청해요?", answer="통학구역을 보고 행정실에 신청합니다.")


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hear which entries are indexed, not taken."""
    heard: list[str] = []
    add_all = Lexical.add_all

    def listening(self: Lexical, rows: Sequence[tuple[int, Entry]]) -> object:
        heard.extend(entry.id for _, entry in rows)
        return add_all(self, rows)

    monkeypatch.setattr(Lexical, "add_all", listening)
    return heard


class Start:
    """Starts a retriever as the chatbot's process does."""

    def __init__(self, morphemes: Morphemes, meanings: Meanings, embedder: Embedder, folder: Path) -> None:
        self._made_of = morphemes, meanings
        self._embedder = embedder
        self.folder = folder

    def __call__(self, entries: Sequence[Entry], *, kept: bool = True) -> Retriever:
        made = Retriever(*self._made_of)
        made.fill(entries, embedder=self._embedder, folder=self.folder if kept else None)
        return made


@pytest.fixture
def start(morphemes: Morphemes, meanings: Meanings, embedder: Embedder, tmp_path: Path) -> Start:
    return Start(morphemes, meanings, embedder, tmp_path / "index")


def same(one: Retriever, other: Retriever, who: Asker = ANYBODY) -> bool:
    """Say whether two find the same, and are as sure of it."""
    for question in QUESTIONS:
        found = [made.search(question, who, DAY) for made in (one, other)]
        if [hit.entry for hit in found[0].hits] != [hit.entry for hit in found[1].hits]:
            return False
        if found[0].confidence != pytest.approx(found[1].confidence, abs=1e-5):
            return False
    return one.dense and other.dense


def test_what_did_not_change_is_taken_and_the_rest_indexed(
    start: Start, school: tuple[Entry, ...], indexed: list[str]
) -> None:
    first = start(school)
    assert first.keep(start.folder)
    assert not first.keep(start.folder)
    indexed.clear()
    again = start(school)
    assert indexed == []
    assert same(again, first)
    changed = msgspec.structs.replace(school[2], answer="15일에 빠져나갑니다.")
    hidden = msgspec.structs.replace(school[0], audience=frozenset({Audience.STAFF}))
    entries = [hidden, school[1], changed, *school[4:], BUS]
    started = start(entries)
    assert sorted(indexed) == ["bus", changed.id]
    indexed.clear()
    for who in (ANYBODY, asker([Audience.GUARDIAN])):
        assert same(started, start(entries, kept=False), who)


def test_rows_are_never_used_again(start: Start, school: tuple[Entry, ...]) -> None:
    first = start(school)
    first.put(msgspec.structs.replace(school[2], answer="15일에 빠져나갑니다."))
    first.put(school[2])
    # The last row is of no entry by now, but in the index still.
    first.put(BUS)
    first.remove("bus")
    first.keep(start.folder)
    later = msgspec.structs.replace(BUS, id="q", question="주차", answer="없습니다.")
    entries = [*school, later]
    started = start(entries)
    assert same(started, start(entries, kept=False))
    started.put(BUS)
    started.remove(school[1].id)
    assert same(started, start([*(one for one in entries if one.id != school[1].id), BUS], kept=False))
    # And once more, from what was taken and changed.
    assert started.keep(start.folder)
    assert same(start([*entries, BUS]), start([*entries, BUS], kept=False))


@pytest.mark.parametrize("file", [FILE, VECTORS])
def test_what_is_broken_is_made_anew(
    start: Start, school: tuple[Entry, ...], indexed: list[str], file: str, embedder: Embedder
) -> None:
    whole = start(school)
    whole.keep(start.folder)
    path = start.folder / file
    path.write_bytes(path.read_bytes()[:-100])
    indexed.clear()
    started = start(school)
    if file == FILE:
        assert len(indexed) == len(school)
    else:
        assert indexed == []
        assert not started.dense
        started.add_dense(embedder, start.folder)
    assert same(started, whole)


def test_another_program_or_dictionary_takes_nothing(
    start: Start,
    school: tuple[Entry, ...],
    indexed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    start(school).keep(start.folder)
    with monkeypatch.context() as patch:
        patch.setattr(lexical, "MADE_BY", lexical.MADE_BY[1:])
        indexed.clear()
        start(school)
        assert len(indexed) == len(school)
    terms = tmp_path / "terms.txt"
    terms.write_text("늘봄 = 돌봄\n", encoding="utf-8")
    assert Morphemes(terms).fingerprint != Morphemes().fingerprint


def test_an_index_of_mostly_other_entries_is_left(
    start: Start, school: tuple[Entry, ...], indexed: list[str]
) -> None:
    start(school).keep(start.folder)
    indexed.clear()
    start([school[0], BUS])
    assert indexed == [school[0].id, "bus"]


def test_it_is_saved_when_it_is_worth_it(start: Start, school: tuple[Entry, ...]) -> None:
    entries = [msgspec.structs.replace(school[0], id=f"q{place}") for place in range(2 * WORTH)]
    first = start(entries)
    assert first.keep(start.folder)
    for place in range(3):
        assert first.keep(start.folder) is False
        first.put(msgspec.structs.replace(school[1], id=f"q{place}"))
    assert first.keep(start.folder)
    assert first.keep(start.folder) is False
