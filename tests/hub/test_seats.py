from collections.abc import Callable
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from hub.seats import SeatCache
from rooms.ids import PersonId, RoomId
from rooms.model import Member, Room, RoomKind, RoomRole, Seat
from tests.support.clock import START, SteppedClock

ANNA, BEN = PersonId("panna"), PersonId("pben")
ONE, TWO = RoomId("r1"), RoomId("r2")


def seat(room: RoomId, person: PersonId, role: RoomRole = RoomRole.MEMBER) -> Seat:
    return Seat(
        Room(room, RoomKind.GROUP, "", ANNA, START),
        Member(room, person, role, first=1, joined_at=START),
    )


def keep(cache: SeatCache, one: Seat) -> None:
    cache.put(one, cache.mark(one.member.person))


def make(clock: SteppedClock | None = None, size: int = 50_000) -> SeatCache:
    return SeatCache(clock or SteppedClock(), lambda _person: True, size=size)


def test_a_seat_is_remembered_for_two_seconds() -> None:
    clock = SteppedClock()
    cache = make(clock)
    kept = seat(ONE, ANNA)
    keep(cache, kept)
    assert cache.get(ONE, ANNA) is kept
    assert cache.get(ONE, BEN) is None
    assert cache.get(TWO, ANNA) is None
    clock.advance(2.0)
    assert cache.get(ONE, ANNA) is kept
    clock.advance(0.001)
    assert cache.get(ONE, ANNA) is None


def test_the_later_of_two_looks_counts() -> None:
    clock = SteppedClock()
    cache = make(clock)
    keep(cache, seat(ONE, ANNA))
    clock.advance(1.5)
    owner = seat(ONE, ANNA, RoomRole.OWNER)
    keep(cache, owner)
    clock.advance(1.5)
    assert cache.get(ONE, ANNA) is owner
    assert len(cache) == 1


def test_what_changed_is_forgotten_and_the_rest_stays() -> None:
    cache = make()
    kept = [seat(ONE, ANNA), seat(TWO, ANNA), seat(ONE, BEN)]
    for one in kept:
        keep(cache, one)
    cache.forget(ONE, ANNA)
    cache.forget(RoomId("r9"), PersonId("p9"))
    assert cache.get(ONE, ANNA) is None
    assert cache.get(TWO, ANNA) is kept[1]
    assert cache.get(ONE, BEN) is kept[2]
    cache.forget_person(ANNA)
    assert cache.get(TWO, ANNA) is None
    assert cache.get(ONE, BEN) is kept[2]
    cache.forget_all()
    assert cache.get(ONE, BEN) is None
    assert len(cache) == 0


def test_a_seat_looked_up_before_a_change_is_not_kept_after_it() -> None:
    cache = make()
    changes: list[Callable[[], None]] = [
        partial(cache.forget, ONE, ANNA),
        partial(cache.forget_person, ANNA),
        cache.forget_all,
    ]
    for change in changes:
        mark = cache.mark(ANNA)
        change()
        cache.put(seat(ONE, ANNA), mark)
        assert cache.get(ONE, ANNA) is None


def test_nothing_is_kept_or_given_while_changes_are_not_heard() -> None:
    heard = {ANNA}
    cache = SeatCache(SteppedClock(), heard.__contains__)
    keep(cache, seat(ONE, ANNA))
    keep(cache, seat(ONE, BEN))
    assert cache.get(ONE, ANNA) is not None
    assert len(cache) == 1
    heard.clear()
    assert cache.get(ONE, ANNA) is None
    assert cache.mark(ANNA) is None
    heard.add(BEN)
    assert cache.get(ONE, BEN) is None


def test_the_quietest_person_makes_room() -> None:
    cache = make(size=3)
    for one in (seat(ONE, ANNA), seat(TWO, ANNA), seat(ONE, BEN)):
        keep(cache, one)
    assert len(cache) == 3
    keep(cache, seat(TWO, BEN))
    assert len(cache) == 2
    assert cache.get(ONE, ANNA) is None
    assert cache.get(TWO, ANNA) is None
    assert cache.get(ONE, BEN) is not None
    assert cache.get(TWO, BEN) is not None


def test_one_person_with_more_rooms_than_fit_breaks_nothing() -> None:
    cache = make(size=3)
    for number in range(10):
        keep(cache, seat(RoomId(f"r{number}"), ANNA))
        assert len(cache) <= 3


steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "mark", "put marked", "forget", "forget person", "wait"]),
        st.sampled_from([ANNA, BEN]),
        st.sampled_from([ONE, TWO]),
    ),
    max_size=40,
)


@given(steps, st.integers(1, 4))
def test_no_seat_outlives_a_change(story: list[tuple[str, PersonId, RoomId]], size: int) -> None:
    """What is given was put in since the last change of that seat, and looked up after it."""
    clock = SteppedClock()
    cache = make(clock, size)
    valid: dict[tuple[RoomId, PersonId], Seat] = {}
    looked_up: dict[tuple[RoomId, PersonId], tuple[Seat, int | None]] = {}
    for what, person, room in story:
        key = (room, person)
        fresh = seat(room, person)
        if what == "put":
            cache.put(fresh, cache.mark(person))
            valid[key] = fresh
        elif what == "mark":
            looked_up[key] = (fresh, cache.mark(person))
        elif what == "put marked" and key in looked_up:
            cache.put(*looked_up[key])
            valid[key] = looked_up[key][0]
        elif what == "forget":
            cache.forget(room, person)
            valid.pop(key, None)
            looked_up.pop(key, None)
        elif what == "forget person":
            cache.forget_person(person)
            for gone in [one for one in {*valid, *looked_up} if one[1] == person]:
                valid.pop(gone, None)
                looked_up.pop(gone, None)
        elif what == "wait":
            clock.advance(0.9)
        for (where, who), known in [(one, cache.get(*one)) for one in ((ONE, ANNA), (TWO, ANNA), (ONE, BEN))]:
            assert known is None or (where, who) in valid
        assert len(cache) <= size
