"""What a client has to tell and nobody has taken yet: bounded, and never dropped.

Room events are taken in only while there is space: the log has them, so a reader who falls
behind gets the rest by `sync`, page by page, as they read on. Of states that only the newest
value of counts (presence, read cursors, typing) the newest value waits.
"""

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import Final

from hub.client.items import Item, PresenceChanged, ReadMoved, RoomEvent, Typing

SIZE: Final = 1000


class Inbox:
    """A queue of items; `size` bounds it."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._items: deque[Item] = deque()
        self._newest: dict[Hashable, Item] = {}
        self._filled = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items) + len(self._newest)

    @property
    def closed(self) -> bool:
        """Whether nothing more comes."""
        return self._closed

    @property
    def full(self) -> bool:
        """Whether room events have to wait."""
        return len(self._items) >= self._size

    def put(self, item: Item) -> None:
        """Add an item. Raises OverflowError for a room event where the inbox is `full`."""
        if self.full and isinstance(item, RoomEvent):
            raise OverflowError("a room event waits in the log until there is space")
        parts = _parts(item)
        # What is newer must not overtake: where a value waits already, it is replaced there.
        if parts and (self.full or any(key in self._newest for key, _ in parts)):
            self._newest.update(parts)
        else:
            self._items.append(item)
        if self.full:
            self._space.clear()
        self._filled.set()

    async def space(self) -> None:
        """Wait until half of the inbox is free."""
        await self._space.wait()

    async def take(self) -> Item | None:
        """Wait for the next item; None after `close`, once all is taken."""
        while not self._items and not self._newest:
            if self._closed:
                return None
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft() if self._items else self._newest.pop(next(iter(self._newest)))
        if len(self._items) <= self._size // 2:
            self._space.set()
        return item

    def close(self) -> None:
        """Say that nothing more comes."""
        self._closed = True
        self._filled.set()


def _parts(item: Item) -> list[tuple[Hashable, Item]]:
    """Cut a state into parts, each with the key under which a newer one replaces it."""
    match item:
        case ReadMoved(room=room, read=read):
            return [(("read", room, read.by), item)]
        case Typing(room=room, by=by):
            return [(("typing", room, by), item)]
        case PresenceChanged(presence=presence):
            return [
                (("presence", person), PresenceChanged({person: now})) for person, now in presence.items()
            ]
        case _:
            return []
