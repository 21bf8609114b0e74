"""The bus over Redis pub/sub, for several processes or machines.

Redis may stop, stall or forget: publishing never waits for it, and while it is away `healthy` is
False and the hub asks the room log instead. Should one Redis not be enough, sharded pub/sub
(SSUBSCRIBE, SPUBLISH) goes into `_subscribe` and `_write`: a topic is one room or one person.
"""

import asyncio
import random
import secrets
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from hub.bus import Changed, Handler
from hub.tasks import Supervisor

CONFIRM_SECONDS: Final = 1.0
PING_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 3.0
LONGEST_PAUSE: Final = 1.0
AT_ONCE: Final = 500
"""Channels in one SUBSCRIBE and messages in one pipeline."""
_CONTROL: Final = "hello"

log = structlog.get_logger(__name__)


class RedisBus:
    """`hub.bus.Bus` over one Redis; `waiting_bytes` bounds what waits to be published.

    Messages of this process come back from Redis and are recognised by `origin`: it has had them.
    """

    def __init__(self, url: str, *, prefix: str, waiting_bytes: int = 8 * 2**20) -> None:
        self._redis: Any = Redis.from_url(
            url, socket_timeout=SILENT_SECONDS, socket_connect_timeout=SILENT_SECONDS, protocol=2
        )
        self._prefix = prefix
        self._waiting_bytes = waiting_bytes
        self._origin = secrets.token_bytes(8)
        self._topics: set[str] = set()
        self._confirmed: set[str] = set()
        self._asked: dict[str, asyncio.Future[None]] = {}
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._pubsub: PubSub | None = None
        self._healthy = False
        self._handler: Handler | None = None
        self._changed: list[Changed] = []
        self._supervisor: Supervisor | None = None
        self.dropped = 0

    @property
    def healthy(self) -> bool:
        """Whether Redis answers and every topic is subscribed."""
        return self._healthy

    async def start(self, handler: Handler) -> None:
        """Connect; where Redis is away, go on trying."""
        self._handler = handler
        self._supervisor = Supervisor()
        first = asyncio.get_running_loop().create_future()
        self._supervisor.spawn("redis-read", lambda: self._listen(first))
        self._supervisor.spawn("redis-write", self._write)
        await asyncio.wait([first], timeout=CONFIRM_SECONDS)

    async def close(self) -> None:
        """Publish what waits if Redis takes it at once, and disconnect."""
        self._changed.clear()
        if self._supervisor is not None:
            await self._supervisor.close(CONFIRM_SECONDS)
        await self._publish_waiting()
        await self._redis.aclose()

    def on_change(self, changed: Changed) -> None:
        """Name who is told when `healthy` flips."""
        self._changed.append(changed)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Return once Redis has confirmed, or soon where it does not."""
        fresh = [topic for topic in topics if topic not in self._topics]
        self._topics.update(fresh)
        pubsub = self._pubsub
        if not fresh or pubsub is None or not self._healthy:
            return
        loop = asyncio.get_running_loop()
        asked = [self._asked.setdefault(topic, loop.create_future()) for topic in fresh]
        try:
            await self._subscribe(pubsub, fresh)
        except (RedisError, OSError):
            return
        await asyncio.wait(asked, timeout=CONFIRM_SECONDS)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """End subscriptions."""
        ended = [topic for topic in topics if topic in self._topics]
        self._topics.difference_update(ended)
        if ended and self._pubsub is not None and self._supervisor is not None:
            self._supervisor.once("redis-unsubscribe", self._unsubscribe(self._pubsub, ended))

    def publish(self, topic: str, data: bytes) -> None:
        """Deliver here at once, and hand over to the writer; dropped and counted where too much waits."""
        if topic in self._topics and self._handler is not None:
            self._handler(topic, data)
        if not self._healthy or self._bytes + len(data) > self._waiting_bytes:
            self.dropped += 1
            return
        self._waiting.append((topic, data))
        self._bytes += len(data)
        self._wake.set()

    async def _listen(self, first: "asyncio.Future[None]") -> None:
        """Hold a subscription, for ever."""
        failures = 0
        while True:
            pubsub: PubSub = self._redis.pubsub()
            try:
                sent = set(self._topics)
                await self._subscribe(pubsub, [_CONTROL, *sent])
                await self._receive(pubsub, sent, first)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("redis away", reason=str(error) or type(error).__name__)
            finally:
                self._set_healthy(False)
                self._pubsub = None
                self._confirmed.clear()
                await pubsub.aclose()  # type: ignore[no-untyped-call]
            failures += 1
            await asyncio.sleep(random.uniform(0.05, min(0.1 * 2**failures, LONGEST_PAUSE)))  # noqa: S311 - jitter

    async def _receive(self, pubsub: PubSub, sent: set[str], first: "asyncio.Future[None]") -> None:
        """Take what comes until Redis falls silent. Raises RedisError, OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        heard = pinged = loop.time()
        while True:
            message = await pubsub.get_message(timeout=PING_SECONDS)
            now = loop.time()
            if message is not None:
                heard = now
                self._take(message)
                if not self._healthy and self._topics <= self._confirmed:
                    self._pubsub = pubsub
                    self._set_healthy(True)
                    if not first.done():
                        first.set_result(None)
            if now - heard > SILENT_SECONDS:
                raise TimeoutError("no answer to a ping")
            if not self._healthy and (missing := self._topics - sent):
                sent |= missing
                await self._subscribe(pubsub, missing)
            if now - pinged > PING_SECONDS:
                pinged = now
                await pubsub.ping()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            topic = message["channel"].decode().removeprefix(self._prefix)
            self._confirmed.add(topic)
            if (asked := self._asked.pop(topic, None)) is not None and not asked.done():
                asked.set_result(None)
        elif message["type"] == "unsubscribe":
            self._confirmed.discard(message["channel"].decode().removeprefix(self._prefix))
        elif message["type"] == "message" and not message["data"].startswith(self._origin):
            topic = message["channel"].decode().removeprefix(self._prefix)
            if topic in self._topics and self._handler is not None:
                self._handler(topic, message["data"][len(self._origin) :])

    async def _subscribe(self, pubsub: PubSub, topics: Iterable[str]) -> None:
        names = [self._prefix + topic for topic in topics]
        for start in range(0, len(names), AT_ONCE):
            await pubsub.subscribe(*names[start : start + AT_ONCE])

    async def _unsubscribe(self, pubsub: PubSub, topics: list[str]) -> None:
        ended = [self._prefix + topic for topic in topics if topic not in self._topics]
        try:
            if ended:
                await pubsub.unsubscribe(*ended)
        except (RedisError, OSError):
            log.debug("not unsubscribed", topics=len(ended))

    async def _write(self) -> None:
        """Publish what waits, many in one round trip, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._publish_waiting()

    async def _publish_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            self._bytes -= sum(len(data) for _, data in batch)
            pipeline = self._redis.pipeline(transaction=False)
            for topic, data in batch:
                pipeline.publish(self._prefix + topic, self._origin + data)
            try:
                await pipeline.execute()
            except (RedisError, OSError, TimeoutError):
                self.dropped += len(batch) + len(self._waiting)
                self._waiting.clear()
                self._bytes = 0

    def _set_healthy(self, healthy: bool) -> None:
        if healthy == self._healthy:
            return
        self._healthy = healthy
        for changed in self._changed:
            changed(healthy)
