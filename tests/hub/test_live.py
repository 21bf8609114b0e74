"""Whoever is connected hears of each of their rooms, or is sent away to come back: never neither."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from hub.app import Hub
from hub.audit import Audit
from hub.seats import SeatCache
from hub.wakeups import room_topic
from rooms.errors import CloseCode
from rooms.events import Draft, Kind
from rooms.ids import RoomId, new_cid
from rooms.model import Member, RoomRole
from rooms.ports import LogUnavailable, Row
from storage.messenger.log import MongoLog
from storage.messenger.rooms import MongoRooms
from tests.support.inside import Inside, hub_inside, wire_inside
from tests.support.school import Pupil, School, school_in
from tests.support.waiting import eventually
from tests.support.wire import Wire


@dataclass
class Stage:
    """A hub in this process, its school, and who is connected."""

    hub: Hub
    school: School
    open_: AsyncExitStack

    async def line(self, who: Pupil, *, opened: bool = True) -> Wire:
        """Connect somebody."""
        line = await self.open_.enter_async_context(wire_inside(self.hub, who.token()))
        if opened:
            await line.command("open")
        return line

    async def seat(self, room: RoomId, who: Pupil) -> None:
        """Let somebody into a room, and tell."""
        now = datetime.now(UTC)
        member = Member(room, who.id, RoomRole.MEMBER, 1, now)
        await MongoRooms(self.school.mongo).seat([member])
        self.hub.services.wakeups.joined(who.id, room)

    async def said_elsewhere(self, room: RoomId, by: Pupil, seq: int) -> None:
        """Store a message as another process does, of which the bus loses the news."""
        draft = Draft(room, by.id, Kind.MESSAGE, new_cid(), {"text": "elsewhere"})
        await MongoLog(self.school.mongo).insert([Row(seq, seq, datetime.now(UTC), draft)])


@pytest.fixture
async def stage(mongod_url: str, database_name: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with (
        school_in(mongod_url, database_name) as school,
        hub_inside(mongod_url, database_name, tmp_path, audit_seconds=3_600) as hub,
        AsyncExitStack() as open_,
    ):
        yield Stage(hub, school, open_)


class Away:
    """Stands in for a question to the store while MongoDB does not answer it."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked = 0

    async def __call__(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        raise self._error


class Gate:
    """Holds questions to the store up until it is opened."""

    def __init__(self, ask: Callable[..., Awaitable[Any]]) -> None:
        self._ask = ask
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.answered = 0

    async def __call__(self, *given: Any, **more: Any) -> Any:
        self.reached.set()
        await self.open.wait()
        answer = await self._ask(*given, **more)
        self.answered += 1
        return answer


async def say(line: Wire, room: RoomId) -> int:
    seq: int = (await line.command("send", room=room, cid=new_cid(), text="hello"))["seq"]
    return seq


async def hear(line: Wire, room: RoomId, seq: int) -> None:
    """Wait until an event arrives."""
    await line.until(
        lambda frame: (
            frame.get("push", {}).get("room") == room
            and any(event["seq"] == seq for event in frame["push"].get("events", ()))
        )
    )


async def test_who_opens_while_the_log_cannot_be_read_is_sent_to_come_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await stage.school.people("Anna", "Ben")
    room, other = await stage.school.room(anna, ben), await stage.school.room(anna, ben, title="other")
    hers = await stage.line(anna)
    await stage.said_elsewhere(room, anna, 1)
    with monkeypatch.context() as mongodb:
        mongodb.setattr(stage.hub.services.store, "range", Away(LogUnavailable("away")))
        his = await stage.line(ben)
        assert await his.closed() == CloseCode.DRAINING
    again = await stage.line(ben, opened=False)
    opened = await again.command("open", since={room: 0, other: 0})
    assert {view["id"]: view["top"] for view in opened["rooms"]} == {room: 1, other: 0}
    for asked in (other, room):
        seq = await say(hers, asked)
        await hear(again, asked, seq)


@pytest.mark.parametrize("error", [LogUnavailable("away"), AutoReconnect("away")])
async def test_who_comes_into_a_room_while_mongodb_is_away_is_sent_to_come_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    anna, ben = await stage.school.people("Anna", "Ben")
    room = await stage.school.room(anna)
    his = await stage.line(ben)
    monkeypatch.setattr(stage.hub.services.rooms, "member", Away(error))
    await stage.seat(room, ben)
    assert await his.closed() == CloseCode.DRAINING


async def test_who_is_live_in_a_room_is_not_dropped_from_it_where_news_of_it_cannot_be_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await stage.school.people("Anna", "Ben")
    room = await stage.school.room(anna, ben)
    his = await stage.line(ben)
    away = Away(LogUnavailable("away"))
    monkeypatch.setattr(stage.hub.services.store, "tops", away)
    await stage.seat(room, ben)  # as if he had another role now
    assert await his.closed() == CloseCode.DRAINING
    assert away.asked


@pytest.mark.parametrize("amid", [True, False])
async def test_a_client_that_leaves_when_it_is_to_come_into_a_room_leaves_nothing_behind(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, amid: bool
) -> None:
    anna, ben = await stage.school.people("Anna", "Ben")
    room = await stage.school.room(anna)
    line = Inside(stage.hub.asgi, ben.token())
    await Wire(line, None).command("open")  # type: ignore[arg-type]  # as much of a connection as is needed
    gate = Gate(stage.hub.services.rooms.member)
    monkeypatch.setattr(stage.hub.services.rooms, "member", gate)
    if not amid:
        line.go()  # what the hub hears before it has begun
    stage.hub.services.wakeups.joined(ben.id, room)
    await gate.reached.wait()
    await line.leave()
    assert len(stage.hub.live.connections) == 0
    assert len(stage.hub.live.topics) == 0
    gate.open.set()
    await eventually(lambda: gate.answered, what="the question was answered")
    assert len(stage.hub.live.topics) == 0


async def test_what_changes_while_an_open_is_answered_is_told_after_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await stage.school.people("Anna", "Ben")
    left, stays, fresh = [await stage.school.room(*people) for people in ((anna, ben), (anna, ben), (anna,))]
    hers, his = await stage.line(anna), await stage.line(ben, opened=False)
    await his.command("ping")  # signed in by now
    gate = Gate(stage.hub.services.people.person)
    with monkeypatch.context() as mongodb:
        mongodb.setattr(stage.hub.services.people, "person", gate)
        number = await his.begin("open")
        await gate.reached.wait()
        mongodb.undo()
        await stage.seat(fresh, ben)
        seq = await say(hers, fresh)
        await MongoRooms(stage.school.mongo).unseat(left, [ben.id])
        stage.hub.services.wakeups.left(ben.id, left)
        gate.open.set()
    answer = await his.receive()
    assert answer["id"] == number
    assert {view["id"] for view in answer["open"]["rooms"]} == {left, stays}
    assert await his.push("left") == {"left": {"room": left}}
    joined = await his.push("joined")
    assert (joined["joined"]["id"], joined["joined"]["top"]) == (fresh, seq)
    for room in (fresh, stays):
        await hear(his, room, await say(hers, room))


async def test_a_second_connection_waits_for_subscriptions_that_the_first_has_begun(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ben,) = await stage.school.people("Ben")
    room = await stage.school.room(ben)
    subscribe, waiting = stage.hub.bus.subscribe, []
    in_force = asyncio.Event()

    async def slowly(topics: Iterable[str]) -> None:
        asked = list(topics)
        if room_topic(room) in asked:
            waiting.append(asked)
            await in_force.wait()
        await subscribe(asked)

    monkeypatch.setattr(stage.hub.bus, "subscribe", slowly)
    one, two = await stage.line(ben, opened=False), await stage.line(ben, opened=False)
    await one.begin("open")
    await two.begin("open")
    await eventually(lambda: len(waiting) == 2, 5, what="both wait until the room is heard of")
    in_force.set()
    await hear(one, room, await say(two, room))


async def test_an_audit_that_mongodb_cut_short_is_made_up_for_at_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await stage.school.people("Anna", "Ben")
    room = await stage.school.room(anna, ben)
    his = await stage.line(ben)
    await stage.said_elsewhere(room, anna, 1)
    hub, services = stage.hub, stage.hub.services
    audit = Audit(services, hub.live, hub.bus, SeatCache(services.clock, lambda _person: False))
    away = Away(LogUnavailable("away"))
    with monkeypatch.context() as mongodb:
        mongodb.setattr(services.store, "tops", away)
        audit.bus_changed(healthy=True)
        auditing = asyncio.ensure_future(audit.run())
        await eventually(lambda: away.asked, what="MongoDB was asked")
    await hear(his, room, 1)
    auditing.cancel()
