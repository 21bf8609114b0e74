"""What a chat opens with: a few questions to be tapped, those that are pinned first, then those asked most.

They are chosen in memory from the entries that are answered from, through the gate that every answer goes
through. Who taps one asks it as if it had been typed, so that a school's own answer goes first here too.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Final, NamedTuple, Protocol

from bots.entries import NEARNESS, Asker, Audience, Entry
from rooms.faq.asked import Answered, same

LOOKED: Final = 50
"""Entries of one unit for one audience that are looked at for somebody: the most asked of them."""
CHARS: Final = 80
"""The longest question that is offered; on a phone it takes three lines."""

_Place = tuple[str | None, Audience]


class _Ranked(NamedTuple):
    """An entry, and how many people asked for it."""

    asked: int
    entry: str


class Gate(Protocol):
    """Who may see which entry now."""

    def entry(self, entry: str, who: Asker) -> Entry | None:
        """Give an entry that this person may see today."""


class Openings:
    """Chooses for each who comes; `rank` what there is before, and again when it changed."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._ranked: Mapping[_Place, Sequence[_Ranked]] = {}

    def rank(self, entries: Iterable[Entry], answered: Iterable[Answered], day: date) -> None:
        """Put entries in order: those pinned, then by how many people asked, and as they were published.

        What was tapped counts for nothing, else what is offered once would stay. May run in any thread.
        """
        ranked: dict[_Place, list[_Ranked]] = {}
        people: dict[str, set[str]] = {}
        own: dict[str, str] = {}
        offered = {entry.id: entry for entry in entries if _is_offered(entry, day)}
        for one in answered:
            entry = offered.get(one.entry)
            if entry is None:
                continue
            if one.entry not in own:
                own[one.entry] = same(question_of(entry))
            if same(one.question) != own[one.entry]:
                people.setdefault(one.entry, set()).add(one.owner)
        for entry in offered.values():
            place = _Ranked(len(people.get(entry.id, ())), entry.id)
            for audience in entry.audience:
                ranked.setdefault((entry.unit, audience), []).append(place)
        for places in ranked.values():
            places.sort(key=lambda one: (not offered[one.entry].pinned, -one.asked))
        self._ranked = ranked

    def choose(self, who: Asker, most: int) -> list[str]:
        """Choose at most so many questions for somebody, on as many topics as there are.

        Those that are pinned go before those that were asked, and these before the rest; of each, what is
        nearer to the person goes first. What is pinned is there whatever its topic.
        """
        seen: dict[str, tuple[int, Entry]] = {}
        for unit in (None, *who.units):
            for audience in who.audience:
                for asked, name in islice(self._ranked.get((unit, audience), ()), LOOKED):
                    entry = self._gate.entry(name, who)
                    if entry is not None:
                        seen[name] = (asked, entry)
        order = sorted(seen.values(), key=_order)
        questions: dict[str, str] = {}
        topics: set[str] = set()
        for new_topics in (True, False):
            for _, entry in order:
                question = question_of(entry)
                if len(questions) == most:
                    break
                if new_topics and not entry.pinned and entry.topic and entry.topic in topics:
                    continue
                topics.add(entry.topic)
                questions.setdefault(same(question), question)
        return list(questions.values())


def _order(seen: tuple[int, Entry]) -> tuple[bool, bool, int, int]:
    asked, entry = seen
    return not entry.pinned, not entry.pinned and not asked, -NEARNESS[entry.scope], -asked


def question_of(entry: Entry) -> str:
    """Give the question by which an entry is offered."""
    return entry.question or entry.title


def _is_offered(entry: Entry, day: date) -> bool:
    over = entry.valid_until is not None and entry.valid_until < day
    return not over and 0 < len(question_of(entry)) <= CHARS
