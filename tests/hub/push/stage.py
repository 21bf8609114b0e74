"""The worker over the real database and real services, and news that its tests make up."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.settings import Settings
from hub.metrics import Metrics
from hub.push.agency import AgencySender
from hub.push.fcm import FcmSender, read_account
from hub.push.mail import MailSender
from hub.push.outgoing import Outgoing
from hub.push.payload import Receipts
from hub.push.preparing import Preparing, Senders
from hub.push.settling import Settling
from hub.push.take_back import TakeBack
from hub.push.vapid import Signatures, ensure_push_key
from hub.push.webpush import WebPushSender
from hub.push.worker import Pace, Worker
from hub.wording import Wording
from rooms.delivery.channels import Channel, Outcome, Reason, State
from rooms.delivery.outbox import Delivery, Due, Rules, rows_for
from rooms.delivery.ports import Content, Unwanted
from rooms.ids import PersonId, new_id, new_person_id
from storage.delivery.contacts import MongoContacts, Wishes
from storage.delivery.outbox import Ended, MongoOutbox
from storage.delivery.subscriptions import Keys, MongoSubscriptions
from storage.mongo import Mongo
from storage.org.people import MongoPeople
from tests.hub.push.conftest import KEY, LOOPBACK
from tests.support.agency_service import SECRET, AgencyService
from tests.support.clock import SteppedClock
from tests.support.core import clock_of_today
from tests.support.fcm_service import FcmService
from tests.support.mail_server import MailServer
from tests.support.push_service import Browser, PushService
from tests.support.waiting import PATIENCE

SITE = "https://talk.example.org"


@dataclass
class News:
    """`rooms.delivery.ports.Source` and `Outcomes`: everything is wanted that is not in `unwanted`."""

    unwanted: dict[str, Reason] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    async def contents(self, rows: Sequence[Delivery]) -> Mapping[str, Content | Unwanted]:
        """See `Source`."""
        self.asked += [row.id for row in rows]
        return {
            row.id: Unwanted(self.unwanted[row.about])
            if row.about in self.unwanted
            else Content(self.titles.get(row.about, "안내"), "내용", f"/web/family/#{row.about}")
            for row in rows
        }

    async def told(self, outcomes: Sequence[Outcome]) -> None:
        """See `Outcomes`."""
        self.outcomes += outcomes

    def states(self, person: PersonId) -> list[tuple[str, State, Reason | None]]:
        """List what was told of somebody."""
        return [(one.channel, one.state, one.reason) for one in self.outcomes if one.person == person]


@dataclass
class Stage:
    """A worker and what it works with."""

    mongo: Mongo
    clock: SteppedClock
    news: News
    outbox: MongoOutbox
    subscriptions: MongoSubscriptions
    contacts: MongoContacts
    signatures: Signatures
    receipts: Receipts
    senders: Senders
    worker: Worker
    take_back: TakeBack
    metrics: Metrics
    service: PushService
    rules: Rules

    async def person(self, browsers: int = 1, **wishes: Any) -> tuple[PersonId, list[Browser]]:
        """Make somebody with so many browsers."""
        person = new_person_id()
        if wishes:
            await self.contacts.change(person, Wishes(**wishes))
        return person, [await self.subscribe(person) for _ in range(browsers)]

    async def subscribe(self, person: PersonId, session: str = "s1") -> Browser:
        """Let a new browser of theirs get pushes."""
        browser = self.service.browser(self.signatures.public_key)
        keys = Keys(**browser.keys)
        await self.subscriptions.add(
            person,
            session,
            browser.endpoint,
            keys,
            self.signatures.public_key,
            "Firefox",
            self.clock.now(),
            20,
        )
        return browser

    async def due(self, *people: PersonId, notice: str = "", **more: Any) -> str:
        """Put what is due to people, now."""
        notice = notice or new_id("n")
        contacts = await self.contacts.of(people)
        for person in people:
            fields = {"what": "v1", "at": self.clock.now()} | more
            planned = rows_for(Due(notice, person, **fields), contacts[person], self.rules)
            await self.outbox.put(planned.rows, self.clock.now())
        return notice

    async def send(self) -> int:
        """Send all that is due by now."""
        count = 0
        while sent := await self.worker.once():
            count += sent
        return count

    async def end(
        self, about: str, person: PersonId, what: str = "v1", channel: Channel = Channel.PUSH
    ) -> Ended:
        """Read how far a row came."""
        found = await self.outbox.get(f"{about}:{what}:{person}:{channel}")
        assert found is not None
        return found


@asynccontextmanager
async def staged(
    mongo: Mongo,
    service: PushService,
    *,
    fcm: tuple[FcmService, Path] | None = None,
    mail: MailServer | None = None,
    agency: AgencyService | None = None,
    pace: Pace | None = None,
    clock: SteppedClock | None = None,
) -> AsyncIterator[Stage]:
    """Put a worker together."""
    clock = clock or clock_of_today()
    signatures = Signatures(ensure_push_key(Settings(push_key=KEY)), "mailto:hub@example.org", clock)
    outbox, subscriptions, contacts = (
        MongoOutbox(mongo),
        MongoSubscriptions(mongo),
        MongoContacts(mongo, None),
    )
    news, receipts, metrics = News(), Receipts("a secret of tests, of more than 32"), Metrics()
    pace = pace or Pace(concurrency=20, timeout=PATIENCE, lease=60.0, attempts=4)

    def pool() -> Outgoing:
        return Outgoing(LOOPBACK, clock, most=pace.concurrency, seconds=pace.timeout)

    senders = Senders(
        WebPushSender(pool(), signatures, clock),
        FcmSender(pool(), read_account(fcm[0].account(fcm[1])), fcm[0].url, clock) if fcm else None,
        MailSender(mail.url, "hub@school.example", "마당", SITE, clock, PATIENCE) if mail else None,
        AgencySender(pool(), f"{agency.url}/send", SECRET, None, SITE, clock) if agency else None,
    )
    preparing = Preparing(
        outbox,
        subscriptions,
        contacts,
        MongoPeople(mongo),
        {"n": news},
        senders,
        receipts,
        Wording(),
        clock,
    )
    settling = Settling(outbox, subscriptions, news)
    worker = Worker(outbox, preparing, settling, clock, metrics, pace, spread=lambda: 0.0)
    try:
        yield Stage(
            mongo,
            clock,
            news,
            outbox,
            subscriptions,
            contacts,
            signatures,
            receipts,
            senders,
            worker,
            TakeBack(outbox, subscriptions, clock, worker.wake),
            metrics,
            service,
            Rules(ZoneInfo("Asia/Seoul"), timedelta(days=3), senders.channels),
        )
    finally:
        await senders.close()
