"""A roster file as a table: bytes in, records with their physical lines out. No I/O.

The dialect is RFC 4180 as spreadsheets really write it: UTF-8 with or without a byte order mark,
UTF-16 with one, or CP949; comma, semicolon or tab; any line ending. What cannot be read costs the
row, not the file.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from rooms.composed import composed

MAX_BYTES: Final = 100 * 1024 * 1024
"""A file above this is no roster; it would not fit in memory beside its rows."""

_MAX_BROKEN: Final = 1000
_HEADER_BYTES: Final = 65536
_DELIMITERS: Final = ",;\t"
_ENCODINGS: Final = {"utf-8": "UTF-8", "cp949": "CP949"}


class Fault(Struct, frozen=True):
    """What is wrong in a file, at a physical line (from 1) and in a column, as far as it has one.

    `reason` names the sentence in the message catalogue, `params` fill it.
    """

    file: str
    line: int | None
    column: str | None
    reason: str
    params: dict[str, Any] = {}


class Column(Struct, frozen=True):
    """A column: the field it fills, its header in Korean, the one in English, and others it goes by."""

    field: str
    korean: str
    aliases: tuple[str, ...] = ()
    required: bool = True
    own_english: str = ""

    @property
    def english(self) -> str:
        """Give the English header: the field's name, unless that cannot be the header's."""
        return self.own_english or self.field

    @property
    def label(self) -> str:
        """Name the column as both headers spell it."""
        return f"{self.korean} ({self.english})"


class Record(Struct, frozen=True):
    """A row: the physical line it begins at and its cells by field; absent columns are left out."""

    line: int
    cells: dict[str, str]


class Table(Struct, frozen=True):
    """A file that was read: its encoding, its good records, and what was wrong.

    `blind` says that some rows could not be told apart, so that what they named is not known; `unknown` are
    the headers, in line `header`, of columns that were not read.
    """

    file: str
    encoding: str
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]
    blind: bool
    header: int = 1
    unknown: tuple[str, ...] = ()


def read_table(file: str, data: bytes, columns: Sequence[Column]) -> Table:
    """Read a file whose first line names its columns, in any order, unknown ones ignored.

    Every fault is reported and the rest is read; a file without a needed column, or without any
    row, has no records and a fault that belongs to the whole file.
    """
    if len(data) > MAX_BYTES:
        return _refused(file, "file_too_large", megabytes=MAX_BYTES // 1024 // 1024)
    encoding, text = _decode(data)
    if not text.strip("\ufeff\r\n\t ,;"):
        return _refused(file, "file_empty")
    lines = io.StringIO(text, newline="").readlines()
    start = next(number for number, line in enumerate(lines) if line.strip())
    delimiter = _delimiter(lines[start], columns)
    header = _split(lines[start], delimiter)
    problem = _header_problem(header, columns)
    if problem is not None:
        reason, params = problem
        return Table(file, encoding, (), (Fault(file, start + 1, None, reason, params),), blind=True)
    names = _names(columns)
    unknown = tuple(cell for cell in header if cell.strip() and _fold(cell) not in names)
    table = _Rows(file, encoding, delimiter, header, columns).read(lines, start + 1)
    return replace(table, header=start + 1, unknown=unknown)


def _refused(file: str, reason: str, **params: Any) -> Table:
    return Table(file, "UTF-8", (), (Fault(file, None, None, reason, params),), blind=True)


def _decode(data: bytes) -> tuple[str, str]:
    """Find the encoding; bytes that do not fit it become lone surrogates, found later by cell."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16", data.decode("utf-16", "replace")
    if data.startswith(b"\xef\xbb\xbf"):
        return "UTF-8", data[3:].decode("utf-8", "surrogateescape")
    header = next((line for line in data[:_HEADER_BYTES].splitlines() if line.strip()), b"")
    encoding = "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        # A header in Korean is either one or the other; one in English tells nothing, so that
        # the encoding in which fewer bytes are foreign is the likelier.
        if header.isascii():
            encoding = min(_ENCODINGS, key=lambda name: _foreign(data, name))
        elif _foreign(header, "utf-8"):
            encoding = "cp949"
    return _ENCODINGS[encoding], data.decode(encoding, "surrogateescape")


def _foreign(data: bytes, encoding: str) -> int:
    text = data.decode(encoding, "surrogateescape")
    return sum(1 for char in text if "\udc80" <= char <= "\udcff")


def foreign_byte(text: str) -> str | None:
    """Name the first byte in a text that did not fit the file's encoding, as `0xB0`."""
    if text.isascii() or text.isprintable():
        return None
    for char in text:
        if "\udc80" <= char <= "\udcff":
            return f"0x{ord(char) - 0xDC00:02X}"
    return None


def _fold(header: str) -> str:
    text = composed(header).strip("\ufeff")
    return "".join(text.replace("_", "").split()).casefold()


def _names(columns: Sequence[Column]) -> dict[str, Column]:
    return {
        _fold(name): column for column in columns for name in (column.english, column.korean, *column.aliases)
    }


def _split(line: str, delimiter: str) -> list[str]:
    """Part a line; what has a cell that is too long has none."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter(line: str, columns: Sequence[Column]) -> str:
    names = _names(columns)
    known = {
        delimiter: sum(_fold(cell) in names for cell in _split(line, delimiter)) for delimiter in _DELIMITERS
    }
    return max(_DELIMITERS, key=lambda delimiter: known[delimiter])


def _header_problem(header: list[str], columns: Sequence[Column]) -> tuple[str, dict[str, Any]] | None:
    names = _names(columns)
    found = [names[_fold(cell)] for cell in header if _fold(cell) in names]
    needed = [column for column in columns if column.required]
    if not found:
        return "header_missing", {"columns": ", ".join(column.korean for column in needed)}
    missing = [column.label for column in needed if column not in found]
    if missing:
        return "columns_missing", {"columns": ", ".join(missing)}
    twice = [column.label for column in columns if found.count(column) > 1]
    if twice:
        return "columns_twice", {"columns": ", ".join(twice)}
    return None


class _Rows:
    """Reads the rows below a header; one use."""

    def __init__(
        self, file: str, encoding: str, delimiter: str, header: list[str], columns: Sequence[Column]
    ) -> None:
        self._file = file
        self._encoding = encoding
        self._delimiter = delimiter
        self._width = len(header)
        names = _names(columns)
        self._fields = [
            (place, names[_fold(cell)].field) for place, cell in enumerate(header) if _fold(cell) in names
        ]
        self._records: list[Record] = []
        self._faults: list[Fault] = []

    def read(self, lines: list[str], start: int) -> Table:
        """Read the records from line index `start` on."""
        place: int | None = start
        while place is not None:
            place = self._read_from(lines, place)
            if len(self._faults) >= _MAX_BROKEN and place is not None:
                self._fault(place + 1, "file_broken", count=_MAX_BROKEN)
                break
        blind = bool(self._faults)
        if not self._records and not self._faults:
            self._faults.append(Fault(self._file, None, None, "no_rows"))
            blind = True
        return Table(self._file, self._encoding, tuple(self._records), tuple(self._faults), blind)

    def _read_from(self, lines: list[str], start: int) -> int | None:
        """Read until a row is broken; the index of the line to go on with, None at the end.

        A quotation mark that is not closed swallows the rows below it, up to the next one. So after
        a broken row reading goes on at the very next line, and a value that holds what looks like a
        whole row is taken for such a mark.
        """
        reader = csv.reader(_from(lines, start), delimiter=self._delimiter, strict=True)
        begin = start
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                if _is_too_long(error) and len(lines[begin]) > csv.field_size_limit():
                    self._fault(begin + 1, "cell_too_long", limit=csv.field_size_limit())
                else:
                    self._fault(begin + 1, "quote_open" if _is_open(error) else "quote_misplaced")
                return begin + 1
            if cells is None:
                return None
            end = start + reader.line_num
            if self._swallows(lines[begin + 1 : end]):
                self._fault(begin + 1, "quote_open")
                return begin + 1
            if not self._keep(begin + 1, cells) and end > begin + 1:
                return begin + 1
            begin = end

    def _swallows(self, lines: list[str]) -> bool:
        return self._width > 1 and any(len(_split(line, self._delimiter)) == self._width for line in lines)

    def _keep(self, line: int, cells: list[str]) -> bool:
        while len(cells) > self._width and not cells[-1]:
            cells.pop()
        if not any(cell.strip() for cell in cells):
            return True
        if len(cells) != self._width:
            self._fault(line, "width", found=len(cells), wanted=self._width)
            return False
        self._records.append(Record(line, {field: cells[place] for place, field in self._fields}))
        return True

    def _fault(self, line: int, reason: str, **params: Any) -> None:
        self._faults.append(Fault(self._file, line, None, reason, params))


def _from(lines: list[str], start: int) -> Iterator[str]:
    for place in range(start, len(lines)):
        yield lines[place]


def _is_open(error: csv.Error) -> bool:
    return "unexpected end" in str(error) or _is_too_long(error)


def _is_too_long(error: csv.Error) -> bool:
    return "field larger" in str(error)
