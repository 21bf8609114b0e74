"""Names and types of files, made harmless: both come from whoever uploads. Pure."""

import mimetypes
import re
import unicodedata
from typing import Final
from urllib.parse import quote

from rooms.composed import composed

LONGEST: Final = 200
UNNAMED: Final = "file"
UNKNOWN: Final = "application/octet-stream"
INLINE: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)
"""What a browser may show by itself; everything else is saved."""

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of text, and so can disguise the end of a name."""
_RESERVED: Final = frozenset('<>:"|?*')


def clean_name(given: str) -> str:
    """Make a name that is safe to save under: no path, nothing invisible, NFC, at most 200 characters."""
    name = composed(given).replace("\\", "/").rpartition("/")[2]
    name = "".join(
        char
        for char in name
        if unicodedata.category(char) not in _UNSAFE_CATEGORIES and char not in _DIRECTIONS | _RESERVED
    )
    name = " ".join(name.split()).strip(". ")
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        keep = dot + ending if stem and len(ending) <= 20 else ""
        name = name[: LONGEST - len(keep)].rstrip(". ") + keep
    return name or UNNAMED


def clean_media_type(given: str, name: str) -> str:
    """Take the type a file came with, without parameters; where it is none, what its name suggests."""
    media_type = given.partition(";")[0].strip().lower()
    if _TYPE.fullmatch(media_type) and media_type != UNKNOWN:
        return media_type
    return mimetypes.guess_type(name)[0] or UNKNOWN


def disposition(name: str, media_type: str) -> str:
    """Write the header Content-Disposition (RFC 6266) of a download."""
    kind = "inline" if media_type in INLINE else "attachment"
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def shown_type(media_type: str) -> str:
    """Write the header Content-Type of a download."""
    return "text/plain; charset=utf-8" if media_type == "text/plain" else media_type
