"""Answers and how forms stand, as the HTTP API shows them. Pure."""

from collections.abc import Mapping
from typing import Literal

from hub.api.forms import shapes
from rooms.events import iso
from rooms.forms.book import Line, Mine, Own
from rooms.forms.record import Act, Current, Entry, Student
from rooms.forms.standing import Part
from rooms.ids import PersonId

Names = Mapping[PersonId, str]
State = Literal["current", "changed", "withdrawn"]


def submission(entry: Entry, state: State = "current") -> shapes.SubmissionView:
    """Show an entry of the ledger."""
    body, link = entry.body, entry.link
    signer = body.signer
    return shapes.SubmissionView(
        id=body.id,
        seq=link.seq,
        act=body.act.value,
        at=body.at,
        student=student(body.student),
        signer=shapes.SignerView(signer.id, signer.name, signer.kind, signer.relation),
        by=shapes.ClerkView(body.clerk.id, body.clerk.name) if body.clerk else None,
        version=body.version,
        language=body.language,
        answers=dict(body.answers),
        files=[shapes.FileView(one.id, one.name, one.size, one.type, one.sha256) for one in body.paper],
        reason=body.reason,
        state="withdrawn" if body.act is Act.WITHDRAW else state,
        text_hash=body.text,
        prev=link.prev,
        hash=link.hash,
    )


def student(found: Student) -> shapes.StudentView:
    """Show a student."""
    return shapes.StudentView(found.id, found.name, found.unit)


def mine(own: Own, me: PersonId, names: Names) -> shapes.MineView:
    """Show one's own part for a student."""
    part = next((one for one in own.standing.parts if one.person == me), None)
    return shapes.MineView(
        student=student(own.pupil.student),
        left=own.standing.left,
        may_answer=own.may,
        must_answer=part is not None and part.must,
        state=_mine(part),
        submission=None if own.mine is None else submission(own.mine),
        others=[
            shapes.OtherView(names.get(one.person, ""), _kind(one), one.relation, iso(one.current.at))
            for one in own.standing.parts
            if one.person != me and one.current is not None and one.current.holds
        ],
    )


def others_of(told: Mine) -> set[PersonId]:
    """List whom `mine` names besides oneself."""
    return {part.person for own in told.students for part in own.standing.parts}


def row(line: Line, entries: Mapping[int, Entry], names: Names) -> shapes.StudentRow:
    """Show how a form stands with a student."""
    pupil, standing = line
    return shapes.StudentRow(
        student=student(pupil.student),
        state=standing.stand.value,
        contradicted=standing.contradicted,
        left=standing.left,
        signers=[
            shapes.PartView(
                id=part.person,
                name=names.get(part.person, ""),
                kind=_kind(part),
                relation=part.relation,
                must=part.must,
                again=part.again,
                submission=_entry(part.current, entries),
            )
            for part in standing.parts
        ],
    )


def _entry(current: Current | None, entries: Mapping[int, Entry]) -> shapes.SubmissionView | None:
    found = None if current is None else entries.get(current.seq)
    return None if found is None else submission(found)


def _kind(part: Part) -> Literal["guardian", "student"]:
    return "student" if part.kind == "student" else "guardian"


def _mine(part: Part | None) -> Literal["open", "answered", "again", "withdrawn"]:
    if part is None or part.current is None:
        return "open"
    if not part.current.holds:
        return "withdrawn"
    return "again" if part.again else "answered"
