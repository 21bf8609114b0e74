"""Taking back what somebody has read: what still waits is not sent, what is on a screen is closed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from rooms.delivery.channels import Channel, Kind, Reason
from rooms.delivery.outbox import Delivery, delivery_id
from rooms.ids import PersonId
from rooms.ports import Clock
from storage.delivery.outbox import MongoOutbox
from storage.delivery.subscriptions import MongoSubscriptions

CLOSE_TTL: Final = timedelta(days=7)


class TakeBack:
    """Takes back pushes, for those whose news they carried; `wake` tells a worker of it."""

    def __init__(
        self,
        outbox: MongoOutbox,
        subscriptions: MongoSubscriptions,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._wake = wake
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._clock = clock

    async def read(self, about: str, person: PersonId, session: str | None, what: str) -> None:
        """Take back from a person what they have read by now. Raises PyMongoError.

        `session` is the sign-in with which they read: the page there closes its notification itself, so
        only other devices are told. `what` names the reading (such as `s1` for version 1), so that it is
        told once.
        """
        now = self._clock.now()
        await self._outbox.withdraw(about, Reason.READ, now, [person])
        devices = (await self._subscriptions.of([person])).get(person, [])
        here = [device.id for device in devices if device.session == session]
        if len(here) < len(devices) and await self._outbox.shown(about, person):
            await self._outbox.put([close_row(about, person, what, now)], now, done=here)
            self._wake()


def close_row(about: str, person: PersonId, what: str, now: datetime) -> Delivery:
    """Make the row that closes the notification about something."""
    occasion = f"x{what}"
    return Delivery(
        delivery_id(about, occasion, person, Channel.PUSH),
        about,
        person,
        Channel.PUSH,
        occasion,
        now,
        now + CLOSE_TTL,
        kind=Kind.CLOSE,
    )
