"""What people asked the chatbot, as those see it who keep its FAQ: figures, questions without answer. Pure.

Questions are masked before they are stored, so none of this names a person.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct

from rooms.faq.entries import Audience
from rooms.ids import UnitId

MOST_QUESTIONS: Final = 2_000
"""Different questions that are looked at together."""
MOST_CLUSTERS: Final = 100
MOST_SHOWN: Final = 30
"""Questions of one cluster that are shown."""
REASONS: Final = 5


class Side(StrEnum):
    """Whose question it is: that of families and of the staff may be put alike and want different answers."""

    FAMILIES = "families"
    STAFF = "staff"


def side_of(audience: Collection[Audience]) -> Side:
    """Tell on which side those are who ask; who asks as both is answered as one of the families."""
    return Side.STAFF if set(audience) == {Audience.STAFF} else Side.FAMILIES


class Span(Struct, frozen=True, kw_only=True):
    """Which turns count: since when, and of conversations at which units; None means all.

    What those who keep the units `kept` have dealt with is left out.
    """

    since: datetime
    kept: frozenset[UnitId] = frozenset()
    units: frozenset[UnitId] | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """A question that came in, how often and when last; `near` is the entry that came closest.

    `understood` is what was searched for where the question went on from others, with what it went on from;
    empty where the question says it all. `audience` is what those were who asked, empty where that is not
    known.
    """

    question: str
    understood: str = ""
    audience: frozenset[Audience] = frozenset()
    asked: int
    last_at: datetime
    reasons: tuple[str, ...] = ()
    near: str | None = None

    @property
    def whole(self) -> str:
        """The question as it can be read by itself."""
        return self.understood or self.question

    @property
    def side(self) -> Side:
        """Who asked: the staff or families, whose questions are kept apart."""
        return side_of(self.audience)


class Answered(Struct, frozen=True, kw_only=True):
    """That somebody asked something, to which an entry was the sure answer."""

    entry: str
    question: str
    owner: str


class Day(Struct, frozen=True, kw_only=True):
    """A day's turns by band."""

    day: date
    bands: Mapping[str, int]


class Hit(Struct, frozen=True, kw_only=True):
    """An entry that was the answer, how often, and what people thought of it."""

    entry: str
    asked: int
    helpful: int
    unhelpful: int


class Figures(Struct, frozen=True, kw_only=True):
    """What was asked in a span."""

    days: tuple[Day, ...]
    helpful: int
    unhelpful: int
    handed_over: int
    people: int
    top: tuple[Hit, ...]

    def band(self, name: str) -> int:
        """Count the turns of a band."""
        return sum(day.bands.get(name, 0) for day in self.days)


class AskedStore(Protocol):
    """What is asked of the conversations."""

    async def figures(self, span: Span, timezone: str, top: int) -> Figures:
        """Count turns."""

    async def unanswered(self, span: Span, limit: int) -> list[Heard]:
        """List questions without a sure answer, equal ones together, the most asked first."""

    async def unhelpful(self, span: Span, limit: int) -> list[Heard]:
        """List questions whose answer did not help, equal ones together, the most asked first."""

    async def led_to(self, entry: str, limit: int) -> list[tuple[Heard, str]]:
        """List questions that led to an entry, with the band."""


class Group(Struct, frozen=True, kw_only=True):
    """Questions that ask alike, the most asked first."""

    questions: tuple[Heard, ...]

    @property
    def asked(self) -> int:
        """How often they were asked in all."""
        return sum(one.asked for one in self.questions)

    @property
    def last_at(self) -> datetime:
        """When one of them was asked last."""
        return max(one.last_at for one in self.questions)

    @property
    def audience(self) -> frozenset[Audience]:
        """What those are who asked."""
        return frozenset().union(*(one.audience for one in self.questions))


def same(question: str) -> str:
    """Bring a question into the form in which those are equal that differ in spaces, marks and capitals."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return "".join(char for char in folded if char.isalnum())


def groups(heard: Sequence[Heard], places: Iterable[Sequence[int]]) -> list[Group]:
    """Put questions together by their places in `heard`, the largest group first."""
    made = [
        Group(questions=tuple(sorted((heard[place] for place in some), key=lambda one: -one.asked)))
        for some in places
        if some
    ]
    return sorted(made, key=lambda group: (-group.asked, group.questions[0].whole))[:MOST_CLUSTERS]
