import asyncio

from hub.messages_first import LONGEST, MessagesFirst
from tests.support.clock import SteppedClock


class Log:
    """A log in which messages are stored until it is told that they are."""

    def __init__(self) -> None:
        self.waiting = 0
        self.stored = asyncio.Event()
        self.asked = 0

    async def drain(self) -> None:
        self.asked += 1
        await self.stored.wait()


async def test_who_gives_way_goes_on_as_soon_as_messages_are_stored() -> None:
    log, clock = Log(), SteppedClock()
    first = MessagesFirst(log, clock)
    await first.give_way()
    assert not log.asked
    log.waiting = 1
    giving = asyncio.ensure_future(first.give_way())
    await asyncio.sleep(0)
    assert log.asked == 1
    assert not giving.done()
    log.stored.set()
    await giving
    await first.give_way()
    assert log.asked == 2, "the next message goes first, too"


async def test_messages_without_end_hold_up_nobody_for_long() -> None:
    log, clock = Log(), SteppedClock()
    first = MessagesFirst(log, clock)
    log.waiting = 1
    await first.give_way()
    await first.give_way()
    assert log.asked == 1, "who has waited in vain is not held up again at once"
    clock.advance(LONGEST)
    await first.give_way()
    assert log.asked == 2
