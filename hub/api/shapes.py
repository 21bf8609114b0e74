"""What goes in and out over HTTP, as types, as far as several parts of the API share it.

Each part has its own in its package. Requests are decoded into these types and answers encoded from them, and
the OpenAPI document is made from them too. Fields that a client does not know it ignores, and so does the
server.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Limit = Annotated[int, Meta(ge=1, le=2**53 - 1, description="How many at most; LIMIT_PAGE where left out.")]
Cursor = Annotated[str, Meta(max_length=400, description="`next` of the page before.")]
TimeOfDay = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        min_length=5,
        max_length=5,  # in Python `$` would let a line feed through
        description="A time of day: HH:MM.",
    ),
]


class Nothing(Struct):
    """No parameters."""


class Problem(Struct):
    """Why a request was refused (RFC 9457); `detail` is for people, in their language, `code` is stable.

    `temporary` tells that the same request may succeed later, `retry_after` (seconds) when. `fields` is
    there where a form, or answers to one, were refused: for each field a sentence that says why.
    """

    title: str
    status: int
    detail: str
    code: str
    temporary: bool
    retry_after: float | None = None
    type: str = "about:blank"
    fields: dict[str, str] | UnsetType = UNSET
