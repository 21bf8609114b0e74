"""What a scenario may do with a client, whichever language it is written in.

Items are told in the JavaScript client's spelling: objects with a `type`, and JSON inside.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Item = dict[str, Any]
Tokens = Callable[[], Awaitable[str | None]]

PATIENCE = 30.0


class Driver(Protocol):
    """One signed-in client."""

    name: str
    told: "Told"

    async def send(
        self,
        room: str,
        text: str,
        *,
        reply_to: int | None = None,
        mentions: Sequence[str] = (),
        cid: str | None = None,
    ) -> int:
        """Append a message, and give its `seq`."""

    async def edit(self, room: str, seq: int, text: str) -> int: ...

    async def recall(self, room: str, seq: int) -> int: ...

    async def react(self, room: str, seq: int, emoji: str, *, on: bool = True) -> int: ...

    async def pin(self, room: str, seq: int, *, on: bool = True) -> int: ...

    async def read(self, room: str, seq: int) -> None: ...

    async def typing(self, room: str) -> None: ...

    async def watch(self, people: Sequence[str]) -> None: ...

    async def history(self, room: str, *, before: int | None = None, limit: int = 200) -> Item:
        """Read a page: events, top, more."""

    async def fold(self, events: Sequence[Item]) -> list[Item]:
        """Fold a run of events, from the first on, into messages as people read them."""

    async def drop(self) -> None:
        """Cut the line as if the network had failed."""

    async def reconnect(self) -> None:
        """Come back at once where a wait is under way."""

    async def close(self) -> None: ...


class Told:
    """What a client has told so far; tests wait on it."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._changed = asyncio.Event()

    def add(self, item: Item) -> None:
        self.items.append(item)
        self._changed.set()

    async def until(self, found: Callable[[list[Item]], T], *, what: str) -> T:
        """Wait until `found` gives something true, and return that."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (result := found(self.items)):
                    self._changed.clear()
                    await self._changed.wait()
                return result
        except TimeoutError:
            tail = [{**item, "event": "…"} if "rooms" in item else item for item in self.items[-5:]]
            raise AssertionError(f"not in time: {what}; told last: {tail}") from None

    def events(self, room: str) -> list[Item]:
        """List the events of a room, as they were told."""
        return [item["event"] for item in self.items if item["type"] == "event" and item["room"] == room]

    def texts(self, room: str) -> list[str]:
        """List the texts of the messages of a room, as they were told."""
        return [event["body"]["text"] for event in self.events(room) if event["kind"] == "message"]

    async def seq(self, room: str, seq: int) -> Item:
        """Wait for an event, and return it."""
        return await self.until(
            lambda _items: next((event for event in self.events(room) if event["seq"] == seq), None),
            what=f"event {seq} of {room}",
        )

    async def item(self, kind: str, count: int = 1, **fields: Any) -> Item:
        """Wait for the `count`-th item of a type with these fields."""

        def find(items: list[Item]) -> Item | None:
            fit = [
                item
                for item in items
                if item["type"] == kind and all(item.get(key) == value for key, value in fields.items())
            ]
            return fit[count - 1] if len(fit) >= count else None

        return await self.until(find, what=f"{kind} {fields} ({count})")

    async def online(self, times: int = 1) -> None:
        """Wait until it has come online for the `times`-th time."""
        await self.item("state", times, state="online")

    @property
    def state(self) -> str:
        """The state told last."""
        told = [item["state"] for item in self.items if item["type"] == "state"]
        return told[-1] if told else ""

    @property
    def states(self) -> int:
        """How many changes of state were told."""
        return sum(item["type"] == "state" for item in self.items)

    @property
    def onlines(self) -> int:
        """How many times it came online."""
        return sum(item["type"] == "state" and item["state"] == "online" for item in self.items)
