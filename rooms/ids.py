"""Identifiers: one letter that tells the kind, then 12 random characters."""

import re
import secrets
import uuid
from hashlib import sha256
from typing import NewType

PersonId = NewType("PersonId", str)
UnitId = NewType("UnitId", str)
RoomId = NewType("RoomId", str)
FileId = NewType("FileId", str)
NoticeId = NewType("NoticeId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def new_id(prefix: str) -> str:
    """Make an identifier such as `r7k2m…`; 60 random bits, safe in URLs, no letters that look alike."""
    number = secrets.randbits(60)
    return prefix + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(0, 60, 5))


def derived_id(prefix: str, text: str) -> str:
    """Make the identifier that a text stands for: always the same, 120 bits, not to be guessed without it."""
    number = int.from_bytes(sha256(text.encode()).digest()[:15])
    return prefix + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(0, 120, 5))


def new_person_id() -> PersonId:
    """Make the id of a new person."""
    return PersonId(new_id("p"))


def new_unit_id() -> UnitId:
    """Make the id of a new org unit."""
    return UnitId(new_id("u"))


def new_room_id() -> RoomId:
    """Make the id of a new room."""
    return RoomId(new_id("r"))


def new_file_id() -> FileId:
    """Make the id of a new file."""
    return FileId(new_id("f"))


def new_notice_id() -> NoticeId:
    """Make the id of a new notice."""
    return NoticeId(new_id("n"))


def new_cid() -> str:
    """Make the id of an append that the server itself starts."""
    return str(uuid.uuid4())


def is_cid(text: str) -> bool:
    """Tell whether `text` is a UUID in its usual spelling (RFC 9562, any version)."""
    return _UUID.fullmatch(text) is not None
