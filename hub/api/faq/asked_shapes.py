"""What goes in and out over HTTP of the questions that came in, as types."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hub.protocol import Id
from rooms.faq.entries import Audience

Days = Annotated[int, Meta(ge=1, le=366, description="How many days back.")]


class FiguresQuery(Struct):
    """The last days, and the unit; without one, all units that I keep."""

    days: Days = 30
    unit: Id | None = None


class DayFigures(Struct):
    """A day: how much was asked, and how it was answered."""

    day: str
    asked: int
    sure: int
    unsure: int
    unknown: int


class TopEntry(Struct):
    """An entry, and how often it was the answer."""

    entry: str
    name: str
    asked: int
    helpful: int
    unhelpful: int


class FiguresAnswer(Struct):
    """What was asked and how it was answered; small talk is not counted as asked."""

    asked: int
    answered: int
    sure: int
    unsure: int
    unknown: int
    handed_over: int
    helpful: int
    unhelpful: int
    people: int
    days: list[DayFigures]
    top: list[TopEntry]


class QuestionsQuery(Struct):
    """The last days, the unit, and whether those without an answer or those that did not help."""

    days: Days = 30
    unit: Id | None = None
    kind: Literal["unanswered", "unhelpful"] = "unanswered"


class AskedRow(Struct):
    """A question, how often it came, when last, and what people said about the answer.

    `understood` is a question that went on from others as it was searched for, with what it went on from.
    """

    question: str
    asked: int
    last_at: str
    reasons: list[str]
    understood: str | None = None


class Cluster(Struct):
    """Questions that ask alike; `name` is the most typical, `asked` counts all of them.

    `audience` is what those were who asked: the staff's questions are never with those of families.
    """

    name: str
    asked: int
    last_at: str
    questions: list[AskedRow]
    near: str | None
    audience: list[Audience]


class QuestionsAnswer(Struct):
    """Clusters, the largest first; without `grouped` the chatbot is away, and only equals are together."""

    clusters: list[Cluster]
    grouped: bool


class Dismissal(Struct):
    """Questions that are dealt with, and shown no more: of those who ask as `audience`, else whoever asks.

    A question that went on from others is named as it was understood.
    """

    questions: Annotated[list[Annotated[str, Meta(max_length=4000)]], Meta(min_length=1, max_length=500)]
    audience: list[Audience] | None = None


class Proposal(Struct):
    """A question that came in and led to an entry, though it is none of its aliases."""

    question: str
    asked: int
    band: Literal["sure", "unsure"]


class Proposals(Struct):
    """Questions to take as aliases, the most asked first."""

    proposals: list[Proposal]
