from bots.context import Read, settle
from bots.entries import Entry
from bots.follow_up import Meant
from bots.retrieval.bands import Band
from bots.retrieval.retriever import Found, Hit
from bots.retrieval.signals import Signals

EXAM = Entry(id="exam", title="검정고시", question="검정고시는 언제 있나요?", answer="4월과 8월에 있습니다.")
TRIP = Entry(id="trip", title="현장학습 준비물", question="준비물은 무엇인가요?", answer="도시락입니다.")
HELD = Entry(id="held", title="검정고시 준비물", question="검정고시 준비물", answer="신분증입니다.")
WAYS = ("검정고시 언제 있나요 준비물은요?",)
OWN = Meant(WAYS, own=True, open=True, nouns=("준비물",), verbs=(), matter=frozenset({"검정고시"}))
NEW = OWN._replace(open=False)
EMPTY = Meant(WAYS, own=False, open=True, nouns=(), verbs=(), matter=frozenset({"검정고시"}))


def found(band: Band, *hits: tuple[Entry, float], confidence: float = 0.5) -> Found:
    return Found(tuple(Hit(entry, score) for entry, score in hits), confidence, 0.5, band, Signals())


def read(alone: Found, meant: Meant, *ways: Found) -> tuple[str, list[str], str]:
    """Settle; gives the band, the ids that were found, and how the question was read."""
    made = settle(Read(alone, "준비물은요?"), meant, ways)
    return str(made.found.band), [hit.entry.id for hit in made.found.hits], made.said


def test_an_answer_of_the_matter_has_to_have_what_is_asked() -> None:
    alone, again = found(Band.UNKNOWN, (TRIP, 1.0)), found(Band.SURE, (EXAM, 1.0))
    assert read(alone, OWN, again) == ("unsure", ["exam", "trip"], WAYS[0])
    held = found(Band.SURE, (HELD, 1.0), (EXAM, 0.9))
    assert read(alone, OWN, held) == ("sure", ["held", "exam"], WAYS[0])


def test_who_names_no_matter_is_of_the_one_before() -> None:
    alone = found(Band.SURE, (TRIP, 1.0))
    assert read(alone, EMPTY, found(Band.UNSURE, (EXAM, 1.0)))[0] == "unsure"
    assert read(alone, EMPTY, found(Band.SURE, (EXAM, 1.0)))[:2] == ("sure", ["exam"])
    # Found with the matter too, but of another one by its words.
    assert read(alone, EMPTY, found(Band.UNSURE, (EXAM, 1.0), (TRIP, 0.9)))[0] == "unsure"
    shared = found(Band.SURE, (HELD, 1.0))
    assert read(shared, EMPTY, found(Band.UNSURE, (EXAM, 1.0), (HELD, 0.9)))[:2] == ("sure", ["held"])


def test_who_names_a_matter_begins_anew() -> None:
    alone = found(Band.SURE, (TRIP, 1.0))
    assert read(alone, NEW, found(Band.SURE, (EXAM, 1.0))) == ("sure", ["trip"], "준비물은요?")
    nothing = found(Band.UNKNOWN, (TRIP, 1.0))
    assert read(nothing, NEW, found(Band.SURE, (EXAM, 1.0))) == ("unknown", ["trip"], "준비물은요?")


def test_of_two_sure_answers_the_one_that_both_readings_have_stands() -> None:
    alone = found(Band.SURE, (TRIP, 1.0), (HELD, 0.5))
    assert read(alone, NEW, found(Band.SURE, (HELD, 1.0)))[:2] == ("sure", ["held"])
    assert read(alone, NEW, found(Band.SURE, (HELD, 1.0), (TRIP, 0.95)))[:2] == ("sure", ["trip", "held"])
    assert read(alone, NEW, found(Band.SURE, (HELD, 1.0), (TRIP, 0.6)))[0] == "unsure"


def test_what_is_clear_by_itself_is_sure_where_the_matter_has_it() -> None:
    alone = found(Band.UNKNOWN, (HELD, 1.0), confidence=0.9)
    assert read(alone, NEW, found(Band.UNSURE, (HELD, 1.0)))[:2] == ("sure", ["held"])
    assert read(alone, NEW, found(Band.UNKNOWN, (HELD, 1.0)))[0] == "unknown"
    assert read(found(Band.UNKNOWN, (HELD, 1.0)), NEW, found(Band.UNSURE, (HELD, 1.0)))[0] == "unsure"


def test_the_same_found_both_ways_goes_on_with_the_conversation() -> None:
    alone = found(Band.SURE, (HELD, 1.0))
    assert read(alone, NEW, found(Band.UNSURE, (HELD, 1.0))) == ("sure", ["held"], WAYS[0])


def test_nothing_found_changes_nothing() -> None:
    alone = found(Band.UNSURE, (TRIP, 1.0))
    assert read(alone, OWN, found(Band.UNKNOWN)) == ("unsure", ["trip"], "준비물은요?")
    assert read(found(Band.UNKNOWN), OWN, found(Band.SURE, (EXAM, 1.0)))[0] == "unknown"


def test_the_only_entry_headed_by_what_stands_in_another_s_place_is_sure() -> None:
    put = OWN._replace(put=("검정고시", "준비물"))
    alone, way = found(Band.UNSURE, (TRIP, 1.0)), found(Band.UNSURE, (HELD, 1.0), (EXAM, 0.9))
    assert read(alone, put, way) == ("sure", ["held", "exam"], WAYS[0])
    assert read(alone, OWN, way)[0] == "unsure"
    other = Entry(id="other", title="검정고시 준비물", question="준비물", answer="연필입니다.")
    assert read(alone, put, found(Band.UNSURE, (HELD, 1.0), (other, 0.9)))[0] == "unsure"
    assert read(alone, put, found(Band.UNKNOWN, (HELD, 1.0)))[0] != "sure"
