"""One warm thread does what one can do; all the work is done, in any case."""

import threading
from collections.abc import Iterator

import pytest

from storage.warm_threads import WarmThreads


@pytest.fixture
def threads() -> Iterator[WarmThreads]:
    made = WarmThreads(3, "test")
    yield made
    made.shutdown(cancel_futures=True)


def test_a_call_gives_its_result(threads: WarmThreads) -> None:
    assert threads.submit(divmod, 7, 2).result() == (3, 1)
    assert threads.submit(int, "11", base=2).result() == 3


def test_a_call_gives_its_error_and_the_thread_goes_on(threads: WarmThreads) -> None:
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 1, 0).result()
    assert threads.submit(abs, -1).result() == 1
    assert threads.size == 1


def test_calls_one_after_the_other_all_use_the_thread_that_rested_last(threads: WarmThreads) -> None:
    gate = threading.Barrier(3)
    for future in [threads.submit(gate.wait) for _ in range(2)]:
        assert not future.done()
    gate.wait()
    _resting(threads, 2)
    used = {threads.submit(threading.get_ident).result() for _ in range(20) if _resting(threads, 2)}
    assert len(used) == 1


def test_no_more_threads_than_are_allowed_and_the_rest_waits_its_turn(threads: WarmThreads) -> None:
    gate, seen = threading.Event(), []
    busy = [threads.submit(gate.wait) for _ in range(3)]
    behind = [threads.submit(seen.append, number) for number in range(50)]
    assert threads.size == 3
    assert not any(future.done() for future in behind)
    gate.set()
    for future in [*busy, *behind]:
        future.result(timeout=10)
    assert sorted(seen) == list(range(50))
    assert threads.size == 3


def test_a_call_that_was_cancelled_in_time_is_not_made(threads: WarmThreads) -> None:
    gate, seen = threading.Event(), []
    busy = [threads.submit(gate.wait) for _ in range(3)]
    unwanted = threads.submit(seen.append, "unwanted")
    assert unwanted.cancel()
    gate.set()
    for future in busy:
        future.result(timeout=10)
    threads.submit(seen.append, "wanted").result(timeout=10)
    assert seen == ["wanted"]


def test_at_the_end_what_was_submitted_is_done_and_nothing_more_is_taken() -> None:
    threads, seen = WarmThreads(1, "test"), []
    gate = threading.Event()
    threads.submit(gate.wait)
    threads.submit(seen.append, 1)
    gate.set()
    threads.shutdown()
    assert seen == [1]
    with pytest.raises(RuntimeError):
        threads.submit(seen.append, 2)


def _resting(threads: WarmThreads, number: int) -> bool:
    """Wait until so many threads rest: a result is there a moment before its thread does."""
    while True:
        with threads._lock:
            if len(threads._resting) == number:
                return True
