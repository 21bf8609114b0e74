"""Unicode's composed form (NFC), in a time that grows with the length of a text only. Pure."""

import re
import unicodedata
from typing import Final

MOST_MARKS: Final = 30
"""Marks in a row, as in the Stream-Safe Text Format of UAX #15. No language has as many."""
JOINER: Final = "\u034f"
"""Combining grapheme joiner: nobody sees it, and marks are put in order between two of them only."""

_MARKS: Final = "".join(char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(char))
_TOO_MANY: Final = re.compile(f"([{_MARKS}]{{{MOST_MARKS}}})(?=[{_MARKS}])")


def composed(text: str) -> str:
    """Give a text in NFC, so that what was typed anywhere compares equal.

    Marks in a row are put in order in a time that grows with the square of their number, so that a text of
    nothing else would hold up everybody for seconds; beyond `MOST_MARKS` they are parted.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _TOO_MANY.sub(rf"\1{JOINER}", text))
