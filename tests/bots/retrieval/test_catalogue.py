from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.entries import Asker, Audience, Entry, Scope, may_see
from bots.retrieval.catalogue import MASKS, Catalogue

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
        assert catalogue.visible(who, DAY)[-1] == may_see(entry, who, DAY)
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


def test_what_asks_the_same_is_known_by_title_or_question() -> None:
    catalogue = Catalogue()
    texts = [("급식비", "언제 내나요?"), ("급식 비", "얼마예요?"), ("", "언제  내나요?"), ("", ""), ("", "")]
    rows = [
        catalogue.put(Entry(id=str(place), answer="", title=title, question=question))
        for place, (title, question) in enumerate(texts)
    ]
    same = catalogue.same_asked(rows)
    assert same[0].tolist() == [True, True, True, False, False]
    assert same[1].tolist() == [True, True, False, False, False]
    assert not same[3:].any()


def test_no_more_kinds_of_people_are_remembered_than_bound() -> None:
    catalogue = Catalogue()
    for number in range(2 * MASKS):
        catalogue.put(Entry(id=str(number), answer="", scope=Scope.SCHOOL, unit=str(number)))
    for number in range(2 * MASKS):
        assert catalogue.visible(Asker(units=frozenset({str(number)})), DAY).sum() == 1
    assert len(catalogue._seen) == MASKS
    nobodys = [catalogue.visible(Asker(units=frozenset({f"s{number}"})), DAY) for number in range(2)]
    assert nobodys[0] is nobodys[1]
