import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from bots import keeper as module
from bots.keeper import Keeper
from rooms.conversations import Conversation, Feedback, Turn, Unstorable
from tests.support.clock import START

TALK = Conversation(id="c1", bot="school", owner="p1", visitor=False, unit=None, audience=(), locale="ko")


class Store:
    """`ConversationStore` in memory, that may be away."""

    def __init__(self) -> None:
        self.kept: list[list[str]] = []
        self.away = 0
        self.never: set[str] = set()

    async def conversation(self, _conversation: str) -> Conversation | None:
        return None

    async def of_run(self, _run: str) -> Conversation | None:
        return None

    async def keep(self, kept: Sequence[tuple[Conversation, Turn]]) -> None:
        if self.away:
            self.away -= 1
            raise ConnectionError("away")
        if self.never & {turn.run for _, turn in kept}:
            raise Unstorable("too large")
        self.kept.append([turn.run for _, turn in kept])

    async def judge(self, _run: str, _feedback: Feedback) -> None:
        return None


def turn(name: str) -> Turn:
    return Turn(run=name, question="전학", at=START)


async def test_turns_are_stored_together_in_their_order() -> None:
    store = Store()
    keeper = Keeper(store)
    for number in range(module.BATCH + 1):
        keeper.later(TALK, turn(f"a{number}"))
    running = asyncio.ensure_future(keeper.run())
    await keeper.now(TALK, turn("last"))
    await keeper.drain()
    running.cancel()
    assert [len(batch) for batch in store.kept] == [module.BATCH, 2]
    assert [name for batch in store.kept for name in batch][-1] == "last"


async def test_what_somebody_waits_for_is_stored_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER", 3_600.0)
    store = Store()
    keeper = Keeper(store)
    await keeper.settle("p1")
    keeper.later(TALK, turn("a1"))
    running = asyncio.ensure_future(keeper.run())
    await keeper.settle("p2")
    assert store.kept == []
    await keeper.settle("p1")
    assert store.kept == [["a1"]]
    running.cancel()


@pytest.mark.parametrize("settled", [True, False])
async def test_what_somebody_waits_for_goes_before_what_others_were_answered(settled: bool) -> None:
    store = Store()
    keeper = Keeper(store)
    mine = msgspec.structs.replace(TALK, id="c2", owner="p2")
    for number in range(2 * module.BATCH):
        keeper.later(TALK, turn(f"a{number}"))
    keeper.later(mine, turn("mine"))
    waiting = asyncio.ensure_future(keeper.settle("p2") if settled else keeper.now(mine, turn("next")))
    await asyncio.sleep(0)
    running = asyncio.ensure_future(keeper.run())
    await waiting
    await keeper.drain()
    running.cancel()
    own = ["mine"] if settled else ["mine", "next"]
    assert store.kept[0][: len(own) + 1] == [*own, "a0"]
    assert [name for batch in store.kept for name in batch if name not in own] == [
        f"a{number}" for number in range(2 * module.BATCH)
    ]


async def test_a_database_that_is_away_holds_up_nobody_for_long_and_loses_nothing() -> None:
    store = Store()
    store.away = 1
    keeper = Keeper(store)
    running = asyncio.ensure_future(keeper.run())
    keeper.later(TALK, turn("a1"))
    keeper.later(TALK, turn("a2"))
    await keeper.drain()
    running.cancel()
    assert store.kept == [["a1", "a2"]]


async def test_what_waits_is_bounded() -> None:
    keeper = Keeper(Store())
    for number in range(module.MOST + 3):
        keeper.later(TALK, turn(f"a{number}"))
    assert keeper.lost == 3


async def test_a_turn_that_can_never_be_stored_holds_up_no_other() -> None:
    store = Store()
    store.never = {"a1", "a3"}
    keeper = Keeper(store)
    for number in range(module.BATCH + 2):
        keeper.later(TALK, turn(f"a{number}"))
    running = asyncio.ensure_future(keeper.run())
    await keeper.drain()
    running.cancel()
    kept = [name for batch in store.kept for name in batch]
    assert kept == [f"a{number}" for number in range(module.BATCH + 2) if number not in {1, 3}]
    assert len(store.kept[-1]) == 2, "what came after is stored together again"
    assert keeper.lost == 2
