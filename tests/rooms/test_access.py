from collections.abc import Iterable, Sequence

import pytest

from rooms.access import Access, check_writes
from rooms.errors import ErrorCode, Refusal
from rooms.events import Kind, TitleBody, draft
from rooms.ids import PersonId, RoomId, UnitId, new_cid, new_person_id, new_room_id
from rooms.model import RoomKind, RoomRole, Seat
from rooms.people import Person, Role
from tests.support.core import Core, answers, refused
from tests.support.people import Office

# Rooms


async def test_a_member_gets_the_room_with_their_membership(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague, readers=[office.admin])
    for person, role in (
        (office.teacher, RoomRole.OWNER),
        (office.colleague, RoomRole.MEMBER),
        (office.admin, RoomRole.READER),
    ):
        seat = await core.access.room(person.id, room)
        assert (seat.room.id, seat.member.person, seat.member.role) == (room, person.id, role)


async def test_a_room_of_others_is_refused_like_one_that_does_not_exist(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague, office.mother)
    await core.rooms.unseat(room, [office.mother.id])
    strangers = [person for person in office.everybody if person not in {office.teacher, office.colleague}]
    said = await answers(
        *(core.access.room(person.id, room) for person in strangers),
        core.access.room(office.teacher.id, new_room_id()),
        core.access.room(new_person_id(), room),
        core.access.room(office.teacher.id, RoomId("")),
        core.access.room(office.teacher.id, RoomId("r\x00{$ne}")),
    )
    assert said == {("not_found", "no_room", "{}")}


async def test_a_membership_without_its_room_opens_nothing(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    await core.mongo["rooms"].delete_one({"_id": room})
    await refused(core.access.room(office.teacher.id, room), ErrorCode.NOT_FOUND, "no_room")
    assert room not in {seat.room.id for seat in await core.access.seats(office.teacher.id)}


async def test_all_rooms_of_a_person_are_those_they_are_in(core: Core, office: Office) -> None:
    mine = {await core.room(office.teacher, office.mother) for _ in range(3)}
    left = await core.room(office.teacher, office.mother)
    await core.room(office.teacher, office.father)
    await core.rooms.unseat(left, [office.mother.id])
    seats = await core.access.seats(office.mother.id)
    assert {seat.room.id for seat in seats} == mine
    assert {seat.member.person for seat in seats} == {office.mother.id}
    assert await core.access.seats(office.nobody.id) == []


async def test_only_readers_may_not_write(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague, readers=[office.mother])
    assert check_writes(await core.seat(office.teacher, room)).id == room
    assert check_writes(await core.seat(office.colleague, room)).id == room
    with pytest.raises(Refusal) as caught:
        check_writes(await core.seat(office.mother, room))
    assert (caught.value.code, caught.value.reason) == (ErrorCode.FORBIDDEN, "reader")


class Changing:
    """A `SeatMemory` in which the seat is forgotten in the very moment it is looked up."""

    def __init__(self) -> None:
        self.put_in: list[tuple[Seat, int | None]] = []

    def get(self, room: RoomId, person: PersonId) -> Seat | None:  # noqa: ARG002 - it knows nothing
        return None

    def mark(self, person: PersonId) -> int | None:  # noqa: ARG002 - one mark for all
        return 7

    def put(self, seat: Seat, mark: int | None) -> None:
        self.put_in.append((seat, mark))


async def test_a_memory_is_told_since_when_a_seat_was_looked_up(core: Core, office: Office) -> None:
    room, memory = await core.room(office.teacher), Changing()
    access = Access(core.rooms, core.people, core.store, memory)
    seat = await access.room(office.teacher.id, room)
    assert memory.put_in == [(seat, 7)]
    await refused(access.room(office.mother.id, room), ErrorCode.NOT_FOUND)
    assert len(memory.put_in) == 1, "what is refused is not remembered"


# Messages


async def test_a_message_is_loaded_from_the_first_that_one_may_see(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    places = [await core.say(office.teacher, room) for _ in range(3)]
    await core.mongo["members"].update_one({"room": room}, {"$set": {"first": 2}})
    seat = await core.seat(office.teacher, room)
    assert [(await core.access.message(seat, seq)).event.seq for seq in (2, 3)] == [2, 3]
    await core.log.append(draft(room, office.teacher.id, new_cid(), TitleBody("새 이름")))
    said = await answers(*(core.access.message(seat, seq) for seq in (1, 0, 4, 5, 2**53)))
    assert said == {("not_found", "no_message", "{}")}
    assert places == [1, 2, 3]
    assert (await core.raw(room))[3].kind == Kind.TITLE


async def test_fellows_are_those_in_the_room(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague, office.mother)
    await core.rooms.unseat(room, [office.mother.id])
    seat = await core.seat(office.teacher, room)
    asked = [office.colleague.id, office.teacher.id, office.colleague.id]
    assert [member.person for member in await core.access.fellows(seat, asked)] == asked
    assert await core.access.fellows(seat, []) == []
    said = await answers(
        *(
            core.access.fellows(seat, [office.colleague.id, other])
            for other in (office.mother.id, office.father.id, new_person_id(), PersonId(""))
        )
    )
    assert said == {("not_found", "no_person", "{}")}


# People


async def test_whoever_acts_exists_and_is_enabled(core: Core, office: Office) -> None:
    assert await core.access.person(office.mother.id) == office.mother
    await office.registry.change(office.mother, disabled=True)
    said = await answers(core.access.person(office.mother.id), core.access.person(new_person_id()))
    assert said == {("not_found", "no_person", "{}")}


def sight(office: Office) -> dict[PersonId, set[PersonId]]:
    """Write down whom everybody sees who shares no room: the rules, by hand."""
    staff = office.staff
    school = [office.student, office.classmate, office.mother, office.father]
    seen: dict[str, Sequence[Person]] = {
        "head": [*staff, *school, office.stranger],
        "official": staff,
        "admin": [*staff, *school],
        "teacher": [*staff, *school],
        "colleague": [*staff, *school],
        "elsewhere": [*staff, office.stranger],
        "student": [office.student, office.mother],
        "classmate": [office.classmate, office.father],
        "mother": [office.mother, office.student],
        "father": [office.father, office.classmate],
        "stranger": [office.stranger],
        "nobody": [office.nobody],
    }
    return {getattr(office, name).id: ids(people) for name, people in seen.items()}


def ids(people: Iterable[Person]) -> set[PersonId]:
    return {person.id for person in people}


async def test_whom_everybody_sees(core: Core, office: Office) -> None:
    rules = sight(office)
    for viewer in office.everybody:
        seen = await core.access.visible(viewer, [*ids(office.everybody), new_person_id()])
        assert set(seen) == rules[viewer.id], viewer.name
        assert all(person.id == key for key, person in seen.items())


async def test_nobody_is_seen_by_being_asked_for_alone(core: Core, office: Office) -> None:
    rules = sight(office)
    for viewer in office.everybody:
        for other in office.everybody:
            seen = await core.access.visible(viewer, [other.id])
            assert (other.id in seen) is (other.id in rules[viewer.id]), (viewer.name, other.name)
    assert await core.access.visible(office.head, []) == {}


async def test_people_of_one_room_see_each_other_as_long_as_they_are_in_it(
    core: Core, office: Office
) -> None:
    room = await core.room(office.teacher, office.mother, office.stranger)
    asked = list(ids(office.everybody))
    assert set(await core.access.visible(office.mother, asked)) == ids(
        [office.mother, office.student, office.teacher, office.stranger]
    )
    assert office.stranger.id in await core.access.visible(office.teacher, asked)
    await core.rooms.unseat(room, [office.mother.id])
    assert set(await core.access.visible(office.mother, asked)) == ids([office.mother, office.student])
    assert office.mother.id not in await core.access.visible(office.stranger, asked)


async def test_staff_who_are_guardians_are_staff(core: Core, office: Office) -> None:
    both = await office.registry.person(
        "both", (Role.STAFF, office.other_school), (Role.GUARDIAN, office.class_one)
    )
    assert both.id in await core.access.visible(office.official, [both.id])
    assert both.id not in await core.access.visible(office.mother, [both.id])
    assert set(await core.access.visible(both, list(ids(office.everybody)))) == ids(
        [*office.staff, office.stranger]
    )


async def test_only_staff_open_rooms_and_only_with_whom_they_see(core: Core, office: Office) -> None:
    rules = sight(office)
    for viewer in office.everybody:
        for other in office.everybody:
            if other.id not in rules[viewer.id]:
                await refused(
                    core.access.may_start_with(viewer, [other.id]), ErrorCode.NOT_FOUND, "no_person"
                )
            elif viewer.is_staff:
                assert set(await core.access.may_start_with(viewer, [other.id])) == {other.id}
            else:
                await refused(
                    core.access.may_start_with(viewer, [other.id]), ErrorCode.FORBIDDEN, "staff_opens_rooms"
                )


async def test_somebody_unseen_among_others_is_refused_like_somebody_who_does_not_exist(
    core: Core, office: Office
) -> None:
    gone = await office.registry.person("gone", (Role.STAFF, office.school), disabled=True)
    said = await answers(
        *(
            core.access.may_start_with(viewer, [known, other])
            for viewer, known, other in (
                (office.teacher, office.colleague.id, office.stranger.id),
                (office.teacher, office.colleague.id, gone.id),
                (office.teacher, office.colleague.id, new_person_id()),
                (office.mother, office.student.id, office.teacher.id),
                (office.mother, office.student.id, new_person_id()),
                (office.student, office.mother.id, office.teacher.id),
            )
        )
    )
    assert said == {("not_found", "no_person", "{}")}


# Units


async def test_administrators_of_a_unit_are_those_above_it_too(core: Core, office: Office) -> None:
    rules = {
        office.office: {office.head.id},
        office.district: {office.head.id},
        office.school: {office.head.id, office.admin.id},
        office.class_one: {office.head.id, office.admin.id},
        office.other_school: {office.head.id},
    }
    for unit, allowed in rules.items():
        for person in office.everybody:
            assert await core.access.administers(person, unit.id) is (person.id in allowed)
    assert not await core.access.administers(office.head, UnitId("ugone"))


async def test_rooms_are_managed_by_owners_and_by_administrators_of_their_unit(
    core: Core, office: Office
) -> None:
    group = await core.room(office.teacher, office.admin)
    assert await core.access.may_manage(office.teacher, await core.seat(office.teacher, group))
    assert not await core.access.may_manage(office.admin, await core.seat(office.admin, group))

    unit = await core.room(
        office.teacher, office.admin, office.colleague, office.elsewhere, kind=RoomKind.UNIT
    )
    await core.mongo["rooms"].update_one({"_id": unit}, {"$set": {"unit": office.class_one.id}})
    for person, manages in (
        (office.teacher, True),
        (office.admin, True),
        (office.colleague, False),
        (office.elsewhere, False),
    ):
        assert await core.access.may_manage(person, await core.seat(person, unit)) is manages
