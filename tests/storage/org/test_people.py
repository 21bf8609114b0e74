import asyncio

import pytest

from rooms.ids import PersonId, UnitId, new_person_id, new_unit_id
from rooms.people import Person, Role, RoleAt, Unit, UnitKind
from storage.mongo import Mongo
from storage.org.people import Credentials, MongoPeople
from tests.support.core import Core
from tests.support.people import Office


@pytest.fixture
def store(mongo: Mongo) -> MongoPeople:
    return MongoPeople(mongo)


async def test_a_person_is_read_with_their_roles(store: MongoPeople, office: Office) -> None:
    teacher = await store.person(office.teacher.id)
    assert teacher == Person(
        office.teacher.id,
        "teacher",
        (RoleAt(office.class_one.id, Role.TEACHER), RoleAt(office.school.id, Role.STAFF)),
        office.teacher.login,
        "ko",
    )
    assert await store.person(new_person_id()) is None
    assert await store.people([office.teacher.id, new_person_id(), office.mother.id]) == {
        office.teacher.id: teacher,
        office.mother.id: office.mother,
    }
    assert await store.people([]) == {}


async def test_what_a_document_leaves_out_has_its_default(store: MongoPeople, mongo: Mongo) -> None:
    bare = new_person_id()
    await mongo["people"].insert_one({"_id": bare, "name": "x"})
    assert await store.person(bare) == Person(bare, "x", (), None, None, disabled=False)


async def test_the_disabled_are_told_apart(store: MongoPeople, office: Office) -> None:
    await office.registry.change(office.mother, disabled=True)
    asked = [office.mother.id, office.father.id, new_person_id()]
    assert await store.disabled(asked) == {office.mother.id}
    assert await store.disabled([]) == set()
    found = await store.person(office.mother.id)
    assert found is not None
    assert found.disabled


async def test_units_are_read_with_their_path(store: MongoPeople, office: Office) -> None:
    assert await store.units([office.class_one.id, new_unit_id()]) == {
        office.class_one.id: Unit(
            office.class_one.id,
            UnitKind.CLASS,
            office.class_one.name,
            office.school.id,
            (office.office.id, office.district.id, office.school.id, office.class_one.id),
        )
    }
    assert await store.units([]) == {}


async def test_what_is_below_a_unit(store: MongoPeople, office: Office, mongo: Mongo) -> None:
    assert set(await store.below(office.school.id)) == {
        office.school.id,
        office.class_one.id,
        office.class_two.id,
    }
    await mongo["units"].update_one({"_id": office.class_two.id}, {"$set": {"archived": True}})
    assert set(await store.below(office.school.id)) == {office.school.id, office.class_one.id}
    assert await store.below(UnitId("ugone")) == []


async def test_who_holds_a_role(store: MongoPeople, office: Office) -> None:
    units = [office.school.id, office.class_one.id]

    async def holding(*roles: Role) -> set[PersonId]:
        return {person.id for person in await store.holding(units, roles)}

    assert await holding(Role.TEACHER) == {office.teacher.id}
    assert await holding(Role.STAFF, Role.ADMINISTRATOR) == {
        office.teacher.id,
        office.colleague.id,
        office.admin.id,
    }
    assert await holding(Role.GUARDIAN, Role.STUDENT) == {office.mother.id, office.student.id}
    assert await holding() == set()
    await office.registry.change(office.colleague, disabled=True)
    assert office.colleague.id not in await holding(Role.STAFF)
    # The role must be held in the unit, not here a role and there a unit.
    mixed = await office.registry.person(
        "m", (Role.TEACHER, office.other_class), (Role.GUARDIAN, office.class_one)
    )
    assert mixed.id not in await holding(Role.TEACHER)


async def test_guardians_and_wards(store: MongoPeople, office: Office) -> None:
    assert await store.wards(office.mother.id) == [office.student.id]
    assert await store.guardians(office.student.id) == [office.mother.id]
    assert await store.wards(office.student.id) == []
    assert await store.guardians(office.mother.id) == []


async def test_who_shares_a_room(store: MongoPeople, core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother, office.father)
    await core.room(office.colleague, office.mother)
    others = [office.mother.id, office.father.id, office.colleague.id]
    assert await store.share_room(office.teacher.id, others) == {office.mother.id, office.father.id}
    await core.rooms.unseat(room, [office.father.id])
    assert await store.share_room(office.teacher.id, others) == {office.mother.id}
    assert await store.share_room(office.father.id, others) == set()
    assert await store.share_room(office.teacher.id, []) == set()


async def test_credentials_are_found_by_login_in_any_case(store: MongoPeople, office: Office) -> None:
    login = office.teacher.login
    assert login is not None
    await store.set_password(office.teacher.id, "hash")
    for spelled in (login, login.upper(), f"  {login}\t"):
        assert await store.credentials(spelled) == Credentials(office.teacher.id, "hash", disabled=False)
    await office.registry.change(office.teacher, disabled=True)
    assert await store.credentials(login) == Credentials(office.teacher.id, "hash", disabled=True)
    assert await store.credentials("nobody at all") is None
    assert await store.credentials("") is None


async def test_a_subject_is_bound_to_the_first_login(store: MongoPeople, office: Office) -> None:
    login, other = office.teacher.login, office.colleague.login
    assert login is not None
    assert other is not None
    subject = f"subject {login}"
    assert await store.by_subject(subject, "unknown") is None
    found = await store.by_subject(subject, login.upper())
    assert found == Credentials(office.teacher.id, None, disabled=False)
    assert await store.by_subject(subject, other) == found, "the subject counts, whatever the login says now"
    assert await store.by_subject(f"another {subject}", login) is None, "a login is nobody else's"


async def test_a_first_sign_in_twice_at_once_binds_once(store: MongoPeople, office: Office) -> None:
    login = office.teacher.login
    assert login is not None
    found = await asyncio.gather(*(store.by_subject(f"s {login}", login) for _ in range(6)))
    assert {one.person if one else None for one in found} == {office.teacher.id}


async def test_a_language_is_kept(store: MongoPeople, office: Office) -> None:
    await store.set_locale(office.mother.id, "en")
    found = await store.person(office.mother.id)
    assert found is not None
    assert found.locale == "en"
