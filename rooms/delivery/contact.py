"""How a person may be reached, and when: their own choice, with the hub's where they made none."""

from typing import Final

from msgspec import Struct

from rooms.delivery.channels import Channel
from rooms.delivery.hours import Quiet
from rooms.ids import PersonId

EVERY_CHANNEL: Final = frozenset(Channel)


class Contact(Struct, frozen=True):
    """A person's addresses and wishes.

    `quiet` are the hours in which only what is urgent reaches them; `quiet_default` tells that these
    are the hub's and not their own choice. `digest` is the time of day (minutes) at which what is
    not urgent comes gathered, from all schools at once; None for at once. `channels` are those they
    left switched on.
    """

    person: PersonId
    email: str | None = None
    phone: str | None = None
    quiet: Quiet | None = None
    quiet_default: bool = True
    digest: int | None = None
    channels: frozenset[Channel] = EVERY_CHANNEL

    def address(self, channel: Channel) -> str | None:
        """Find the address of a channel; push has none of its own, its devices are subscriptions."""
        return {Channel.EMAIL: self.email, Channel.SMS: self.phone, Channel.PUSH: None}[channel]
