"""When a client comes back: back-off, and the table of close codes (protocol.md). Pure."""

import random
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from rooms.errors import AFTER_TOO_MANY, CloseCode

LOST: Final = 1006
"""The connection ended without a close frame (RFC 6455 §7.1.5)."""
AFTER_BAD_FRAME: Final = 5.0
LONGEST_HINT: Final = 300.0
LONGEST_DOUBLING: Final = 30

Chance = Callable[[], float]
"""Gives a number in [0, 1)."""


class Backoff:
    """Exponential waits with full jitter: the n-th lies between 0 and `base` · 2ⁿ, at most `cap` seconds.

    So thousands of clients that lost the same server do not come back in the same second.
    """

    def __init__(self, *, base: float = 1.0, cap: float = 20.0, chance: Chance = random.random) -> None:
        self._base = base
        self._cap = cap
        self._chance = chance
        self._tries = 0

    def next(self) -> float:
        """Return the next wait in seconds."""
        ceiling = min(self._cap, self._base * 2.0 ** min(self._tries, LONGEST_DOUBLING))
        self._tries += 1
        return self._chance() * ceiling

    def reset(self) -> None:
        """Start over: what was tried has succeeded."""
        self._tries = 0


class Action(StrEnum):
    """What a client does after its connection ended."""

    RETURN = "return"
    SIGN_IN = "sign-in"
    SIGNED_OUT = "signed-out"
    STOP = "stop"


class Next(Struct, frozen=True):
    """What to do next; `delay` in seconds, None for the usual back-off."""

    action: Action
    delay: float | None = None


_AFTER: Final[dict[int, Action]] = {
    CloseCode.BYE: Action.STOP,
    CloseCode.SIGNED_OUT: Action.SIGNED_OUT,
    CloseCode.NOT_SIGNED_IN: Action.SIGN_IN,
}


def after_close(
    code: int, *, hint: float | None = None, again: bool = False, chance: Chance = random.random
) -> Next:
    """Decide what to do after a close.

    `hint` is the wait that the server asked for, in seconds; `again` tells whether a bad frame had
    ended an earlier connection too. Codes not in the table are lost connections.
    """
    if code == CloseCode.BAD_FRAME:
        return Next(Action.STOP) if again else Next(Action.RETURN, AFTER_BAD_FRAME)
    if code == CloseCode.TOO_MANY and hint is None:
        hint = float(AFTER_TOO_MANY)
    if code in {CloseCode.DRAINING, CloseCode.TOO_MANY}:
        return Next(Action.RETURN, None if hint is None else _spread(hint, chance))
    return Next(_AFTER.get(code, Action.RETURN))


def hint_in(reason: str) -> float | None:
    """Find the seconds that a close reason names ("retry after 7")."""
    found = re.search(r"\d+(?:\.\d+)?", reason)
    return min(float(found[0]), LONGEST_HINT) if found else None


def _spread(seconds: float, chance: Chance) -> float:
    """Wait at least `seconds` and at most about twice that: everybody was told the same number."""
    return seconds + chance() * max(seconds, 1.0)
