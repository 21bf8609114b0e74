"""Files of any kind that the FAQ takes, as rows: tables as they are, documents cut into passages."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rooms.composed import composed
from rooms.errors import Refusal, bad_request, too_large
from rooms.faq.content import LINE_CHARS, Content, FaqLimits, checked
from rooms.faq.entries import Source
from rooms.faq.files import RowFault, Sheet, read_rows
from rooms.faq.passages import Passage, of_markdown, of_pages
from rooms.faq.rows import Row

MARKDOWN: Final = (".md", ".markdown")
PDF: Final = ".pdf"


class Reading(Struct, frozen=True, kw_only=True):
    """A file that was read; of a document, its name for people and how many pages it has (0: it has none).

    `file` is the name of a document's file.
    """

    sheet: Sheet
    document: str | None = None
    pages: int = 0
    file: str = ""


def is_document(name: str) -> bool:
    """Tell whether a file is cut into passages."""
    return name.lower().endswith((*MARKDOWN, PDF))


def read_file(name: str, data: bytes, limits: FaqLimits) -> Reading:
    """Read a file by the ending of its name. Raises Refusal for one that cannot be read at all."""
    if not is_document(name):
        return Reading(sheet=read_rows(name, data, limits))
    if len(data) > limits.file_bytes:
        raise too_large("faq_file_too_large", limit=limits.file_bytes)
    title = composed(name.rpartition(".")[0]).strip()[:LINE_CHARS]
    pages = 0
    if name.lower().endswith(PDF):
        from rooms.faq.pdf import pages_of  # noqa: PLC0415 - only where a PDF is read

        texts = pages_of(data, limits.pages)
        pages = len(texts)
        passages = of_pages(texts, title)
    else:
        passages = of_markdown(_decoded(data), title)
    if len(passages) > limits.rows:
        raise too_large("faq_too_many_rows", limit=limits.rows)
    file = composed(name).strip()[-LINE_CHARS:]
    return Reading(sheet=_sheet(passages, title, limits), document=title, pages=pages, file=file)


def owned(reading: Reading, document: str) -> Reading:
    """Give the passages of a document their ids and their source, so that the same one again changes them."""
    rows = []
    counted: dict[int, int] = {}
    for row in reading.sheet.rows:
        page = (row.content.source.page if row.content.source is not None else None) or 0
        counted[page] = counted.get(page, 0) + 1
        source = replace(row.content.source or Source(), document=document, file=reading.file)
        entry = f"{document}-{page}-{counted[page]}" if page else f"{document}-{counted[page]}"
        rows.append(replace(row, id=entry, content=replace(row.content, source=source)))
    return replace(reading, sheet=replace(reading.sheet, rows=tuple(rows)))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise bad_request("faq_no_text_file")


def _sheet(passages: list[Passage], title: str, limits: FaqLimits) -> Sheet:
    rows: list[Row] = []
    faults: list[RowFault] = []
    for number, passage in enumerate(passages, start=1):
        above = " › ".join(passage.path[:-1])
        content = Content(
            title=passage.title,
            answer=passage.text,
            aliases=(f"{above} › {passage.title}"[:LINE_CHARS],) if above else (),
            source=Source(title=title, page=passage.page),
        )
        try:
            content = checked(content, limits, publish=True)
        except Refusal as refusal:
            faults.append(RowFault(line=passage.page or number, field="", why=refusal))
            continue
        rows.append(Row(line=number, id="", unit="", content=content, addressed=False))
    if not rows and not faults:
        faults.append(RowFault(line=0, field="", why=bad_request("faq_file_empty")))
    return Sheet(rows=tuple(rows), faults=tuple(faults))
