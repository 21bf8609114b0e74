from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rooms.ids import PersonId, RoomId, UnitId, new_person_id, new_room_id, new_unit_id
from rooms.model import Audience, Member, Room, RoomKind, RoomRole, pair
from storage.messenger.rooms import MongoRooms
from storage.mongo import Mongo

AT = datetime(2026, 11, 23, 9, 0, 0, 123_000, UTC)
ANNA, BEN, CARL = (PersonId(f"p{name}") for name in ("anna", "ben", "carl"))


@pytest.fixture
def store(mongo: Mongo) -> MongoRooms:
    return MongoRooms(mongo)


def member(room: RoomId, person: PersonId = ANNA, **more: object) -> Member:
    given = {"role": RoomRole.MEMBER, "first": 1, "joined_at": AT} | more
    return Member(room, person, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "room",
    [
        Room(new_room_id(), RoomKind.GROUP, "모임", ANNA, AT),
        Room(new_room_id(), RoomKind.GROUP, "", ANNA, AT, open_history=True),
        Room(
            new_room_id(), RoomKind.DIRECT, "", ANNA, AT, pair=pair(new_person_id(), BEN), open_history=True
        ),
        Room(new_room_id(), RoomKind.UNIT, "반", ANNA, AT, unit=new_unit_id(), audience=Audience.FAMILIES),
    ],
)
async def test_a_room_comes_back_as_it_was_stored(store: MongoRooms, room: Room) -> None:
    assert await store.add_room(room)
    assert await store.room(room.id) == room
    assert await store.rooms([room.id, new_room_id()]) == {room.id: room}
    assert not await store.add_room(room)
    await store.set_title(room.id, "neu")
    renamed = await store.room(room.id)
    assert renamed is not None
    assert renamed.title == "neu"


async def test_rooms_that_do_not_exist(store: MongoRooms) -> None:
    assert await store.room(new_room_id()) is None
    assert await store.rooms([]) == {}
    assert await store.direct("a:b") is None
    assert await store.of_unit([new_unit_id()]) == []
    assert await store.of_unit([]) == []
    assert await store.member(new_room_id(), ANNA) is None
    assert await store.members(new_room_id()) == []
    assert await store.count([new_room_id()]) == {}
    assert await store.readers(new_room_id(), 0) == 0


async def test_two_people_have_one_direct_room(store: MongoRooms) -> None:
    one, other = new_person_id(), new_person_id()
    first = Room(new_room_id(), RoomKind.DIRECT, "", one, AT, pair=pair(one, other))
    second = Room(new_room_id(), RoomKind.DIRECT, "", other, AT, pair=pair(other, one))
    assert await store.add_room(first)
    assert not await store.add_room(second)
    assert await store.direct(pair(other, one)) == first


async def test_a_unit_has_one_room_for_each_audience(store: MongoRooms) -> None:
    unit = new_unit_id()
    rooms = [
        Room(new_room_id(), RoomKind.UNIT, "", ANNA, AT, unit=unit, audience=audience)
        for audience in Audience
    ]
    for room in rooms:
        assert await store.add_room(room)
    assert not await store.add_room(
        Room(new_room_id(), RoomKind.UNIT, "", ANNA, AT, unit=unit, audience=Audience.ALL)
    )
    found = await store.of_unit([unit, UnitId("u")])
    assert sorted(room.id for room in found) == sorted(room.id for room in rooms)


async def test_members_come_and_go(store: MongoRooms) -> None:
    room = new_room_id()
    await store.seat([member(room, ANNA, role=RoomRole.OWNER), member(room, BEN, first=4, read=3, read_n=2)])
    assert await store.member(room, BEN) == member(room, BEN, first=4, read=3, read_n=2)
    assert {one.person for one in await store.members(room)} == {ANNA, BEN}
    assert set(await store.present(room, [ANNA, CARL])) == {ANNA}
    assert await store.present(room, []) == {}
    assert await store.count([room]) == {room: 2}
    await store.unseat(room, [BEN, CARL])
    left = await store.member(room, BEN)
    assert left is not None
    assert left.left
    assert [one.person for one in await store.members(room)] == [ANNA]
    assert await store.present(room, [BEN]) == {}
    assert await store.count([room]) == {room: 1}
    assert await store.member(room, CARL) is None, "nobody comes to be by leaving"
    await store.seat([])
    await store.unseat(room, [])


async def test_who_comes_back_begins_anew_and_keeps_what_was_read(store: MongoRooms) -> None:
    room = new_room_id()
    await store.seat([member(room, read=5, read_n=4)])
    await store.unseat(room, [ANNA])
    later = AT + timedelta(days=1)
    await store.seat([member(room, role=RoomRole.READER, first=9, joined_at=later, read=8, read_n=7)])
    assert await store.member(room, ANNA) == member(
        room, role=RoomRole.READER, first=9, joined_at=later, read=8, read_n=7
    )
    await store.unseat(room, [ANNA])
    await store.seat([member(room, first=1, read=2, read_n=1)])
    assert await store.member(room, ANNA) == member(room, first=1, read=8, read_n=7)


async def test_who_is_there_already_loses_no_history(store: MongoRooms) -> None:
    room = new_room_id()
    await store.seat([member(room)])
    await store.seat([member(room, first=9, read=8, read_n=7)])
    assert await store.member(room, ANNA) == member(room, first=1, read=8, read_n=7)


async def test_pages_of_members_are_in_the_order_of_their_ids(store: MongoRooms) -> None:
    room = new_room_id()
    people = sorted(new_person_id() for _ in range(7))
    await store.seat([member(room, person) for person in people])
    await store.unseat(room, people[3:4])
    present = people[:3] + people[4:]
    assert [one.person for one in await store.members(room)] == present
    assert [one.person for one in await store.members(room, limit=2)] == present[:2]
    assert [one.person for one in await store.members(room, present[1], 3)] == present[2:5]
    assert await store.members(room, present[-1], 3) == []


async def test_a_person_has_the_memberships_that_did_not_end(store: MongoRooms) -> None:
    person, rooms = new_person_id(), [new_room_id() for _ in range(3)]
    await store.seat([member(room, person) for room in rooms])
    await store.unseat(rooms[0], [person])
    assert {one.room for one in await store.memberships(person)} == set(rooms[1:])


async def test_roles_of_those_present_change(store: MongoRooms) -> None:
    room = new_room_id()
    await store.seat([member(room, person) for person in (ANNA, BEN, CARL)])
    await store.unseat(room, [CARL])
    await store.set_role(room, [BEN, CARL], RoomRole.OWNER)
    await store.set_role(room, [], RoomRole.READER)
    roles = [await store.member(room, person) for person in (ANNA, BEN, CARL)]
    assert [one.role if one else None for one in roles] == [RoomRole.MEMBER, RoomRole.OWNER, RoomRole.MEMBER]


moves = st.lists(st.tuples(st.sampled_from([ANNA, BEN]), st.integers(0, 20)), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.lists(moves, min_size=1, max_size=4))
async def test_cursors_only_go_forward(store: MongoRooms, story: list[list[tuple[PersonId, int]]]) -> None:
    room = new_room_id()
    await store.seat([member(room, person) for person in (ANNA, BEN, CARL)])
    expected = dict.fromkeys((ANNA, BEN, CARL), 0)
    for batch in story:
        together = dict(batch)
        await store.move_cursors([(room, person, seq, seq * 2) for person, seq in together.items()])
        for person, seq in together.items():
            expected[person] = max(expected[person], seq)
    for person, seq in expected.items():
        found = await store.member(room, person)
        assert found is not None
        assert (found.read, found.read_n) == (seq, seq * 2)
        assert (found.read_at is not None) is (seq > 0)
    for seq in (0, 1, 10, 21):
        assert await store.readers(room, seq) == sum(read >= seq for read in expected.values())


async def test_changes_of_membership_are_found_again(store: MongoRooms) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    room, people = new_room_id(), [new_person_id() for _ in range(5)]
    await store.seat([member(room, person) for person in people])
    await store.unseat(room, people[:1])

    async def changed(since: datetime) -> dict[PersonId, bool]:
        return {one.person: one.left for one in await store.changed_since(since, people[:4])}

    assert await changed(before) == {people[0]: True, people[1]: False, people[2]: False, people[3]: False}
    assert await changed(datetime.now(UTC) + timedelta(seconds=1)) == {}
    old = before - timedelta(hours=1)
    await store._members.update_many({"room": room}, {"$set": {"updated_at": old}})
    await store.move_cursors([(room, people[1], 3, 3)])
    assert await changed(before) == {}, "reading changes no membership"
    await store.set_role(room, people[2:3], RoomRole.OWNER)
    assert await changed(before) == {people[2]: False}
