"""An answer cut into the pieces in which it is streamed: sentences and lines, never within a word. Pure."""

import re
from typing import Final

LONGEST: Final = 160
"""Characters of a piece, where there is a space to cut at."""

_PIECE: Final = re.compile(r".+?(?:(?<=[.!?…。])\s+|\n\s*|\Z)", re.DOTALL)


def pieces(text: str) -> list[str]:
    """Cut a text; the pieces joined are the text."""
    return [part for piece in _PIECE.findall(text) for part in _short(piece)]


def _short(piece: str) -> list[str]:
    parts = []
    while len(piece) > LONGEST and (space := piece.rfind(" ", 1, LONGEST)) > 0:
        parts.append(piece[: space + 1])
        piece = piece[space + 1 :]
    return [*parts, piece]
