"""Puts what people are to be told into the outbox, as they wish to be told."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from rooms.delivery.channels import Channel, Reason, State
from rooms.delivery.contact import Contact
from rooms.delivery.outbox import Delivery, Due, Planned, Rules, rows_for
from rooms.ids import PersonId
from rooms.notices.model import ChannelState


class Contacts(Protocol):
    """How people may be reached."""

    async def of(self, people: Iterable[PersonId]) -> dict[PersonId, Contact]:
        """Read the contacts of these people, all of them."""


class Outbox(Protocol):
    """Deliveries that wait."""

    async def put(self, rows: Sequence[Delivery], now: datetime) -> None:
        """Add rows; those that are there already stay as they are."""

    async def withdraw(
        self, about: str, reason: Reason, now: datetime, people: Iterable[PersonId] = ()
    ) -> int:
        """End what still waits to be told of something: to everybody, or to these people."""


class Post:
    """Plans deliveries and puts them into the outbox.

    `wake` tells a worker that there are some: call it when all of an occasion are there, since whoever
    works off the first ones takes the time of whoever writes the rest.
    """

    def __init__(self, contacts: Contacts, outbox: Outbox, rules: Rules, wake: Callable[[], None]) -> None:
        self.wake = wake
        self._contacts = contacts
        self._outbox = outbox
        self._rules = rules

    async def plan(self, dues: Sequence[Due]) -> list[Planned]:
        """Decide for each occasion over which channels, and when, its person is told."""
        contacts = await self._contacts.of({due.person for due in dues}) if dues else {}
        return [rows_for(due, contacts[due.person], self._rules) for due in dues]

    async def put(self, planned: Iterable[Planned], now: datetime) -> None:
        """Put what was planned into the outbox; again after a crash, nothing doubles."""
        rows = [row for plan in planned for row in plan.rows]
        if rows:
            await self._outbox.put(rows, now)

    async def withdraw(
        self, about: str, reason: Reason, now: datetime, people: Iterable[PersonId] = ()
    ) -> int:
        """End what still waits to be told of something."""
        return await self._outbox.withdraw(about, reason, now, people)


def states_of(planned: Planned, now: datetime) -> dict[Channel, ChannelState]:
    """Tell how channels stand once what was planned is put into the outbox."""
    states = {row.channel: ChannelState(State.WAITING, now) for row in planned.rows if not row.is_digest}
    skipped = {
        channel: ChannelState(State.SKIPPED, now, reason) for channel, reason in planned.skipped.items()
    }
    return states | skipped
