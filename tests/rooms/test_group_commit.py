import asyncio
from collections import deque

import pytest

from rooms import group_commit as module
from rooms.errors import ErrorCode, Refusal
from rooms.group_commit import Pauses, Pending, first_of_each, take
from tests.support.clock import SteppedClock
from tests.support.core import refused


def pending(clock: SteppedClock, **bounds: float) -> Pending[str, str, int]:
    return Pending(clock, **{"capacity": 3, "patience": 5.0} | bounds)  # type: ignore[arg-type]


async def test_a_draft_is_settled_once() -> None:
    drafts = pending(SteppedClock())
    waiting = drafts.add("draft", "key")
    drafts.settle(waiting, 7)
    drafts.settle(waiting, 8)
    assert await waiting.done == 7
    assert len(drafts) == 0


async def test_only_so_many_may_wait() -> None:
    drafts = pending(SteppedClock(), capacity=2)
    first = drafts.add("a", "a")
    drafts.add("b", "b")
    with pytest.raises(Refusal) as refusal:
        drafts.add("c", "c")
    assert (refusal.value.code, refusal.value.reason) == (ErrorCode.UNAVAILABLE, "log_busy")
    drafts.settle(first, 1)
    drafts.add("c", "c")
    assert len(drafts) == 2


async def test_what_failed_is_tried_until_its_time_is_over() -> None:
    clock = SteppedClock()
    drafts = pending(clock, patience=5.0)
    early = drafts.add("early", "early")
    clock.advance(1)
    late, settled = drafts.add("late", "late"), drafts.add("settled", "settled")
    drafts.settle(settled, 1)
    clock.advance(4)
    assert drafts.uncertain([early, late, settled]) == [late]
    assert late.tried
    await refused(early.done, ErrorCode.UNAVAILABLE, "log_unavailable")
    assert len(drafts) == 1


async def test_a_sender_that_has_gone_is_no_hindrance() -> None:
    drafts = pending(SteppedClock())
    waiting = drafts.add("draft", "key")
    waiting.done.cancel()
    drafts.give_up(waiting)
    assert len(drafts) == 0


async def test_idle_is_when_all_are_settled() -> None:
    drafts = pending(SteppedClock())
    await drafts.idle()
    waiting = drafts.add("draft", "key")
    idle = asyncio.ensure_future(drafts.idle())
    await asyncio.sleep(0)
    assert not idle.done()
    drafts.settle(waiting, 1)
    await idle


async def test_a_batch_has_each_key_once_and_keeps_the_order() -> None:
    drafts = pending(SteppedClock(), capacity=9)
    queue = deque(drafts.add(draft, draft[0]) for draft in ("a1", "b1", "a2", "c1", "b2"))
    batch = take(queue, 4)
    assert [waiting.draft for waiting in queue] == ["b2"]
    first, twins = first_of_each(batch)
    assert [waiting.draft for waiting in first] == ["a1", "b1", "c1"]
    assert [waiting.draft for waiting in twins] == ["a2"]


async def test_pauses_begin_with_the_second_clash_in_a_row_and_end_with_a_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paused: list[float] = []

    async def note(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", note)
    pauses = Pauses()
    for clashed in (True, False, True, True, True):
        await pauses.after(clashed=clashed)
    assert len(paused) == 2
    for _ in range(40):
        await pauses.after(clashed=True)
    assert module.LONGEST_PAUSE / 4 <= paused[-1] <= module.LONGEST_PAUSE
    await pauses.after(clashed=True, longest=module.LONGEST_AFTER_CLASH)
    assert module.LONGEST_AFTER_CLASH / 4 <= paused[-1] <= module.LONGEST_AFTER_CLASH
