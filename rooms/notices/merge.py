"""Mail merge: one notice, with words of their own for each child, from a table. Pure.

`{{열}}` in title or text takes the child's value of the column 열. A table names children by their
code, or by class and number, always with their name beside it, so that a slipped row is noticed.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from rooms.direction import undirected
from rooms.errors import Refusal, bad_request, too_large
from rooms.ids import PersonId
from rooms.notices.markdown import escape

PLACE: Final = re.compile(r"\{\{\s*([^{}\n]{1,40}?)\s*\}\}")
VALUE_CHARS: Final = 500
FAULTS: Final = 100
"""Faults that are told of one table; of more, their number."""
_CODE: Final = frozenset({"학생코드", "code", "student"})
_GRADE: Final = frozenset({"학년", "grade"})
_CLASS: Final = frozenset({"반", "학급", "class"})
_NUMBER: Final = frozenset({"번호", "number"})
_NAME: Final = frozenset({"이름", "성명", "name"})
_KEYS: Final = _CODE | _GRADE | _CLASS | _NUMBER | _NAME
_ENCODINGS: Final = ("utf-8-sig", "cp949")


class Pupil(Struct, frozen=True):
    """A student of the audience, as a table names them; `grade` and `room` are names of units."""

    id: PersonId
    name: str
    code: str
    grade: str
    room: str
    number: int | None


class MergeFault(Struct, frozen=True):
    """Why a row was not taken; `line` counts from 1, the header included."""

    line: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Merged:
    """What was read: the columns, a row for each child, and what was wrong."""

    columns: tuple[str, ...]
    rows: Mapping[PersonId, Mapping[str, str]]
    faults: tuple[MergeFault, ...]
    faulty: int


def places(*texts: str) -> set[str]:
    """Find the columns that texts name."""
    return {name for text in texts for name in PLACE.findall(text)}


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill a Markdown text; values are shown as they are, whatever marks they have.

    A place without a value stays as it is: a preview shows that it is empty, and nothing goes out with one.
    """
    return PLACE.sub(lambda found: escape(values.get(found[1], found[0])), text)


def fill_title(title: str, values: Mapping[str, str]) -> str:
    """Fill a title, which is no Markdown; a place without a value stays."""
    return " ".join(PLACE.sub(lambda found: values.get(found[1], found[0]), title).split())


def read_table(data: bytes, pupils: Iterable[Pupil], *, most_rows: int, most_columns: int) -> Merged:
    """Read a table for these pupils. Raises Refusal."""
    header, lines = _lines(_text(data), most_rows)
    by_name: dict[str, int] = {}
    for place, name in enumerate(header):
        if name in by_name:
            raise bad_request("merge_column_twice", column=name)
        if name:
            by_name[name] = place
    columns = tuple(name for name in by_name if name.lower() not in _KEYS)
    if len(columns) > most_columns:
        raise too_large("merge_too_many_columns", limit=most_columns)
    find = _Finder(by_name, pupils)
    rows: dict[PersonId, Mapping[str, str]] = {}
    faults: list[MergeFault] = []
    for line, cells in lines:
        found = find(cells)
        if isinstance(found, Pupil) and found.id in rows:
            found = bad_request("merge_child_twice", name=found.name)
        if isinstance(found, Pupil):
            values = {name: _cell(cells, by_name[name]) for name in columns}
            too_long = next((name for name, value in values.items() if len(value) > VALUE_CHARS), None)
            if too_long is None:
                rows[found.id] = values
                continue
            found = too_large("merge_value_too_long", column=too_long, limit=VALUE_CHARS)
        faults.append(MergeFault(line, found))
    return Merged(columns, rows, tuple(faults[:FAULTS]), len(faults))


class _Finder:
    """Finds the pupil of a row."""

    def __init__(self, columns: Mapping[str, int], pupils: Iterable[Pupil]) -> None:
        def of(names: frozenset[str]) -> int | None:
            return next((place for name, place in columns.items() if name.lower() in names), None)

        self._code, self._name = of(_CODE), of(_NAME)
        self._grade, self._class, self._number = of(_GRADE), of(_CLASS), of(_NUMBER)
        if self._code is None and None in {self._number, self._name}:
            raise bad_request("merge_no_child_column")
        self._by_code: dict[str, Pupil] = {}
        self._by_number: dict[tuple[str, str, str], list[Pupil]] = {}
        for pupil in pupils:
            if pupil.code:
                self._by_code[pupil.code.lower()] = pupil
            if pupil.number is not None:
                for grade in (_bare(pupil.grade), ""):
                    for room in (_bare(pupil.room), ""):
                        key = (grade, room, str(pupil.number))
                        self._by_number.setdefault(key, []).append(pupil)

    def __call__(self, cells: Sequence[str]) -> Pupil | Refusal:
        """Find the pupil, or say why not."""
        name = "" if self._name is None else _cell(cells, self._name)
        if self._code is not None:
            code = _cell(cells, self._code)
            found = self._by_code.get(code.lower())
            if found is None:
                return bad_request("merge_unknown_child", child=code or name)
        else:
            key = (
                _bare(_optional(cells, self._grade)),
                _bare(_optional(cells, self._class)),
                _bare(_optional(cells, self._number)),
            )
            fitting = self._by_number.get(key, [])
            if len(fitting) > 1:
                fitting = [pupil for pupil in fitting if pupil.name == name]
            if len(fitting) != 1:
                if fitting:
                    return bad_request("merge_several_children", child=name)
                return bad_request("merge_unknown_child", child=name)
            found = fitting[0]
        if name and found.name != name:
            return bad_request("merge_other_name", name=name, known=found.name)
        return found


def _text(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise bad_request("merge_not_text")


def _lines(text: str, most: int) -> tuple[list[str], list[tuple[int, list[str]]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        header = [" ".join(cell.split()) for cell in next(reader, [])]
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, cells))
            if len(lines) > most:
                raise too_large("merge_too_many_rows", limit=most)
    except csv.Error as error:
        raise bad_request("merge_not_csv", line=reader.line_num) from error
    if not header or not lines:
        raise bad_request("merge_empty")
    return header, lines


def _cell(cells: Sequence[str], place: int) -> str:
    return " ".join(undirected(cells[place]).split()) if place < len(cells) else ""


def _optional(cells: Sequence[str], place: int | None) -> str:
    return "" if place is None else _cell(cells, place)


def _bare(name: str) -> str:
    """Take 3 for 3학년, 2 for 2반 and 7 for 07."""
    bare = name.strip().removesuffix("학년").removesuffix("반").removesuffix("번").strip()
    return bare.lstrip("0") or bare
