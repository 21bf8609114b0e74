import asyncio

from bots import runs as module
from bots.runs import Run, Runs
from rooms.conversations import Conversation
from tests.support.clock import SteppedClock


def run(name: str, owner: str = "p1", parts: tuple[str, ...] = ()) -> Run:
    about = Conversation(
        id=f"c{name}", bot="school", owner=owner, visitor=False, unit=None, audience=(), locale="ko"
    )
    return Run(name, about, parts)


async def test_whoever_follows_gets_every_part_once() -> None:
    one = run("a1")
    following = asyncio.ensure_future(one.after(-1))
    await asyncio.sleep(0)
    one.add("0")
    one.add("1")
    assert await following == (["0", "1"], False)
    following = asyncio.ensure_future(one.after(1))
    await asyncio.sleep(0)
    one.end()
    assert await following == ([], True)
    assert await one.after(0) == (["1"], True)


def test_live_ones_are_counted_and_ended_ones_kept_for_a_while() -> None:
    clock = SteppedClock()
    runs = Runs(clock)
    one = run("a1")
    runs.begin(one)
    assert (len(runs), runs.live("p1"), runs.of_conversation("ca1")) == (1, 1, one)
    runs.end(one)
    assert (len(runs), runs.live("p1"), runs.of_conversation("ca1")) == (0, 0, None)
    assert runs.get("a1") is one
    clock.advance(module.KEPT_SECONDS + 1)
    runs.keep(run("a2"))
    assert runs.get("a1") is None
    assert runs.kept == 1


def test_what_is_kept_is_bounded_by_number_and_size() -> None:
    runs = Runs(SteppedClock())
    for number in range(module.KEPT + 10):
        runs.keep(run(f"a{number}"))
    assert runs.kept == module.KEPT
    assert runs.get("a9") is None
    large = "x" * (module.KEPT_BYTES // 8)
    for number in range(10):
        runs.keep(run(f"b{number}", parts=(large,)))
    assert runs.kept < 10
    assert runs.get("b9") is not None
