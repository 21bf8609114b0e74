from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.entries import Asker, Audience, Entry, Scope, asker, may_see
from bots.openings import CHARS, LOOKED, Openings, question_of
from rooms.faq.asked import Answered

DAY = date(2026, 3, 2)
GUARDIAN = asker([Audience.GUARDIAN], ["district", "school"])


class Published:
    """The gate, as the engine is one."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = {entry.id: entry for entry in entries}

    def entry(self, entry: str, who: Asker) -> Entry | None:
        found = self.entries.get(entry)
        return found if found is not None and may_see(found, who, DAY) else None


def made(name: str, topic: str = "", **more: object) -> Entry:
    fields: dict[str, object] = {"question": f"{name}은 무엇인가요?", "answer": "답", "topic": topic}
    return Entry(id=name, **fields | more)  # type: ignore[arg-type]


def answered(entry: str, *owners: str, question: str = "뭐예요") -> list[Answered]:
    return [Answered(entry=entry, question=question, owner=owner) for owner in owners]


def opened(
    entries: Sequence[Entry], asked: Sequence[Answered] = (), who: Asker = GUARDIAN, most: int = 4
) -> list[str]:
    openings = Openings(Published(entries))
    openings.rank(entries, asked, DAY)
    return [question.partition("은 ")[0] for question in openings.choose(who, most)]


def test_what_more_people_asked_comes_first_and_what_was_tapped_does_not_count() -> None:
    entries = [made("급식"), made("전학"), made("결석"), made("방학")]
    asked = [
        *answered("결석", "a", "b", "c"),
        *answered("전학", "a", "b"),
        *answered("급식", "a", "b", "c", "d", question="급식은  무엇인가요"),
    ]
    assert opened(entries, asked) == ["결석", "전학", "급식", "방학"]


def test_what_is_pinned_goes_before_what_was_asked_whatever_its_topic_and_only_to_who_may_see_it() -> None:
    school = {"scope": Scope.SCHOOL, "unit": "school"}
    entries = [
        made("급식", "생활"),
        made("방학", "학사", pinned=True),
        made("시험", "학사", pinned=True),
        made("교복", "생활", pinned=True, **school),
        made("딴 학교", pinned=True, scope=Scope.SCHOOL, unit="another"),
        made("연가", pinned=True, audience=frozenset({Audience.STAFF})),
        made("지난 축제", pinned=True, valid_until=DAY - timedelta(days=1)),
        made("다음 축제", pinned=True, valid_from=DAY + timedelta(days=1)),
        made("길다" * CHARS, pinned=True),
    ]
    asked = [*answered("급식", "a", "b", "c"), *answered("시험", "a")]
    assert opened(entries, asked) == ["교복", "시험", "방학", "급식"]
    assert opened(entries, asked, most=2) == ["교복", "시험"]
    assert opened(entries, asked, asker([Audience.GUARDIAN])) == ["시험", "방학", "급식"]


def test_what_is_pinned_is_offered_however_much_else_was_asked() -> None:
    entries = [made(f"질문 {number}") for number in range(2 * LOOKED)]
    asked = [one for entry in entries for one in answered(entry.id, "a", "b")]
    assert opened([*entries, made("방학", pinned=True)], asked, most=1) == ["방학"]


def test_what_is_nearer_goes_first_and_what_nobody_asked_last() -> None:
    school, district = (
        {"scope": Scope.SCHOOL, "unit": "school"},
        {"scope": Scope.DISTRICT, "unit": "district"},
    )
    entries = [made("교복", **school), made("하교", **school), made("전학"), made("버스", **district)]
    asked = [*answered("전학", "a", "b", "c"), *answered("하교", "a")]
    assert opened(entries, asked) == ["하교", "전학", "교복", "버스"]


def test_as_many_topics_as_there_are_and_no_question_twice() -> None:
    entries = [made(name, topic) for name, topic in (("전학", "전학"), ("서류", "전학"), ("급식", "급식"))]
    twice = made("우리", "급식", question="급식은 무엇인가요")
    asked = [*answered("전학", "a", "b", "c"), *answered("서류", "a", "b"), *answered("급식", "a")]
    assert opened([*entries, twice], asked) == ["전학", "급식", "서류"]
    assert opened([*entries, twice], asked, most=2) == ["전학", "급식"]


def test_what_is_over_or_too_long_to_be_tapped_takes_nobody_s_place() -> None:
    over = [made(f"{number}", valid_until=DAY - timedelta(days=1)) for number in range(LOOKED + 1)]
    fits, long = made("가", question="가" * CHARS), made("나", question="나" * (CHARS + 1))
    assert opened([made("전학"), fits, long, *over]) == ["전학", "가" * CHARS]


@pytest.mark.parametrize(("entries", "shown"), [(LOOKED, True), (LOOKED + 1, False)])
def test_so_many_of_a_place_are_looked_at(entries: int, shown: bool) -> None:
    later = [made(f"{number}", "하나") for number in range(entries - 1)]
    assert ("전학" in opened([*later, made("전학", "다른")], most=2)) is shown


PLACES = (None, "district", "school", "other")
DAYS = st.none() | st.dates(DAY - timedelta(days=2), DAY + timedelta(days=2))


@st.composite
def entries_of(draw: st.DrawFn) -> list[Entry]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        unit = draw(st.sampled_from(PLACES))
        scope = Scope.OFFICE if unit is None else Scope.SCHOOL
        audience = draw(st.frozensets(st.sampled_from(Audience), min_size=1))
        found.append(
            made(
                f"{number}",
                scope=scope,
                unit=unit,
                audience=audience,
                valid_from=draw(DAYS),
                valid_until=draw(DAYS),
                pinned=draw(st.booleans()),
            )
        )
    return found


@given(entries_of(), st.frozensets(st.sampled_from(Audience)), st.frozensets(st.sampled_from(PLACES[1:])))
def test_nobody_is_offered_what_they_may_not_see(
    entries: list[Entry], audience: frozenset[Audience], units: frozenset[str]
) -> None:
    who = Asker(audience=audience, units=units)
    openings = Openings(Published(entries))
    openings.rank(entries, [], DAY)
    seen = {question_of(entry) for entry in entries if may_see(entry, who, DAY)}
    assert set(openings.choose(who, 10)) == seen


def test_what_was_withdrawn_after_the_ranking_is_not_offered() -> None:
    gate = Published([made("전학"), made("급식")])
    openings = Openings(gate)
    openings.rank(list(gate.entries.values()), [], DAY)
    del gate.entries["전학"]
    assert openings.choose(GUARDIAN, 4) == ["급식은 무엇인가요?"]
