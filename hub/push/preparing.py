"""From leased rows to what is to be sent: asks, once for a whole batch, what each says and where it goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from hub.push.fcm import SCHEME
from hub.push.payload import Receipts, payload_of
from hub.push.sending import Parcel, Sender
from hub.wording import Wording
from rooms.delivery.channels import Channel, Kind, Reason, State
from rooms.delivery.contact import Contact
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Content, Source, Unwanted
from rooms.ids import PersonId
from rooms.people import Person
from rooms.ports import Clock
from storage.delivery.contacts import MongoContacts
from storage.delivery.outbox import Leased, MongoOutbox
from storage.delivery.subscriptions import MongoSubscriptions, Subscription
from storage.org.people import MongoPeople

FEED: Final = "/family"
"""Where a digest leads."""
MOST_LINES: Final = 8
"""Titles a digest names; the rest is a number."""
MOST_SMS: Final = 600
_TAKE_BACK: Final = Content("", "", FEED)

_GONE: Final = Unwanted(Reason.WITHDRAWN)
"""What a source no longer knows of."""

Told = Mapping[str, Content | Unwanted]


@dataclass(frozen=True, slots=True)
class Senders:
    """The ways to send that are set up."""

    browsers: Sender
    apps: Sender | None = None
    mail: Sender | None = None
    agency: Sender | None = None

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels that can be used."""
        found = {Channel.PUSH}
        if self.mail is not None:
            found.add(Channel.EMAIL)
        if self.agency is not None:
            found.add(Channel.SMS)
        return frozenset(found)

    async def close(self) -> None:
        """Let go of all connections."""
        for sender in (self.browsers, self.apps, self.mail, self.agency):
            if sender is not None:
                await sender.close()


@dataclass(frozen=True, slots=True)
class Target:
    """One address that a row goes to; `subscription` for devices."""

    sender: Sender
    parcel: Parcel
    subscription: Subscription | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A row and what is to be done with it.

    Without `targets` there is nothing to send, and `state` and `reason` say why. `items` are the rows
    that a digest takes along, `left_out` those that it does not, with the reason.
    """

    leased: Leased
    targets: tuple[Target, ...] = ()
    state: State = State.SKIPPED
    reason: Reason | None = None
    items: tuple[Delivery, ...] = ()
    left_out: Mapping[str, Reason] = field(default_factory=dict)
    left_out_rows: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out for a whole batch."""

    now: datetime
    said: Told
    gathered: Mapping[str, Sequence[Delivery]]
    devices: Mapping[PersonId, Sequence[Subscription]]
    contacts: Mapping[PersonId, Contact]
    people: Mapping[PersonId, Person]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a push says, what it is about, and of a digest how much it gathers."""

    content: Content
    about: str
    items: int | None = None


class Preparing:
    """Makes jobs. `sources` by the first letter of what rows are about."""

    def __init__(
        self,
        outbox: MongoOutbox,
        subscriptions: MongoSubscriptions,
        contacts: MongoContacts,
        people: MongoPeople,
        sources: Mapping[str, Source],
        senders: Senders,
        receipts: Receipts,
        wording: Wording,
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._contacts = contacts
        self._people = people
        self._sources = sources
        self._senders = senders
        self._receipts = receipts
        self._wording = wording
        self._clock = clock

    async def jobs(self, batch: Sequence[Leased]) -> list[Job]:
        """Make a job of each row. Raises PyMongoError, and whatever a source raises."""
        rows = [leased.row for leased in batch]
        gathered = await self._outbox.gathered([row.id for row in rows if row.is_digest])
        items = [item for waiting in gathered.values() for item in waiting]
        others = {row.person for row in rows if row.channel is not Channel.PUSH}
        digesters = {row.person for row in rows if row.is_digest}
        known = _Known(
            self._clock.now(),
            await self._said([*rows, *items]),
            gathered,
            await self._subscriptions.of({row.person for row in rows if row.channel is Channel.PUSH}),
            await self._contacts.of(others) if others else {},
            await self._people.people(digesters) if digesters else {},
        )
        return [self._job(leased, known) for leased in batch]

    def _job(self, leased: Leased, known: "_Known") -> Job:
        """Make the job of a row: what it says, or why it is not sent, and where it goes."""
        row = leased.row
        if row.expires_at <= known.now:
            return Job(leased, reason=Reason.EXPIRED)
        if row.is_digest:
            person = known.people.get(row.person)
            locale = person.locale if person is not None else None
            job, said = self._digest(leased, known.gathered[row.id], known.said, locale)
        else:
            told = _TAKE_BACK if row.kind is Kind.CLOSE else known.said.get(row.id, _GONE)
            said = _Said(told, row.about) if isinstance(told, Content) else None
            job = Job(leased, reason=told.reason if isinstance(told, Unwanted) else None)
        if said is None:
            return job
        targets, missing = self._targets(leased, said, known)
        if targets:
            return replace(job, targets=tuple(targets), reason=None)
        # Whoever had it on one device and has no other left has it.
        return replace(job, state=State.SENT, reason=None) if leased.done else replace(job, reason=missing)

    async def _said(self, rows: Iterable[Delivery]) -> Told:
        by_source: dict[str, list[Delivery]] = {}
        for row in rows:
            if not row.is_digest and row.kind is Kind.SHOW:
                by_source.setdefault(row.about[:1], []).append(row)
        said: dict[str, Content | Unwanted] = {}
        for letter, theirs in by_source.items():
            source = self._sources.get(letter)
            if source is not None:
                said |= await source.contents(theirs)
        return said

    def _digest(
        self, leased: Leased, items: Sequence[Delivery], told: Told, locale: str | None
    ) -> tuple[Job, "_Said | None"]:
        """Put what waited for a digest together; one that has only one thing to tell tells just that."""
        wanted: list[tuple[Delivery, Content]] = []
        left_out: dict[str, Reason] = {}
        for item in sorted(items, key=lambda item: item.id):
            said = told.get(item.id, _GONE)
            if isinstance(said, Content):
                wanted.append((item, said))
            else:
                left_out[item.id] = said.reason
        job = Job(
            leased,
            reason=None if wanted else next(iter(left_out.values()), Reason.SUPERSEDED),
            items=tuple(item for item, _ in wanted),
            left_out=left_out,
            left_out_rows=tuple(item for item in items if item.id in left_out),
        )
        if not wanted:
            return job, None
        if len({item.about for item, _ in wanted}) == 1:
            item, content = wanted[-1]
            return job, _Said(content, item.about)
        titles = list(dict.fromkeys(content.title for _, content in wanted))
        lines = titles[:MOST_LINES]
        if len(titles) > MOST_LINES:
            lines.append(self._wording.push(locale, "digest_more", count=len(titles) - MOST_LINES))
        title = self._wording.push(locale, "digest_title", count=len(wanted))
        return job, _Said(Content(title, "\n".join(lines), FEED), leased.row.about, len(wanted))

    def _targets(self, leased: Leased, said: "_Said", known: "_Known") -> tuple[list[Target], Reason]:
        """List the addresses a row goes to, and say what it means where there are none."""
        row, content = leased.row, said.content
        if row.channel is Channel.PUSH:
            targets: list[Target] = []
            for device in known.devices.get(row.person, ()):
                sender = self._senders.apps if device.endpoint.startswith(SCHEME) else self._senders.browsers
                if device.id in leased.done or sender is None:
                    continue
                token = self._receipts.issue(row.id, device.id)
                payload = payload_of(row, content, token, known.now, about=said.about, items=said.items)
                parcel = self._parcel(row, content, device.endpoint, token, payload)
                targets.append(Target(sender, _for_browser(parcel, device), device))
            return targets, Reason.NO_SUBSCRIPTION
        sender = self._senders.mail if row.channel is Channel.EMAIL else self._senders.agency
        if sender is None:
            return [], Reason.NOT_SET_UP
        contact = known.contacts.get(row.person)
        address = contact.address(row.channel) if contact is not None else None
        if address is None:
            return [], Reason.NO_ADDRESS
        parcel = self._parcel(row, content, address, self._receipts.issue(row.id), b"")
        return [Target(sender, parcel)], Reason.NO_ADDRESS

    def _parcel(self, row: Delivery, content: Content, to: str, token: str, payload: bytes) -> Parcel:
        text = content.text[:MOST_SMS] if row.channel is Channel.SMS else content.text
        return Parcel(
            row.id,
            to,
            row.topic,
            row.kind,
            row.urgency,
            row.expires_at,
            content.title,
            text,
            content.url,
            token,
            payload,
        )


def _for_browser(parcel: Parcel, device: Subscription) -> Parcel:
    if device.keys is None:
        return parcel
    return Parcel(
        **{name: getattr(parcel, name) for name in parcel.__struct_fields__}
        | {"p256dh": device.keys.p256dh, "auth": device.keys.auth}
    )
