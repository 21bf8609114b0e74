"""Drives hub/client."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec

from hub.client import Client, items
from hub.client.socket import Trace
from rooms.events import TARGETED, Event
from rooms.fold import fold
from tests.scenarios.driver import Item, Tokens, Told

_NAMES = {
    items.StateChanged: "state",
    items.Reset: "reset",
    items.Opened: "opened",
    items.RoomEvent: "event",
    items.Joined: "joined",
    items.Left: "left",
    items.ReadMoved: "read",
    items.Typing: "typing",
    items.PresenceChanged: "presence",
    items.Pushed: "push",
}


class PythonDriver:
    """A `Driver` over the Python client."""

    name = "python"

    def __init__(self, url: str, tokens: Tokens, trace: Trace, *, queue: int = 1000) -> None:
        self.told = Told()
        self.client = Client(url, tokens, trace=trace, queue=queue)
        self._stack = contextlib.AsyncExitStack()
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._stack.enter_async_context(self.client)
        self._reader = asyncio.create_task(self._read())

    async def send(
        self,
        room: str,
        text: str,
        *,
        reply_to: int | None = None,
        mentions: Sequence[str] = (),
        cid: str | None = None,
    ) -> int:
        sent = await self.client.send(room, text, reply_to=reply_to, mentions=mentions, cid=cid)
        return sent.seq

    async def edit(self, room: str, seq: int, text: str) -> int:
        return (await self.client.edit(room, seq, text)).seq

    async def recall(self, room: str, seq: int) -> int:
        return (await self.client.recall(room, seq)).seq

    async def react(self, room: str, seq: int, emoji: str, *, on: bool = True) -> int:
        return (await self.client.react(room, seq, emoji, on=on)).seq

    async def pin(self, room: str, seq: int, *, on: bool = True) -> int:
        return (await self.client.pin(room, seq, on=on)).seq

    async def read(self, room: str, seq: int) -> None:
        await self.client.read(room, seq)

    async def typing(self, room: str) -> None:
        await self.client.typing(room)

    async def watch(self, people: Sequence[str]) -> None:
        self.told.add({"type": "presence", "presence": await self.client.watch(people)})

    async def history(self, room: str, *, before: int | None = None, limit: int = 200) -> Item:
        page = await self.client.history(room, before=before, limit=limit)
        found: Item = _plain(page)
        return found

    async def fold(self, events: Sequence[Item]) -> list[Item]:
        log = msgspec.convert(list(events), list[Event])
        later = [event for event in log if event.kind in TARGETED]
        return [
            _plain(fold(event, [change for change in later if change.body["seq"] == event.seq]))
            for event in log
            if event.kind == "message"
        ]

    async def drop(self) -> None:
        self.client.drop()

    async def reconnect(self) -> None:
        self.client.reconnect()

    async def close(self) -> None:
        await self._stack.aclose()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        async for item in self.client.events():
            self.told.add(_told(item))


def _plain(value: Any) -> Any:
    """Make of a value what the other client would have parsed."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _told(item: items.Item) -> Item:
    told: dict[str, Any] = {"type": _NAMES[type(item)], **_plain(item)}
    if isinstance(item, items.StateChanged):
        told["retryIn"] = told.pop("retry_in")
    return told
