"""Entries in files: JSON Lines or CSV, bytes in, rows out; each bad row is told with line and reason. Pure.

A CSV file is what spreadsheets write (`rooms.roster.table`): UTF-8, UTF-16 or CP949, comma, semicolon or
tab, with headers in Korean or English. JSON Lines has an object a line, with the English names. Both are
what `written` makes of entries, so that an export can be brought in again.
"""

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from rooms.errors import Refusal, bad_request, too_large
from rooms.faq.content import FaqLimits
from rooms.faq.entries import Audience, Entry, Scope, Source
from rooms.faq.rows import COLUMNS, BadFieldError, Row, misnamed, read_row, shown
from rooms.roster.table import MAX_BYTES, Fault, Table, foreign_byte, read_table

JSON_LINES: Final = (".jsonl", ".ndjson", ".json")
CSV: Final = (".csv", ".tsv", ".txt")
MOST_COLUMNS: Final = 1_000
"""Columns of a table, or fields of an object, that are known or not."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would take for a formula, and run."""


class RowFault(Struct, frozen=True, kw_only=True):
    """A row that cannot be used; `line` counts from 1, 0 where the whole file is meant; `why` says it."""

    line: int
    field: str
    why: Refusal


class Sheet(Struct, frozen=True, kw_only=True):
    """A file that was read."""

    rows: tuple[Row, ...]
    faults: tuple[RowFault, ...]

    @property
    def unaddressed(self) -> int:
        """How many rows do not say for whom they are."""
        return sum(not row.addressed for row in self.rows)

    def addressed(self, audience: Collection[Audience]) -> "Sheet":
        """Have rows that do not say for whom they are be for an audience; without one they stay."""
        if not audience:
            return self
        rows = (
            row if row.addressed else replace(row, content=replace(row.content, audience=frozenset(audience)))
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))


class _TwiceError(ValueError):
    """A field stands twice in an object; which of them counts nobody can say."""


def read_rows(name: str, data: bytes, limits: FaqLimits) -> Sheet:
    """Read the rows of a file by the ending of its name. Raises Refusal for a file that is none of ours."""
    if len(data) > limits.file_bytes:
        raise too_large("faq_file_too_large", limit=limits.file_bytes)
    ending = "." + name.rpartition(".")[2].lower()
    if ending in JSON_LINES:
        found: Iterator[tuple[int, Mapping[str, Any] | Refusal]] = _objects(data)
    elif ending in CSV:
        found = _cells(name, data)
    else:
        raise bad_request("faq_unknown_file", name=name[-80:])
    return _sheet(found, limits)


def _sheet(found: Iterable[tuple[int, Mapping[str, Any] | Refusal]], limits: FaqLimits) -> Sheet:
    rows: list[Row] = []
    faults: list[RowFault] = []
    first: dict[str, int] = {}
    for line, given in found:
        # Bad ones count too: each is told.
        if len(rows) + len(faults) >= limits.rows:
            raise too_large("faq_too_many_rows", limit=limits.rows)
        if isinstance(given, Refusal):
            faults.append(RowFault(line=line, field="", why=given))
            continue
        try:
            row = read_row(line, given, limits)
        except BadFieldError as bad:
            faults.append(RowFault(line=line, field=bad.field, why=bad.why))
            continue
        if row.id in first:
            why = bad_request("faq_id_twice", id=row.id, line=first[row.id])
            faults.append(RowFault(line=line, field="id", why=why))
            continue
        if row.id:
            first[row.id] = line
        rows.append(row)
    if not rows and not faults:
        faults.append(RowFault(line=0, field="", why=bad_request("faq_file_empty")))
    return Sheet(rows=tuple(rows), faults=tuple(faults))


def written(entries: Iterable[tuple[Entry, str]], ending: str) -> Iterator[str]:
    """Write entries, each with the name of its unit (a code), as pieces of a file that `read_rows` takes.

    `ending` is ".jsonl" or ".csv"; a CSV file begins with a byte order mark, because Excel asks for one, and
    what looks like a formula begins with an apostrophe.
    """
    if ending == ".jsonl":
        for entry, unit in entries:
            yield json.dumps(_fields(entry, unit), ensure_ascii=False) + "\n"
        return
    cells = io.StringIO(newline="")
    writer = csv.writer(cells)
    yield "\ufeff"
    writer.writerow([column.korean for column in COLUMNS])
    for entry, unit in entries:
        fields = _fields(entry, unit)
        writer.writerow([_cell(fields.get(column.field, "")) for column in COLUMNS])
        yield cells.getvalue()
        cells.seek(0)
        cells.truncate()
    yield cells.getvalue()


def _fields(entry: Entry, unit: str) -> dict[str, Any]:
    source = entry.source or Source()
    told: dict[str, Any] = {
        "id": entry.id,
        "title": entry.title,
        "question": entry.question,
        "aliases": list(entry.aliases),
        "answer": entry.answer,
        "audience": [audience for audience in Audience if audience in entry.audience],
        "scope": str(entry.scope),
        "unit": unit if entry.scope is not Scope.OFFICE else "",
        "topic": entry.topic,
        "valid_from": entry.valid_from.isoformat() if entry.valid_from else "",
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else "",
        "source": source.url,
        "source_title": source.title,
        "source_page": "" if source.page is None else str(source.page),
        "language": entry.language,
        "pinned": entry.pinned or "",
    }
    return {name: value for name, value in told.items() if value not in ("", [])}


def _cell(value: Any) -> str:
    if value is True:
        return "예"
    text = " | ".join(one.replace("|", "\\|") for one in value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(("'", *_FORMULA)) else text


def _uncell(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in ("'", *_FORMULA) else text


def _objects(data: bytes) -> Iterator[tuple[int, Mapping[str, Any] | Refusal]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield line, bad_request("faq_not_utf8", byte=error.start)
        return
    if text.lstrip()[:1] == "[":
        yield 1, bad_request("faq_json_list")
        return
    # Not splitlines: U+2028 and its like may stand within a JSON text.
    for number, line_text in enumerate(text.split("\n"), start=1):
        if not line_text.strip():
            continue
        try:
            found = json.loads(line_text, object_pairs_hook=_once, parse_constant=_no_number)
        except _TwiceError as twice:
            yield number, bad_request("faq_field_twice", found=shown(twice))
            continue
        except (ValueError, RecursionError) as error:
            yield number, bad_request("faq_not_json", detail=str(error)[:80])
            continue
        if not isinstance(found, dict):
            yield number, bad_request("faq_no_object")
        elif len(found) > MOST_COLUMNS:
            yield number, bad_request("faq_too_many_columns", limit=MOST_COLUMNS)
        else:
            yield number, found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _cells(name: str, data: bytes) -> Iterator[tuple[int, Mapping[str, Any] | Refusal]]:
    table = read_table(name, data, COLUMNS)
    if len(table.unknown) > MOST_COLUMNS:
        yield table.header, bad_request("faq_too_many_columns", limit=MOST_COLUMNS)
        return
    if (slip := _header_slip(table)) is not None:
        yield table.header, slip
        return
    for fault in table.faults:
        yield fault.line or 0, _told(fault)
    for record in table.records:
        broken = next((found for cell in record.cells.values() if (found := foreign_byte(cell))), None)
        if broken is not None:
            yield record.line, bad_request("faq_foreign_byte", byte=broken, encoding=table.encoding)
            continue
        # An empty cell is a field that is not there.
        yield (
            record.line,
            {field: _uncell(cell.strip()) for field, cell in record.cells.items() if cell.strip()},
        )


def _told(fault: Fault) -> Refusal:
    """Say in the words of the FAQ what is wrong in a table."""
    params = fault.params
    match fault.reason:
        case "file_empty" | "no_rows":
            why = bad_request("faq_file_empty")
        case "header_missing" | "columns_missing":
            why = bad_request("faq_columns_missing", columns=params.get("columns", ""))
        case "columns_twice":
            why = bad_request("faq_columns_twice", columns=params.get("columns", ""))
        case "width":
            why = bad_request("faq_row_width", found=params["found"], wanted=params["wanted"])
        case "cell_too_long":
            why = too_large("faq_cell_too_long", limit=params["limit"])
        case "file_broken":
            why = bad_request("faq_broken_below", count=params["count"])
        case "file_too_large":
            why = too_large("faq_file_too_large", limit=MAX_BYTES)
        case _:
            why = bad_request("faq_bad_quote")
    return why


def _header_slip(table: Table) -> Refusal | None:
    broken = next((found for header in table.unknown if (found := foreign_byte(header))), None)
    if broken is not None:
        return bad_request("faq_foreign_byte", byte=broken, encoding=table.encoding)
    return misnamed(table.unknown, {field for record in table.records[:1] for field in record.cells})
