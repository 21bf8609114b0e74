"""How a form stands with each student: who must answer, who has, and what it comes to. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from rooms.forms.answers import AGREE, DISAGREE
from rooms.forms.fields import Agree, Choice, Form
from rooms.forms.ports import Addressed
from rooms.forms.record import Current
from rooms.forms.shown import again
from rooms.forms.who import Care
from rooms.ids import PersonId
from rooms.notices.model import Notice


class Stand(StrEnum):
    """How far a student's answer is.

    `again` says that somebody who must answer answered a form that was changed since, `withdrawn` that
    consent was taken back, `partial` that somebody who must answer has and somebody has not, `left` that it
    is wanted no longer, as the student is in the audience no longer, `erased` that all answers are erased.
    """

    COMPLETE = "complete"
    PARTIAL = "partial"
    MISSING = "missing"
    AGAIN = "again"
    WITHDRAWN = "withdrawn"
    LEFT = "left"
    ERASED = "erased"


OPEN = frozenset({Stand.PARTIAL, Stand.MISSING, Stand.AGAIN, Stand.WITHDRAWN})
"""States in which something is still to come."""


class Part(Struct, frozen=True):
    """Somebody's part for a student: whether it is expected of them, and where their answer stands.

    Of guardians of whom one has to answer it is expected (`must`) as long as none has. `again` says that
    the form has changed since they answered.
    """

    person: PersonId
    kind: str
    relation: str
    must: bool
    again: bool
    current: Current | None


class Standing(Struct, frozen=True):
    """How a form stands with a student.

    `picks` is what the answers that hold come to; `contradicted` says that guardians, of whom one had to
    answer, answered differently: the last one counts; `left` that the student is in the audience no longer.
    """

    student: PersonId
    stand: Stand
    parts: tuple[Part, ...]
    picks: Mapping[str, Any]
    contradicted: bool
    left: bool = False


class Tally(Struct, frozen=True):
    """How a form stands with all of some students.

    Counts of students by state, of contradictions, and, by field, of what was answered.
    """

    students: int
    complete: int
    partial: int
    missing: int
    again: int
    withdrawn: int
    left: int
    erased: int
    contradicted: int
    fields: Mapping[str, Mapping[str, int]]


def standings(
    notice: Notice,
    form: Form,
    people: Iterable[Addressed],
    answers: Iterable[Current],
    cares: Iterable[Care],
    left: Collection[PersonId] = (),
) -> dict[PersonId, Standing]:
    """Find how a form stands with every student whom it was sent about.

    `people` are those who got the notice, `answers` the current ones, `cares` the guardianships of today,
    `left` the students who are in its audience no longer.
    """
    given: dict[PersonId, list[Current]] = {}
    for answer in answers:
        given.setdefault(answer.student, []).append(answer)
    guardians: dict[PersonId, list[Care]] = {}
    for care in cares:
        guardians.setdefault(care.student, []).append(care)
    asked: dict[PersonId, set[PersonId]] = {}
    for addressed in people:
        for student in addressed.students:
            asked.setdefault(student, set()).add(addressed.person)
    return {
        student: standing(
            notice,
            form,
            student,
            [care for care in guardians.get(student, ()) if care.guardian in recipients],
            given.get(student, ()),
            left=student in left,
        )
        for student, recipients in asked.items()
    }


def standing(
    notice: Notice,
    form: Form,
    student: PersonId,
    cares: Sequence[Care],
    answers: Collection[Current],
    *,
    left: bool = False,
) -> Standing:
    """Find how a form stands with a student; `cares` are those of guardians who got the notice.

    Nothing is expected for who has `left`, or once answers are erased; what was answered before counts.
    """
    by = {answer.signer: answer for answer in answers}
    holding = {who: one for who, one in by.items() if one.holds and not again(notice, one.version)}
    signed = [one for one in holding.values() if one.kind == "guardian"]
    relation = {care.guardian: care.relation for care in cares}
    consenting = [care.guardian for care in cares if care.consents]
    wants = form.signers.guardians
    expected = {
        "none": [],
        "one": [] if signed else consenting,
        "all": [one for one in consenting if one not in holding],
    }[wants]
    waits = list(expected) + ([student] if form.signers.student and student not in holding else [])
    # Where nobody may sign, the form stays open: that is for staff to see.
    lacking = wants != "none" and not consenting and not signed
    over = left or notice.erased_at is not None
    listed = {
        **(dict.fromkeys(consenting) if wants != "none" else {}),
        **({student: None} if form.signers.student else {}),
        **dict.fromkeys(by),
    }
    parts = tuple(
        Part(
            who,
            "student" if who == student else "guardian",
            relation.get(who, ""),
            who in waits and not over,
            who in by and by[who].holds and who not in holding,
            by.get(who),
        )
        for who in listed
    )
    if notice.erased_at is not None:
        stand = Stand.ERASED
    elif left and (waits or lacking):
        stand = Stand.LEFT
    else:
        stand = _stand(parts, holding, complete=not waits and not lacking)
    return Standing(
        student,
        stand,
        parts,
        _picks(form, holding.get(student), signed),
        wants == "one" and len({_chosen(one) for one in signed}) > 1,
        left,
    )


def tally(form: Form, found: Iterable[Standing]) -> Tally:
    """Count how a form stands with students."""
    stands: Counter[Stand] = Counter()
    fields: dict[str, Counter[str]] = {
        field.id: Counter(
            {AGREE: 0, DISAGREE: 0}
            if isinstance(field, Agree)
            else {option.id: 0 for option in field.options}
        )
        for field in form.fields
        if isinstance(field, Agree | Choice)
    }
    contradicted = 0
    for one in found:
        stands[one.stand] += 1
        contradicted += one.contradicted
        for name, value in one.picks.items():
            if name in fields:
                fields[name].update(value if isinstance(value, list) else [value])
    return Tally(
        students=stands.total(),
        complete=stands[Stand.COMPLETE],
        partial=stands[Stand.PARTIAL],
        missing=stands[Stand.MISSING],
        again=stands[Stand.AGAIN],
        withdrawn=stands[Stand.WITHDRAWN],
        left=stands[Stand.LEFT],
        erased=stands[Stand.ERASED],
        contradicted=contradicted,
        fields={name: dict(counted) for name, counted in fields.items()},
    )


def settled(
    notice: Notice,
    form: Form,
    people: Sequence[Addressed],
    answers: Iterable[Current],
    cares: Iterable[Care],
    left: Collection[PersonId] = (),
) -> set[PersonId]:
    """Find those of whom nothing more is expected, for any of their students."""
    found = standings(notice, form, people, answers, cares, left)
    waiting = {part.person for one in found.values() for part in one.parts if part.must}
    return {addressed.person for addressed in people} - waiting


def _stand(parts: Iterable[Part], holding: Mapping[PersonId, Current], *, complete: bool) -> Stand:
    if complete:
        return Stand.COMPLETE
    waited = [part for part in parts if part.must]
    if any(part.again for part in waited):
        return Stand.AGAIN
    if any(part.current is not None and not part.current.holds for part in waited):
        return Stand.WITHDRAWN
    return Stand.PARTIAL if holding else Stand.MISSING


def _picks(form: Form, own: Current | None, signed: Sequence[Current]) -> dict[str, Any]:
    """Put together what counts: what all have agreed to; of guardians of whom one had to answer, the last."""
    guardians = sorted(signed, key=lambda one: one.seq)
    counted = guardians if form.signers.guardians == "all" else guardians[-1:]
    if own is not None and form.signers.student:
        counted = [own, *counted]
    agreeing = {field.id for field in form.fields if isinstance(field, Agree)}
    picks: dict[str, Any] = {}
    for one in counted:
        for name, value in one.picks.items():
            picks[name] = DISAGREE if name in agreeing and picks.get(name) == DISAGREE else value
    return picks


def _chosen(current: Current) -> str:
    return repr(sorted(current.picks.items()))
