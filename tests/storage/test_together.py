import asyncio
from collections.abc import Collection

import pytest

from storage.together import AT_ONCE, Together
from tests.support.waiting import eventually


class Desk:
    """Answers numbers with their squares; even ones only. Questions wait until they are let through."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gates: list[asyncio.Future[None]] = []

    async def ask(self, keys: Collection[int]) -> dict[int, int]:
        self.asked.append(list(keys))
        gate = asyncio.get_running_loop().create_future()
        self.gates.append(gate)
        await gate
        return {key: key * key for key in keys if key % 2 == 0}

    async def until(self, questions: int) -> None:
        await eventually(lambda: len(self.gates) >= questions, what=f"{questions} questions")

    def let_through(self, question: int) -> None:
        self.gates[question].set_result(None)


async def test_whoever_asks_alone_is_answered_at_once() -> None:
    desk = Desk()
    asking = asyncio.create_task(Together(desk.ask)([2, 3, 4]))
    await desk.until(1)
    desk.let_through(0)
    assert await asking == {2: 4, 4: 16}
    assert desk.asked == [[2, 3, 4]]


async def test_who_asks_meanwhile_is_answered_together_and_nobody_joins_a_question_under_way() -> None:
    desk = Desk()
    together = Together(desk.ask)
    first = []
    for question in range(AT_ONCE):
        first.append(asyncio.create_task(together([2])))
        await desk.until(question + 1)
    later = [asyncio.create_task(together([2, key])) for key in (6, 8, 8)]
    await asyncio.wait(later, timeout=0)
    assert desk.asked == [[2]] * AT_ONCE
    for question in range(AT_ONCE):
        desk.let_through(question)
    await desk.until(AT_ONCE + 1)
    desk.let_through(AT_ONCE)
    assert await asyncio.gather(*first) == [{2: 4}] * AT_ONCE
    assert await asyncio.gather(*later) == [{2: 4, 6: 36}, {2: 4, 8: 64}, {2: 4, 8: 64}]
    assert desk.asked[AT_ONCE:] == [[2, 6, 8]]


async def test_a_question_has_a_largest_size() -> None:
    desk = Desk()
    asking = asyncio.create_task(Together(desk.ask, most=3)(range(8)))
    for question in range(3):
        await desk.until(question + 1)
        desk.let_through(question)
    assert await asking == {0: 0, 2: 4, 4: 16, 6: 36}
    assert desk.asked == [[0, 1, 2], [3, 4, 5], [6, 7]]


async def test_nothing_asked_is_nothing_answered() -> None:
    assert await Together(Desk().ask)([]) == {}
    assert await Together(Desk().ask)(iter(())) == {}


async def test_one_who_goes_away_takes_no_answer_from_others() -> None:
    desk = Desk()
    together = Together(desk.ask)
    before = []
    for question in range(AT_ONCE):
        before.append(asyncio.create_task(together.one(question)))
        await desk.until(question + 1)
    gone, stays = asyncio.create_task(together.one(2)), asyncio.create_task(together.one(2))
    await asyncio.wait([gone, stays], timeout=0)
    gone.cancel()
    for question in range(AT_ONCE + 1):
        await desk.until(question + 1)
        desk.let_through(question)
    assert await stays == 4
    await asyncio.gather(*before)


async def test_what_a_question_raises_all_get_and_the_next_one_works() -> None:
    async def fail(_keys: Collection[int]) -> dict[int, int]:
        raise LookupError("away")

    together = Together(fail)
    for asked in await asyncio.gather(together([1, 2]), together.one(3), return_exceptions=True):
        assert isinstance(asked, LookupError)
    with pytest.raises(LookupError):
        await together.one(4)


async def test_a_question_that_gets_no_answer_holds_up_the_others_for_a_moment_only() -> None:
    desk = Desk()
    together = Together(desk.ask, patience=0.01)
    stuck = asyncio.create_task(together.one(2))
    await desk.until(1)
    asking = asyncio.create_task(together.one(4))
    await desk.until(2)
    desk.let_through(1)
    assert await asking == 16
    assert not stuck.done()
    desk.let_through(0)
    assert await stuck == 4
