from datetime import timedelta

from hub.signin.cache import SECONDS, SignInCache
from hub.signin.sign_ins import Signed
from rooms.ids import PersonId
from rooms.people import Person
from tests.support.clock import SteppedClock


def signed(person: str, clock: SteppedClock, *, seconds: float = 3600) -> Signed:
    return Signed(Person(PersonId(person), person), f"s-{person}", clock.now() + timedelta(seconds=seconds))


def make(size: int = 100) -> tuple[SignInCache[Signed], SteppedClock, list[bool]]:
    clock, hears = SteppedClock(), [True]
    return SignInCache(clock, lambda: hears[0], size=size), clock, hears


def test_a_sign_in_is_remembered_for_a_while() -> None:
    cache, clock, _ = make()
    kept = signed("anna", clock)
    cache.put("id:1", kept, cache.mark())
    clock.advance(SECONDS - 0.001)
    assert cache.get("id:1") is kept
    assert cache.get("id:2") is None
    clock.advance(0.001)
    assert cache.get("id:1") is None


def test_one_that_ends_meanwhile_is_over() -> None:
    cache, clock, _ = make()
    cache.put("id:1", signed("anna", clock, seconds=2), cache.mark())
    clock.advance(2)
    assert cache.get("id:1") is None


def test_all_of_a_person_are_forgotten_and_those_of_others_stay() -> None:
    cache, clock, _ = make()
    for key, person in (("id:1", "anna"), ("secret:1", "anna"), ("id:2", "ben")):
        cache.put(key, signed(person, clock), cache.mark())
    cache.forget(PersonId("anna"))
    cache.forget(PersonId("nobody"))
    assert [cache.get(key) is not None for key in ("id:1", "secret:1", "id:2")] == [False, False, True]
    cache.forget_all()
    assert (cache.get("id:2"), len(cache), cache._of) == (None, 0, {})


def test_one_read_before_it_ended_and_arriving_after_is_not_kept() -> None:
    cache, clock, _ = make()
    for forget in (lambda: cache.forget(PersonId("anna")), cache.forget_all):
        mark = cache.mark()
        forget()
        cache.put("id:1", signed("anna", clock), mark)
        assert cache.get("id:1") is None


def test_where_sign_outs_are_not_heard_nothing_is_remembered() -> None:
    cache, clock, hears = make()
    cache.put("id:1", signed("anna", clock), cache.mark())
    hears[0] = False
    assert cache.get("id:1") is None
    cache.put("id:2", signed("anna", clock), cache.mark())
    hears[0] = True
    assert cache.get("id:2") is None


def test_there_is_an_end_to_what_is_remembered() -> None:
    cache, clock, _ = make(size=3)
    for number in range(10):
        cache.put(f"id:{number}", signed(f"p{number}", clock), cache.mark())
    assert [key for key in map("id:{}".format, range(10)) if cache.get(key)] == ["id:7", "id:8", "id:9"]
    assert len(cache._of) == len(cache) == 3
