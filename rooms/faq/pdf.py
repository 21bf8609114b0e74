"""The text of PDF documents, page by page. Files may cost what they like: run it in a process of its own."""

import io
import logging
from collections import Counter
from collections.abc import Iterable
from math import hypot
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from rooms.errors import bad_request, too_large
from rooms.faq.passages import Page

_BREAKS: Final = (
    PyPdfError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OSError,
    RecursionError,
)
"""Broken files break the library in any of these ways."""

LARGE: Final = 1.15
"""From how many times the size of most text on a line is one of large letters."""
BEGINS: Final = b"%PDF-"
HEAD_BYTES: Final = 1_024
"""Within which a PDF document says that it is one (ISO 32000-1, annex H)."""


def pages_of(data: bytes, most: int) -> list[Page]:
    """Read the text of each page, and which of its lines are in larger letters than most text.

    Raises Refusal for no PDF, a locked one, a long one, one of pictures. Also for one with a page that is
    broken, or takes more to be unpacked than the library allows.
    """
    if BEGINS not in data[:HEAD_BYTES]:
        raise bad_request("faq_no_pdf")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise bad_request("faq_pdf_locked")
        count = len(reader.pages)
        if count > most:
            raise too_large("faq_too_many_pages", limit=most)
    except _BREAKS as error:
        raise bad_request("faq_no_pdf") from error
    pages = [_text_of(reader, number) for number in range(count)]
    if not any(text.strip() for text, _ in pages):
        raise bad_request("faq_pdf_pictures")
    written: Counter[float] = Counter()
    for _, sizes in pages:
        for line, size in sizes.items():
            written[size] += len(line)
    usual = written.most_common(1)[0][0] if written else 0.0
    return [
        Page(
            text=text.encode("utf-8", "replace").decode(),
            large=frozenset(line for line, size in sizes.items() if size >= LARGE * usual > 0),
        )
        for text, sizes in pages
    ]


def _text_of(reader: PdfReader, number: int) -> tuple[str, dict[str, float]]:
    """Read the text of a page, and the size of each of its lines."""
    written: list[tuple[str, float]] = []

    def see(text: str, place: list[float], line: list[float], _: object, size: float) -> None:
        written.append((text, size * hypot(*place[2:4]) * hypot(*line[2:4])))

    try:
        text = reader.pages[number].extract_text(visitor_text=see)
        return text, _sizes(text, written)
    except _BREAKS as error:
        raise bad_request("faq_pdf_page", page=number + 1) from error


def _sizes(text: str, written: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Say of each line of a text how large its largest letters are, to half a point.

    What was written has the text's letters in their order, but not its spaces and lines. Where it has other
    letters, nothing is said of those that follow.
    """
    letters = ((letter, size) for part, size in written for letter in part if not letter.isspace())
    sizes: dict[str, float] = {}
    for line in text.splitlines():
        largest = 0.0
        for letter in line:
            if letter.isspace():
                continue
            wrote, size = next(letters, ("", 0.0))
            if wrote != letter:
                return sizes
            largest = max(largest, size)
        sizes[" ".join(line.split())] = round(2 * largest) / 2
    sizes.pop("", None)
    return sizes
