"""What delivery needs from those whose news it carries, and what it tells them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from rooms.delivery.channels import Outcome, Reason
from rooms.delivery.outbox import Delivery


class Content(Struct, frozen=True):
    """What a person reads of a row: in their language, and with what only they may read filled in.

    `url` is the path of the page that shows it. `text` goes into the notification, the mail and the
    SMS; what must not appear on a locked screen does not belong here.
    """

    title: str
    text: str
    url: str
    urgent: bool = False


class Unwanted(Struct, frozen=True):
    """A row that need not be sent any more, and why."""

    reason: Reason


class Source(Protocol):
    """Those who made rows: asked right before sending, in batches, because much may have happened since.

    A notice may have been read or withdrawn, a right lost. Rows of one source have the same first
    letter in `about`: `n` for notices, `r` for rooms.
    """

    async def contents(self, rows: Sequence[Delivery]) -> Mapping[str, Content | Unwanted]:
        """Tell for each row (by its id) what it says, or that it is unwanted; one left out is unwanted."""


class Outcomes(Protocol):
    """Told what became of rows, in batches; the same may be told twice."""

    async def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note."""


class News(Source, Outcomes, Protocol):
    """Both: those whose news is carried."""
