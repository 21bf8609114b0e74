"""A new school year on the sample office: classes change, and what was stays with those who were in them."""

from collections.abc import AsyncIterator

import pytest

from config.settings import Settings
from hub.app import rules
from hub.cli.demo import sample_files
from hub.services import Services
from hub.signin.proofs import Passwords
from rooms.errors import Refusal
from rooms.ids import PersonId, UnitId
from rooms.notices.content import Wish
from rooms.notices.model import Aim, NoticeKind
from rooms.notices.reading import Filter
from rooms.people import Person, Role
from rooms.roster.importing import Roster
from storage.org.roster import MongoRoster

FORM = {"fields": [{"id": "trip", "type": "agree", "label": "현장 체험 학습에 참가합니다"}]}


@pytest.fixture
async def services(mongod_url: str, database_name: str) -> AsyncIterator[Services]:
    settings = Settings(mongodb_database=database_name, secret_key="a secret of tests, long enough for all")
    async with rules(settings, mongod_url) as running:
        yield running


async def bring_in(services: Services, files: dict[str, bytes]) -> None:
    """Import rosters as `madang import` does."""
    store, passwords = MongoRoster(services.mongo, services.clock), Passwords()
    try:
        async with store.alone():
            roster = Roster(store, services.unit_rooms.sync, passwords.hash, lambda *_: None)
            prepared = await roster.prepare(files, "sample")
            assert not prepared.faults
            await roster.bring_in(prepared)
            await roster.prune(prepared)
    finally:
        passwords.close()


def next_year(files: dict[str, bytes]) -> dict[str, bytes]:
    """Move all classes to 2027; third-year children of 물빛초 change between the two classes."""

    def moved(content: bytes) -> bytes:
        lines = (
            content.decode("utf-8-sig").replace(",2026,", ",2027,").replace("-2026-", "-2027-").splitlines()
        )
        for place, line in enumerate(lines):
            cells = line.split(",")
            if len(cells) > 5 and cells[2] == "H000000101" and cells[4] == "3":
                cells[5] = "2" if cells[5] == "1" else "1"
                lines[place] = ",".join(cells)
        return "\n".join(lines).encode()

    return {name: moved(content) for name, content in files.items()}


async def somebody(services: Services, login: str) -> Person:
    found = await services.people.credentials(login)
    assert found is not None
    return await services.access.person(found.person)


async def unit(services: Services, code: str) -> UnitId:
    found = await services.mongo["units"].find_one({"code": code})
    assert found is not None
    return UnitId(found["_id"])


async def test_old_notices_and_answers_stay_readable_to_those_who_were_in_the_class(
    services: Services,
) -> None:
    files = sample_files()
    await bring_in(services, files)
    notices = services.notices
    teacher, mother = await somebody(services, "teacher"), await somebody(services, "guardian")
    student = await somebody(services, "student")
    old_class = await unit(services, "H000000101-2026-3-1")
    wish = Wish(audience=[Aim(old_class)], title="작년 동의서", text="글", form=FORM)
    draft = await notices.writing.draft(teacher, NoticeKind.CONSENT, old_class, wish)
    await notices.writing.publish(teacher, draft.id)
    while await notices.expander.work():
        pass
    await notices.reach.seen(mother, draft.id, 1, confirm=False)
    await notices.reach.answered(draft.id, [mother.id], whole=True)
    before = await notices.feed.page(mother, Filter(), None, 30)

    async def recipients() -> set[PersonId]:
        return {row.person for row in await notices.recipients.page(draft.id, None, None, None, 500)}

    classmates = await recipients()

    await bring_in(services, next_year(files))
    await notices.newcomers.look()
    while await notices.expander.work():
        pass
    mother, student = await somebody(services, "guardian"), await somebody(services, "student")
    new_class = await unit(services, "H000000101-2027-3-2")
    assert [held.unit for held in student.roles] == [new_class]
    after = await notices.feed.page(mother, Filter(), None, 30)
    assert [row.id for row in after.notices] == [row.id for row in before.notices] == [draft.id]
    assert after.notices[0].answered_at is not None
    assert "물빛초등학교 3학년 2반" in [child.unit for child in after.students]
    assert after.students == sorted(after.students, key=lambda child: child.name)
    assert (await notices.showing.notice(student, draft.id)).family is not None
    assert {
        row.person for row in await notices.recipients.page(draft.id, None, None, None, 500)
    } == classmates

    # Who is in the class of this year's teacher now was not in last year's, and sees nothing of it.
    moved = await services.people.holding([await unit(services, "H000000101-2027-3-1")], [Role.STUDENT])
    stranger = next(person for person in moved if person.id not in classmates)
    with pytest.raises(Refusal):
        await notices.access.for_reading(stranger, draft.id)

    # The author, who has another class now, still sees how it stood; the class of last year takes no more.
    teacher = await somebody(services, "teacher")
    _, standing = await notices.standings.page(teacher, draft.id, None, None, None, 10)
    assert standing.counts.answered == 1
    with pytest.raises(Refusal):
        await notices.writing.draft(teacher, NoticeKind.NOTE, old_class, wish)
    own = await unit(services, "H000000101-2027-3-1")
    fresh = await notices.writing.draft(
        teacher, NoticeKind.NOTE, own, Wish(audience=[Aim(own)], title="올해 알림장", text="글")
    )
    await notices.writing.publish(teacher, fresh.id)
    while await notices.expander.work():
        pass
    seen = await notices.feed.page(mother, Filter(), None, 30)
    assert [row.id for row in seen.notices] == [draft.id], "her child is in the other class by now"
