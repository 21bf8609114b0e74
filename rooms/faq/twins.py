"""Entries that answer the same question: of one unit, for some person who may see both. Pure."""

from datetime import date
from typing import Final

from msgspec import Struct

from rooms.faq.content import Content, asked
from rooms.faq.entries import EVERYBODY

MOST: Final = 5
"""Twins that are told of; each is one too many."""


class Twin(Struct, frozen=True, kw_only=True):
    """An entry that is out and answers a question of another too; `question` is as the other puts it."""

    entry: str
    name: str
    question: str


def askings(content: Content) -> dict[str, str]:
    """List the ways to ask for an entry, each under the form in which it is compared, as it is written.

    Its title counts where it has no question: titles stand above more than one question, and passage.
    """
    ways = (content.question or content.title, *content.aliases)
    return {key: way for way in ways if (key := asked(way))}


def shared(content: Content, out: Content) -> str | None:
    """Find a question that an entry answers as well as one that is out, as the former puts it; None for none.

    An entry for which nobody is chosen yet may come to be for anybody. Passages of one document are not each
    other's twins.
    """
    if not (content.audience or EVERYBODY) & out.audience or not _meet(content, out):
        return None
    if (
        content.source
        and out.source
        and content.source.document
        and content.source.document == out.source.document
    ):
        return None
    theirs = askings(out)
    return next((way for key, way in askings(content).items() if key in theirs), None)


def _meet(one: Content, other: Content) -> bool:
    """Tell whether there is a day on which both hold."""
    begins = max(one.valid_from or date.min, other.valid_from or date.min)
    return begins <= min(one.valid_until or date.max, other.valid_until or date.max)
