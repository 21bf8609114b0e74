"""The outbox: which rows an occasion makes for a person. Pure.

A row is one delivery: one occasion, one person, one channel, whatever number of devices that person
has. Its id is made of these, so that whoever makes the rows may do so again after a crash. Rows are
written with what they tell of, and sent by whichever process leases them (`hub/push/worker.py`).
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from rooms.delivery.channels import Channel, Kind, Reason, Urgency
from rooms.delivery.contact import Contact
from rooms.delivery.hours import after_quiet, next_time
from rooms.ids import PersonId

LEAST_TTL: Final = timedelta(hours=1)
MOST_TTL: Final = timedelta(days=28)
"""What push services keep at most; FCM and Mozilla's both say four weeks."""
DIGEST_GRACE: Final = timedelta(minutes=15)
"""A row that waits for a digest falls due by itself this long after it, should the digest leave it."""
_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


class Due(Struct, frozen=True):
    """An occasion to tell a person of something.

    `about` is the id of the notice or room; `what` names the occasion within it (`v1` its first
    publication, `c2` a correction, `r1` a reminder, `f1` an escalation, `w` its withdrawal): for one
    person the two never occur twice. `at` is the earliest moment. What is `urgent` minds neither quiet
    hours nor digest; whoever makes it has checked the permission. After `until` nobody needs it any more.
    """

    about: str
    person: PersonId
    what: str
    at: datetime
    channels: tuple[Channel, ...] = (Channel.PUSH,)
    urgent: bool = False
    urgency: Urgency = Urgency.NORMAL
    deadline: datetime | None = None
    kind: Kind = Kind.SHOW


class Delivery(Struct, frozen=True):
    """A row of the outbox; `id` is unique for ever.

    `digest` is the id of the digest row that takes this one along; a digest row itself is about
    nothing but the digest (`is_digest`).
    """

    id: str
    about: str
    person: PersonId
    channel: Channel
    what: str
    due_at: datetime
    expires_at: datetime
    urgency: Urgency = Urgency.NORMAL
    kind: Kind = Kind.SHOW
    digest: str | None = None

    @property
    def is_digest(self) -> bool:
        """Whether this row gathers others."""
        return self.about.startswith(DIGEST)

    @property
    def topic(self) -> str:
        """Name what a newer push replaces (RFC 8030, section 5.4): all occasions of a notice have one."""
        return topic_of(self.about)


DIGEST: Final = "digest-"
"""How `about` of a digest row begins; the local day it gathers follows."""


class Rules(Struct, frozen=True):
    """The hub's part of the policy: its time zone, how long a push is kept, and the channels set up."""

    zone: ZoneInfo
    ttl: timedelta
    channels: frozenset[Channel] = frozenset({Channel.PUSH})


class Planned(Struct, frozen=True):
    """Rows to write, and of the channels that get none why."""

    rows: tuple[Delivery, ...]
    skipped: dict[Channel, Reason]


def rows_for(due: Due, contact: Contact, rules: Rules) -> Planned:
    """Decide over which channels, and when, a person is told; the same arguments give the same rows.

    A take-back (`Kind.CLOSE`) makes no noise, so quiet hours and digest do not hold it up, and only
    push can take anything back.
    """
    rows: list[Delivery] = []
    skipped: dict[Channel, Reason] = {}
    for channel in due.channels:
        if (reason := _unreachable(due, contact, channel, rules.channels)) is not None:
            skipped[channel] = reason
        else:
            rows += _rows(due, contact, channel, rules)
    return Planned(tuple(rows), skipped)


def delivery_id(about: str, what: str, person: PersonId, channel: Channel) -> str:
    """Make the id of a row."""
    return f"{about}:{what}:{person}:{channel}"


def topic_of(about: str) -> str:
    """Make a topic of an id; ids fit as they are. Raises ValueError for other text."""
    if not _TOPIC.fullmatch(about):
        raise ValueError(f"no topic can be made of {about!r}")
    return about


def expiry(at: datetime, deadline: datetime | None, ttl: timedelta) -> datetime:
    """Find until when a push that is sent at `at` is worth showing: its deadline, or `ttl` from then."""
    longest = at + min(ttl, MOST_TTL)
    return longest if deadline is None else min(longest, max(deadline, at + LEAST_TTL))


def _unreachable(due: Due, contact: Contact, channel: Channel, set_up: Collection[Channel]) -> Reason | None:
    if channel not in set_up or (due.kind is Kind.CLOSE and channel is not Channel.PUSH):
        return Reason.NOT_SET_UP
    if channel not in contact.channels:
        return Reason.SWITCHED_OFF
    if channel is not Channel.PUSH and contact.address(channel) is None:
        return Reason.NO_ADDRESS
    return None


def _rows(due: Due, contact: Contact, channel: Channel, rules: Rules) -> list[Delivery]:
    at_once = due.urgent or due.kind is Kind.CLOSE
    due_at = due.at if at_once else after_quiet(due.at, contact.quiet, rules.zone)
    expires_at = expiry(due_at, due.deadline, rules.ttl)
    row = Delivery(
        delivery_id(due.about, due.what, due.person, channel),
        due.about,
        due.person,
        channel,
        due.what,
        due_at,
        expires_at,
        Urgency.HIGH if due.urgent else due.urgency,
        due.kind,
    )
    if at_once or contact.digest is None or due.urgency is Urgency.HIGH:
        return [row]
    gathered_at = after_quiet(next_time(due.at, contact.digest, rules.zone), contact.quiet, rules.zone)
    if due.deadline is not None and gathered_at > due.deadline:
        return [row]  # in the digest it would come too late
    digest = _digest_row(row, gathered_at, rules)
    late = gathered_at + DIGEST_GRACE
    waiting = expiry(late, due.deadline, rules.ttl)
    return [
        digest,
        Delivery(
            row.id, row.about, row.person, channel, row.what, late, waiting, row.urgency, row.kind, digest.id
        ),
    ]


def _digest_row(row: Delivery, at: datetime, rules: Rules) -> Delivery:
    about = f"{DIGEST}{at.astimezone(rules.zone):%Y%m%d-%H%M}"
    return Delivery(
        delivery_id(about, "d", row.person, row.channel),
        about,
        row.person,
        row.channel,
        "d",
        at,
        expiry(at, None, rules.ttl),
    )
