from msgspec import UNSET

from rooms.errors import ErrorCode
from rooms.events import MembersBody, TitleBody, draft
from rooms.ids import PersonId, UnitId, new_cid, new_person_id, new_room_id
from rooms.model import RoomKind, RoomRole
from rooms.overview import NAME_SECONDS
from rooms.people import Person, Role, RoleAt
from rooms.views import PersonName, RoleView
from storage.mongo import Mongo
from tests.support.core import Core, answers, refused
from tests.support.people import Office


async def test_me(core: Core, office: Office) -> None:
    me = await core.overview.me(office.teacher)
    assert (me.id, me.login, me.name) == (office.teacher.id, office.teacher.login, "teacher")
    assert (me.kind, me.locale) == ("staff", "ko")
    assert me.roles == [
        RoleView(office.class_one.id, f"{office.school.name} {office.class_one.name}", "teacher"),
        RoleView(office.school.id, office.school.name, "staff"),
    ]
    lost = Person(PersonId("p"), "x", (RoleAt(UnitId("ugone"), Role.GUARDIAN),))
    assert (await core.overview.me(lost)).roles == []
    assert (await core.overview.me(lost)).kind == "guardian"
    assert (await core.overview.me(office.student)).kind == "student"


async def test_names_may_be_so_old_and_no_older(core: Core, mongo: Mongo, office: Office) -> None:
    async def rename(person: str, school: str) -> None:
        await mongo["people"].update_one({"_id": office.teacher.id}, {"$set": {"name": person}})
        await mongo["units"].update_one({"_id": office.school.id}, {"$set": {"name": school}})

    async def shown() -> tuple[str, str]:
        names = await core.overview.names([], [office.teacher.id])
        me = await core.overview.me(office.teacher)
        return names[office.teacher.id].name, me.roles[1].unit_name

    before = await shown()
    await rename("Anna", "Annas school")
    assert await shown() == before
    core.clock.advance(NAME_SECONDS)
    assert await shown() == ("Anna", "Annas school")
    await rename(*before)


async def test_an_empty_room(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.colleague, readers=[office.mother])
    view = await core.overview.room(office.mother.id, room)
    assert (view.id, view.kind, view.title, view.role) == (room, "group", "방", "reader")
    assert (view.members, view.first, view.top, view.read) == (3, 1, 0, 0)
    assert (view.unread, view.mentioned, view.last) == (0, 0, None)
    assert (view.unit, view.peer, view.missed, view.more) == (UNSET, UNSET, UNSET, UNSET)


async def test_a_room_of_others_is_not_shown(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    await core.rooms.unseat(room, [office.mother.id])
    said = await answers(
        core.overview.room(office.mother.id, room),
        core.overview.room(office.colleague.id, room),
        core.overview.room(office.colleague.id, new_room_id()),
    )
    assert said == {("not_found", "no_room", "{}")}
    assert await core.overview.rooms(office.mother.id) == []


async def test_only_messages_are_counted_and_shown_last(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    first = await core.say(office.teacher, room, "eins")
    second = await core.say(office.teacher, room, "zwei", mentions=[office.mother.id])
    await core.react(office.teacher, room, first, "👍")
    await core.log.append(draft(room, office.teacher.id, new_cid(), TitleBody("neu")))
    view = await core.overview.room(office.mother.id, room)
    assert (view.top, view.unread, view.mentioned) == (4, 2, 1)
    assert view.last is not None
    assert view.last.seq == second
    await core.cursors.read(office.mother.id, room, 2)
    view = await core.overview.room(office.mother.id, room)
    assert (view.read, view.unread, view.mentioned) == (2, 0, 0)


async def test_a_room_in_which_nobody_has_said_anything_has_no_last_message(
    core: Core, office: Office
) -> None:
    room = await core.room(office.teacher)
    await core.log.append(draft(room, office.teacher.id, new_cid(), TitleBody("neu")))
    view = await core.overview.room(office.teacher.id, room)
    assert (view.top, view.unread, view.last) == (1, 0, None)


async def test_the_last_message_is_shown_as_it_is_now(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    seq = await core.say(office.teacher, room, "erst")
    await core.edit(office.teacher, room, seq, "dann")
    view = await core.overview.room(office.mother.id, room)
    assert view.last is not None
    assert (view.last.body["text"], view.last.seq) == ("dann", seq)
    await core.recall(office.teacher, room, seq)
    view = await core.overview.room(office.mother.id, room)
    assert view.last is not None
    assert view.last.body == {"text": ""}
    assert view.last.state
    assert view.last.state.recalled is not None


async def test_a_last_message_from_before_ones_time_is_not_shown(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    await core.say(office.teacher, room, "geheim")
    await core.mongo["members"].update_one({"room": room, "person": office.mother.id}, {"$set": {"first": 2}})
    assert (await core.overview.room(office.mother.id, room)).last is None
    assert (await core.overview.room(office.teacher.id, room)).last is not None


async def test_a_direct_room_is_named_after_the_other(core: Core, office: Office) -> None:
    room = (await core.management.direct(office.teacher, office.mother.id)).room
    for viewer, other in ((office.teacher, office.mother), (office.mother, office.teacher)):
        view = await core.overview.room(viewer.id, room)
        assert (view.kind, view.title, view.peer, view.members) == ("direct", other.name, other.id, 2)
    await core.mongo["people"].delete_one({"_id": office.mother.id})
    view = await core.overview.room(office.teacher.id, room)
    assert (view.title, view.peer) == ("", UNSET)


async def test_a_unit_room_names_its_unit(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, kind=RoomKind.UNIT)
    await core.mongo["rooms"].update_one({"_id": room}, {"$set": {"unit": office.school.id}})
    view = await core.overview.room(office.teacher.id, room)
    assert (view.kind, view.unit, view.role) == ("unit", office.school.id, RoomRole.OWNER)


async def test_rooms_with_the_latest_messages_come_first(core: Core, office: Office) -> None:
    rooms = [await core.room(office.teacher) for _ in range(4)]
    for place in (1, 3, 0):
        core.clock.advance(1)
        await core.say(office.teacher, rooms[place], f"in {place}")
    views = await core.overview.rooms(office.teacher.id)
    assert [view.id for view in views] == [rooms[0], rooms[3], rooms[1], rooms[2]]
    assert [view.last.body["text"] if view.last else None for view in views] == ["in 0", "in 3", "in 1", None]
    assert await core.overview.views([]) == ([], [])


async def test_everybody_in_an_event_is_named(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother, office.father, office.colleague)
    seq = await core.say(office.teacher, room, mentions=[office.mother.id])
    await core.react(office.colleague, room, seq, "👍")
    await core.log.append(
        draft(
            room,
            office.admin.id,
            new_cid(),
            MembersBody(added=[office.stranger.id], removed=[office.student.id]),
        )
    )
    edited = await core.say(office.teacher, room)
    await core.edit(office.teacher, room, edited, "neu", mentions=[office.father.id])
    page = await core.history.read(office.teacher.id, room)
    people = [office.teacher, office.mother, office.colleague, office.admin, office.stranger, office.student]
    assert await core.overview.names(page.events) == {
        person.id: PersonName(person.name) for person in [*people, office.father]
    }
    assert await core.overview.names([], [office.head.id, new_person_id()]) == {
        office.head.id: PersonName("head")
    }
    assert await core.overview.names([]) == {}


async def test_a_room_that_cannot_be_shown_is_refused(core: Core, office: Office) -> None:
    await refused(core.overview.room(office.teacher.id, new_room_id()), ErrorCode.NOT_FOUND, "no_room")
