"""Pages of room logs that were read a moment ago: when everybody comes back at once, each is read once.

A log only grows. So what stands between two places of it, with all that later events made of it, is the
same for as long as the log ends where it did: the end is a part of the name under which a page is kept,
and nothing ever has to be forgotten because it changed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from rooms.events import Event
from rooms.ports import Span

MOST_CHARS: Final = 8_000_000
"""Roughly how much is kept, in characters of text; an event counts for `EVENT` more."""
EVENT: Final = 400

Load = Callable[[Span], Awaitable[list[Event]]]
"""Reads the events of a stretch of a log as people read them."""


class PageMemory:
    """Remembers pages, those asked for last; who asks while a page is being read waits for it."""

    def __init__(self, load: Load, most: int = MOST_CHARS) -> None:
        self._load = load
        self._most = most
        self._pages: OrderedDict[tuple[Span, int], tuple[asyncio.Future[list[Event]], int]] = OrderedDict()
        self._weight = 0

    async def load(self, span: Span, top: int) -> list[Event]:
        """Read the events of a span of a log that ends at `top`; nobody may change what they get."""
        key = (span, top)
        known = self._pages.get(key)
        if known is not None:
            self._pages.move_to_end(key)
            return await asyncio.shield(known[0])
        loading = asyncio.ensure_future(self._load(span))
        self._pages[key] = (loading, 0)
        loading.add_done_callback(lambda done: self._loaded(key, done))
        return await asyncio.shield(loading)

    def _loaded(self, key: tuple[Span, int], done: asyncio.Future[list[Event]]) -> None:
        (_, low, high), _ = key
        if done.cancelled() or done.exception() is not None or len(done.result()) <= high - low:
            del self._pages[key]  # what was not all there yet is read again
            return
        weight = sum(EVENT + len(event.body.get("text", "")) for event in done.result())
        self._pages[key] = (done, weight)
        self._weight += weight
        while self._weight > self._most:
            for oldest, (_, lighter) in self._pages.items():
                if lighter:
                    del self._pages[oldest]
                    self._weight -= lighter
                    break
