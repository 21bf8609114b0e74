"""The text of PDF documents, page by page. Files may cost what they like: run it in a process of its own."""

import io
import logging
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from rooms.errors import bad_request, too_large

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

BEGINS: Final = b"%PDF-"
HEAD_BYTES: Final = 1_024
"""Within which a PDF document says that it is one (ISO 32000-1, annex H)."""


def pages_of(data: bytes, most: int) -> list[str]:
    """Read the text of each page. Raises Refusal for no PDF, a locked one, a long one, one of pictures.

    Also for one with a page that is broken, or takes more to be unpacked than the library allows.
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
    if not any(page.strip() for page in pages):
        raise bad_request("faq_pdf_pictures")
    return [page.encode("utf-8", "replace").decode() for page in pages]


def _text_of(reader: PdfReader, number: int) -> str:
    try:
        return reader.pages[number].extract_text()
    except _BREAKS as error:
        raise bad_request("faq_pdf_page", page=number + 1) from error
