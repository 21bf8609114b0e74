import asyncio

import pytest

from rooms.errors import ErrorCode, Refusal
from rooms.ids import PersonId, RoomId, new_person_id, new_room_id, new_unit_id
from rooms.limits import Rule
from rooms.management import TITLE_CHARS, Made, check_title
from rooms.model import Audience, RoomKind, RoomRole, pair
from rooms.people import Person
from storage.mongo import Mongo
from tests.support.core import Core, answers, refused, running_core
from tests.support.people import Office


async def roles(core: Core, room: RoomId) -> dict[PersonId, RoomRole]:
    return {member.person: member.role for member in await core.rooms.members(room)}


async def notes(core: Core, room: RoomId) -> list[dict[str, object]]:
    return [event.body for event in await core.raw(room) if event.kind in {"members", "title"}]


# Direct rooms


async def test_two_people_have_one_direct_room(core: Core, office: Office) -> None:
    made = await core.management.direct(office.teacher, office.mother.id)
    assert made.new
    assert await roles(core, made.room) == {
        office.teacher.id: RoomRole.MEMBER,
        office.mother.id: RoomRole.MEMBER,
    }
    assert {call[:2] for call in core.wakeups.calls} == {
        ("joined", office.teacher.id),
        ("joined", office.mother.id),
    }
    for person, other in ((office.teacher, office.mother), (office.mother, office.teacher)):
        assert await core.management.direct(person, other.id) == Made(made.room, new=False)
    room = await core.rooms.room(made.room)
    assert room is not None
    assert (room.kind, room.created_by, room.open_history) == (RoomKind.DIRECT, office.teacher.id, True)


async def test_two_who_open_it_at_once_get_the_same(core: Core, office: Office) -> None:
    made = await asyncio.gather(
        *(core.management.direct(office.teacher, office.colleague.id) for _ in range(5)),
        *(core.management.direct(office.colleague, office.teacher.id) for _ in range(5)),
    )
    assert len({one.room for one in made}) == 1
    assert sum(one.new for one in made) == 1
    assert len(await roles(core, made[0].room)) == 2


async def test_a_direct_room_whose_maker_crashed_is_repaired(core: Core, office: Office) -> None:
    made = await core.management.direct(office.teacher, office.mother.id)
    await core.mongo["members"].delete_many({"room": made.room})
    assert await core.management.direct(office.mother, office.teacher.id) == Made(made.room, new=False)
    assert set(await roles(core, made.room)) == {office.teacher.id, office.mother.id}
    assert (await core.access.room(office.mother.id, made.room)).room.id == made.room


async def test_families_open_no_direct_room(core: Core, office: Office) -> None:
    await refused(
        core.management.direct(office.mother, office.student.id), ErrorCode.FORBIDDEN, "staff_opens_rooms"
    )
    said = await answers(
        core.management.direct(office.mother, office.teacher.id),
        core.management.direct(office.mother, office.father.id),
        core.management.direct(office.mother, new_person_id()),
        core.management.direct(office.teacher, office.stranger.id),
        core.management.direct(office.teacher, new_person_id()),
    )
    assert said == {("not_found", "no_person", "{}")}
    assert await core.rooms.direct(pair(office.mother.id, office.teacher.id)) is None


async def test_nobody_talks_to_themselves(core: Core, office: Office) -> None:
    for alone in (
        core.management.direct(office.teacher, office.teacher.id),
        core.management.group(office.teacher, "allein", []),
        core.management.group(office.teacher, "allein", [office.teacher.id]),
    ):
        await refused(alone, ErrorCode.BAD_REQUEST, "alone")


# Groups


async def test_whoever_opens_a_group_owns_it(core: Core, office: Office) -> None:
    people = [office.mother.id, office.colleague.id, office.mother.id, office.teacher.id]
    made = await core.management.group(office.teacher, "  모임  하나 ", people)
    assert await roles(core, made.room) == {
        office.teacher.id: RoomRole.OWNER,
        office.mother.id: RoomRole.MEMBER,
        office.colleague.id: RoomRole.MEMBER,
    }
    room = await core.rooms.room(made.room)
    assert room is not None
    assert (room.title, room.kind, room.open_history) == ("모임 하나", RoomKind.GROUP, False)
    assert await notes(core, made.room) == [
        {"added": [office.teacher.id, office.mother.id, office.colleague.id]}
    ]
    assert sorted(core.wakeups.calls) == sorted(("joined", person, made.room) for person in set(people))
    assert (await core.overview.room(office.mother.id, made.room)).first == 1


async def test_families_open_no_group_and_staff_none_with_whom_they_do_not_see(
    core: Core, office: Office
) -> None:
    await refused(
        core.management.group(office.mother, "x", [office.student.id]),
        ErrorCode.FORBIDDEN,
        "staff_opens_rooms",
    )
    said = await answers(
        core.management.group(office.mother, "x", [office.teacher.id]),
        core.management.group(office.teacher, "x", [office.colleague.id, office.stranger.id]),
        core.management.group(office.teacher, "x", [office.colleague.id, new_person_id()]),
    )
    assert said == {("not_found", "no_person", "{}")}


async def test_a_group_has_a_largest_size(mongo: Mongo, office: Office) -> None:
    async with running_core(mongo, group_members=3) as core:
        others = [office.colleague.id, office.admin.id, office.head.id]
        refusal = await refused(
            core.management.group(office.teacher, "x", others), ErrorCode.TOO_LARGE, "group_full"
        )
        assert refusal.params == {"limit": 3}
        room = (await core.management.group(office.teacher, "x", others[:2])).room
        await refused(
            core.management.change(office.teacher, room, add=[others[2]]), ErrorCode.TOO_LARGE, "group_full"
        )
        await core.management.change(office.teacher, room, add=others[:2])
        await core.management.change(office.teacher, room, remove=[others[0]])
        await core.management.change(office.teacher, room, add=[others[2]])
        assert len(await roles(core, room)) == 3


async def test_owners_and_members_on_the_staff_add_people(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.colleague.id, office.mother.id])).room
    await core.say(office.teacher, room, "vorher")
    core.wakeups.calls.clear()
    await core.management.change(
        office.colleague, room, add=[office.father.id, office.mother.id, office.father.id]
    )
    assert (await roles(core, room))[office.father.id] is RoomRole.MEMBER
    assert (await notes(core, room))[-1] == {"added": [office.father.id]}
    assert core.wakeups.calls == [("joined", office.father.id, room)]
    view = await core.overview.room(office.father.id, room)
    assert (view.first, view.unread, view.last) == (3, 0, None), "what was said before stays with the others"
    await refused(
        core.management.change(office.mother, room, add=[office.student.id]), ErrorCode.FORBIDDEN, "not_owner"
    )
    await core.management.change(office.teacher, room, add=[office.father.id])
    assert len(await notes(core, room)) == 2, "who is there already is no news"


async def test_a_guardian_who_came_to_own_a_group_adds_nobody(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.mother.id])).room
    await core.management.change(office.teacher, room, remove=[office.teacher.id])
    assert await roles(core, room) == {office.mother.id: RoomRole.OWNER}
    await refused(
        core.management.change(office.mother, room, add=[office.student.id]),
        ErrorCode.FORBIDDEN,
        "staff_opens_rooms",
    )
    await refused(
        core.management.change(office.mother, room, add=[office.teacher.id]), ErrorCode.NOT_FOUND, "no_person"
    )


async def test_owners_take_people_out_and_everybody_may_leave(core: Core, office: Office) -> None:
    people = [office.colleague.id, office.mother.id, office.father.id]
    room = (await core.management.group(office.teacher, "x", people)).room
    core.wakeups.calls.clear()
    await refused(
        core.management.change(office.colleague, room, remove=[office.mother.id]),
        ErrorCode.FORBIDDEN,
        "not_owner",
    )
    await refused(
        core.management.change(office.mother, room, remove=[office.mother.id, office.father.id]),
        ErrorCode.FORBIDDEN,
        "not_owner",
    )
    await core.management.change(office.mother, room, remove=[office.mother.id])
    await core.management.change(office.teacher, room, remove=[office.father.id, office.father.id])
    assert set(await roles(core, room)) == {office.teacher.id, office.colleague.id}
    assert (await notes(core, room))[-2:] == [
        {"removed": [office.mother.id]},
        {"removed": [office.father.id]},
    ]
    assert core.wakeups.calls == [("left", office.mother.id, room), ("left", office.father.id, room)]
    await core.management.change(office.teacher, room, remove=[])
    said = await answers(
        core.management.change(office.teacher, room, remove=[office.mother.id]),
        core.management.change(office.teacher, room, remove=[new_person_id()]),
    )
    assert said == {("not_found", "no_person", "{}")}


async def test_a_group_always_has_an_owner(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.mother.id])).room
    core.clock.advance(1)
    await core.management.change(office.teacher, room, add=[office.colleague.id])
    await core.management.change(office.teacher, room, remove=[office.teacher.id])
    assert await roles(core, room) == {
        office.mother.id: RoomRole.OWNER,
        office.colleague.id: RoomRole.MEMBER,
    }
    await core.management.change(office.mother, room, add=[office.mother.id], role=RoomRole.MEMBER)
    assert RoomRole.OWNER in (await roles(core, room)).values()
    for person in (office.mother, office.colleague):
        await core.management.change(person, room, remove=[person.id])
    assert await roles(core, room) == {}


async def test_a_reader_on_the_staff_adds_nobody(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, readers=[office.colleague])
    await refused(
        core.management.change(office.colleague, room, add=[office.father.id]), ErrorCode.FORBIDDEN, "reader"
    )
    await core.management.change(office.teacher, room, add=[office.colleague.id], role=RoomRole.MEMBER)
    await core.management.change(office.colleague, room, add=[office.father.id])


async def test_what_is_refused_in_part_is_refused_whole(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.colleague.id, office.mother.id])).room
    before, said = await roles(core, room), await notes(core, room)
    core.wakeups.calls.clear()
    father, mother = [office.father.id], [office.mother.id]
    for person, changes, code, reason in (
        (office.colleague, {"add": father, "role": RoomRole.READER}, ErrorCode.FORBIDDEN, "not_owner"),
        (office.colleague, {"add": father, "remove": mother}, ErrorCode.FORBIDDEN, "not_owner"),
        (office.teacher, {"add": father, "remove": [new_person_id()]}, ErrorCode.NOT_FOUND, "no_person"),
        (
            office.teacher,
            {"add": [office.colleague.id, new_person_id()], "role": RoomRole.READER, "remove": mother},
            ErrorCode.NOT_FOUND,
            "no_person",
        ),
        (
            office.teacher,
            {"add": father + mother, "remove": mother},
            ErrorCode.BAD_REQUEST,
            "added_and_removed",
        ),
    ):
        await refused(core.management.change(person, room, **changes), code, reason)
        assert (await roles(core, room), await notes(core, room)) == (before, said)
        assert core.wakeups.calls == []


async def test_adding_changing_and_removing_happen_together(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.colleague.id, office.mother.id])).room
    core.wakeups.calls.clear()
    await core.management.change(
        office.teacher,
        room,
        add=[office.father.id, office.colleague.id],
        role=RoomRole.READER,
        remove=[office.mother.id],
    )
    assert await roles(core, room) == {
        office.teacher.id: RoomRole.OWNER,
        office.colleague.id: RoomRole.READER,
        office.father.id: RoomRole.READER,
    }
    assert (await notes(core, room))[1:] == [{"added": [office.father.id]}, {"removed": [office.mother.id]}]
    assert core.wakeups.calls == [
        ("joined", office.father.id, room),
        ("joined", office.colleague.id, room),
        ("left", office.mother.id, room),
    ]


async def test_an_owner_hands_over_and_leaves_at_once(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.colleague.id, office.mother.id])).room
    await core.management.change(
        office.teacher, room, add=[office.colleague.id], role=RoomRole.OWNER, remove=[office.teacher.id]
    )
    assert await roles(core, room) == {
        office.colleague.id: RoomRole.OWNER,
        office.mother.id: RoomRole.MEMBER,
    }


async def test_roles_are_given_by_owners(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.colleague.id, office.mother.id])).room
    core.wakeups.calls.clear()
    await refused(
        core.management.change(office.colleague, room, add=[office.mother.id], role=RoomRole.READER),
        ErrorCode.FORBIDDEN,
        "not_owner",
    )
    await core.management.change(office.teacher, room, add=[office.mother.id], role=RoomRole.READER)
    await core.management.change(office.teacher, room, add=[office.colleague.id], role=RoomRole.OWNER)
    assert await roles(core, room) == {
        office.teacher.id: RoomRole.OWNER,
        office.colleague.id: RoomRole.OWNER,
        office.mother.id: RoomRole.READER,
    }
    assert core.wakeups.calls == [("joined", office.mother.id, room), ("joined", office.colleague.id, room)]
    await refused(
        core.management.change(office.teacher, room, add=[new_person_id()], role=RoomRole.OWNER),
        ErrorCode.NOT_FOUND,
        "no_person",
    )


async def test_a_room_is_renamed_by_who_manages_it(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "alt", [office.mother.id])).room
    await core.management.rename(office.teacher, room, " neu ")
    assert (await core.overview.room(office.mother.id, room)).title == "neu"
    assert (await notes(core, room))[-1] == {"title": "neu"}
    await refused(core.management.rename(office.mother, room, "x"), ErrorCode.FORBIDDEN, "not_owner")


async def test_people_and_title_of_a_direct_room_stay(core: Core, office: Office) -> None:
    room = (await core.management.direct(office.teacher, office.mother.id)).room
    for change in (
        core.management.change(office.teacher, room, add=[office.father.id]),
        core.management.change(office.teacher, room, remove=[office.teacher.id]),
        core.management.change(office.teacher, room, remove=[office.mother.id]),
        core.management.rename(office.teacher, room, "x"),
        core.management.change(office.teacher, room, add=[office.mother.id], role=RoomRole.READER),
    ):
        await refused(change, ErrorCode.FORBIDDEN, "members_fixed")


async def test_nobody_changes_a_room_they_are_not_in(core: Core, office: Office) -> None:
    room = (await core.management.group(office.teacher, "x", [office.colleague.id, office.mother.id])).room
    await core.management.change(office.mother, room, remove=[office.mother.id])
    outside: list[Person] = [office.head, office.admin, office.elsewhere, office.mother, office.father]
    said = await answers(
        *(
            change
            for person in outside
            for where in (room, new_room_id())
            for change in (
                core.management.change(person, where, add=[person.id]),
                core.management.change(person, where, remove=[office.colleague.id]),
                core.management.change(person, where, remove=[person.id]),
                core.management.rename(person, where, "x"),
                core.management.change(person, where, add=[person.id], role=RoomRole.OWNER),
            )
        )
    )
    assert said == {("not_found", "no_room", "{}")}


# How often


async def test_rooms_are_opened_and_changed_only_so_often(mongo: Mongo, office: Office) -> None:
    async with running_core(mongo, change_rules=[Rule(5, 60)]) as core:
        change, mother, father = core.management.change, [office.mother.id], [office.father.id]
        room = (await core.management.group(office.teacher, "x", mother)).room
        direct = await core.management.direct(office.teacher, office.mother.id)
        await change(office.teacher, room, add=father)
        await change(office.teacher, room, remove=father)
        # What is refused, or changes nothing, does not count.
        await refused(change(office.teacher, room, remove=father), ErrorCode.NOT_FOUND)
        await change(office.teacher, room, add=mother)
        assert await core.management.direct(office.teacher, office.mother.id) == Made(direct.room, new=False)
        await core.management.rename(office.teacher, room, "y")
        for too_much in (
            core.management.group(office.teacher, "x", mother),
            core.management.direct(office.teacher, office.father.id),
            core.management.rename(office.teacher, room, "z"),
            change(office.teacher, room, add=father),
            change(office.teacher, room, add=mother, role=RoomRole.READER),
            change(office.teacher, room, remove=mother),
        ):
            refusal = await refused(too_much, ErrorCode.RATE_LIMITED, "too_many_changes")
            assert refusal.retry_after == 60
        assert await roles(core, room) == {
            office.teacher.id: RoomRole.OWNER,
            office.mother.id: RoomRole.MEMBER,
        }
        await core.management.group(office.colleague, "x", mother)
        core.clock.advance(60)
        await core.management.rename(office.teacher, room, "z")


# Unit rooms


async def test_administrators_open_the_room_of_a_unit_once(core: Core, office: Office) -> None:
    made = await core.management.unit(office.admin, office.school.id, Audience.STAFF, "교무실")
    assert made.new
    assert await roles(core, made.room) == {
        office.admin.id: RoomRole.OWNER,
        office.teacher.id: RoomRole.MEMBER,
        office.colleague.id: RoomRole.MEMBER,
    }
    again = await core.management.unit(office.head, office.school.id, Audience.STAFF, "다른 이름")
    assert again == Made(made.room, new=False)
    families = await core.management.unit(office.admin, office.school.id, Audience.FAMILIES, "가정")
    assert families.new
    said = await answers(
        *(
            core.management.unit(person, office.school.id, Audience.ALL, "x")
            for person in (office.teacher, office.official, office.elsewhere, office.mother)
        ),
        core.management.unit(office.head, new_unit_id(), Audience.ALL, "x"),
    )
    assert said == {("not_found", "no_unit", "{}")}


async def test_two_who_open_the_room_of_a_unit_at_once_get_the_same(core: Core, office: Office) -> None:
    made = await asyncio.gather(
        *(
            core.management.unit(who, office.school.id, Audience.ALL, "x")
            for who in [office.admin, office.head] * 3
        )
    )
    assert len({one.room for one in made}) == 1
    assert sum(one.new for one in made) == 1
    assert (await core.access.room(office.admin.id, made[0].room)).room.unit == office.school.id


async def test_people_of_a_unit_room_follow_the_tree_alone(core: Core, office: Office) -> None:
    room = (await core.management.unit(office.admin, office.school.id, Audience.STAFF, "x")).room
    for change in (
        core.management.change(office.admin, room, add=[office.mother.id]),
        core.management.change(office.admin, room, remove=[office.teacher.id]),
        core.management.change(office.teacher, room, remove=[office.teacher.id]),
    ):
        await refused(change, ErrorCode.FORBIDDEN, "members_fixed")
    await core.management.rename(office.admin, room, "neu")
    await core.management.change(office.admin, room, add=[office.teacher.id], role=RoomRole.READER)
    assert (await roles(core, room))[office.teacher.id] is RoomRole.READER
    await refused(core.management.rename(office.teacher, room, "x"), ErrorCode.FORBIDDEN, "not_owner")


# Titles


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  a \n b\t", "a b"),
        ("", ""),
        ("가", "가"),
        ("x" * TITLE_CHARS, "x" * TITLE_CHARS),
        ("각" * TITLE_CHARS, "각" * TITLE_CHARS),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_titles_are_tidied(given: str, kept: str) -> None:
    assert check_title(given) == kept


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("x" * (TITLE_CHARS + 1), ErrorCode.TOO_LARGE),
        ("a\x00b", ErrorCode.BAD_REQUEST),
        ("\u202eabc", ErrorCode.BAD_REQUEST),
        ("\ud800", ErrorCode.BAD_REQUEST),
    ],
)
def test_titles_are_bounded_and_printable(given: str, code: ErrorCode) -> None:
    with pytest.raises(Refusal) as caught:
        check_title(given)
    assert caught.value.code is code
