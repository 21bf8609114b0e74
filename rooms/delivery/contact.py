"""How a person may be reached, and when: their own choice, with the hub's where they made none."""

import re
from typing import Final

from msgspec import Struct

from rooms.delivery.channels import Channel
from rooms.delivery.hours import Quiet
from rooms.ids import PersonId

LONGEST_EMAIL: Final = 254
"""RFC 5321, section 4.5.3.1, leaves so many characters to an address."""
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")
EVERY_CHANNEL: Final = frozenset(Channel)


class Contact(Struct, frozen=True):
    """A person's addresses and wishes.

    `quiet` are the hours in which only what is urgent reaches them; `quiet_default` tells that these
    are the hub's and not their own choice. `digest` is the time of day (minutes) at which what is
    not urgent comes gathered, from all schools at once; None for at once. `channels` are those they
    left switched on. `pending` and `pending_phone` are an e-mail address and a phone number they named and
    have not shown to be theirs.
    """

    person: PersonId
    email: str | None = None
    phone: str | None = None
    quiet: Quiet | None = None
    quiet_default: bool = True
    digest: int | None = None
    channels: frozenset[Channel] = EVERY_CHANNEL
    pending: str | None = None
    pending_phone: str | None = None

    def address(self, channel: Channel) -> str | None:
        """Find the address of a channel; push has none of its own, its devices are subscriptions."""
        return {Channel.EMAIL: self.email, Channel.SMS: self.phone, Channel.PUSH: None}[channel]


def is_email(text: str) -> bool:
    """Tell whether text is an e-mail address as HTML forms take them (WHATWG HTML, section 4.10.5.1.5)."""
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Tell whether text is a phone number: digits with blanks and hyphens, a + before them perhaps."""
    return _PHONE.fullmatch(text) is not None
