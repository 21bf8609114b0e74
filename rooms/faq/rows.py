"""A row of a file of entries: its fields, by the English names of its columns, made into content. Pure."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from rooms.errors import Refusal, bad_request
from rooms.faq.content import Content, FaqLimits, checked, clean_text
from rooms.faq.entries import Audience, Source
from rooms.roster.table import Column

ID_CHARS: Final = 200
PAGE_DIGITS: Final = 6

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


class Row(Struct, frozen=True, kw_only=True):
    """A good row: its line, the id and the unit (id or code) it names, empty for none, and the content.

    `addressed` tells that the row says itself for whom it is.
    """

    line: int
    id: str
    unit: str
    content: Content
    addressed: bool = True


class BadFieldError(Exception):
    """A field that cannot be used: which one, empty for none of them alone, and why."""

    def __init__(self, field: str, why: Refusal) -> None:
        super().__init__(field)
        self.field = field
        self.why = why


def misnamed(names: Iterable[str], given: Collection[str]) -> Refusal | None:
    """Refuse a name that is not known and was meant to be another: an entry would be for more than it should.

    `given` are the fields that are there anyway.
    """
    for name in names:
        meant = _meant(name) if len(name) <= _LONGEST_NAME else ""
        if meant and _NARROWING[meant] not in given:
            return bad_request("faq_unknown_field", found=shown(name), meant=meant)
    return None


@lru_cache(1_000)
def _meant(name: str) -> str:
    return next(iter(difflib.get_close_matches(name.strip().casefold(), _NARROWING, 1, _LIKE)), "")


def shown(found: object) -> str:
    """Write what was found so that it can be told, whatever it is."""
    return str(found)[:40].encode("utf-8", "backslashreplace").decode()


def read_row(line: int, given: Mapping[str, Any], limits: FaqLimits) -> Row:
    """Read the fields of a row. Raises BadFieldError."""
    why = misnamed(given.keys() - _FIELDS, given.keys())
    if why is not None:
        raise BadFieldError("", why)
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
        raise BadFieldError("", refusal) from refusal
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
        raise BadFieldError("id", bad_request("faq_no_text", field="id"))
    found = _clean("id", found or "")
    odd = found in {".", ".."} or any(char in found for char in " /?#%")
    if len(found) > ID_CHARS or odd or not found.isprintable():
        raise BadFieldError("id", bad_request("faq_bad_id", limit=ID_CHARS))
    return found


def _text(given: Mapping[str, Any], field: str) -> str:
    found = given.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadFieldError(field, bad_request("faq_no_text", field=field))
    return _clean(field, found)


def _clean(field: str, text: str) -> str:
    try:
        return clean_text(text)
    except Refusal as refusal:
        raise BadFieldError(field, refusal) from refusal


def _texts(given: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = given.get(field)
    if found is None:
        return ()
    if isinstance(found, str):
        found = [one.replace("\\|", "|") for one in _BAR.split(found)]
    if not isinstance(found, list):
        raise BadFieldError(field, bad_request("faq_no_text", field=field))
    texts = [_text({field: one}, field) for one in found]
    return tuple(text for text in texts if text)


def _audience(given: Mapping[str, Any]) -> frozenset[Audience]:
    found = given.get("audience")
    names = _BETWEEN.split(found) if isinstance(found, str) else found
    names = [] if names is None else names
    if not isinstance(names, list):
        raise BadFieldError("audience", bad_request("faq_no_text", field="audience"))
    audiences: set[Audience] = set()
    for name in names:
        word = name.strip().casefold() if isinstance(name, str) else "?"
        if word in _ALL:
            continue
        if word not in _AUDIENCES:
            raise BadFieldError("audience", bad_request("faq_bad_audience", found=shown(name)))
        audiences.add(_AUDIENCES[word])
    return frozenset(audiences or Audience)


def _yes(given: Mapping[str, Any], field: str) -> bool:
    found = given.get(field)
    if isinstance(found, bool):
        return found
    said = _text(given, field).casefold()
    if said in _YES or said in _NO:
        return said in _YES
    raise BadFieldError(field, bad_request("faq_bad_yes", found=shown(said)))


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
    raise BadFieldError(field, bad_request("faq_bad_date", found=shown(found)))


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
        raise BadFieldError(field, bad_request("faq_bad_page"))
    return found
