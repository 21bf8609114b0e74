from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.catalogue import Catalogue
from bots.entries import Asker, Audience, Entry, Scope, may_see

DAY = date(2026, 3, 2)
UNITS = ("dong", "hanbit", "saebit")
DAYS = st.none() | st.integers(-2, 2).map(lambda days: DAY + timedelta(days=days))
ASKERS = st.builds(
    Asker, audience=st.frozensets(st.sampled_from(Audience)), units=st.frozensets(st.sampled_from(UNITS))
)
ENTRIES = st.builds(
    Entry,
    id=st.sampled_from("abcdefgh"),
    answer=st.just("answer"),
    audience=st.frozensets(st.sampled_from(Audience)),
    scope=st.sampled_from(Scope),
    unit=st.none() | st.sampled_from(UNITS),
    valid_from=DAYS,
    valid_until=DAYS,
)


@given(st.lists(ENTRIES, max_size=20), st.lists(st.sampled_from("abcdefgh"), max_size=3), ASKERS)
def test_all_at_once_is_the_same_as_one_by_one(entries: list[Entry], removed: list[str], who: Asker) -> None:
    catalogue = Catalogue()
    there: dict[str, Entry] = {}
    for entry in entries:
        catalogue.put(entry)
        there[entry.id] = entry
    for one in removed:
        assert catalogue.remove(one) == (there.pop(one, None) is not None)
    visible = catalogue.visible(who, DAY)
    seen = {catalogue[int(row)].id for row in visible.nonzero()[0]}
    assert seen == {one.id for one in there.values() if may_see(one, who, DAY)}
    assert len(catalogue) == len(there)


def test_a_row_is_given_out_once() -> None:
    catalogue = Catalogue()
    first = catalogue.put(Entry(id="a", answer="old"))
    second = catalogue.put(Entry(id="a", answer="new"))
    assert first != second
    assert catalogue[second].answer == "new"
    with pytest.raises(KeyError):
        catalogue[first]
