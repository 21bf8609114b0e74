"""What a call of the HTTP API is, and the error codes it may have; `hub/api/contract.py` lists them.

A call tells

- `name`: the operation id, and the name of the handler;
- `method` and `path`, with `{names}` that `path_type` has as fields;
- `who`: who may call it at all; what they may see and do with it is decided by `rooms/`;
- `query`, `body` and `answer`: types, None where there is none. `upload` means multipart/form-data
  with one part `file` instead of a JSON body; `media` an answer that is not JSON;
- `status`: of success; `also` further ones that are no failure, and what they mean;
- `codes`: the error codes to expect besides those that any call may have (`COMMON`);
- `creates`: whether an Idempotency-Key is honoured, and `keeps_itself` that its handler sees to it;
- `foreign`: whether pages of the sites that the hub is set to may call it too (CORS).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from hub.api import shapes
from rooms.errors import ErrorCode

PREFIX: Final = "/api/v1"
COOKIE: Final = "madang_session"


class Who(StrEnum):
    """Who may make a call."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"
    EITHER = "anybody, as themselves where they are signed in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the API; see the module's docstring."""

    name: str
    method: str
    path: str
    summary: str
    who: Who = Who.SIGNED_IN
    path_type: type[Any] = shapes.Nothing
    query: type[Any] = shapes.Nothing
    body: type[Any] | None = None
    upload: bool = False
    answer: type[Any] | None = None
    media: str | None = None
    status: int = 200
    also: dict[int, str] = field(default_factory=dict)
    codes: tuple[ErrorCode, ...] = ()
    creates: bool = False
    keeps_itself: bool = False
    foreign: bool = False

    @property
    def safe(self) -> bool:
        """Whether the call changes nothing."""
        return self.method == "GET"


COMMON: Final = (
    ErrorCode.BAD_REQUEST,
    ErrorCode.UNAUTHENTICATED,
    ErrorCode.UNAVAILABLE,
    ErrorCode.INTERNAL,
)
"""Error codes that any call may have."""

STATUS: Final[dict[ErrorCode, int]] = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
}
"""The HTTP status of each error code."""
