"""How a form stands with a student: who must answer, who has, what it comes to."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rooms.forms.check import read_form
from rooms.forms.fields import Limits
from rooms.forms.ports import Addressed
from rooms.forms.record import Act, Current, SubmissionId
from rooms.forms.standing import OPEN, Stand, Standing, settled, standing, standings, tally
from rooms.forms.who import Care
from rooms.ids import PersonId
from tests.hub.forms.certified import certified
from tests.support.clock import START
from tests.support.forms import FORM

NOTICE = certified().notice
CHILD, MOTHER, FATHER = PersonId("p9"), PersonId("p1"), PersonId("p2")
CARES = [Care(MOTHER, CHILD, "모", True), Care(FATHER, CHILD, "부", True)]


def form_with(guardians: str = "one", *, student: bool = False) -> Any:
    return read_form(FORM | {"signers": {"guardians": guardians, "student": student}}, Limits())


def answer(
    who: PersonId, seq: int = 1, *, act: Act = Act.ANSWER, version: int = 1, trip: str = "agree"
) -> Current:
    return Current(
        student=CHILD,
        signer=who,
        kind="student" if who == CHILD else "guardian",
        seq=seq,
        id=SubmissionId(f"a{seq}"),
        act=act,
        at=START,
        version=version,
        picks={} if act is Act.WITHDRAW else {"trip": trip, "meal": "halal"},
    )


def stands(form: Any, *answers: Current, cares: list[Care] = CARES) -> Standing:
    return standing(NOTICE, form, CHILD, cares, answers)


def waits(found: Standing) -> set[PersonId]:
    return {part.person for part in found.parts if part.must}


def test_one_guardian_is_enough() -> None:
    form = form_with()
    assert waits(stands(form)) == {MOTHER, FATHER}
    assert stands(form).stand is Stand.MISSING
    done = stands(form, answer(FATHER))
    assert (done.stand, waits(done), done.picks["trip"]) == (Stand.COMPLETE, set(), "agree")


def test_of_two_who_differ_the_last_counts_and_it_is_told() -> None:
    both = stands(form_with(), answer(MOTHER, 2, trip="disagree"), answer(FATHER, 1))
    assert (both.stand, both.contradicted, both.picks["trip"]) == (Stand.COMPLETE, True, "disagree")
    assert not stands(form_with(), answer(MOTHER), answer(FATHER, 2)).contradicted


def test_both_guardians_and_the_student() -> None:
    form = form_with("all", student=True)
    assert waits(stands(form)) == {MOTHER, FATHER, CHILD}
    part = stands(form, answer(MOTHER, trip="disagree"), answer(CHILD, 2))
    assert (part.stand, waits(part)) == (Stand.PARTIAL, {FATHER})
    whole = stands(form, answer(MOTHER, trip="disagree"), answer(CHILD, 2), answer(FATHER, 3))
    assert (whole.stand, whole.picks["trip"], whole.contradicted) == (Stand.COMPLETE, "disagree", False)


def test_the_student_alone() -> None:
    form = form_with("none", student=True)
    assert waits(stands(form)) == {CHILD}
    assert stands(form, answer(CHILD)).stand is Stand.COMPLETE


def test_withdrawn_and_asked_again() -> None:
    form = form_with()
    taken = stands(form, answer(MOTHER, act=Act.WITHDRAW))
    assert (taken.stand, waits(taken)) == (Stand.WITHDRAWN, {MOTHER, FATHER})
    old = stands(form, answer(MOTHER, version=99))
    assert (old.stand, waits(old)) == (Stand.AGAIN, {MOTHER, FATHER})
    assert old.picks == {}


def test_a_right_that_ended_leaves_the_answer_but_asks_for_no_other() -> None:
    without = [Care(MOTHER, CHILD, "모", False), Care(FATHER, CHILD, "부", True)]
    assert waits(stands(form_with(), cares=without)) == {FATHER}
    signed = stands(form_with(), answer(MOTHER), cares=without)
    assert (signed.stand, waits(signed)) == (Stand.COMPLETE, set())


def test_where_nobody_may_sign_it_stays_open() -> None:
    assert stands(form_with(), cares=[]).stand is Stand.MISSING
    assert stands(form_with("all"), cares=[]).stand is Stand.MISSING


@given(
    st.sampled_from(["one", "all", "none"]),
    st.booleans(),
    st.dictionaries(
        st.sampled_from([MOTHER, FATHER, CHILD]),
        st.tuples(st.sampled_from(Act), st.sampled_from([1, 99])),
    ),
    st.lists(st.sampled_from(CARES), unique=True),
)
def test_whoever_is_waited_for_leaves_it_open(
    guardians: str, student: bool, given_: dict[PersonId, tuple[Act, int]], cares: list[Care]
) -> None:
    if guardians == "none" and not student:
        student = True
    form = form_with(guardians, student=student)
    answers = [
        answer(who, seq, act=act, version=version)
        for seq, (who, (act, version)) in enumerate(given_.items(), 1)
    ]
    found = standing(NOTICE, form, CHILD, cares, answers)
    assert found.stand in OPEN or not waits(found)
    counted = tally(form, [found])
    assert counted.students == 1
    states = (counted.complete, counted.partial, counted.missing, counted.again, counted.withdrawn)
    assert sum(states) == 1
    people = [Addressed(who, "guardian", (CHILD,)) for who in (MOTHER, FATHER, CHILD)]
    done = settled(NOTICE, form, people, answers, cares)
    assert done == {MOTHER, FATHER, CHILD} - waits(found)


def test_only_those_who_got_it_are_waited_for() -> None:
    found = standings(NOTICE, form_with(), [Addressed(MOTHER, "guardian", (CHILD,))], [], CARES)
    assert waits(found[CHILD]) == {MOTHER}
