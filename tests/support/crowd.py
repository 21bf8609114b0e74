"""People who all talk in one room, each sending everything twice, over lines that break."""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Self

from hub.client import Client
from hub.client.items import Lost, RoomEvent
from hub.client.socket import Trace
from tests.support.history import History
from tests.support.school import Pupil


class Crowd:
    """Clients of one room, their history, and what befell them.

    `lines` are the addresses of hubs; people are spread over them. Every member sends and receives.
    """

    def __init__(self, lines: Sequence[str], people: Sequence[Pupil], room: str, trace: Trace | None) -> None:
        self.room = room
        self.history = History()
        self.clients = {
            person.id: Client(lines[place % len(lines)], person.token(), trace=trace)
            for place, person in enumerate(people)
        }
        self.drops = 0
        self.twins = 0
        self.acknowledged = 0
        self._seen = dict.fromkeys(self.clients, 0)
        self._moved = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()
        self._readers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for person, client in self.clients.items():
            await self._stack.enter_async_context(client)
            self._readers.append(asyncio.create_task(self._read(person, client)))
        await asyncio.gather(*(client.ready() for client in self.clients.values()))
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()
        await asyncio.gather(*self._readers)

    async def talk(self, messages: int, *, twice: bool = True) -> float:
        """Have everybody send, one message after another, `messages` in all; returns the seconds it took."""
        began = time.monotonic()
        share, rest = divmod(messages, len(self.clients))
        async with asyncio.TaskGroup() as group:
            for place, person in enumerate(self.clients):
                group.create_task(self._send(person, share + (place < rest), twice=twice))
        return time.monotonic() - began

    @contextlib.asynccontextmanager
    async def talking(self, *, twice: bool = False) -> AsyncIterator[None]:
        """Have everybody send, one message after another, until the end of the block."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for person in self.clients:
                group.create_task(self._send(person, None, twice=twice, stop=stop))
            try:
                yield
            finally:
                stop.set()

    async def breaking(self, every: int, dice: random.Random) -> None:
        """Cut a line at random, again and again, each time that many messages were acknowledged; for ever."""
        while True:
            await self.until(lambda goal=self.acknowledged + every: self.acknowledged >= goal)
            dice.choice(list(self.clients.values())).drop()
            self.drops += 1

    async def until(self, reached: Callable[[], bool], seconds: float = 120.0) -> None:
        """Wait for something that sending or receiving brings about."""
        async with asyncio.timeout(seconds):
            while not reached():
                self._moved.clear()
                await self._moved.wait()

    async def arrived(self, seq: int, seconds: float = 60.0) -> None:
        """Wait until everybody has seen the room up to `seq`."""
        try:
            await self.until(lambda: min(self._seen.values()) >= seq, seconds)
        except TimeoutError:
            behind = {person: seen for person, seen in self._seen.items() if seen < seq}
            raise AssertionError(f"not everybody saw {seq} within {seconds:g} s: {behind}") from None

    def hurry(self) -> None:
        """Have everybody come back at once."""
        for client in self.clients.values():
            client.reconnect()

    @property
    def top(self) -> int:
        """The last event that anybody has seen."""
        return max(self._seen.values())

    @property
    def reconnects(self) -> int:
        """How many times lines were made again."""
        return sum(client.connections for client in self.clients.values()) - len(self.clients)

    @property
    def duplicates(self) -> int:
        """How many events came to a client a second time, and were not passed on."""
        return sum(client.duplicates for client in self.clients.values())

    @property
    def resent(self) -> int:
        """How many commands clients sent again by themselves."""
        return sum(client.resent for client in self.clients.values())

    @property
    def gaps(self) -> int:
        """How many times a client read from the log what had not come by itself."""
        return sum(client.gaps for client in self.clients.values())

    async def _read(self, person: str, client: Client) -> None:
        async for item in client.events():
            if isinstance(item, RoomEvent) and item.room == self.room:
                self.history.sees(person, item.event, time.monotonic())
                self._seen[person] = item.event.seq
                self._moved.set()

    async def _send(
        self, person: str, messages: int | None, *, twice: bool, stop: asyncio.Event | None = None
    ) -> None:
        client, number = self.clients[person], 0
        while (messages is None or number < messages) and not (stop and stop.is_set()):
            cid, text = str(uuid.uuid4()), f"{person} {number}"
            self.history.begins(person, cid, text, time.monotonic())
            sending = client.send(self.room, text, cid=cid)
            if twice:
                await asyncio.gather(self._once(person, cid, sending), self._twin(person, cid, text))
            else:
                await self._once(person, cid, sending)
            number += 1

    async def _once(self, person: str, cid: str, sending: object) -> None:
        sent = await sending  # type: ignore[misc]
        self.history.acknowledged(person, cid, sent.seq, time.monotonic())
        self.acknowledged += 1
        self._moved.set()

    async def _twin(self, person: str, cid: str, text: str) -> None:
        """Send the same once more on the same line, without care: it may be lost with it."""
        with contextlib.suppress(Lost):
            sent = await self.clients[person].request("send", room=self.room, cid=cid, text=text)
            self.twins += 1
            self.history.acknowledged(person, cid, sent.seq, time.monotonic())
