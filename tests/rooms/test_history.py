import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from rooms.errors import ErrorCode
from rooms.events import Body, EditBody, Event, Kind, MessageBody, State, draft
from rooms.history import History, Pages, Version
from rooms.ids import PersonId, RoomId, new_cid, new_person_id, new_room_id, new_unit_id
from rooms.model import Member, Room, RoomKind, RoomRole
from rooms.people import Person, Role, RoleAt
from rooms.ports import Top
from storage.messenger.log import MongoLog
from storage.mongo import Mongo
from tests.support.core import Core, answers, refused, running_core
from tests.support.logs import PEOPLE, Happening, Reader, bodies, happenings
from tests.support.people import Office

# Pages


async def spoken(core: Core, office: Office, count: int) -> RoomId:
    room = await core.room(office.teacher, office.mother)
    for number in range(1, count + 1):
        await core.say(office.teacher, room, f"글 {number}")
    return room


def places(page: Pages) -> list[int]:
    return [event.seq for event in page.events]


async def test_pages_go_up_from_since_and_down_from_before(core: Core, office: Office) -> None:
    room, who = await spoken(core, office, 7), office.mother.id

    async def page(**asked: int) -> tuple[list[int], int, bool]:
        found = await core.history.read(who, room, **asked)
        return places(found), found.top, found.more

    assert await page() == ([1, 2, 3, 4, 5, 6, 7], 7, False)
    assert await page(since=0, limit=3) == ([1, 2, 3], 7, True)
    assert await page(since=3, limit=3) == ([4, 5, 6], 7, True)
    assert await page(since=6, limit=3) == ([7], 7, False)
    assert await page(since=4, limit=3) == ([5, 6, 7], 7, False)
    assert await page(since=7) == ([], 7, False)
    assert await page(since=2**53 - 1) == ([], 7, False)
    assert await page(limit=3) == ([5, 6, 7], 7, True)
    assert await page(before=5, limit=3) == ([2, 3, 4], 7, True)
    assert await page(before=4, limit=3) == ([1, 2, 3], 7, False)
    assert await page(before=2, limit=3) == ([1], 7, False)
    assert await page(before=1) == ([], 7, False)
    assert await page(before=0) == ([], 7, False)
    assert await page(before=2**53 - 1, limit=2) == ([6, 7], 7, True)


async def test_an_empty_room_has_an_empty_page(core: Core, office: Office) -> None:
    room = await core.room(office.teacher)
    for page in (
        await core.history.read(office.teacher.id, room),
        await core.history.read(office.teacher.id, room, since=0),
        await core.history.read(office.teacher.id, room, before=9),
    ):
        assert page == Pages([], 0, more=False)


async def test_a_page_is_bounded(mongo: Mongo, office: Office) -> None:
    async with running_core(mongo, page=3) as core:
        room = await spoken(core, office, 4)
        for limit in (None, 3, 4, 2**53 - 1):
            assert places(await core.history.read(office.teacher.id, room, since=0, limit=limit)) == [1, 2, 3]
            assert places(await core.history.read(office.teacher.id, room, limit=limit)) == [2, 3, 4]
        assert places(await core.history.read(office.teacher.id, room, limit=2)) == [3, 4]


class Behind(MongoLog):
    """Was asked for the end of the log a moment before the page was read."""

    @override
    async def tops(self, rooms: Sequence[RoomId]) -> dict[RoomId, Top]:
        return {room: Top(top.seq - 2, top.n - 2) for room, top in (await super().tops(rooms)).items()}


async def test_a_page_ends_where_the_log_did_when_it_was_asked_for(
    core: Core, mongo: Mongo, office: Office
) -> None:
    room = await spoken(core, office, 5)
    history = History(core.access, Behind(mongo), 200)
    page = await history.read(office.teacher.id, room, since=1)
    assert (places(page), page.top, page.more) == ([2, 3], 3, False)


async def test_one_direction_at_a_time(core: Core, office: Office) -> None:
    room = await spoken(core, office, 1)
    reading = core.history.read(office.teacher.id, room, since=0, before=2)
    await refused(reading, ErrorCode.BAD_REQUEST, "since_or_before")


async def test_nobody_reads_a_room_they_are_not_in(core: Core, office: Office) -> None:
    room = await spoken(core, office, 1)
    await core.rooms.unseat(room, [office.mother.id])
    said = await answers(
        *(
            core.history.read(person.id, room, since=0)
            for person in office.everybody
            if person.id != office.teacher.id
        ),
        core.history.read(office.teacher.id, new_room_id()),
        core.history.read(new_person_id(), room),
    )
    assert said == {("not_found", "no_room", "{}")}


async def test_history_begins_where_a_member_may_begin(core: Core, office: Office) -> None:
    room = await spoken(core, office, 6)
    await core.mongo["members"].update_one({"room": room, "person": office.mother.id}, {"$set": {"first": 4}})

    async def page(**asked: int) -> tuple[list[int], int, bool]:
        found = await core.history.read(office.mother.id, room, **asked)
        return places(found), found.top, found.more

    assert await page(since=0) == ([4, 5, 6], 6, False)
    assert await page(since=0, limit=2) == ([4, 5], 6, True)
    assert await page(limit=2) == ([5, 6], 6, True)
    assert await page(before=6) == ([4, 5], 6, False)
    assert await page(before=5) == ([4], 6, False)
    assert await page(before=4) == ([], 6, False)
    assert await page(before=2) == ([], 6, False)


async def test_who_comes_back_does_not_read_what_was_said_meanwhile(core: Core, office: Office) -> None:
    made = await core.management.group(office.teacher, "모임", [office.mother.id])
    await core.say(office.teacher, made.room, "zu dritt")
    await core.management.change(office.teacher, made.room, remove=[office.mother.id])
    secret = await core.say(office.teacher, made.room, "unter uns")
    await core.management.change(office.teacher, made.room, add=[office.mother.id])
    after = await core.say(office.teacher, made.room, "willkommen")
    seen = await core.history.read(office.mother.id, made.room, since=0)
    assert secret not in places(seen)
    assert after in places(seen)
    assert "unter uns" not in str(seen.events)


# Versions


async def test_versions_are_for_the_author_and_for_who_manages_the_room(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother, office.father, office.admin, office.head)
    await core.mongo["rooms"].update_one({"_id": room}, {"$set": {"unit": office.school.id}})
    seq = await core.say(office.mother, room, "erst")
    first = await core.edit(office.mother, room, seq, "dann")
    second = await core.edit(office.mother, room, seq, "zuletzt")
    await core.react(office.father, room, seq, "👍")
    await core.recall(office.mother, room, seq)
    log = {event.seq: event for event in await core.raw(room)}
    for person in (office.mother, office.teacher, office.admin, office.head):
        assert await core.history.versions(person, room, seq) == [
            Version(place, text, log[place].at, office.mother.id)
            for place, text in ((seq, "erst"), (first, "dann"), (second, "zuletzt"))
        ]
    said = await answers(
        core.history.versions(office.father, room, seq),
        core.history.versions(office.father, room, 99),
        core.history.versions(office.mother, room, first),
    )
    assert said == {("not_found", "no_message", "{}")}
    said = await answers(
        core.history.versions(office.colleague, room, seq),
        core.history.versions(office.official, new_room_id(), seq),
    )
    assert said == {("not_found", "no_room", "{}")}


async def test_authors_lose_the_versions_with_the_room(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother)
    seq = await core.say(office.mother, room, "erst")
    await core.rooms.unseat(room, [office.mother.id])
    await refused(core.history.versions(office.mother, room, seq), ErrorCode.NOT_FOUND, "no_room")


# What plain members read


async def everything(core: Core, person: Person, room: RoomId) -> str:
    """Collect all that a member can read of a room, whichever way."""
    fresh = await core.history.read(person.id, room, since=0)
    older = await core.history.read(person.id, room)
    seat = await core.seat(person, room)
    missed = await core.history.after(seat, 0, 200)
    views = await core.overview.rooms(person.id)
    rows = await core.store.range(room, 1, 2**53, 1000, newest=False)
    gap = await core.history.readable(room, rows)
    return msgspec.json.encode([fresh, older, missed, views, gap]).decode()


async def test_no_member_reads_what_was_overwritten_or_taken_back(core: Core, office: Office) -> None:
    room = await core.room(office.teacher, office.mother, office.father)
    file = await core.upload(office.mother)
    kept = await core.say(office.mother, room, "uralt", mentions=[office.father.id])
    await core.edit(office.mother, room, kept, "veraltet", mentions=[office.father.id])
    gone = await core.say(office.mother, room, "peinlich", files=[file])
    await core.edit(office.mother, room, gone, "peinlicher")
    before = await everything(core, office.father, room)
    assert "uralt" not in before
    assert "peinlicher" in before
    await core.edit(office.mother, room, kept, "gilt")
    await core.recall(office.mother, room, gone)
    for person in (office.father, office.teacher, office.mother):
        seen = await everything(core, person, room)
        assert "gilt" in seen
        for word in ("uralt", "veraltet", "peinlich", file, "mentions"):
            assert word not in seen


# Old state and events are fresh state


async def seated(core: Core) -> RoomId:
    """Make a room of the people of the stories."""
    now = core.clock.now()
    room = Room(new_room_id(), RoomKind.GROUP, "방", PEOPLE[0], now)
    await core.rooms.add_room(room)
    await core.rooms.seat([Member(room.id, person, RoomRole.MEMBER, 1, now) for person in PEOPLE])
    return room.id


async def write(core: Core, room: RoomId, story: Sequence[Happening], log: Sequence[Event]) -> list[Event]:
    """Append what happens, and return what was told live."""
    messages = [event.seq for event in log if event.kind == Kind.MESSAGE]
    told = core.wakeups.events.setdefault(room, [])
    begin = len(told)
    waiting = [
        core.log.append(draft(room, happening.by, new_cid(), unique(body)))
        for happening, body in bodies(story, messages, len(log))
    ]
    await asyncio.gather(*waiting)
    return told[begin:]


def unique(body: Body) -> Body:
    """Give every text words of its own, to tell apart what is read."""
    if isinstance(body, MessageBody | EditBody):
        return msgspec.structs.replace(body, text=f"{body.text} {new_cid()}")
    return body


class Ways:
    """The ways in which a client may come by events."""

    def __init__(self, core: Core, room: RoomId, client: Reader, data: st.DataObject) -> None:
        self.core = core
        self.room = room
        self.client = client
        self.data = data

    async def page(self, top: int) -> None:
        """Read some page, anywhere."""
        limit = self.data.draw(st.integers(1, 8), "limit")
        place = self.data.draw(st.integers(0, top + 1), "place")
        up = self.data.draw(st.booleans(), "up")
        asked = {"since": place} if up else {"before": place}
        read = await self.core.history.read(PEOPLE[0], self.room, limit=limit, **asked)
        self.client.take(read.events)

    async def gap(self, top: int) -> None:
        """Get a gap from the log, as the hub fetches it."""
        low = self.data.draw(st.integers(1, top), "low")
        high = self.data.draw(st.integers(low, top), "high")
        rows = await self.core.store.range(self.room, low, high, 200, newest=False)
        self.client.take(await self.core.history.readable(self.room, rows))

    async def catch_up(self) -> None:
        """Go on from the position as clients do, page by page."""
        more = True
        while more:
            page = await self.core.history.read(PEOPLE[0], self.room, since=self.client.position, limit=4)
            self.client.take(page.events)
            more = page.more


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    chapters=st.lists(st.lists(happenings, min_size=1, max_size=8), min_size=1, max_size=4), data=st.data()
)
async def test_old_state_and_events_are_fresh_state(
    core: Core, chapters: list[list[Happening]], data: st.DataObject
) -> None:
    room, client, log = await seated(core), Reader(), list[Event]()
    ways = Ways(core, room, client, data)
    for chapter in chapters:
        told = await write(core, room, chapter, log)
        log += told
        for way in data.draw(st.lists(st.sampled_from([ways.page, ways.gap]), max_size=3), "ways"):
            await way(len(log))
        client.take(data.draw(st.lists(st.sampled_from(log)), "pushed"))
        if data.draw(st.booleans(), "pushed all"):
            client.take(told)
    await ways.catch_up()
    assert client.position == len(log)

    fresh = (await core.history.read(PEOPLE[0], room, since=0)).events
    assert client.messages() == [event for event in fresh if event.kind == Kind.MESSAGE]

    backwards: list[Event] = []
    more, before = True, None
    while more:
        page = await core.history.read(PEOPLE[0], room, before=before, limit=3)
        backwards = page.events + backwards
        more, before = page.more, page.events[0].seq if page.events else 0
    assert backwards == fresh

    assert_only_the_present_is_read(log, fresh)
    await assert_versions(core, room, log)


def assert_only_the_present_is_read(log: Sequence[Event], fresh: Sequence[Event]) -> None:
    written = msgspec.json.encode(fresh).decode()
    recalled = {event.body["seq"] for event in log if event.kind == Kind.RECALL}
    present: dict[int, str] = {}
    for event in log:
        if event.kind == Kind.MESSAGE:
            present[event.seq] = event.body["text"]
        elif event.kind == Kind.EDIT:
            present[event.body["seq"]] = event.body["text"]
    for event in log:
        if event.kind in {Kind.MESSAGE, Kind.EDIT}:
            target = event.seq if event.kind == Kind.MESSAGE else event.body["seq"]
            shown = target not in recalled and present[target] == event.body["text"]
            assert (event.body["text"] in written) is shown
    for event in fresh:
        if event.seq in recalled:
            assert event.body == {"text": ""}
            assert isinstance(event.state, State)
            assert (event.state.reactions, event.state.pinned) == ({}, None)


async def assert_versions(core: Core, room: RoomId, log: Sequence[Event]) -> None:
    for message in log:
        if message.kind != Kind.MESSAGE:
            continue
        person = Person(PersonId(message.by), "", (RoleAt(new_unit_id(), Role.STUDENT),))
        texts = [
            event.body["text"]
            for event in log
            if event.seq == message.seq or (event.kind == Kind.EDIT and event.body["seq"] == message.seq)
        ]
        assert [version.text for version in await core.history.versions(person, room, message.seq)] == texts
        other = next(one for one in PEOPLE if one != message.by)
        stranger = Person(other, "", (RoleAt(new_unit_id(), Role.ADMINISTRATOR),))
        with pytest.raises(Exception, match="no_message"):
            await core.history.versions(stranger, room, message.seq)
