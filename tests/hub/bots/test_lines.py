"""People who wait for a chatbot: each in a line of their own, of so many places."""

import asyncio

from hub.bots.lines import Lines
from rooms.ids import PersonId

ANNA, BEN = PersonId("p1"), PersonId("p2")


async def test_what_one_person_asked_goes_one_after_another_and_holds_up_nobody_else() -> None:
    lines, order = Lines(each=3), list[str]()
    done, came = asyncio.Event(), asyncio.Semaphore(0)

    async def ask(person: PersonId, name: str, until: asyncio.Event | None = None) -> None:
        came.release()
        async with lines.place(person) as free:
            assert free
            order.append(name)
            if until is not None:
                await until.wait()

    first = asyncio.ensure_future(ask(ANNA, "first", done))
    others = [asyncio.ensure_future(ask(ANNA, name)) for name in ("second", "third")]
    for _ in range(3):
        await came.acquire()
    await ask(BEN, "of another")
    assert order == ["first", "of another"]
    async with lines.place(ANNA) as free:
        assert not free, "there are three"
    others[0].cancel()
    done.set()
    await asyncio.wait([first, *others])
    assert order[2:] == ["third"]
    assert ANNA not in lines


async def test_where_nobody_may_wait_there_are_no_lines() -> None:
    lines = Lines(each=0)
    async with lines.place(ANNA) as free:
        assert not free
        assert ANNA not in lines
