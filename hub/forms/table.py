"""All answers to a form as a table: CSV, or a workbook of Excel.

What families write is text and stays text: a cell that a spreadsheet would take for a formula is marked as
text in a workbook, and begins with an apostrophe in CSV, which has no types (OWASP, CSV injection).
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from hub.forms.values import shown_answer, shown_time
from hub.wording.forms import FormWords
from rooms.forms.book import Line, Sheet
from rooms.forms.record import Entry
from rooms.forms.standing import Part
from rooms.ids import PersonId

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STARTS: Final = frozenset("=+-@\t\r\n\uff0b\uff0d\uff1d\uff20")
"""With these a spreadsheet lets a formula begin; the full-width forms too, in East Asian versions."""
_WIDTHS: Final = (28, 14, 12, 14, 10, 24, 16)

Cell = str | int | None


def rows(
    sheet: Sheet,
    entries: Mapping[int, Entry],
    names: Mapping[PersonId, str],
    words: FormWords,
    zone: ZoneInfo,
) -> Iterator[list[Cell]]:
    """Write the heading, then a row for everybody who answered or is to answer for each student."""
    told = words.table
    yield [
        *(told[name] for name in ("unit", "student", "state", "signer", "relation", "at", "by")),
        *(field.label for field in sheet.form.fields),
        *(told[name] for name in ("version", "language", "entry", "hash")),
    ]
    for line in sheet.lines:
        parts: list[Part | None] = [part for part in line[1].parts if part.must or part.current is not None]
        for part in parts or [None]:
            yield _row(sheet, line, part, entries, names, words, zone)


def as_csv(table: Iterator[list[Cell]]) -> bytes:
    """Write a table as CSV (RFC 4180) with the mark by which Excel knows UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in table:
        writer.writerow([neutral(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(table: Iterator[list[Cell]], title: str) -> bytes:
    """Write a table as a workbook with one sheet."""
    data = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(data, options) as book:
        page = book.add_worksheet(title)
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        page.freeze_panes(1, 2)
        for column, width in enumerate(_WIDTHS):
            page.set_column(column, column, width)
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                form = heading if number == 0 else None
                if isinstance(cell, int):
                    page.write_number(number, column, cell, form)
                elif cell is not None:
                    page.write_string(number, column, cell, form)
    return data.getvalue()


def neutral(cell: Cell) -> Cell:
    """Make sure that a spreadsheet that opens CSV takes a cell for the text it is."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in _STARTS and cell else cell


def _row(
    sheet: Sheet,
    line: Line,
    part: Part | None,
    entries: Mapping[int, Entry],
    names: Mapping[PersonId, str],
    words: FormWords,
    zone: ZoneInfo,
) -> list[Cell]:
    pupil, standing = line
    student: Sequence[Cell] = [pupil.student.unit, pupil.student.name]
    if part is None:
        return [*student, _state(standing.stand, line, words)]
    relation = words.answers["student"] if part.kind == "student" else part.relation
    entry = entries.get(part.current.seq) if part.current is not None else None
    signer = names.get(part.person, "")
    if entry is None:
        return [*student, _state("due", line, words), signer, relation]
    body = entry.body
    state = "withdrawn" if part.current is None or not part.current.holds else "complete"
    answers: Mapping[str, Any] = body.answers
    return [
        *student,
        _state("again" if part.again else state, line, words),
        body.signer.name,
        relation,
        shown_time(body.at, zone),
        body.clerk.name if body.clerk else None,
        *(
            shown_answer(field, answers[field.id], words) if field.id in answers else None
            for field in sheet.form.fields
        ),
        body.version,
        body.language,
        entry.link.seq,
        entry.link.hash,
    ]


def _state(state: str, line: Line, words: FormWords) -> str:
    """Tell how it stands, and of who left that they did."""
    said, left = words.states[state], words.states["left"]
    return f"{said} ({left})" if line[1].left and said != left else said
