"""Entries and questions in files, JSON Lines or CSV; each fault is told with file, line, field and reason."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from typing_extensions import override

from bots.entries import EVERYBODY, Audience, Entry, Scope
from bots.evaluation.figures import Question

LARGEST: Final = 256 * 2**20
"""Bytes of the largest file that is read."""
LONGEST: Final = 100_000
"""Characters of the longest field."""
MOST_ALIASES: Final = 200
MOST_TOLD: Final = 20
"""Faults that are told in words; of more only the number is."""

_TEXT: Final = ("title", "question", "answer", "topic")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line cannot be used; `line` counts from 1, `field` is empty where the whole line is meant."""

    path: Path
    line: int
    field: str
    reason: str

    @override
    def __str__(self) -> str:
        place = f"{self.path}:{self.line}"
        return f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"


class BrokenFile(Exception):
    """A file cannot be used as it is; `faults` says where and why, all of it at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        told = [str(fault) for fault in faults[:MOST_TOLD]]
        if len(faults) > MOST_TOLD:
            told.append(f"and {len(faults) - MOST_TOLD} more faults")
        super().__init__("\n".join(told))
        self.faults = faults


def read_entries(path: Path) -> list[Entry]:
    """Read the entries of a file: JSON Lines, or CSV where its name ends in .csv.

    A line is an object (a row with a header) with `id`, `answer` and, as wanted, `title`, `question`,
    `aliases` (a list; in CSV separated by |), `audience` (a list, or one; none means everybody), `scope`,
    `unit`, `topic`, `valid_from` and `valid_until` (YYYY-MM-DD). Other fields are ignored. Raises BrokenFile
    with every fault of the file. An entry that comes again is taken once; another one of its id is a fault.
    """
    first: dict[str, tuple[int, Entry]] = {}
    faults = []
    for line, entry in _read(path, _entry):
        begun, known = first.setdefault(entry.id, (line, entry))
        if entry != known:
            faults.append(Fault(path, line, "id", f"{entry.id} stands in line {begun} already"))
    if faults:
        raise BrokenFile(tuple(faults))
    return [entry for _, entry in first.values()]


def read_questions(path: Path) -> list[Question]:
    """Read the questions of an evaluation set: lines with `query` and `pos`, the ids that answer it.

    An empty `pos` says that the question must be refused; one id needs no list around it. All else is kept as
    text, to tell figures by.
    Raises BrokenFile with every fault of the file.
    """
    return [question for _, question in _read(path, _question)]


def _read(path: Path, make: Callable[[Mapping[str, Any]], _Made]) -> list[tuple[int, _Made]]:
    made: list[tuple[int, _Made]] = []
    faults: list[Fault] = []
    for line, found in _lines(path):
        if isinstance(found, str):
            faults.append(Fault(path, line, "", found))
            continue
        try:
            made.append((line, make(found)))
        except _BadFieldError as bad:
            faults.append(Fault(path, line, bad.field, bad.reason))
    if faults:
        raise BrokenFile(tuple(faults))
    if not made:
        raise BrokenFile((Fault(path, 1, "", "the file is empty"),))
    return made


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Give the objects of a file with their lines; for what is none, say why."""
    try:
        if path.stat().st_size > LARGEST:
            yield 1, f"the file is larger than {LARGEST >> 20} MiB"
            return
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        yield 1, f"cannot be read: {error.strerror or error}"
        return
    except UnicodeDecodeError as error:
        yield 1, f"is not UTF-8 (byte {error.start})"
        return
    yield from _rows(text) if path.suffix.lower() == ".csv" else _objects(text)


def _objects(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    if text.lstrip()[:1] == "[" and _is_list(text):
        yield 1, "is one JSON array; JSON Lines have an object on each line and nothing around them"
        return
    # Not splitlines: U+2028 and its like may stand within a JSON text.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"is not JSON: {error}"
            continue
        yield number, found if isinstance(found, dict) else "is no JSON object"


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if None in row:
                yield reader.line_num, "has more columns than the header"
                continue
            # An empty cell is a field that is not there.
            yield reader.line_num, {name: cell for name, cell in row.items() if cell}
    except csv.Error as error:
        yield reader.line_num, f"is not CSV: {error}"


class _BadFieldError(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def _entry(given: Mapping[str, Any]) -> Entry:
    texts = {field: _text(given, field) for field in _TEXT}
    aliases = _texts(given, "aliases")
    if len(aliases) > MOST_ALIASES:
        raise _BadFieldError("aliases", f"are {len(aliases)}, and {MOST_ALIASES} are the most")
    if not aliases and not any(texts[field] for field in ("title", "question", "answer")):
        raise _BadFieldError("answer", "is missing")
    begins, ends = _date(given, "valid_from"), _date(given, "valid_until")
    if begins is not None and ends is not None and ends < begins:
        raise _BadFieldError("valid_until", f"{ends} is before valid_from, {begins}")
    unit = _text(given, "unit") or None
    scope = _member(Scope, "scope", _text(given, "scope") or Scope.OFFICE)
    if (scope is Scope.OFFICE) != (unit is None):
        raise _BadFieldError("unit", "must be there for a district or a school, and only for those")
    audience = frozenset(_member(Audience, "audience", name) for name in _texts(given, "audience"))
    return Entry(
        id=_id(given.get("id"), "id"),
        aliases=aliases,
        audience=audience or EVERYBODY,
        scope=scope,
        unit=unit,
        valid_from=begins,
        valid_until=ends,
        title=texts["title"],
        question=texts["question"],
        answer=texts["answer"],
        topic=texts["topic"],
    )


def _question(given: Mapping[str, Any]) -> Question:
    query = _text(given, "query")
    if not query:
        raise _BadFieldError("query", "is missing")
    pos = given.get("pos")
    if isinstance(pos, str | int | float):
        pos = [pos]
    if not isinstance(pos, list):
        raise _BadFieldError("pos", "must be a list of ids, empty where the question must be refused")
    tags = {name: str(value) for name, value in given.items() if name not in {"query", "pos"}}
    return Question(query=query, pos=frozenset(_id(one, "pos") for one in pos), tags=tags)


def _id(given: Any, field: str) -> str:
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # as tables write numbers of a column in which one is missing
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if isinstance(given, str) and 0 < len(given.strip()) <= 200 and _sound(given):
        return given.strip()
    raise _BadFieldError(field, "must be a text of 1 to 200 characters, or a whole number")


def _text(given: Mapping[str, Any], field: str) -> str:
    found = given.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _BadFieldError(field, "must be a text")
    if not _sound(found):
        raise _BadFieldError(field, "has half a character (a lone surrogate)")
    if len(found) > LONGEST:
        raise _BadFieldError(field, f"is longer than {LONGEST:,} characters")
    return found.strip()


def _sound(text: str) -> bool:
    """Tell whether the text can be written as UTF-8: JSON may name half of a pair of surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _texts(given: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = given.get(field)
    if found is None:
        return ()
    if isinstance(found, str):
        found = found.split("|")
    if not isinstance(found, list):
        raise _BadFieldError(field, "must be a list of texts")
    texts = [_text({field: one}, field) for one in found]
    return tuple(text for text in texts if text)


_Name = TypeVar("_Name", Audience, Scope)


def _member(kind: type[_Name], field: str, name: str) -> _Name:
    try:
        return kind(name)
    except ValueError:
        known = ", ".join(kind)
        raise _BadFieldError(field, f"must be one of {known}, not {name[:40]!r}") from None


def _date(given: Mapping[str, Any], field: str) -> date | None:
    found = _text(given, field)
    try:
        return date.fromisoformat(found) if found else None
    except ValueError:
        raise _BadFieldError(field, f"must be a date as 2026-03-02, not {found[:40]!r}") from None
