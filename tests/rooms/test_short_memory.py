from rooms.short_memory import ShortMemory
from tests.support.clock import SteppedClock


def test_it_is_remembered_for_so_long_from_when_it_was_put_in() -> None:
    clock = SteppedClock()
    memory = ShortMemory[str, int](clock, seconds=30.0, most=10)
    assert memory.get("a") is None
    memory.put("a", 0)
    clock.advance(29.9)
    assert memory.get("a") == 0
    clock.advance(0.1)
    assert memory.get("a") is None
    assert len(memory) == 0
    memory.put("a", 1)
    clock.advance(20)
    memory.put("a", 2)
    clock.advance(20)
    assert memory.get("a") == 2


def test_what_was_asked_for_last_is_kept() -> None:
    clock = SteppedClock()
    memory = ShortMemory[int, int](clock, seconds=30.0, most=3)
    for key in range(3):
        memory.put(key, key)
    assert memory.get(0) == 0
    memory.put(3, 3)
    assert [memory.get(key) for key in range(4)] == [0, None, 2, 3]
    memory.put(0, 4)
    assert (memory.get(0), len(memory)) == (4, 3)
