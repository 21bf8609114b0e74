"""A consent form that is out, with a family before it: written straight into the database.

The three children go to two schools. Their mother may do everything, their father read but not sign, and
a separated guardian has no right any more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from rooms.forms.check import plain_form, read_form
from rooms.forms.fields import Limits
from rooms.ids import NoticeId, PersonId, new_notice_id
from rooms.notices.model import (
    Aim,
    Notice,
    NoticeKind,
    NoticeState,
    Recipient,
    RecipientKind,
    Translation,
    Version,
    Who,
)
from storage import schema
from storage.mongo import Mongo
from storage.notices.notices import MongoNotices
from storage.notices.recipients import MongoRecipients
from tests.support.clock import START
from tests.support.forms import FORM
from tests.support.office import Office, path_of

MOTHER, FATHER, SEPARATED = "guardian_a", "guardian_a2", "guardian_b"
CHILDREN = ("student_a", "student_a2", "student_b")
RIGHTS: Mapping[str, tuple[str, list[str]]] = {
    MOTHER: ("모", ["messages", "notices", "consent"]),
    FATHER: ("부", ["notices"]),
    SEPARATED: ("부", []),
}
TEXT = "12월 4일 박물관에 갑니다."
DEADLINE = START + timedelta(days=7)


async def make_family(office: Office) -> None:
    """Give the three children these guardians, and no others."""
    cares = office.mongo[schema.GUARDIANSHIPS]
    students = [office.people[child] for child in CHILDREN]
    await cares.delete_many({"student": {"$in": students}})
    await cares.insert_many(
        [
            {
                "_id": f"{office.people[guardian]}:{student}",
                "guardian": office.people[guardian],
                "student": student,
                "relation": relation,
                "rights": rights,
            }
            for guardian, (relation, rights) in RIGHTS.items()
            for student in students
        ]
    )


async def set_rights(office: Office, guardian: str, rights: list[str]) -> None:
    """Change what a guardian may do for all three."""
    query = {"guardian": office.people[guardian]}
    await office.mongo[schema.GUARDIANSHIPS].update_many(query, {"$set": {"rights": rights}})


async def publish(
    office: Office,
    form: Mapping[str, Any] | None = FORM,
    *,
    deadline: datetime | None = DEADLINE,
    unit: str = "office",
    by: str = "admin",
    guardians: Sequence[str] = (MOTHER, FATHER, SEPARATED),
    children: Sequence[str] = CHILDREN,
    merge: Mapping[str, Mapping[str, str]] | None = None,
) -> NoticeId:
    """Publish a form to the guardians and to the children themselves."""
    checked = None if form is None else plain_form(read_form(form, Limits()))
    version = Version(
        version=1,
        title="현장체험학습 동의서",
        text=TEXT + ("\n\n{{이름}}의 자리: {{자리}}" if merge else ""),
        translations={"en": Translation("Consent to a field trip", "We visit the museum on 4 December.")},
        form=checked,
        by=office.people[by],
        at=START,
    )
    notice = Notice(
        id=new_notice_id(),
        kind=NoticeKind.CONSENT,
        unit=office.units[unit],
        path=tuple(office.units[step] for step in path_of(unit)),
        by=office.people[by],
        state=NoticeState.PUBLISHED,
        audience=(Aim(office.units[unit], Who.FAMILIES),),
        version=1,
        versions=(version,),
        created_at=START,
        changed_at=START,
        published_at=START,
        deadline=deadline,
        merge=("이름", "자리") if merge else (),
    )
    notices = MongoNotices(office.mongo)
    await notices.add(notice)
    if merge:
        await notices.merge(notice.id, {office.people[child]: row for child, row in merge.items()})
    students = tuple(office.people[child] for child in children)
    rows = [
        *(row(notice.id, office.people[one], RecipientKind.GUARDIAN, students) for one in guardians),
        *(row(notice.id, student, RecipientKind.STUDENT, (student,)) for student in students),
    ]
    await MongoRecipients(office.mongo).add(rows)
    return notice.id


def row(notice: NoticeId, person: PersonId, kind: RecipientKind, students: Sequence[PersonId]) -> Recipient:
    """Make the row of somebody who gets a notice."""
    return Recipient(
        notice=notice,
        person=person,
        kind=kind,
        notice_kind=NoticeKind.CONSENT,
        students=tuple(students),
        units=(),
        published_at=START,
        changed_at=START,
    )


async def correct(mongo: Mongo, notice: NoticeId, **changes: Any) -> None:
    """Publish a further version of a notice."""
    store = MongoNotices(mongo)
    old = await store.notice(notice)
    assert old is not None
    if "form" in changes:
        changes["form"] = plain_form(read_form(changes["form"], Limits()))
    version = msgspec.structs.replace(old.current, version=old.version + 1, **changes)
    new = msgspec.structs.replace(
        old,
        version=old.version + 1,
        versions=(*old.versions, version),
        changed_at=old.changed_at + timedelta(seconds=1),
    )
    assert await store.change(old, new)
