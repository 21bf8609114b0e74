"""Whether what somebody gave to be reached by can be a telephone number or a mail address.

Nobody can tell whether it is theirs, or right; what can be told is that `asdf` reaches nobody. There may be
words around it ("오후에 010-0000-0000").
"""

import re
from typing import Final

FEWEST: Final = 8
"""Digits of the shortest number that is called from anywhere (1588-0000)."""
MOST: Final = 15
"""Digits of the longest (ITU-T E.164)."""

_MAIL: Final = re.compile(r"[^\s@]@[^\s@.]+(?:\.[^\s@.]+)*\.[^\W\d_]{2,}")
_NUMBER: Final = re.compile(r"\+?\(?\d(?:[ ().·\-]{0,3}\d)*")


def reachable(contact: str) -> bool:
    """Tell whether a telephone number or a mail address stands in a text."""
    if _MAIL.search(contact):
        return True
    numbers = (sum(char.isdecimal() for char in found) for found in _NUMBER.findall(contact))
    return any(FEWEST <= digits <= MOST for digits in numbers)
