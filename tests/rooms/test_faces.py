"""A room's face is read once while its log ends where it did, and is never old once something was said."""

import pytest

from rooms.faces import Faces
from rooms.ids import RoomId
from tests.support.clock import SteppedClock
from tests.support.core import Core
from tests.support.people import Office


@pytest.fixture
def faces(core: Core) -> Faces:
    return Faces(core.rooms, core.store, core.history, core.clock)


async def test_a_face_is_read_once_for_all_who_are_in_the_room(
    core: Core, office: Office, faces: Faces
) -> None:
    room = await core.room(office.teacher, office.colleague)
    await core.say(office.teacher, room, "회의는 세 시입니다")
    first = (await faces.of([room]))[room]
    assert (first.room.title, first.members, first.top.seq) == ("방", 2, 1)
    assert first.last is not None
    assert first.last.body["text"] == "회의는 세 시입니다"
    assert (await faces.of([room]))[room] is first


async def test_whatever_changes_a_face_is_seen_at_once(core: Core, office: Office, faces: Faces) -> None:
    made = await core.management.group(office.teacher, "연구부", [office.colleague.id])
    room = made.room
    assert (await faces.of([room]))[room].last is None
    said = await core.say(office.teacher, room, "하나")
    face = (await faces.of([room]))[room]
    assert face.last is not None
    assert face.last.body["text"] == "하나"
    await core.edit(office.teacher, room, said, "둘")
    face = (await faces.of([room]))[room]
    assert face.last is not None
    assert face.last.body["text"] == "둘"
    await core.management.rename(office.teacher, room, "정보부")
    assert (await faces.of([room]))[room].room.title == "정보부"
    await core.management.change(office.teacher, room, add=[office.elsewhere.id])
    assert (await faces.of([room]))[room].members == 3


async def test_what_changes_while_a_face_is_read_is_read_next_time(
    core: Core, office: Office, faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await core.management.group(office.teacher, "연구부", [office.colleague.id])
    ends = core.store.ends

    async def and_then_a_new_title(rooms: list[RoomId]) -> object:
        found = await ends(rooms)
        monkeypatch.undo()
        await core.management.rename(office.teacher, made.room, "정보부")
        return found

    monkeypatch.setattr(core.store, "ends", and_then_a_new_title)
    await faces.of([made.room])
    face = (await faces.of([made.room]))[made.room]
    assert (face.room.title, face.top.seq) == ("정보부", 2)


async def test_a_room_that_does_not_exist_has_no_face(faces: Faces) -> None:
    assert await faces.of([RoomId("r000000000000")]) == {}
    assert await faces.of([]) == {}


async def test_a_face_is_not_kept_for_ever(core: Core, office: Office, faces: Faces) -> None:
    room = await core.room(office.teacher, office.colleague)
    first = (await faces.of([room]))[room]
    await core.rooms.unseat(room, [office.colleague.id])  # as the import does with hundreds: without an event
    assert (await faces.of([room]))[room] is first
    core.clock.advance(30.0)
    assert (await faces.of([room]))[room].members == 1


async def test_only_so_many_faces_are_kept(core: Core, office: Office) -> None:
    faces = Faces(core.rooms, core.store, core.history, SteppedClock(), most=2)
    rooms = [await core.room(office.teacher, office.colleague) for _ in range(3)]
    first = await faces.of(rooms[:2])
    await faces.of(rooms[:1])
    await faces.of(rooms[2:])
    assert (await faces.of(rooms[:1]))[rooms[0]] is first[rooms[0]]
    assert (await faces.of(rooms[1:2]))[rooms[1]] is not first[rooms[1]]
