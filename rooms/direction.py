"""Invisible characters that turn the direction of writing: what is signed must read as it is stored. Pure.

With them a text can be made to read 동의하지 않음 where it says the opposite, and a file's name to end in
another way than it does (Unicode Technical Report 36, section 2.9). Pages set the direction of texts
themselves, so no language needs these characters.
"""

from typing import Final

CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f"  # marks
    "\u202a\u202b\u202c\u202d\u202e"  # embeddings and overrides, and their end
    "\u2066\u2067\u2068\u2069"  # isolates, and their end
)
"""Unicode Standard Annex 9, section 2: Bidi_Control."""
_NONE: Final = dict.fromkeys(map(ord, CONTROLS))


def undirected(text: str) -> str:
    """Take these characters out of a text: whoever pasted them has not seen them."""
    return text.translate(_NONE)


def turns_direction(text: str) -> bool:
    """Tell whether a text has any of them."""
    return not CONTROLS.isdisjoint(text)
