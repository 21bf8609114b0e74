"""Both kinds of failure in one table: a refusal answers a command, a close ends a connection."""

from enum import IntEnum, StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Stable codes of refused commands and HTTP requests (protocol.md, "Errors")."""

    BAD_REQUEST = "bad_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


TEMPORARY = frozenset({ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL})
"""Codes after which the same request may succeed later."""


class CloseCode(IntEnum):
    """WebSocket close codes of the hub (protocol.md); whether a client comes back depends on them."""

    BYE = 1000
    DRAINING = 3001
    TOO_SLOW = 4008
    BAD_FRAME = 4009
    NOT_SIGNED_IN = 4401
    SIGNED_OUT = 4403
    TOO_MANY = 4429

    @property
    def reason(self) -> str | None:
        """What the close frame says besides its code: after how many seconds to come back."""
        return f"retry after {AFTER_TOO_MANY}" if self is CloseCode.TOO_MANY else None


AFTER_TOO_MANY = 5
"""Seconds after which a client may come back that had too many connections or sent too many frames."""


class Refusal(Exception):
    """A command that is answered with an error, and changes nothing.

    `reason` names the sentence in the message catalogues (`hub/wording/`), `params` fill it;
    `retry_after` is in seconds and given where waiting helps.
    """

    def __init__(
        self, code: ErrorCode, reason: str, *, retry_after: float | None = None, **params: Any
    ) -> None:
        super().__init__(f"{code}: {reason} {params}" if params else f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.params = params
        self.retry_after = retry_after

    @property
    def temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.code in TEMPORARY


def bad_request(reason: str, **params: Any) -> Refusal:
    """Refuse input that no state of the system would accept."""
    return Refusal(ErrorCode.BAD_REQUEST, reason, **params)


def not_found(what: str) -> Refusal:
    """Refuse what does not exist and what this person may not see: the two answer alike."""
    return Refusal(ErrorCode.NOT_FOUND, f"no_{what}")


def forbidden(reason: str, **params: Any) -> Refusal:
    """Refuse what this person sees but may not do."""
    return Refusal(ErrorCode.FORBIDDEN, reason, **params)


def too_large(reason: str, **params: Any) -> Refusal:
    """Refuse more than a limit of the settings allows."""
    return Refusal(ErrorCode.TOO_LARGE, reason, **params)


def conflict(reason: str, **params: Any) -> Refusal:
    """Refuse what contradicts an earlier request."""
    return Refusal(ErrorCode.CONFLICT, reason, **params)
