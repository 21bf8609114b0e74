"""The composition root: the only place that names concrete classes and decides what runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from channels.routing import ProtocolTypeRouter
from redis.asyncio import Redis

from config.django import configure as configure_django
from config.secret import ensure_secret_key
from config.settings import Settings
from hub.api import make_app
from hub.bots.visitors import Visitors
from hub.bots.wiring import make_bots, seat_in_messenger
from hub.bus import Bus, LocalBus
from hub.commands import Commands
from hub.connections import Connections
from hub.consumer import HubConsumer
from hub.faq.wiring import make_faq
from hub.forms.wiring import wire_forms
from hub.housekeeping import Housekeeping
from hub.live import Live
from hub.local_limits import LocalLimiter
from hub.message_news import MessageNews
from hub.metered_log import MeteredLog
from hub.metrics import Metrics
from hub.notices.live import LiveNotices
from hub.notices.schedule import run_notices
from hub.notices.wiring import wire_notices
from hub.presence import LocalPresence, LocalStates, Presence, PresenceWatch
from hub.push.delivering import Delivering
from hub.redis.bus import RedisBus
from hub.redis.limits import RedisLimiter
from hub.redis.link import make_client
from hub.redis.presence import RedisPresence
from hub.seats import SeatCache
from hub.services import Services
from hub.signin.limits import FailureLimiter, SignInLimits
from hub.signin.oidc import OidcProvider, provider_of
from hub.signin.proofs import Passwords, Tokens
from hub.signin.sign_ins import SignIns
from hub.tasks import Supervisor
from hub.topics import Topics
from hub.wakeups import SIGN_OUTS, BusWakeups
from hub.wording import Wording
from rooms.access import Access
from rooms.delivery.ports import News
from rooms.events import Event
from rooms.history import History
from rooms.ids import RoomId
from rooms.limits import Rule
from rooms.log import RoomLog
from rooms.management import Management
from rooms.messages import MessageLimits, Messages
from rooms.overview import Overview
from rooms.ports import Clock, Top
from rooms.receipts import ReadCursors
from rooms.unit_rooms import UnitRooms
from storage import migrations
from storage.conversations import MongoConversations
from storage.files import MongoFiles
from storage.log import MongoLog
from storage.mongo import Mongo, connect
from storage.people import MongoPeople
from storage.rooms import MongoRooms
from storage.sessions import MongoIdempotency, MongoSessions

log = structlog.get_logger(__name__)


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return asyncio.get_running_loop().time()


REDIS_SECONDS: Final = 1.0
"""How long presence and rate limits wait for Redis before they do without."""


def make_redis(settings: Settings) -> Redis | None:
    """Make the client that presence and rate limits share, where Redis is named."""
    return None if settings.redis_url is None else make_client(settings.redis_url, REDIS_SECONDS)


def make_bus(settings: Settings) -> Bus:
    """Choose the bus: Redis where one is named, else this process is alone."""
    if settings.redis_url is None:
        return LocalBus()
    return RedisBus(settings.redis_url, prefix=_prefix(settings))


def make_presence(settings: Settings, redis: Redis | None, bus: Bus) -> Presence:
    """Choose where presence is kept."""
    return LocalStates(bus) if redis is None else RedisPresence(redis, bus, prefix=_prefix(settings))


def make_limiter(settings: Settings, redis: Redis | None, name: str, rules: list[Rule]) -> FailureLimiter:
    """Choose where what people do is counted."""
    if redis is None:
        return LocalLimiter(rules)
    return RedisLimiter(redis, rules, prefix=f"{_prefix(settings)}{name}:")


def _prefix(settings: Settings) -> str:
    return f"madang:{settings.mongodb_database}:"


def wire(
    settings: Settings,
    mongo: Mongo,
    clock: Clock,
    bus: Bus,
    redis: Redis | None,
    seats: SeatCache | None,
    passwords: Passwords,
    store: MongoLog,
) -> Services:
    """Put the rules and the stores together."""
    limits = settings.limits
    people, rooms = MongoPeople(mongo), MongoRooms(mongo)
    sessions, files = MongoSessions(mongo), MongoFiles(mongo)
    wakeups = BusWakeups(bus)
    told: list[Callable[[RoomId, Sequence[Event]], None]] = []

    def appended(room: RoomId, events: Sequence[Event], top: Top) -> None:
        wakeups.appended(room, events, top)
        for tell in told:
            tell(room, events)

    log_ = RoomLog(store, clock, appended)
    access = Access(rooms, people, store, seats)
    history = History(access, store, limits.page)
    unit_rooms = UnitRooms(rooms, people, store, log_, wakeups, clock)
    faq = make_faq(mongo, clock, limits)
    sends = make_limiter(
        settings, redis, "sends", [Rule(limits.sends_per_10s, 10), Rule(limits.sends_per_minute, 60)]
    )
    sign_ins = SignIns(
        people,
        sessions,
        passwords,
        Tokens(ensure_secret_key(settings)),
        SignInLimits(
            make_limiter(settings, redis, "sign-ins-there", [Rule(limits.signins_per_minute, 60)]),
            make_limiter(settings, redis, "sign-ins-login", [Rule(limits.signins_per_login, 60)]),
            make_limiter(settings, redis, "sign-ins-address", [Rule(limits.signins_per_address, 60)]),
            clock,
        ),
        clock,
        lambda person, session, but: wakeups.signed_out(person, session, forced=False, but=but),
        lambda: bus.healthy,
        token_seconds=settings.token_seconds,
        session_days=settings.session_days,
    )
    messages = Messages(
        access,
        log_,
        store,
        files,
        sends,
        clock,
        MessageLimits(
            text_chars=limits.text_chars,
            mentions=limits.mentions,
            files=limits.files,
            reactions=limits.reactions,
            edit_seconds=settings.edit_seconds,
            recall_seconds=settings.recall_seconds,
        ),
    )
    news: dict[str, News] = {}
    delivering = Delivering(settings, mongo, people, clock, ensure_secret_key(settings), news)
    begun = make_limiter(settings, redis, "notices", [Rule(limits.notices_per_hour, 3_600)])
    notices = wire_notices(settings, mongo, clock, bus, people, files, begun, delivering)
    message_news = MessageNews(delivering, rooms, store, history, people, Wording(settings.locale), clock)
    news |= {"n": notices.news, "r": message_news}
    told.append(message_news.appended)
    return Services(
        settings=settings,
        clock=clock,
        mongo=mongo,
        people=people,
        rooms=rooms,
        store=store,
        sessions=sessions,
        idempotency=MongoIdempotency(mongo),
        files=files,
        uploads=make_limiter(settings, redis, "uploads", [Rule(limits.files_per_hour, 3_600)]),
        push_tests=make_limiter(settings, redis, "push-tests", [Rule(limits.push_tests_per_minute, 60)]),
        delivering=delivering,
        message_news=message_news,
        log=log_,
        access=access,
        messages=messages,
        history=history,
        overview=Overview(access, rooms, people, store, history, clock),
        management=Management(
            access,
            rooms,
            store,
            log_,
            unit_rooms,
            wakeups,
            clock,
            make_limiter(settings, redis, "changes", [Rule(limits.changes_per_minute, 60)]),
            limits.group_members,
        ),
        unit_rooms=unit_rooms,
        cursors=ReadCursors(access, rooms, store, wakeups),
        sign_ins=sign_ins,
        wakeups=wakeups,
        faq=faq,
        bots=make_bots(
            settings,
            faq.scopes,
            MongoConversations(mongo, clock, settings.conversation_days),
            partial(make_limiter, settings, redis),
            clock,
        ),
        visitors=Visitors(ensure_secret_key(settings), settings.visitor_days),
        notices=notices,
        forms=wire_forms(
            settings,
            mongo,
            clock,
            people,
            files,
            notices,
            make_limiter(settings, redis, "submissions", [Rule(limits.submissions_per_minute, 60)]),
        ),
    )


@asynccontextmanager
async def rules(settings: Settings, mongodb_url: str) -> AsyncIterator[Services]:
    """Give the rules without a server, for commands: the log's writer runs, others are told over Redis."""
    clock = SystemClock()
    mongo = connect(mongodb_url, settings.mongodb_database)
    passwords = Passwords()
    bus, redis = make_bus(settings), make_redis(settings)
    supervisor = Supervisor()
    try:
        await migrations.migrate(mongo)
        await bus.start(lambda _topic, _data: None)
        services = wire(settings, mongo, clock, bus, redis, None, passwords, MongoLog(mongo))
        run_writers(services, supervisor)
        yield services
        await services.log.drain()
        await services.forms.chains.drain()
        await services.cursors.flush()
    finally:
        await supervisor.close(5.0)
        await bus.close()
        if redis is not None:
            await redis.aclose()
        passwords.close()
        mongo.close()


def run_writers(services: Services, supervisor: Supervisor) -> None:
    """Run what writes messages and read cursors."""
    for lane in range(services.log.lanes):
        supervisor.spawn(f"log-{lane}", partial(services.log.run, lane))
    supervisor.spawn("cursors", services.cursors.run)


@dataclass(frozen=True, slots=True)
class Hub:
    """One process of the hub, running."""

    services: Services
    live: Live
    asgi: Any
    bus: Bus
    redis: Redis | None
    presence: Presence
    supervisor: Supervisor
    passwords: Passwords
    provider: OidcProvider | None
    draining: asyncio.Event

    async def drain(self) -> None:
        """Take leave of clients, and keep what is still under way."""
        self.draining.set()
        await self.live.drain(float(self.services.settings.drain_seconds))
        await self.services.cursors.flush()
        await self.services.forms.chains.drain()

    async def close(self) -> None:
        """Stop everything, in the reverse order of its start."""
        await self.supervisor.close(5.0)
        await self.services.delivering.close()
        await self.presence.close()
        await self.bus.close()
        if self.redis is not None:
            await self.redis.aclose()
        if self.provider is not None:
            await self.provider.close()
        self.passwords.close()
        self.services.mongo.close()


async def start(settings: Settings, mongodb_url: str) -> Hub:
    """Connect to everything and start what runs in the background; nothing listens yet.

    Raises PyMongoError where MongoDB does not answer, DataTooNew where it is ahead of this program.
    """
    configure_django()
    clock = SystemClock()
    mongo = connect(mongodb_url, settings.mongodb_database)
    await migrations.migrate(mongo)
    epoch = await migrations.epoch(mongo)
    supervisor = Supervisor()
    metrics = Metrics()
    bus, redis = make_bus(settings), make_redis(settings)
    passwords = Passwords()
    connections = Connections(settings.limits.connections_per_person)
    seats = SeatCache(clock, lambda person: bus.healthy and bool(connections.of(person)))
    services = wire(settings, mongo, clock, bus, redis, seats, passwords, MeteredLog(mongo, metrics))

    def spawn(work: Coroutine[Any, Any, None]) -> None:
        supervisor.once("topic", work)

    async def fetch(room: RoomId, since: int, limit: int) -> list[Event]:
        logged = await services.store.range(room, since + 1, since + limit, limit, newest=False)
        return await services.history.readable(room, logged)

    topics = Topics(fetch, spawn, page=settings.limits.page)
    presence = make_presence(settings, redis, bus)
    watch = PresenceWatch(presence, bus, limit=settings.limits.watched)
    local = LocalPresence(float(settings.away_seconds))
    notices = LiveNotices(
        bus,
        services.notices.access,
        services.notices.store,
        services.notices.guardians,
        services.people,
        connections,
        services.notices.watch,
        services.notices.expander.call,
        clock,
    )
    live = Live(
        bus,
        topics,
        connections,
        local,
        presence,
        watch,
        seats,
        services.sign_ins,
        services.overview,
        services.people,
        services.rooms,
        services.store,
        services.log,
        notices,
        clock,
        spawn,
        audit_seconds=settings.audit_seconds,
    )
    await bus.start(live.receive)
    await bus.subscribe([SIGN_OUTS])
    await notices.start()
    bus.on_change(live.bus_changed)
    run_writers(services, supervisor)
    run_notices(services.notices, supervisor)
    supervisor.spawn("audit", live.run_audit)
    supervisor.spawn("seconds", live.run_seconds)
    supervisor.spawn("housekeeping", Housekeeping(services.files, clock, settings.unsent_file_hours).run)
    pushes = await seat_in_messenger(services, connections, supervisor)
    commands = Commands(services, live, epoch, pushes)
    wording = Wording(settings.locale)
    services.message_news.present = presence.states
    supervisor.spawn("message-news", services.message_news.run)
    if settings.push_concurrency:
        supervisor.spawn("push", services.delivering.make_worker(wording, metrics).run)
    consumer = HubConsumer.as_asgi(
        services=services, live=live, commands=commands, wording=wording, metrics=metrics
    )
    supervisor.spawn("sample", partial(_sample, metrics, live, bus))
    supervisor.spawn("bot", services.bots.link.run)
    provider = provider_of(settings, ensure_secret_key(settings))
    draining = asyncio.Event()

    async def ready() -> Mapping[str, object]:
        await mongo.ping()
        return {"mongodb": True, "bus": "ok" if bus.healthy else "away", "serving": not draining.is_set()}

    http = make_app(services, metrics=metrics, wording=wording, ready=ready, provider=provider)
    asgi = ProtocolTypeRouter({"http": http, "websocket": consumer})
    return Hub(services, live, asgi, bus, redis, presence, supervisor, passwords, provider, draining)


async def _sample(metrics: Metrics, live: Live, bus: Bus) -> None:
    """Hand over, once a second, what is counted where a call of the metrics would cost too much."""
    while True:
        await asyncio.sleep(1.0)
        metrics.sample(
            deliveries=live.topics.deliveries,
            gaps=live.topics.gaps,
            dropped=bus.dropped,
            people=len(live.connections.people),
            rooms=len(live.topics),
            waiting=live.waiting,
        )
