"""Two people who talk at a steady pace, and how long what one says takes until the other has it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from rooms.ids import RoomId, new_cid
from storage.embedded.short_turns import short_turns
from tests.bench.office import Guest
from tests.support.wire import wire

PER_SECOND: Final = 50.0
PATIENCE: Final = 30.0


def talk(port: int, people: Sequence[Guest], room: RoomId, seconds: float) -> list[float]:
    """Let the first of them talk; gives the seconds that each message took until the second had it.

    Who measures takes short turns on the processor: on a machine that all share, waiting for one would be
    counted as the hub's, which reaches people on machines of their own.
    """
    with short_turns():
        return asyncio.run(_talk(f"ws://127.0.0.1:{port}/ws", people, room, seconds))


async def _talk(url: str, people: Sequence[Guest], room: RoomId, seconds: float) -> list[float]:
    times: list[float] = []
    sent: dict[str, float] = {}

    async with (
        wire(url, people[0].token, open_rooms=True) as one,
        wire(url, people[1].token, open_rooms=True) as other,
    ):

        async def hear() -> None:
            while True:
                push = (await other.receive()).get("push", {})
                now = time.perf_counter()
                heard = (sent.pop(event["cid"], None) for event in push.get("events", ()))
                times.extend(now - at for at in heard if at is not None)

        hearing = asyncio.ensure_future(hear())
        begun = time.perf_counter()
        for number in range(int(seconds * PER_SECOND)):
            await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
            cid = new_cid()
            sent[cid] = time.perf_counter()
            await one.begin("send", room=room, cid=cid, text=f"{number}번째 말")
        async with asyncio.timeout(PATIENCE):
            while sent:  # noqa: ASYNC110 - the other task empties it
                await asyncio.sleep(0.01)
        hearing.cancel()
    return times
