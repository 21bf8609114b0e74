"""What `madang doctor` finds when it goes to the servers: MongoDB, Redis, the identity provider."""

import asyncio
import secrets
import statistics
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from config.settings import Settings
from hub.cli.findings import Finding, fault, ok, warning
from hub.signin.oidc import provider_of
from hub.signin.oidc_documents import ProviderSilent
from storage.embedded.mongo import EmbeddedMongo, MongodFailed, MongodMissing, find_mongod
from storage.mongo import Mongo, PyMongoError, connect
from storage.server import dotted, look, numbers

SECONDS: Final = 5.0
LEAST_REDIS: Final = (6, 2)
SLOW_WRITE: Final = 0.1
SKEW: Final = 2.0
PINGS: Final = 5
WRITES: Final = 3
_WRONG_LOGIN: Final = 18
_NOT_ALLOWED: Final = 13


async def mongodb(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """Go to MongoDB: the one named, or the private one, which is started only where it has data already."""
    if settings.mongodb_url is not None:
        return await _reach_mongodb(settings.mongodb_url, settings.mongodb_database, "", now)
    try:
        private = await asyncio.to_thread(find_mongod)
        about = f"private, {private.program}, version {private.version}"
        if not (settings.data / "mongo").exists():
            return [ok("MongoDB", f"{about}; it has no data yet")]
        server = await asyncio.to_thread(EmbeddedMongo.start, settings.data)
    except (MongodMissing, MongodFailed) as error:
        return [fault("MongoDB", str(error), "Or set MADANG_MONGODB_URL to a MongoDB that runs.")]
    try:
        return await _reach_mongodb(server.url, settings.mongodb_database, "private, ", now)
    finally:
        await asyncio.to_thread(server.close)


async def _reach_mongodb(url: str, database: str, which: str, now: Callable[[], datetime]) -> list[Finding]:
    try:
        mongo = await asyncio.to_thread(connect, url, database, timeout=SECONDS)  # srv names are looked up
    except (PyMongoError, ValueError, TypeError):
        # What the driver says of a URL may repeat parts of it, and so a password.
        return [
            fault(
                "MongoDB",
                "MADANG_MONGODB_URL is not a URL that the driver understands, or its name is not known.",
                "Write it like mongodb://user:password@host:27017/?replicaSet=rs0; %-escape the password.",
            )
        ]
    try:
        return await _examine(mongo, which, now)
    except PyMongoError as error:
        return [_mongodb_fault(error)]
    finally:
        mongo.close()


async def _examine(mongo: Mongo, which: str, now: Callable[[], datetime]) -> list[Finding]:
    before = now()
    server = await look(mongo)
    after = now()
    if server.fault is not None:
        found, do = server.fault
        return [fault("MongoDB", f"{which}{found}.", do)]
    pings = [await _timed(mongo.ping()) for _ in range(PINGS)]
    write = await _durable_write(mongo)
    found = (
        f"{which}version {server.version}, {server.kind}, ping {statistics.median(pings) * 1000:.1f} ms,"
        f" durable write {write * 1000:.1f} ms"
    )
    findings = [ok("MongoDB", found)]
    if write > SLOW_WRITE:
        findings = [
            warning(
                "MongoDB",
                f"{found}.",
                "Every message waits for such a write: give it a faster disk or network.",
            )
        ]
    return [*findings, *_skew(server.time, before, after)]


def _skew(there: datetime | None, before: datetime, after: datetime) -> list[Finding]:
    """Compare clocks by what MongoDB's said at some moment between two of ours: it may be slow to answer."""
    if there is None:
        return []
    told = there.replace(tzinfo=UTC)
    off = (min(max(told, before), after) - told).total_seconds()
    if abs(off) <= SKEW:
        return []
    return [
        warning(
            "Clock",
            f"It is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} that of MongoDB.",
            "Keep the clocks of all machines right with chrony or systemd-timesyncd.",
        )
    ]


async def _durable_write(mongo: Mongo) -> float:
    """Write documents the way messages are written, by the journals of a majority, and erase them."""
    collection = mongo["doctor"]
    # The first one makes the collection, which messages need not wait for.
    taken = [await _timed(collection.insert_one({})) for _ in range(1 + WRITES)]
    await collection.drop()
    return statistics.median(taken[1:])


async def _timed(work: Any) -> float:
    began = perf_counter()
    await work
    return perf_counter() - began


def _mongodb_fault(error: PyMongoError) -> Finding:
    code = getattr(error, "code", None)
    if code == _WRONG_LOGIN:
        return fault("MongoDB", "It does not accept the name and password.", "Correct MADANG_MONGODB_URL.")
    if code == _NOT_ALLOWED:
        return fault(
            "MongoDB",
            "The user may not write.",
            "Give the user the role readWrite on the database MADANG_MONGODB_DATABASE.",
        )
    if "Timeout" in type(error).__name__:
        return fault(
            "MongoDB",
            f"No primary answered within {SECONDS:.0f} s.",
            "See that it runs, that MADANG_MONGODB_URL names it, and that a majority of its members is up.",
        )
    said = " ".join(str(error).split())[:200]
    return fault("MongoDB", f"{type(error).__name__}: {said}.", "See MongoDB's own log.")


async def redis(settings: Settings) -> Finding:
    """Go to Redis, and send a message to ourselves through it."""
    if settings.redis_url is None:
        return ok("Redis", "not set: fine for one process")
    do = "See that it runs and that MADANG_REDIS_URL names it; without it messages arrive with a delay."
    try:
        async with asyncio.timeout(SECONDS), _redis(settings.redis_url) as client:
            version = str((await client.info("server"))["redis_version"])
            taken = await _round_trip(client, f"madang:{settings.mongodb_database}:doctor")
    except (TimeoutError, ValueError, OSError, RedisError) as error:
        return _redis_fault(error, do)
    found = f"version {version}, round trip {taken * 1000:.1f} ms"
    if numbers(version) < LEAST_REDIS:
        return fault("Redis", f"{found}.", f"Use Redis {dotted(LEAST_REDIS)} or newer.")
    return ok("Redis", found)


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    try:
        yield client
    finally:
        await client.aclose()


async def _round_trip(client: Redis, channel: str) -> float:
    sent = secrets.token_hex(8).encode()
    async with client.pubsub(ignore_subscribe_messages=False) as listener:
        await listener.subscribe(channel)
        while (got := await listener.get_message(timeout=SECONDS)) is None or got["type"] != "subscribe":
            pass
        began = perf_counter()
        await client.publish(channel, sent)
        while (got := await listener.get_message(timeout=SECONDS)) is None or got["data"] != sent:
            pass
        return perf_counter() - began


def _redis_fault(error: Exception, do: str) -> Finding:
    if isinstance(error, AuthenticationError) or str(error).startswith(("NOAUTH", "WRONGPASS")):
        return fault("Redis", "It does not accept the password.", "Correct MADANG_REDIS_URL.")
    if isinstance(error, ResponseError):
        return fault("Redis", f"It refuses: {' '.join(str(error).split())[:200]}.", do)
    if isinstance(error, ValueError):  # what is wrong with a URL may be its password
        return fault("Redis", "MADANG_REDIS_URL is not a URL that the driver understands.", do)
    return fault("Redis", f"It cannot be reached ({type(error).__name__}).", do)


async def identity_provider(settings: Settings, now: datetime) -> Finding | None:
    """Fetch what the identity provider publishes; None where none is set."""
    provider = provider_of(settings, "no key is needed for looking")
    if provider is None:
        return None
    try:
        await provider.reach(now)
    except ProviderSilent as error:
        return fault(
            "Sign-in",
            f"The identity provider does not answer as it should: {error}.",
            "See MADANG_OIDC_ISSUER.",
        )
    finally:
        await provider.close()
    return ok("Sign-in", f"{settings.oidc_issuer} answers")
