"""Entries in files: JSON Lines or CSV, bytes in, rows out; each bad row is told with line and reason. Pure.

A CSV file is what spreadsheets write (`rooms.roster.table`): UTF-8, UTF-16 or CP949, comma, semicolon or
tab, with headers in Korean or English. JSON Lines has an object a line, with the English names. Both are
what `written` makes of entries, so that an export can be brought in again.
"""

import csv
import difflib
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from rooms.errors import Refusal, bad_request, too_large
from rooms.faq.content import Content, FaqLimits, checked, clean_text
from rooms.faq.entries import Audience, Entry, Scope, Source
from rooms.roster.table import MAX_BYTES, Column, Fault, Table, foreign_byte, read_table

JSON_LINES: Final = (".jsonl", ".ndjson", ".json")
CSV: Final = (".csv", ".tsv", ".txt")
ID_CHARS: Final = 200
PAGE_DIGITS: Final = 6
MOST_COLUMNS: Final = 1_000
"""Columns of a table, or fields of an object, that are known or not."""

COLUMNS: Final = (
    Column("id", "번호", ("아이디", "항목번호"), required=False),
    Column("title", "제목", required=False),
    Column("question", "질문", ("대표질문",), required=False),
    Column("aliases", "다른 질문", ("유사질문", "다르게 묻는 말"), required=False),
    Column("answer", "답변", ("답",)),
    Column("audience", "대상", required=False),
    Column("unit", "기관", ("기관코드", "학교코드"), required=False),
    Column("topic", "주제", ("분류",), required=False),
    Column("valid_from", "시작일", required=False),
    Column("valid_until", "종료일", required=False),
    Column("source", "출처", ("출처 주소",), required=False),
    Column("source_title", "출처 제목", required=False),
    Column("source_page", "출처 쪽", required=False),
    Column("language", "언어", required=False),
    Column("pinned", "첫 질문", ("첫질문", "고정"), required=False),
)

_AUDIENCES: Final = {
    "보호자": Audience.GUARDIAN,
    "학부모": Audience.GUARDIAN,
    "학생": Audience.STUDENT,
    "교직원": Audience.STAFF,
    "직원": Audience.STAFF,
    **{str(audience): audience for audience in Audience},
}
_YES: Final = frozenset({"true", "1", "y", "yes", "o", "예", "네"})
_NO: Final = frozenset({"", "false", "0", "n", "no", "x", "아니요", "아니오"})
_FIELDS: Final = frozenset(column.field for column in COLUMNS)
_LIKE: Final = 0.75
"""From how alike a name that is not known is taken for a slip of one that is."""
_LONGEST_NAME: Final = 40
"""A longer name is no slip of any."""
_BETWEEN: Final = re.compile(r"[,·|/;\n]")
_BAR: Final = re.compile(r"(?<!\\)[|\n]")
"""What parts texts in one cell; a bar within a text has a backslash before it."""
_DATE: Final = re.compile(
    r"(\d{4})\s?[-./년]\s?(\d{1,2})\s?[-./월]\s?(\d{1,2})\s?[.일]?(?:[T ][\d:.]+Z?)?", re.ASCII
)
"""2026-03-02, 2026. 3. 2. and 2026년 3월 2일, as dates are typed here; Excel writes 2026-03-02 00:00:00."""
_NARROWING: Final = {
    name: column.field
    for column in COLUMNS
    if column.field in {"audience", "unit", "valid_from", "valid_until"}
    for name in (column.english, column.korean, *column.aliases)
}
"""Names of the fields without which an entry is for more people, or for longer."""
_ALL: Final = frozenset({"", "전체", "모두", "all"})
_UNSAID: Final[tuple[object, ...]] = (None, "", [])
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would take for a formula, and run."""


class Row(Struct, frozen=True, kw_only=True):
    """A good row: its line, the id and the unit (id or code) it names, empty for none, and the content.

    `addressed` tells that the row says itself for whom it is.
    """

    line: int
    id: str
    unit: str
    content: Content
    addressed: bool = True


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


class _BadFieldError(Exception):
    def __init__(self, field: str, why: Refusal) -> None:
        super().__init__(field)
        self.field = field
        self.why = why


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
            row = _row(line, given, limits)
        except _BadFieldError as bad:
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
            yield number, bad_request("faq_field_twice", found=_shown(twice))
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
    return _slip(table.unknown, {field for record in table.records[:1] for field in record.cells})


def _slip(names: Iterable[str], given: Collection[str]) -> Refusal | None:
    """Refuse a name that is not known and was meant to be another: an entry would be for more than it should.

    `given` are the fields that are there anyway.
    """
    for name in names:
        meant = _meant(name) if len(name) <= _LONGEST_NAME else ""
        if meant and _NARROWING[meant] not in given:
            return bad_request("faq_unknown_field", found=_shown(name), meant=meant)
    return None


@lru_cache(1_000)
def _meant(name: str) -> str:
    return next(iter(difflib.get_close_matches(name.strip().casefold(), _NARROWING, 1, _LIKE)), "")


def _shown(found: object) -> str:
    """Write what was found so that it can be told, whatever it is."""
    return str(found)[:40].encode("utf-8", "backslashreplace").decode()


def _row(line: int, given: Mapping[str, Any], limits: FaqLimits) -> Row:
    slip = _slip(given.keys() - _FIELDS, given.keys())
    if slip is not None:
        raise _BadFieldError("", slip)
    content = Content(
        title=_text(given, "title"),
        question=_text(given, "question"),
        aliases=_texts(given, "aliases"),
        answer=_text(given, "answer"),
        audience=_audience(given),
        topic=_text(given, "topic"),
        valid_from=_date(given, "valid_from"),
        valid_until=_date(given, "valid_until"),
        source=_source(given),
        language=_text(given, "language") or "ko",
        pinned=_yes(given, "pinned"),
    )
    try:
        content = checked(content, limits, publish=True)
    except Refusal as refusal:
        raise _BadFieldError("", refusal) from refusal
    return Row(
        line=line,
        id=_id(given),
        unit=_text(given, "unit"),
        content=content,
        addressed=given.get("audience") not in _UNSAID,
    )


def _id(given: Mapping[str, Any]) -> str:
    found = given.get("id")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    elif found is not None and not isinstance(found, str):
        raise _BadFieldError("id", bad_request("faq_no_text", field="id"))
    found = _clean("id", found or "")
    odd = found in {".", ".."} or any(char in found for char in " /?#%")
    if len(found) > ID_CHARS or odd or not found.isprintable():
        raise _BadFieldError("id", bad_request("faq_bad_id", limit=ID_CHARS))
    return found


def _text(given: Mapping[str, Any], field: str) -> str:
    found = given.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _BadFieldError(field, bad_request("faq_no_text", field=field))
    return _clean(field, found)


def _clean(field: str, text: str) -> str:
    try:
        return clean_text(text)
    except Refusal as refusal:
        raise _BadFieldError(field, refusal) from refusal


def _texts(given: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = given.get(field)
    if found is None:
        return ()
    if isinstance(found, str):
        found = [one.replace("\\|", "|") for one in _BAR.split(found)]
    if not isinstance(found, list):
        raise _BadFieldError(field, bad_request("faq_no_text", field=field))
    texts = [_text({field: one}, field) for one in found]
    return tuple(text for text in texts if text)


def _audience(given: Mapping[str, Any]) -> frozenset[Audience]:
    found = given.get("audience")
    names = _BETWEEN.split(found) if isinstance(found, str) else found
    names = [] if names is None else names
    if not isinstance(names, list):
        raise _BadFieldError("audience", bad_request("faq_no_text", field="audience"))
    audiences: set[Audience] = set()
    for name in names:
        word = name.strip().casefold() if isinstance(name, str) else "?"
        if word in _ALL:
            continue
        if word not in _AUDIENCES:
            raise _BadFieldError("audience", bad_request("faq_bad_audience", found=_shown(name)))
        audiences.add(_AUDIENCES[word])
    return frozenset(audiences or Audience)


def _yes(given: Mapping[str, Any], field: str) -> bool:
    found = given.get(field)
    if isinstance(found, bool):
        return found
    said = _text(given, field).casefold()
    if said in _YES or said in _NO:
        return said in _YES
    raise _BadFieldError(field, bad_request("faq_bad_yes", found=_shown(said)))


def _date(given: Mapping[str, Any], field: str) -> date | None:
    found = _text(given, field)
    if not found:
        return None
    typed = _DATE.fullmatch(found)
    try:
        if typed is not None:
            return date(int(typed[1]), int(typed[2]), int(typed[3]))
    except ValueError:
        typed = None
    raise _BadFieldError(field, bad_request("faq_bad_date", found=_shown(found)))


def _source(given: Mapping[str, Any]) -> Source | None:
    found = given.get("source")
    if isinstance(found, dict):
        source = Source(title=_text(found, "title"), url=_text(found, "url"), page=_page(found, "page"))
    else:
        page = _page(given, "source_page")
        source = Source(title=_text(given, "source_title"), url=_text(given, "source"), page=page)
    return source if source.title or source.url else None


def _page(given: Mapping[str, Any], field: str) -> int | None:
    found = given.get(field)
    if isinstance(found, str) and found.strip().isdecimal() and len(found.strip()) <= PAGE_DIGITS:
        found = int(found)
    if found is None or found == "":
        return None
    if not isinstance(found, int) or isinstance(found, bool):
        raise _BadFieldError(field, bad_request("faq_bad_page"))
    return found
