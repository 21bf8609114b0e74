from datetime import date

import pytest

from bots.entries import Asker, Audience, Entry, Scope, asker, may_see

DAY = date(2026, 3, 2)
GUARDIAN = asker([Audience.GUARDIAN], ["dong", "hanbit"])


def entry(
    audience: frozenset[Audience] = frozenset(Audience),
    scope: Scope = Scope.OFFICE,
    unit: str | None = None,
    begins: date | None = None,
    ends: date | None = None,
) -> Entry:
    return Entry(
        id="e", answer="a", audience=audience, scope=scope, unit=unit, valid_from=begins, valid_until=ends
    )


@pytest.mark.parametrize(
    ("one", "seen"),
    [
        (entry(), True),
        (entry(audience=frozenset({Audience.STAFF})), False),
        (entry(audience=frozenset({Audience.STAFF, Audience.GUARDIAN})), True),
        (entry(scope=Scope.SCHOOL, unit="hanbit"), True),
        (entry(scope=Scope.SCHOOL, unit="saebit"), False),
        (entry(scope=Scope.DISTRICT, unit="dong"), True),
        (entry(scope=Scope.SCHOOL, unit=None), False),
        (entry(begins=DAY, ends=DAY), True),
        (entry(begins=date(2026, 3, 3)), False),
        (entry(ends=date(2026, 3, 1)), False),
    ],
)
def test_what_is_for_a_person_there_and_then_is_seen(one: Entry, seen: bool) -> None:
    assert may_see(one, GUARDIAN, DAY) is seen


def test_who_is_nothing_sees_nothing() -> None:
    assert not may_see(entry(), Asker(audience=frozenset()), DAY)


def test_every_way_to_ask_is_told_without_the_empty_ones() -> None:
    assert Entry(id="e", answer="a", question="q", aliases=("b", "")).questions == ("q", "b")
