"""Submissions as the rules hand them to the writer of ledgers."""

from typing import Any

from rooms.forms.canonical import digest
from rooms.forms.record import Act, Body, Draft, How, Signer, Student, new_submission_id
from rooms.ids import NoticeId, PersonId, new_cid

HOW = How("192.0.2.1", "tests", "s1", "password", "2026-11-23T08:00:00.000Z")


def submission(
    notice: NoticeId,
    signer: str = "p1",
    *,
    student: str = "p9",
    act: Act = Act.ANSWER,
    cid: str | None = None,
    change: bool = True,
    answers: dict[str, Any] | None = None,
) -> Draft:
    """Make one."""
    told = {"trip": "agree"} if answers is None else answers
    body = Body(
        id=new_submission_id(),
        act=act,
        at="2026-11-23T09:00:00.000Z",
        cid=cid or new_cid(),
        student=Student(PersonId(student), "장하늘", "물빛초등학교 1학년 1반"),
        signer=Signer(PersonId(signer), "장보호", "guardian", "부모"),
        version=1,
        language="ko",
        text="0" * 64,
        answers=told,
        how=HOW,
        salt="00",
    )
    return Draft(notice, body, digest([act, student, told]), told, change)
