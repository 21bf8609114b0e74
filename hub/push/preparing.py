"""From leased rows to what is to be sent: asks, once for a whole batch, what each says and where it goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub.push.fcm import SCHEME
from hub.push.payload import Receipts, payload_of
from hub.push.sending import Parcel, Sender
from hub.wording import Wording
from rooms.delivery.channels import Channel, Kind, Reason, State
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Content, Source, Unwanted
from rooms.ports import Clock
from storage.contacts import MongoContacts
from storage.outbox import Leased, MongoOutbox
from storage.people import MongoPeople
from storage.subscriptions import MongoSubscriptions, Subscription

FEED: Final = "/family"
"""Where a digest leads."""
MOST_LINES: Final = 8
"""Titles a digest names; the rest is a number."""
MOST_SMS: Final = 600
_TAKE_BACK: Final = Content("", "", FEED)

Said = Mapping[str, Content | Unwanted]


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
        now = self._clock.now()
        rows = [leased.row for leased in batch]
        gathered = await self._outbox.gathered([row.id for row in rows if row.is_digest])
        said = await self._said([*rows, *(item for items in gathered.values() for item in items)])
        devices = await self._subscriptions.of({row.person for row in rows if row.channel is Channel.PUSH})
        others = {row.person for row in rows if row.channel is not Channel.PUSH}
        contacts = await self._contacts.of(others) if others else {}
        digesters = [row.person for row in rows if row.is_digest]
        people = await self._people.people(digesters) if digesters else {}

        def digest(leased: Leased) -> tuple[Job, Content | None, str, int | None]:
            person = people.get(leased.row.person)
            return self._digest(
                leased, gathered[leased.row.id], said, person.locale if person is not None else None
            )

        jobs: list[Job] = []
        for leased in batch:
            row, about, count = leased.row, leased.row.about, None
            if row.expires_at <= now:
                jobs.append(Job(leased, reason=Reason.EXPIRED))
                continue
            if row.is_digest:
                job, content, about, count = digest(leased)
            elif row.kind is Kind.CLOSE:
                job, content = Job(leased), _TAKE_BACK
            else:
                told = said.get(row.id, Unwanted(Reason.WITHDRAWN))
                content = told if isinstance(told, Content) else None
                job = Job(leased, reason=told.reason if isinstance(told, Unwanted) else None)
            if content is None:
                jobs.append(job)
                continue
            contact = contacts.get(row.person)
            address = contact.address(row.channel) if contact is not None else None
            targets, missing = self._targets(
                leased, content, devices.get(row.person, []), address, about, count, now
            )
            jobs.append(
                Job(
                    leased,
                    tuple(targets),
                    State.SENT if not targets and leased.done else State.SKIPPED,
                    None if targets or leased.done else missing,
                    job.items,
                    job.left_out,
                    job.left_out_rows,
                )
            )
        return jobs

    async def _said(self, rows: Iterable[Delivery]) -> Said:
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
        self, leased: Leased, items: Sequence[Delivery], said: Said, locale: str | None
    ) -> tuple[Job, Content | None, str, int | None]:
        """Put what waited for a digest together; one that has only one thing to tell tells just that."""
        wanted: list[tuple[Delivery, Content]] = []
        left_out: dict[str, Reason] = {}
        for item in sorted(items, key=lambda item: item.id):
            told = said.get(item.id, Unwanted(Reason.WITHDRAWN))
            if isinstance(told, Content):
                wanted.append((item, told))
            else:
                left_out[item.id] = told.reason
        job = Job(
            leased,
            reason=None if wanted else next(iter(left_out.values()), Reason.SUPERSEDED),
            items=tuple(item for item, _ in wanted),
            left_out=left_out,
            left_out_rows=tuple(item for item in items if item.id in left_out),
        )
        about = leased.row.about
        if not wanted:
            return job, None, about, None
        if len({item.about for item, _ in wanted}) == 1:
            item, content = wanted[-1]
            return job, content, item.about, None
        titles = list(dict.fromkeys(content.title for _, content in wanted))
        lines = titles[:MOST_LINES]
        if len(titles) > MOST_LINES:
            lines.append(self._wording.push(locale, "digest_more", count=len(titles) - MOST_LINES))
        title = self._wording.push(locale, "digest_title", count=len(wanted))
        return job, Content(title, "\n".join(lines), FEED), about, len(wanted)

    def _targets(
        self,
        leased: Leased,
        content: Content,
        devices: Sequence[Subscription],
        address: str | None,
        about: str,
        count: int | None,
        now: datetime,
    ) -> tuple[list[Target], Reason]:
        row = leased.row
        if row.channel is Channel.PUSH:
            targets: list[Target] = []
            for device in devices:
                sender = self._senders.apps if device.endpoint.startswith(SCHEME) else self._senders.browsers
                if device.id in leased.done or sender is None:
                    continue
                token = self._receipts.issue(row.id, device.id)
                payload = payload_of(row, content, token, now, about=about, items=count)
                parcel = self._parcel(row, content, device.endpoint, token, payload)
                targets.append(Target(sender, _for_browser(parcel, device), device))
            return targets, Reason.NO_SUBSCRIPTION
        sender = self._senders.mail if row.channel is Channel.EMAIL else self._senders.agency
        if sender is None:
            return [], Reason.NOT_SET_UP
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
