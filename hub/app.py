"""The composition root: what a process of the hub is made of, and what runs in it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from channels.routing import ProtocolTypeRouter
from redis.asyncio import Redis

from bots.storing import Storing
from config.django import configure as configure_django
from config.secret import ensure_secret_key
from config.settings import Settings
from hub.api import make_app
from hub.audit import Audit
from hub.backends import make_bus, make_presence, make_redis
from hub.bots.reminding import Reminding, make_reminders
from hub.bots.wiring import make_guest_retention, seat_in_messenger
from hub.bus import Bus
from hub.clock import SystemClock
from hub.commands import Commands
from hub.connections import Connections
from hub.consumer import HubConsumer
from hub.housekeeping import Housekeeping
from hub.live import Live
from hub.metered_log import MeteredLog
from hub.metrics import Metrics
from hub.notices.live import LiveNotices
from hub.notices.schedule import run_notices
from hub.presence import LocalPresence, Presence, PresenceWatch
from hub.ring import Ring
from hub.seats import SeatCache
from hub.services import Services
from hub.signin.oidc import OidcProvider, provider_of
from hub.signin.proofs import Passwords
from hub.tasks import Supervisor
from hub.topics import Topics
from hub.wakeups import SIGN_OUTS
from hub.wiring import wire
from hub.wording import Wording
from rooms.events import Event
from rooms.ids import RoomId
from storage import migrations
from storage.messenger.log import MongoLog
from storage.mongo import connect


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
    services.forms.chains.own(partial(supervisor.once, "ledger"))
    supervisor.spawn("cursors", services.cursors.run)


@dataclass(frozen=True, slots=True)
class Hub:
    """One process of the hub, running."""

    services: Services
    live: Live
    asgi: Any
    bus: Bus
    redis: Redis | None
    ring: Ring | None
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
        if self.ring is not None:
            self.ring.close()


async def start(settings: Settings, mongodb_url: str, storing: Storing | None = None) -> Hub:
    """Connect to everything and start what runs in the background; nothing listens yet.

    The chatbot gives way where it shares `storing`.

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
    services = wire(settings, mongo, clock, bus, redis, seats, passwords, MeteredLog(mongo, metrics, storing))

    presence = make_presence(settings, redis, bus)
    ring = Ring.open() if settings.io_uring == "on" else None
    live = _make_live(services, bus, presence, connections, seats, supervisor, ring)
    await bus.start(live.receive)
    await bus.subscribe([SIGN_OUTS])
    await live.notices.start()
    audit = Audit(services, live, bus, seats)
    bus.on_change(audit.bus_changed)
    run_writers(services, supervisor)
    run_notices(services.notices, supervisor)
    supervisor.spawn("audit", audit.run)
    supervisor.spawn("seconds", live.run_seconds)
    supervisor.spawn("forms-retention", services.forms.retention.run)
    supervisor.spawn(
        "housekeeping", Housekeeping(services.files, make_guest_retention(services), clock, settings).run
    )
    pushes = await seat_in_messenger(services, connections, supervisor)
    commands = Commands(services, live, epoch, pushes)
    wording = Wording(settings.locale)
    services.message_news.present = presence.states
    supervisor.spawn("message-news", services.message_news.run)
    if settings.handoff_reminder_seconds:
        reminders = make_reminders(services, presence.states)
        supervisor.spawn("handoff-reminders", Reminding(reminders).run)
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
    return Hub(services, live, asgi, bus, redis, ring, presence, supervisor, passwords, provider, draining)


def _make_live(
    services: Services,
    bus: Bus,
    presence: Presence,
    connections: Connections,
    seats: SeatCache,
    supervisor: Supervisor,
    ring: Ring | None,
) -> Live:
    """Make what joins the sockets of this process to the bus and to the log."""
    settings, clock = services.settings, services.clock

    def spawn(work: Coroutine[Any, Any, None]) -> None:
        supervisor.once("topic", work)

    async def fetch(room: RoomId, since: int, limit: int) -> list[Event]:
        logged = await services.store.range(room, since + 1, since + limit, limit, newest=False)
        return await services.history.readable(room, logged)

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
    return Live(
        services,
        bus,
        Topics(fetch, spawn, page=settings.limits.page, ring=ring),
        connections,
        LocalPresence(float(settings.away_seconds)),
        presence,
        PresenceWatch(presence, bus, limit=settings.limits.watched),
        seats,
        notices,
        spawn,
    )


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
