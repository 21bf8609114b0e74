"""The fields that frames share: what a number, an id, a position may be."""

from typing import Annotated, Final

from msgspec import Meta

MAX_INT: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""

CommandId = Annotated[int, Meta(ge=1, le=MAX_INT)]
Seq = Annotated[int, Meta(ge=0, le=MAX_INT)]
Target = Annotated[int, Meta(ge=1, le=MAX_INT)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Cid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        min_length=36,
        max_length=36,  # in Python `$` would let a line feed through
    ),
]
Ids = Annotated[list[Id], Meta(max_length=2000)]
