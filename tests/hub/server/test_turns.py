"""Requests that come all at once: begun in their order, with everybody else's turn between them."""

import asyncio
from itertools import pairwise

from hub.bots.link import at_once
from hub.server.turns import Turns


async def test_others_have_their_turn_between_requests_that_came_together() -> None:
    turns, seen = Turns(at_once), list[str]()

    async def work(name: str) -> None:
        seen.append(name)

    async def others() -> None:
        while True:
            seen.append("")
            await asyncio.sleep(0)

    beside = asyncio.ensure_future(others())
    coming = [asyncio.ensure_future(turns.begin(lambda name=name: work(name))) for name in "abcd"]  # type: ignore[misc]
    await asyncio.sleep(0)
    coming[1].cancel()
    await asyncio.wait(coming)
    await turns.begin(lambda: work("e"))
    beside.cancel()
    places = [seen.index(name) for name in "acde"]
    assert "b" not in seen, "who has gone is not worked for"
    assert all("" in seen[one:other] for one, other in pairwise(places)), seen
