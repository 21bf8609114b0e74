"""Byte ranges and validators of downloads (RFC 9110, sections 13 and 14). Pure."""

import re
from typing import Final

_RANGE: Final = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.ASCII | re.IGNORECASE)
_MOST_DIGITS: Final = 18


class OutOfRange(Exception):
    """The range lies outside of the file (416)."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """Find the bytes from `start` up to, not including, `end` that a Range header asks for.

    None for the whole file: where there is no header, or one that a server may ignore because it
    is not understood or names several ranges (section 14.2). Raises OutOfRange.
    """
    match = _RANGE.fullmatch((header or "").strip())
    if match is None:
        return None
    first, last = match.groups()
    if len(first) > _MOST_DIGITS or len(last) > _MOST_DIGITS or not (first or last):
        return None
    if not first:  # the last so many bytes
        if int(last) == 0 or size == 0:
            raise OutOfRange
        return max(0, size - int(last)), size
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise OutOfRange
    return start, min(int(last) + 1, size) if last else size


def unchanged(if_none_match: str | None, etag: str) -> bool:
    """Tell whether a client has this version already (section 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def range_applies(if_range: str | None, etag: str) -> bool:
    """Tell whether a Range is of this version (section 13.1.5); dates do not name one exactly enough."""
    return if_range is None or if_range.strip() == etag
