from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.entries import EVERYBODY, Asker, Audience, Entry, Scope, asker, may_see
from bots.retrieval.bands import Band
from bots.retrieval.embedder import Embedder
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.retriever import Query, Retriever
from tests.bots.conftest import SCHOOL
from tests.bots.retrieval.test_embedder import save_model

DAY = date(2026, 3, 2)
ANYBODY = Asker(audience=EVERYBODY)


@pytest.fixture
def retriever(
    morphemes: Morphemes, embedder: Embedder, meanings: Meanings, school: tuple[Entry, ...]
) -> Retriever:
    made = Retriever(morphemes, meanings)
    made.fill(school)
    made.add_dense(embedder)
    return made


def ids(retriever: Retriever, question: str, who: Asker = ANYBODY) -> list[str]:
    return [hit.entry.id for hit in retriever.search(question, who, DAY).hits]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("이사해서 전학하려고요", "transfer"),
        ("급식비언제빠져나가요", "lunch"),
        ("방가후 신쳥 어떠케 해요", "after"),
        ("생기부 떼는 곳", "record"),
        ("애가 아파서 학교 못 갔는데 뭐 내야 돼요?", "absence"),
        ("셍활기록부 띄려면요", "record"),
        ("스쿨뱅낑", "lunch"),
    ],
)
def test_the_right_entry_comes_first(retriever: Retriever, question: str, expected: str) -> None:
    assert ids(retriever, question)[0] == expected


def test_a_search_stands_aside_between_its_steps(
    morphemes: Morphemes, embedder: Embedder, school: tuple[Entry, ...]
) -> None:
    aside: list[None] = []
    retriever = Retriever(morphemes, give_way=lambda: aside.append(None))
    retriever.fill(school)
    retriever.add_dense(embedder)
    assert not aside
    queries = [Query("전학 서류", ANYBODY, DAY), Query("급식비 환불", ANYBODY, DAY)]
    list(retriever.examine_all(queries))
    assert len(aside) == 2 + 2 * len(queries), "before each of the two parts, and for each question twice"


def test_questions_together_find_what_each_finds_alone(retriever: Retriever) -> None:
    asked = [
        "방가후 신쳥 어떠케 해요",
        "",
        "급식비언제빠져나가요",
        "쀍뛟꿻",
        "이사해서 전학하려고요",
        "스쿨뱅낑",
    ]
    family = asker([Audience.GUARDIAN], [SCHOOL])
    queries = [Query(text, who, DAY, 5) for text in asked for who in (ANYBODY, family)]
    together = list(retriever.examine_all(queries))
    for query, examined in zip(queries, together, strict=True):
        alone = retriever.examine(*query[:4])
        assert examined.found == alone.found
        assert np.array_equal(examined.candidates.figures, alone.candidates.figures)
    assert not list(retriever.examine_all([]))


@pytest.mark.parametrize("question", ["", "   ", "\u0000\u200b", "?!", "쀍뛟꿻", "a" * 100_000, "ㅋㅋㅋㅋ"])
def test_what_says_nothing_is_unknown(retriever: Retriever, question: str) -> None:
    found = retriever.search(question, ANYBODY, DAY)
    assert found.band is Band.UNKNOWN


def test_it_answers_before_the_dense_leg_joins(morphemes: Morphemes, school: tuple[Entry, ...]) -> None:
    made = Retriever(morphemes)
    made.fill(school)
    assert not made.dense
    assert ids(made, "전학 서류")[0] == "transfer"


def test_a_changed_entry_answers_at_once_and_the_old_one_no_more(retriever: Retriever) -> None:
    retriever.put(
        Entry(id="lunch", question="우유 급식은 어떻게 신청해요?", answer="담임교사에게 말씀하세요.")
    )
    assert ids(retriever, "우유 급식 신청")[0] == "lunch"
    assert len(retriever) == len(SCHOOL)
    hit = retriever.search("급식비 스쿨뱅킹 출금일", ANYBODY, DAY).hits
    assert all("스쿨뱅킹" not in one.entry.answer for one in hit)
    assert retriever.remove("lunch")
    assert not retriever.remove("lunch")
    assert "lunch" not in ids(retriever, "우유 급식 신청")


def test_changes_one_by_one_end_where_filling_at_once_does(
    morphemes: Morphemes, embedder: Embedder, meanings: Meanings, retriever: Retriever
) -> None:
    grown = Retriever(morphemes, meanings)
    grown.fill([])
    grown.add_dense(embedder)
    for entry in SCHOOL:
        grown.put(Entry(id=entry.id, answer="급식비 전학 방과후"))
    for entry in SCHOOL:
        grown.put(entry)
    for question in ("전학 서류", "방가후", "돈은 언제 빠져요"):
        once, one_by_one = (made.search(question, ANYBODY, DAY) for made in (retriever, grown))
        assert [hit.entry.id for hit in once.hits] == [hit.entry.id for hit in one_by_one.hits]
        assert once.confidence == pytest.approx(one_by_one.confidence, abs=1e-5)


def test_a_schools_own_entry_goes_before_the_offices(morphemes: Morphemes, embedder: Embedder) -> None:
    office = Entry(
        id="office", question="방과후학교 신청은 언제 하나요?", answer="학교마다 다릅니다. 방과후학교 신청"
    )
    own = msgspec.structs.replace(
        office, id="own", scope=Scope.SCHOOL, unit="hanbit", answer="3월 5일까지입니다."
    )
    made = Retriever(morphemes)
    made.fill([office, own])
    made.add_dense(embedder)
    assert ids(made, "방과후학교 신청", asker([Audience.GUARDIAN], ["hanbit"])) == ["own", "office"]
    assert ids(made, "방과후학교 신청", asker([Audience.GUARDIAN], ["saebit"])) == ["office"]


def test_a_words_slip_is_read_as_what_one_may_see_alone(
    morphemes: Morphemes, embedder: Embedder, meanings: Meanings
) -> None:
    hidden = Entry(
        id="hidden", question="통학구혈 문서", answer="통학구혈", audience=frozenset({Audience.STAFF})
    )
    shown = Entry(id="shown", question="통학구역은 어디서 보나요", answer="누리집에서 봅니다.")
    made = Retriever(morphemes, meanings)
    made.fill([hidden, shown])
    made.add_dense(embedder)
    found = made.search("통학구혁", asker([Audience.GUARDIAN]), DAY)
    assert [hit.entry.id for hit in found.hits] == ["shown"]
    assert found.signals.literal == pytest.approx(1)


def test_what_changes_while_the_dense_leg_joins_is_in_it(
    morphemes: Morphemes, embedder: Embedder, school: tuple[Entry, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Retriever(morphemes)
    made.fill(school)
    real = Embedder.entries

    def meanwhile(self: Embedder, entries: list[Entry]) -> object:
        if not made.dense and len(entries) == len(school):
            assert ids(made, "급식비 출금")[0] == "lunch"
            made.put(Entry(id="bus", question="통학버스는 어떻게 신청해요?", answer="행정실에 신청합니다."))
            made.remove("care")
        return real(self, entries)

    monkeypatch.setattr(Embedder, "entries", meanwhile)
    made.add_dense(embedder)
    legs = made.legs("통학 차량 신청", ANYBODY, DAY)
    assert legs["dense"][0] == "bus"
    assert "care" not in legs["dense"]


def test_vectors_are_kept_and_made_anew_where_they_are_broken(
    morphemes: Morphemes,
    embedder: Embedder,
    school: tuple[Entry, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedded: list[int] = []
    real = Embedder.entries

    def counted(self: Embedder, entries: list[Entry]) -> object:
        embedded.append(len(entries))
        return real(self, entries)

    monkeypatch.setattr(Embedder, "entries", counted)
    changed = Entry(id="lunch", title="급식비", answer="15일에 빠져나갑니다.")
    for broken, entries, expected in (
        (False, school, [6]),
        (False, school, []),
        (False, [entry for entry in school if entry.id not in {"lunch", "care"}] + [changed], [1]),
        (False, school, [2]),
        (True, school, [6]),
    ):
        if broken:
            (tmp_path / "vectors.index").write_bytes(b"half")
        embedded.clear()
        made = Retriever(morphemes)
        made.fill(entries)
        made.add_dense(embedder, tmp_path)
        assert embedded == expected
        whole = Retriever(morphemes)
        whole.fill(entries)
        whole.add_dense(embedder)
        assert made.legs("급식비", ANYBODY, DAY) == whole.legs("급식비", ANYBODY, DAY)
        assert ids(made, "전학 서류")[0] == "transfer"
    assert (tmp_path / "vectors.index").stat().st_size > 1_000


def test_a_configured_model_that_finds_too_little_has_no_say(
    morphemes: Morphemes, school: tuple[Entry, ...], tmp_path: Path
) -> None:
    save_model(tmp_path / "other")
    embedder = Embedder(morphemes, tmp_path, str(tmp_path / "other"))
    embedder.warm_up()
    made = Retriever(morphemes)
    made.fill(school)
    before = made.search("전학 서류", ANYBODY, DAY)
    proof = made.add_dense(embedder)
    assert proof is not None
    assert not proof.passed
    assert not made.dense
    assert made.search("전학 서류", ANYBODY, DAY) == before


def test_a_configured_model_that_finds_enough_has_a_say(
    morphemes: Morphemes, school: tuple[Entry, ...], tmp_path: Path
) -> None:
    place = tmp_path / "office-words"
    save_model(place, words=[word for entry in school for text in entry.questions for word in text.split()])
    embedder = Embedder(morphemes, tmp_path, str(place))
    embedder.warm_up()
    made = Retriever(morphemes)
    made.fill(school)
    proof = made.add_dense(embedder, tmp_path / "index")
    assert proof is not None
    assert proof.passed
    assert made.dense
    assert made.legs("급식비 환불", ANYBODY, DAY)["dense"][0] == "lunch"
    again = Retriever(morphemes)
    again.fill(school)
    again.add_dense(embedder, tmp_path / "index")
    assert again.search("급식비 환불", ANYBODY, DAY) == made.search("급식비 환불", ANYBODY, DAY)


AUDIENCES = st.frozensets(st.sampled_from(Audience), min_size=1)
DAYS = st.none() | st.integers(-1, 1).map(lambda days: DAY + timedelta(days=days))
UNITS = ("dong", "hanbit")
TEXTS = st.sampled_from(
    [text for entry in SCHOOL for text in (*entry.questions, entry.answer)]
    + ["연가는 며칠인가요", "시험 문제 보안"]
)
MISSPELT = st.sampled_from(
    ["급식비 스쿨뱅낑", "전햑 서류", "결석게 내나요", "방가후신쳥", "돌봉교실", "시험 문재 보완"]
)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        scope = draw(st.sampled_from(Scope))
        made.append(
            Entry(
                id=f"e{number}",
                question=draw(TEXTS),
                answer=draw(TEXTS),
                audience=draw(AUDIENCES),
                scope=scope,
                unit=None if scope is Scope.OFFICE else draw(st.sampled_from(UNITS)),
                valid_from=draw(DAYS),
                valid_until=draw(DAYS),
            )
        )
    return made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries(),
    st.builds(Asker, audience=AUDIENCES, units=st.frozensets(st.sampled_from(UNITS))),
    TEXTS | MISSPELT | st.text(max_size=30),
)
def test_what_one_may_not_see_leaves_no_trace(
    morphemes: Morphemes,
    embedder: Embedder,
    meanings: Meanings,
    given_entries: list[Entry],
    who: Asker,
    question: str,
) -> None:
    whole, visible_alone = Retriever(morphemes, meanings), Retriever(morphemes, meanings)
    whole.fill(given_entries)
    visible_alone.fill([one for one in given_entries if may_see(one, who, DAY)])
    for made in (whole, visible_alone):
        made.add_dense(embedder)
    found, expected = (made.search(question, who, DAY) for made in (whole, visible_alone))
    assert all(may_see(hit.entry, who, DAY) for hit in found.hits)
    assert [hit.entry for hit in found.hits] == [hit.entry for hit in expected.hits]
    # Neither a score nor a confidence tells that something is hidden.
    assert np.allclose(found.signals.vector(), expected.signals.vector(), atol=1e-5)
    assert found.confidence == pytest.approx(expected.confidence, abs=1e-5)
    legs = whole.legs(question, who, DAY)
    assert {one for leg in legs.values() for one in leg} <= {
        hit.id for hit in given_entries if may_see(hit, who, DAY)
    }


def test_beside_a_very_long_question_the_others_find_the_same(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [Query(text, ANYBODY, DAY, 5) for text in ("전학 서류 " * 40, "급식비언제빠져나가요")]
    alone = list(retriever.examine_all(queries))
    monkeypatch.setattr("bots.retrieval.retriever.LONGEST", 1_000)
    for one, beside in zip(alone, retriever.examine_all(queries), strict=True):
        assert one.found == beside.found
