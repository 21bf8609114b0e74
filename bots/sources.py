"""What is shown of entries beside their answers: where these stand, and which questions are offered."""

from collections.abc import Sequence
from typing import Final

from bots.entries import Entry
from bots.parts import Part, SourceDocument, SourceUrl, Suggestion

SUGGESTIONS: Final = 3


def suggestions(entries: Sequence[Entry]) -> list[Suggestion]:
    """Offer the questions of entries, each question once."""
    offered = dict[str, str]()
    for entry in entries:
        offered.setdefault(entry.question or entry.title, entry.id)
    return [Suggestion(name, question) for question, name in offered.items() if question][:SUGGESTIONS]


def source_of(entry: Entry, page: str) -> Part:
    """Say where an answer stands: the page or document named, else the entry itself.

    `page` is how a page of a document is named, such as "{title} p. {page}".
    """
    source = getattr(entry, "source", None)
    title = entry.title or entry.question or entry.id
    if source is not None and source.url:
        return SourceUrl(entry.id, source.url, source.title or title)
    if source is not None and (source.document or source.title):
        # Of what is cut into passages only PDF documents have pages.
        paged = source.page is not None
        named = source.title or title
        file = (source.file or source.title or None) if source.document else None
        return SourceDocument(
            entry.id,
            "application/pdf" if paged else "text/markdown",
            page.format(title=named, page=source.page) if paged else named,
            file,
        )
    return SourceDocument(entry.id, "text/markdown", title)
