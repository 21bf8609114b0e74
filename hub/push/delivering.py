"""Delivery put together: stores, keys and rules for everybody, senders and the worker for those who serve."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from typing_extensions import override

from config.settings import Settings, SettingsFault
from hub.metrics import Metrics
from hub.push.acknowledging import Acknowledging
from hub.push.agency import AgencySender
from hub.push.fcm import BadAccount, FcmSender, ServiceAccount, read_account
from hub.push.mail import MailSender
from hub.push.outgoing import Outgoing
from hub.push.payload import Receipts
from hub.push.preparing import Preparing, Senders
from hub.push.settling import Settling
from hub.push.take_back import TakeBack
from hub.push.vapid import Signatures, ensure_push_key, subject_of
from hub.push.webpush import WebPushSender
from hub.push.worker import Pace, Worker
from hub.wording import Wording
from rooms.delivery.channels import Channel, Outcome
from rooms.delivery.hours import Quiet, read_minute
from rooms.delivery.outbox import Rules
from rooms.delivery.ports import News, Outcomes
from rooms.ports import Clock
from storage.delivery.contacts import MongoContacts
from storage.delivery.outbox import MongoOutbox
from storage.delivery.subscriptions import MongoSubscriptions
from storage.mongo import Mongo
from storage.org.people import MongoPeople


class Delivering:
    """What delivery is made of. `news` are those whose rows it carries, by the first letter of their ids.

    `outbox`, `contacts` and `rules` are for those who make rows. Nothing is connected to before `senders`
    is asked for; `close` closes that. Raises SettingsFault where FCM's file is not to be used.
    """

    def __init__(
        self,
        settings: Settings,
        mongo: Mongo,
        people: MongoPeople,
        clock: Clock,
        secret: str,
        news: Mapping[str, News],
    ) -> None:
        self.settings = settings
        self.outbox = MongoOutbox(mongo)
        self.subscriptions = MongoSubscriptions(mongo)
        self.contacts = MongoContacts(mongo, quiet_of(settings))
        self.take_back = TakeBack(self.outbox, self.subscriptions, clock, self.wake)
        self.receipts = Receipts(secret)
        self.outcomes: Outcomes = _Told(news)
        self.acknowledging = Acknowledging(self.outbox, self.subscriptions, self.outcomes, clock)
        self.rules = Rules(settings.zone, timedelta(hours=settings.push_ttl_hours), channels_of(settings))
        self._account = _account_of(settings)
        self._people = people
        self._news = news
        self._clock = clock
        self._senders: Senders | None = None
        self._signatures: Signatures | None = None
        self.worker: Worker | None = None

    @property
    def signatures(self) -> Signatures:
        """Give the hub's key towards push services; the first call may make one and keep it.

        Raises SettingsFault where it is not to be used or cannot be kept.
        """
        if self._signatures is None:
            key, subject = ensure_push_key(self.settings), subject_of(self.settings)
            self._signatures = Signatures(key, subject, self._clock)
        return self._signatures

    @property
    def senders(self) -> Senders:
        """Give the ways to send; the first call must be in a running event loop."""
        if self._senders is None:
            self._senders = self._make_senders()
        return self._senders

    def make_worker(self, wording: Wording, metrics: Metrics) -> Worker:
        """Make the worker of this process. `wake` reaches it from then on."""
        settings = self.settings
        preparing = Preparing(
            self.outbox,
            self.subscriptions,
            self.contacts,
            self._people,
            self._news,
            self.senders,
            self.receipts,
            wording,
            self._clock,
        )
        pace = Pace(
            settings.push_concurrency,
            float(settings.push_timeout_seconds),
            float(settings.push_lease_seconds),
            settings.push_attempts,
        )
        settling = Settling(self.outbox, self.subscriptions, self.outcomes)
        self.worker = Worker(self.outbox, preparing, settling, self._clock, metrics, pace)
        return self.worker

    def wake(self) -> None:
        """Say that rows were put that are due: a worker of this process looks at once, others soon."""
        if self.worker is not None:
            self.worker.wake()

    async def close(self) -> None:
        """Close all connections."""
        if self._senders is not None:
            await self._senders.close()

    def _make_senders(self) -> Senders:
        settings, clock = self.settings, self._clock
        site = settings.public_url or f"http://{settings.host}:{settings.port}"

        def pool(*, anywhere: bool = False) -> Outgoing:
            return Outgoing(
                None if anywhere else settings.push_networks,
                clock,
                most=settings.push_concurrency or 1,
                seconds=float(settings.push_timeout_seconds),
            )

        apps = mail = agency = None
        if self._account is not None:
            apps = FcmSender(pool(anywhere=True), self._account, settings.fcm_url, clock)
        if settings.smtp_url is not None and settings.smtp_from is not None:
            seconds = float(settings.push_timeout_seconds)
            mail = MailSender(settings.smtp_url, settings.smtp_from, "Madang", site, clock, seconds)
        if settings.sms_url is not None and settings.sms_secret is not None:
            agency = AgencySender(
                pool(anywhere=True), settings.sms_url, settings.sms_secret, settings.sms_sender, site, clock
            )
        return Senders(WebPushSender(pool(), self.signatures, clock), apps, mail, agency)


class _Told(Outcomes):
    """Tells each of those who make rows what became of theirs."""

    def __init__(self, news: Mapping[str, News]) -> None:
        self._news = news

    @override
    async def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note."""
        for letter, theirs in self._news.items():
            mine = [outcome for outcome in outcomes if outcome.about.startswith(letter)]
            if mine:
                await theirs.told(mine)


def quiet_of(settings: Settings) -> Quiet | None:
    """Read the hub's quiet hours."""
    start, dash, end = settings.push_quiet.partition("-")
    return Quiet(read_minute(start), read_minute(end)) if dash else None


def channels_of(settings: Settings) -> frozenset[Channel]:
    """List the channels that are set up."""
    found = {Channel.PUSH}
    if settings.smtp_url is not None:
        found.add(Channel.EMAIL)
    if settings.sms_url is not None:
        found.add(Channel.SMS)
    return frozenset(found)


def _account_of(settings: Settings) -> ServiceAccount | None:
    if settings.fcm_credentials is None:
        return None
    try:
        return read_account(settings.fcm_credentials)
    except BadAccount as error:
        raise SettingsFault((f"MADANG_FCM_CREDENTIALS: {error}.",)) from error
