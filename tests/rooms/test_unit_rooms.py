import pytest

from rooms.events import MessageBody, draft
from rooms.ids import PersonId, RoomId, new_cid, new_unit_id
from rooms.model import Audience, RoomRole
from rooms.people import Person, Role, Unit
from tests.support.core import Core
from tests.support.people import Office


async def opened(core: Core, office: Office, unit: Unit, audience: Audience) -> RoomId:
    return (await core.management.unit(office.head, unit.id, audience, "x")).room


async def members(core: Core, room: RoomId) -> dict[PersonId, RoomRole]:
    return {member.person: member.role for member in await core.rooms.members(room)}


def everybody(*people: Person) -> set[PersonId]:
    return {person.id for person in people}


@pytest.mark.parametrize("audience", list(Audience))
async def test_who_belongs_to_the_room_of_a_school(core: Core, office: Office, audience: Audience) -> None:
    families = [office.student, office.classmate, office.mother, office.father]
    expected = {
        Audience.STAFF: everybody(office.admin, office.teacher, office.colleague),
        Audience.FAMILIES: everybody(office.admin, office.teacher, *families),
        Audience.ALL: everybody(office.admin, office.teacher, office.colleague, *families),
    }
    found = await members(core, await opened(core, office, office.school, audience))
    assert set(found) == expected[audience]
    assert [person for person, role in found.items() if role is RoomRole.OWNER] == [office.admin.id]


async def test_the_teacher_owns_the_room_of_the_class(core: Core, office: Office) -> None:
    room = await opened(core, office, office.class_one, Audience.FAMILIES)
    assert await members(core, room) == {
        office.teacher.id: RoomRole.OWNER,
        office.student.id: RoomRole.MEMBER,
        office.mother.id: RoomRole.MEMBER,
    }


async def test_a_second_sync_changes_nothing(core: Core, office: Office) -> None:
    room = await opened(core, office, office.school, Audience.ALL)
    core.wakeups.calls.clear()
    assert await core.unit_rooms.sync([office.school.id]) == 0
    assert await core.unit_rooms.sync([office.class_one.id]) == 0
    assert await core.unit_rooms.sync([new_unit_id()]) == 0
    assert core.wakeups.calls == []
    assert await core.raw(room) == [], "the first filling names nobody"


async def test_members_follow_the_tree(core: Core, office: Office) -> None:
    room = await opened(core, office, office.school, Audience.STAFF)
    other = await opened(core, office, office.other_school, Audience.STAFF)
    await core.say(office.teacher, room, "hallo")
    before = await members(core, room)
    core.wakeups.calls.clear()
    await office.registry.change(
        office.colleague, roles=[{"unit": office.other_school.id, "role": "administrator"}]
    )
    await office.registry.change(office.teacher, roles=[{"unit": office.school.id, "role": "administrator"}])
    newcomer = await office.registry.person("newcomer", (Role.STAFF, office.class_two))
    assert await core.unit_rooms.sync([office.class_two.id, office.other_school.id]) == 4
    assert await members(core, room) == {
        office.admin.id: RoomRole.OWNER,
        office.teacher.id: RoomRole.OWNER,
        newcomer.id: RoomRole.MEMBER,
    }
    assert (await members(core, other))[office.colleague.id] is RoomRole.OWNER
    assert sorted(core.wakeups.calls) == sorted(
        [
            ("left", office.colleague.id, room),
            ("joined", newcomer.id, room),
            ("joined", office.teacher.id, room),
            ("joined", office.colleague.id, other),
        ]
    )
    assert [event.body for event in await core.raw(room)][1:] == [
        {"added": [newcomer.id], "removed": [office.colleague.id]}
    ]
    assert await core.raw(other) == []
    assert len(before) == 3
    view = await core.overview.room(newcomer.id, room)
    assert (view.first, view.read, view.unread) == (1, 1, 0), "all may be read, and nothing nags"


async def test_disabled_people_leave(core: Core, office: Office) -> None:
    room = await opened(core, office, office.school, Audience.STAFF)
    await office.registry.change(office.colleague, disabled=True)
    assert await core.unit_rooms.sync([office.school.id]) == 1
    assert office.colleague.id not in await members(core, room)


async def test_rooms_above_are_brought_in_line_too(core: Core, office: Office) -> None:
    district = await opened(core, office, office.district, Audience.STAFF)
    newcomer = await office.registry.person("newcomer", (Role.TEACHER, office.class_one))
    await core.unit_rooms.sync([office.class_one.id])
    assert (await members(core, district))[newcomer.id] is RoomRole.MEMBER
    assert office.elsewhere.id in await members(core, district)
    assert office.head.id not in await members(core, district), "the head is above it"


async def test_many_changes_at_once_name_nobody(core: Core, office: Office) -> None:
    room = await opened(core, office, office.school, Audience.STAFF)
    await core.log.append(draft(room, office.admin.id, new_cid(), MessageBody("hallo")))
    await office.registry.people(20, (Role.STAFF, office.school))
    await core.unit_rooms.sync([office.school.id])
    assert len((await core.raw(room))[1].body["added"]) == 20
    await office.registry.people(21, (Role.STAFF, office.school))
    await core.unit_rooms.sync([office.school.id])
    assert len(await core.raw(room)) == 2
    assert len(await members(core, room)) == 44
