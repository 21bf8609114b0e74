"""The bus over Redis pub/sub, for several processes or machines.

Redis may stop, stall or forget: publishing never waits for it, and while it is away `healthy` is
False and the hub asks the room log instead. Two connections, one to listen and one to publish,
live and die together: a process that hears but is not heard would otherwise count as healthy.

Where one Redis is not enough, sharded pub/sub goes here: a session for each shard, chosen by the
slot of the channel, with SSUBSCRIBE and SPUBLISH below. A topic is one room or one person, so
nothing else depends on which shard it is on.
"""

import asyncio
import random
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import structlog

from hub.bus import Changed, Handler, Inbox, Said, encoded
from hub.redis.link import AWAY, RedisLink, reason, redis_link
from hub.redis.outbox import Outbox
from hub.redis.subscriptions import Subscriptions
from hub.tasks import Supervisor

SUBSCRIBE: Final = "SUBSCRIBE"
UNSUBSCRIBE: Final = "UNSUBSCRIBE"
PUBLISH: Final = "PUBLISH"

PING_SECONDS: Final = 1.0
SILENT_PINGS: Final = 3
"""Pings without any sign of life after which a connection counts as dead."""
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 2.0
RETAIN_SECONDS: Final = 5.0
"""How long a message waits for Redis to come back.

All processes are back within LONGEST_PAUSE of each other, and read the log at that moment. What a
process appended before it was back itself, it publishes then: who was back earlier would not learn
of it otherwise. Anything older, they found in the log.
"""
AT_ONCE: Final = 1000
"""Messages in one round trip, and names in one SUBSCRIBE."""
BYTES_AT_ONCE: Final = 2**20
CLOSE_SECONDS: Final = 1.0
_CONTROL: Final = "bus"
"""A topic that nobody uses: with it, a connection is always subscribed to something."""

log = structlog.get_logger(__name__)


class RedisBus:
    """`hub.bus.Bus` over one Redis.

    `prefix` keeps deployments on one Redis apart (numbered databases do not: pub/sub ignores them).
    At most `waiting_items` messages and `waiting_bytes` wait to be published; beyond, the oldest are
    dropped and counted. With Redis away, messages older than RETAIN_SECONDS are dropped too.
    A Redis that stalls is noticed after SILENT_PINGS times `ping_seconds`.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        waiting_items: int = 20_000,
        waiting_bytes: int = 16 * 2**20,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self._url = url
        self._prefix = prefix.encode()
        self._ping_seconds = ping_seconds
        self._silent_seconds = SILENT_PINGS * ping_seconds
        # Messages of this process come back from Redis, which has no way to leave one out.
        self._origin = secrets.token_bytes(8)
        self._subscriptions = Subscriptions()
        self._topics: dict[bytes, str] = {}
        self._outbox = Outbox(items=waiting_items, size=waiting_bytes)
        self._publish_now = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._unanswered = 0
        self._answered = asyncio.Event()
        self._ask_now = asyncio.Event()
        self._heard = False
        self._healthy = False
        self._outage = False
        self._losing = False
        self._first = asyncio.Event()
        self._inbox: Inbox | None = None
        self._changed: list[Changed] = []
        self._supervisor: Supervisor | None = None

    @property
    def healthy(self) -> bool:
        """See `Bus`."""
        return self._healthy

    @property
    def dropped(self) -> int:
        """See `Bus`."""
        return self._outbox.dropped

    async def start(self, handler: Handler) -> None:
        """See `Bus`; where Redis is away, goes on trying."""
        self._inbox = Inbox(handler, self._subscriptions.wanted)
        self._supervisor = Supervisor()
        self._supervisor.spawn("redis-bus", self._run)
        await self._first.wait()

    async def close(self) -> None:
        """See `Bus`."""
        if self._supervisor is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.warning("bus closed before all was published", waiting=len(self._outbox))
        self._changed.clear()
        self._inbox = None
        supervisor, self._supervisor = self._supervisor, None
        await supervisor.close(CLOSE_SECONDS)

    def on_change(self, changed: Changed) -> None:
        """See `Bus`."""
        self._changed.append(changed)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """See `Bus`; the topics of one turn of the event loop go out in one command."""
        topics = list(topics)
        self._topics.update((self._channel(topic), topic) for topic in topics)
        waiting = self._subscriptions.want(topics)
        if waiting:
            self._ask_now.set()
            await asyncio.wait(waiting)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """See `Bus`."""
        topics = list(topics)
        for topic in topics:
            self._topics.pop(self._channel(topic), None)
        self._subscriptions.unwant(topics)
        self._ask_now.set()

    def publish(self, topic: str, said: Said) -> None:
        """See `Bus`."""
        now = asyncio.get_running_loop().time()
        if not self._healthy:
            self._outbox.expire(now - RETAIN_SECONDS)
        dropped = self._outbox.dropped
        self._outbox.put(self._channel(topic), self._origin + encoded(said), now)
        if self._outbox.dropped > dropped and not self._losing:
            self._losing = True
            log.warning("bus drops messages", waiting=len(self._outbox), dropped=self._outbox.dropped)
        if self._healthy:
            self._idle.clear()
            self._publish_now.set()
        if self._inbox is not None:
            self._inbox.put(topic, said)

    def _channel(self, topic: str) -> bytes:
        return self._prefix + topic.encode()

    # The connection

    async def _run(self) -> None:
        """Hold a session with Redis, one after the other, for ever."""
        failures = 0
        while True:
            try:
                await self._session()
            except* AWAY as errors:
                error = _first_of(errors)
                failures = 0 if self._healthy else failures + 1
                self._lost(error)
                _count_no_cancelling()
            finally:
                self._subscriptions.end()
                self._outbox.put_back()
                self._set_healthy(False)
                self._first.set()
            longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**failures)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter is no secret

    async def _session(self) -> None:
        """Listen and publish until a connection fails. Raises a group of AWAY."""
        async with (
            redis_link(self._url, self._silent_seconds) as listening,
            redis_link(self._url, self._silent_seconds) as publishing,
            asyncio.TaskGroup() as tasks,
        ):
            self._subscriptions.want([_CONTROL])
            in_force = self._subscriptions.begin()
            self._heard = True
            tasks.create_task(self._listen(listening, in_force))
            tasks.create_task(self._ask(listening))
            tasks.create_task(self._write(publishing))
            tasks.create_task(self._take_answers(publishing))

    async def _listen(self, link: RedisLink, in_force: asyncio.Future[None]) -> None:
        """Take what Redis says."""
        while True:
            reply = await link.receive()
            self._heard = True
            if reply[0] == b"message":
                self._arrived(reply[1], reply[2])
            elif reply[0] in {b"subscribe", b"unsubscribe"}:
                self._subscriptions.replied()
                if not self._healthy and in_force.done():
                    self._set_healthy(True)
                    self._first.set()

    def _arrived(self, channel: bytes, payload: bytes) -> None:
        topic = self._topics.get(channel)
        if topic is None or self._inbox is None or payload.startswith(self._origin):
            return
        self._inbox.put(topic, payload[len(self._origin) :])

    async def _ask(self, link: RedisLink) -> None:
        """Subscribe and unsubscribe as wanted, and see that the connection lives.

        Silence is counted in pings, not in seconds: a process that was held up itself finds the
        answers waiting, and must not blame Redis.
        """
        loop = asyncio.get_running_loop()
        silent = 0
        ping_at = loop.time() + self._ping_seconds
        self._ask_now.set()
        while True:
            try:
                async with asyncio.timeout_at(ping_at):
                    await self._ask_now.wait()
            except TimeoutError:
                silent = 0 if self._heard else silent + 1
                if silent >= SILENT_PINGS:
                    raise TimeoutError(f"no sign of life for {self._silent_seconds:g} s") from None
                self._heard = False
                ping_at = loop.time() + self._ping_seconds
                await link.send([("PING",)])
                continue
            self._ask_now.clear()
            join, leave = self._subscriptions.flush()
            commands = [*self._commands(SUBSCRIBE, join), *self._commands(UNSUBSCRIBE, leave)]
            if commands:
                await link.send(commands)

    def _commands(self, verb: str, topics: list[str]) -> Iterator[list[bytes | str]]:
        for start in range(0, len(topics), AT_ONCE):
            yield [verb, *(self._channel(topic) for topic in topics[start : start + AT_ONCE])]

    async def _write(self, link: RedisLink) -> None:
        """Publish what waits, all of it in one round trip, and see that the connection lives."""
        while True:
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await self._publish_now.wait()
            except TimeoutError:
                await self._say(link, [("PING",)])
                continue
            self._publish_now.clear()
            self._outbox.expire(asyncio.get_running_loop().time() - RETAIN_SECONDS)
            while batch := self._outbox.take(AT_ONCE, BYTES_AT_ONCE):
                await self._say(link, [(PUBLISH, message.channel, message.payload) for message in batch])
                self._outbox.sent()
            self._losing = False
            self._idle.set()

    async def _say(self, link: RedisLink, commands: Sequence[Sequence[bytes | str]]) -> None:
        """Send commands and wait for their answers; for silence, see `_ask`."""
        self._unanswered = len(commands)
        self._answered.clear()
        await link.send(commands)
        silent = 0
        while silent < SILENT_PINGS:
            before = self._unanswered
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await self._answered.wait()
            except TimeoutError:
                silent = 0 if self._unanswered < before else silent + 1
            else:
                return
        raise TimeoutError(f"no answer for {self._silent_seconds:g} s")

    async def _take_answers(self, link: RedisLink) -> None:
        """Count the answers to `_say`. Raises one of AWAY, also for an error among them."""
        while True:
            await link.receive()
            self._unanswered -= 1
            if not self._unanswered:
                self._answered.set()

    # What is told

    def _set_healthy(self, healthy: bool) -> None:
        if healthy == self._healthy:
            return
        self._healthy = healthy
        if healthy:
            self._idle.clear()
            self._publish_now.set()
        else:
            self._idle.set()
            self._publish_now.clear()
        if healthy and self._outage:
            self._outage = False
            log.info("redis back", dropped=self._outbox.dropped)
        for changed in tuple(self._changed):
            try:
                changed(healthy)
            except Exception:
                log.exception("not told that the bus changed")

    def _lost(self, error: BaseException) -> None:
        if not self._outage:
            self._outage = True
            self._losing = True
            log.warning("redis away", reason=reason(error))


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _count_no_cancelling() -> None:
    """Forget that a group of tasks cancelled this one to end it: Python 3.11.2 leaves that counted.

    A timeout of the next session would be taken for the end of this task then, instead of for one.
    """
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()
