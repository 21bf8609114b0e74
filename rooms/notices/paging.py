"""Lists of notices, page by page: what of a list is read, and where a page ended. Pure."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from rooms.ids import NoticeId
from rooms.notices.model import NoticeKind, NoticeState


class Place(Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    notice: NoticeId


class Window(Struct, frozen=True, kw_only=True):
    """A page of a list, the latest first: what was asked for of it, and how much.

    `states` are all where there are none; `between` bounds when a notice was begun or published (the end
    left out), `since` when it last changed; `before` is where the page before ended.
    """

    kind: NoticeKind | None = None
    states: Collection[NoticeState] = ()
    between: tuple[datetime, datetime] | None = None
    since: datetime | None = None
    before: Place | None = None
    limit: int
