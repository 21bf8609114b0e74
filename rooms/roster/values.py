"""What a cell of a roster may hold, cleaned. Pure.

Text stays text: a name that looks like a formula is kept as it is written.
"""

import re
import unicodedata
from typing import Any, Final

from rooms.composed import composed
from rooms.people import Role
from rooms.roster.table import foreign_byte

RIGHTS: Final = ("messages", "notices", "consent", "records")
"""What a guardian may be given for a student: talk, notices, signing consent, school records."""

_CODE: Final = re.compile(r"[0-9A-Za-z가-힣][0-9A-Za-z가-힣._/@:+-]{0,79}")
_LOGIN: Final = re.compile(r"[0-9a-z][0-9a-z._@+-]{1,63}")
_EMAIL: Final = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,190}")
_SPLIT: Final = re.compile(r"[\s,;/·|+]+")

_ROLES: Final = {
    "administrator": Role.ADMINISTRATOR,
    "admin": Role.ADMINISTRATOR,
    "관리자": Role.ADMINISTRATOR,
    "staff": Role.STAFF,
    "직원": Role.STAFF,
    "교직원": Role.STAFF,
    "teacher": Role.TEACHER,
    "담임": Role.TEACHER,
    "교사": Role.TEACHER,
}
_RIGHTS: Final = {
    "대화": "messages",
    "메시지": "messages",
    "알림": "notices",
    "안내": "notices",
    "동의": "consent",
    "기록": "records",
    "열람": "records",
    **{right: right for right in RIGHTS},
}
_ALL: Final = frozenset({"all", "전체", "모두"})
_NONE: Final = frozenset({"none", "없음"})


class BadCell(Exception):
    """A cell that cannot be taken; `reason` names the sentence in the catalogue, `params` fill it."""

    def __init__(self, reason: str, **params: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


def plain(cell: str) -> str:
    """Normalise a cell's text (NFC, single spaces). Raises BadCell for what is not text.

    Control and invisible characters are refused: two names that look the same would differ.
    """
    if cell.isascii() and cell.isprintable():
        return " ".join(cell.split())
    byte = foreign_byte(cell)
    if byte is not None or "\ufffd" in cell:
        raise BadCell("not_text", byte=byte or "U+FFFD")
    if "\0" in cell:
        raise BadCell("nul")
    text = " ".join(composed(cell).split())
    for char in text:
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            raise BadCell("invisible", char=f"U+{ord(char):04X}")
    return text


def text(cell: str, *, limit: int = 100, optional: bool = False) -> str:
    """Read a text of at most `limit` characters. Raises BadCell."""
    found = plain(cell)
    if not found and not optional:
        raise BadCell("empty")
    if len(found) > limit:
        raise BadCell("too_long", limit=limit, found=len(found))
    return found


def name(cell: str) -> str:
    """Read a person's or a unit's name. Raises BadCell."""
    return text(cell)


def note(cell: str) -> str:
    """Read a text that may be empty. Raises BadCell."""
    return text(cell, limit=200, optional=True)


def code(cell: str) -> str:
    """Read a code that names something for ever. Raises BadCell."""
    found = text(cell, limit=80)
    if not _CODE.fullmatch(found):
        raise BadCell("not_code", found=found)
    return found


def optional_code(cell: str) -> str:
    """Read a code that may be empty. Raises BadCell."""
    return code(cell) if cell.strip() else ""


def login(cell: str) -> str:
    """Read a login, in lower case; empty where the code serves. Raises BadCell."""
    found = plain(cell).lower()
    if found and not _LOGIN.fullmatch(found):
        raise BadCell("not_login", found=found)
    return found


def email(cell: str) -> str:
    """Read an e-mail address that may be empty. Raises BadCell."""
    found = plain(cell)
    if found and not _EMAIL.fullmatch(found):
        raise BadCell("not_email", found=found)
    return found


def password(cell: str) -> str:
    """Read a first password that may be empty, as it stands. Raises BadCell, which never shows it."""
    if not cell:
        return ""
    plain(cell)
    if not 8 <= len(cell) <= 200:
        raise BadCell("bad_password")
    return composed(cell)


def year(cell: str) -> int:
    """Read a school year. Raises BadCell."""
    found = plain(cell)
    if not re.fullmatch(r"(19|20|21)[0-9]{2}", found):
        raise BadCell("not_year", found=found)
    return int(found)


def label(cell: str) -> str:
    """Read the name of a grade or class: a number without zeros in front, or a word. Raises BadCell."""
    found = text(cell, limit=20)
    if re.fullmatch(r"[0-9]+", found):
        return str(int(found))
    if not re.fullmatch(r"[0-9A-Za-z가-힣]+", found):
        raise BadCell("not_label", found=found)
    return found


def number(cell: str) -> int:
    """Read a whole number from 0 to 99999, 0 where the cell is empty. Raises BadCell."""
    found = plain(cell)
    if not found:
        return 0
    if not re.fullmatch(r"[0-9]{1,5}", found):
        raise BadCell("not_number", found=found)
    return int(found)


def role(cell: str) -> Role:
    """Read a role of the staff. Raises BadCell."""
    found = plain(cell)
    known = _ROLES.get(found.casefold())
    if known is None:
        raise BadCell("not_role", found=found)
    return known


def rights(cell: str) -> tuple[str, ...]:
    """Read a guardian's rights, which must be said: all, none, or a list. Raises BadCell."""
    found = text(cell).casefold()
    if found in _NONE:
        return ()
    if found in _ALL:
        return RIGHTS
    words = [word for word in _SPLIT.split(found) if word]
    unknown = next((word for word in words if word not in _RIGHTS), None)
    if unknown is not None:
        raise BadCell("not_right", found=unknown)
    given = {_RIGHTS[word] for word in words}
    return tuple(right for right in RIGHTS if right in given)
