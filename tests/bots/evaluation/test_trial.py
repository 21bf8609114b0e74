import numpy as np

from bots.evaluation.figures import Outcome, Question, measure
from bots.evaluation.trial import EVERYONE, cross_validate, joined, recalibrate, relearn, who_asks
from bots.retrieval.bands import Band, Calibration
from bots.retrieval.ranking import FIGURES, PLAIN, Candidates
from bots.retrieval.signals import Signals


def outcomes() -> list[Outcome]:
    """Make a set in which clear answers are right, unclear ones wrong, and those to refuse unclear."""
    made = []
    for number in range(200):
        clear = number % 2 == 0
        pos = frozenset({f"e{number}"}) if number % 4 != 1 else frozenset[str]()
        ids = (f"e{number}",) if clear else ("other",)
        signals = Signals(fused=0.9 if clear else 0.2)
        made.append(Outcome(Question(f"q{number}", pos), ids, 0.0, Band.UNKNOWN, 1.0, signals))
    return made


def test_who_asks_is_in_the_set() -> None:
    assert who_asks(Question("q", frozenset(), {"audience": "staff"})).audience == {"staff"}
    assert who_asks(Question("q", frozenset(), {"audience": "?"})) == EVERYONE
    assert who_asks(Question("q", frozenset())) == EVERYONE


def test_spaces_are_taken_out_of_what_is_asked_and_of_nothing_else() -> None:
    asked = Question(" 전학은\t어떻게 하나요?", frozenset({"e e"}), {"audience": "staff"})
    assert joined([asked]) == [Question("전학은어떻게하나요?", frozenset({"e e"}), {"audience": "staff"})]


def test_every_outcome_is_judged_anew_by_others() -> None:
    judged = cross_validate(outcomes())
    assert sorted(one.question.query for one in judged) == sorted(one.question.query for one in outcomes())
    assert {one.band for one in judged if one.right} == {Band.SURE}
    assert Band.SURE not in {one.band for one in judged if not one.right}


def test_a_calibration_comes_of_the_outcomes() -> None:
    made = recalibrate(outcomes())
    assert isinstance(made, Calibration)
    assert made.judge(Signals(fused=0.9)).confidence > 0.75
    # Half of the unclear ones have an answer, which was not found.
    assert made.judge(Signals(fused=0.2)).confidence < 0.25 < made.judge(Signals(fused=0.2)).answerable


def test_an_order_is_learnt_and_judged_by_others() -> None:
    random = np.random.default_rng(1)
    asked = []
    for number in range(120):
        figures = np.zeros((4, len(FIGURES)), np.float32)
        figures[:, FIGURES.index("words")] = random.random(4)
        figures[:, FIGURES.index("fused")] = random.random(4)
        right = int(figures[:, FIGURES.index("words")].argmax())
        ids = tuple(f"e{number}-{place}" for place in range(4))
        candidates = Candidates(figures, np.zeros(4, np.float32), rich=1.0, passages=0.0, known=1.0, length=2)
        pos = frozenset({ids[right]}) if number % 6 else frozenset[str]()
        asked.append(
            Outcome(
                Question(f"q{number}", pos),
                ids,
                0.0,
                Band.UNKNOWN,
                1.0,
                candidates=candidates,
                candidate_ids=ids,
            )
        )
    ranking, judged = relearn(asked, PLAIN)
    assert [one.question for one in judged] == [one.question for one in asked]
    assert ranking.always["words"] > 1
    assert (measure(asked).recall_1 or 0) < 0.5
    assert (measure(judged).recall_1 or 0) > 0.7
    assert all(one.signals.belief > 0.25 for one in judged)
