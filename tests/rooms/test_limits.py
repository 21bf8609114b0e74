"""Sliding windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.limits import RateLimit, Rule

rules = st.lists(
    st.builds(
        Rule, st.integers(0, 5), st.one_of(st.integers(1, 20), st.floats(0.001, 20, allow_subnormal=False))
    ),
    max_size=3,
)
starts = st.floats(0, 1e7)
pauses = st.lists(st.one_of(st.just(0.0), st.floats(0, 12)), max_size=60)


@given(rules, starts, pauses)
def test_no_window_ever_holds_more_than_its_count(rules: list[Rule], now: float, pauses: list[float]) -> None:
    limit = RateLimit(rules)
    taken: list[float] = []
    for pause in pauses:
        now += pause
        if limit.take("kim", now) is None:
            taken.append(now)
    for rule in rules:
        if rule.count:
            for first, beyond in zip(taken, taken[rule.count :], strict=False):
                assert beyond >= first + rule.seconds


@given(rules, starts, pauses)
def test_coming_back_exactly_when_told_succeeds_and_much_earlier_does_not(
    rules: list[Rule], now: float, pauses: list[float]
) -> None:
    limit = RateLimit(rules)
    for pause in pauses:
        now += pause
        wait = limit.take("kim", now)
        if wait is None:
            continue
        assert wait == round(wait, 3)
        early = now + wait - 0.003
        if early > now:
            assert limit.take("kim", early) is not None
        now += wait
        assert limit.take("kim", now) is None


@given(rules, pauses)
def test_nobody_is_refused_without_reason(rules: list[Rule], pauses: list[float]) -> None:
    limit = RateLimit(rules)
    now = 0.0
    taken: list[float] = []
    for pause in pauses:
        now += pause
        full = any(
            rule.count and sum(time + rule.seconds > now for time in taken) >= rule.count for rule in rules
        )
        refused = limit.take("kim", now) is not None
        assert refused == full
        if not refused:
            taken.append(now)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 3)), max_size=60))
def test_keys_do_not_touch_each_other_and_memory_has_a_bound(steps: list[tuple[str, float]]) -> None:
    shared = RateLimit([Rule(2, 5)], keys=6)
    alone = {key: RateLimit([Rule(2, 5)]) for key in "abcdef"}
    small = RateLimit([Rule(2, 5)], keys=3)
    now = 0.0
    for key, pause in steps:
        now += pause
        assert shared.take(key, now) == alone[key].take(key, now)
        small.take(key, now)
        assert len(small) <= 3


def test_the_quietest_is_forgotten_beyond_the_bound() -> None:
    limit = RateLimit([Rule(1, 10)], keys=2)
    for second, key in enumerate("abc"):
        assert limit.take(key, second) is None
    assert limit.take("b", 3) == 8
    assert limit.take("c", 3) == 9
    assert limit.take("a", 3) is None


def test_who_did_nothing_for_the_longest_window_is_forgotten() -> None:
    limit = RateLimit([Rule(1, 2), Rule(3, 10)])
    limit.take("a", 0)
    limit.take("b", 5)
    assert len(limit) == 2
    limit.take("c", 10)
    assert len(limit) == 2


def test_what_was_allowed_elsewhere_counts() -> None:
    limit = RateLimit([Rule(2, 10)])
    limit.count("a", 0)
    limit.count("a", 4)
    assert limit.take("a", 5) == 5


@pytest.mark.parametrize("rules", [[], [Rule(0, 10)]])
def test_without_rules_nothing_is_remembered(rules: list[Rule]) -> None:
    limit = RateLimit(rules)
    assert limit.take("a", 0) is None
    limit.count("a", 0)
    assert len(limit) == 0


def test_a_clock_that_stumbles_lets_nobody_through() -> None:
    limit = RateLimit([Rule(2, 10)])
    limit.take("a", 100)
    limit.take("a", 50)
    assert limit.take("a", 105) == 5
