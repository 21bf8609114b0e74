"""Connections end in every way, and nothing is lost, doubled or out of order: on both clients."""

import asyncio
import random
import uuid

import httpx
import pytest

from tests.scenarios.conftest import Connect
from tests.scenarios.driver import Driver
from tests.support.hub_process import HubProcess
from tests.support.relay import Relay
from tests.support.school import School
from tests.support.waiting import PATIENCE, eventually
from tests.support.wire import wire

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_was_said_while_the_line_was_cut_comes_after_it(
    connect: Connect, school: School, hub: HubProcess
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    async with Relay(hub.ws) as relay:
        one, other = await connect(teacher), await connect(colleague, url=relay.url)
        first = await one.send(room, "하나")
        await other.told.seq(room, first)

        relay.shut()
        await other.told.item("state", state="offline")
        for text in ("둘", "셋", "넷"):
            await one.send(room, text)
        relay.open()
        await _back(other, 2)

        await other.told.seq(room, first + 3)
        assert other.told.texts(room) == ["하나", "둘", "셋", "넷"]


async def test_250_missed_messages_come_in_order_each_once(
    connect: Connect, school: School, hub: HubProcess
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    quiet = await school.room(teacher, colleague, title="조용한 방")
    async with Relay(hub.ws) as relay, wire(hub.ws, teacher.token(), open_rooms=True) as sender:
        other = await connect(colleague, url=relay.url)
        relay.shut()
        await other.told.item("state", state="offline")

        for number in range(250):
            await sender.command("send", room=room, cid=_cid(number), text=f"{number}")
        await sender.command("send", room=quiet, cid=_cid(0), text="하나")
        relay.open()
        await _back(other, 2)

        await other.told.seq(room, 250)
        await other.told.seq(quiet, 1)
        assert other.told.texts(room) == [f"{number}" for number in range(250)]
        assert [event["seq"] for event in other.told.events(room)] == list(range(1, 251))


async def test_a_dropped_socket_comes_back_by_itself(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    one, other = await connect(teacher), await connect(colleague)

    await other.drop()
    seq = await one.send(room, "들리나요")
    await other.told.seq(room, seq)

    await other.told.online(2)
    assert other.told.texts(room) == ["들리나요"]


async def test_messages_sent_while_the_line_breaks_at_random_arrive_once_in_order(
    connect: Connect, school: School, hub: HubProcess
) -> None:
    dice = random.Random(20261123)
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    async with Relay(hub.ws) as relay:
        one, other = await connect(teacher, url=relay.url), await connect(colleague, url=relay.url)
        sending = [asyncio.create_task(one.send(room, f"{number}")) for number in range(200)]
        for place in sorted(dice.sample(range(1, 190), 4)):
            await other.told.seq(room, place)
            relay.cut()
            await one.reconnect()
            await other.reconnect()

        seqs = await asyncio.gather(*sending)
        assert list(seqs) == list(range(1, 201))
        for driver in (one, other):
            await driver.told.seq(room, 200)
            assert driver.told.texts(room) == [f"{number}" for number in range(200)]
        assert relay.connections >= 4


async def test_a_line_that_loses_doubles_and_swaps_pushes_is_mended_from_the_log(
    connect: Connect, school: School, hub: HubProcess
) -> None:
    dice = random.Random(7)
    held: list[str] = []
    counts = {"lost": 0, "doubled": 0, "late": 0}

    def meddle(frame: str) -> list[str]:
        if '"push"' not in frame or '"events"' not in frame:
            return [frame]
        chance = dice.random()
        if chance < 0.2:
            counts["lost"] += 1
            return []
        if chance < 0.4:
            counts["doubled"] += 1
            return [frame, frame]
        if chance < 0.6:
            counts["late"] += 1
            held.append(frame)
            return []
        late, held[:] = list(held), []
        return [frame, *late]

    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    async with Relay(hub.ws) as relay:
        one, other = await connect(teacher), await connect(colleague, url=relay.url)
        relay.meddle = meddle
        for number in range(100):
            await one.send(room, f"{number}")
        relay.meddle = lambda frame: (frame,)
        last = await one.send(room, "100")  # a lost last one is found by the next, or by the hub's audit

        await other.told.seq(room, last)
        assert other.told.texts(room) == [f"{number}" for number in range(101)]
        assert other.told.onlines == 1
        assert min(counts.values()) > 5


async def test_a_reader_who_is_too_slow_is_closed_with_4008_and_resumes(
    connect: Connect, school: School, hub: HubProcess
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    async with Relay(hub.ws) as relay, wire(hub.ws, teacher.token()) as sender:
        other = await connect(colleague, url=relay.url)
        before = await _slow_closes(hub)
        relay.hold()
        sent = 0
        while await _slow_closes(hub) == before:
            for _ in range(50):
                await sender.command("send", room=room, cid=_cid(sent), text="가" * 7000 + f"{sent}")
                sent += 1
            assert sent < 2000, "the hub holds 40 MB for somebody who does not read"
        relay.flow()
        await _back(other, 2)

        await other.told.seq(room, sent)
        assert [text.lstrip("가") for text in other.told.texts(room)] == [f"{n}" for n in range(sent)]
        assert 4008 in relay.codes


async def test_a_token_is_renewed_in_place_before_it_runs_out(connect: Connect, school: School) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    given = 0

    async def tokens() -> str | None:
        nonlocal given
        given += 1
        # Of a token with less than a minute left the hub gives notice at once.
        return teacher.token(40 if given == 1 else 3_600)

    one = await connect(teacher, tokens=tokens)
    await eventually(lambda: given > 1, what="a second token was asked for")
    assert await one.send(room, "아직 여기") == 1
    assert given == 2
    assert one.told.onlines == 1


async def test_an_expired_token_closes_with_4401_and_another_one_signs_in_again(
    connect: Connect, school: School
) -> None:
    teacher, colleague = await school.people("김교사", "이부장")
    room = await school.room(teacher, colleague)
    ones: list[Driver] = []
    short = ""

    async def tokens() -> str | None:
        nonlocal short
        if not ones or not ones[0].told.onlines:
            short = teacher.token(2)  # anew where one is over before it has served
        elif ones[0].told.state != "online":
            return teacher.token()
        return short

    ones.append(await connect(teacher, tokens=tokens, wait=False))
    await ones[0].told.online(2)
    assert await ones[0].send(room, "다시 왔습니다") == 1


async def test_without_a_good_token_a_client_stays_signed_out(connect: Connect, school: School) -> None:
    (teacher,) = await school.people("김교사")

    async def tokens() -> str | None:
        return teacher.token(3600, secret_key="another key that signs nothing for this hub")

    one = await connect(teacher, tokens=tokens, wait=False)
    await one.told.item("state", state="signed-out", code=4401)


async def test_somebody_whom_an_administrator_signs_out_stays_away(
    connect: Connect, school: School, hub: HubProcess
) -> None:
    (teacher,) = await school.people("김교사")
    (administrator,) = await school.people("최관리", role="administrator")
    one = await connect(teacher)

    async with httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=PATIENCE) as http:
        answer = await http.post(
            f"/api/v1/people/{teacher.id}/sign-out",
            headers={"Authorization": f"Bearer {administrator.token()}"},
        )
    assert answer.status_code == 204
    await one.told.item("state", state="signed-out", code=4403)


async def _back(driver: Driver, times: int) -> None:
    """Wait until a driver has come online for the `times`-th time, without its back-off."""
    while driver.told.onlines < times:
        known = driver.told.states
        if driver.told.state == "offline":
            await driver.reconnect()
        await driver.told.until(lambda _items, known=known: driver.told.states > known, what="another state")


async def _slow_closes(hub: HubProcess) -> float:
    """Read how many connections the hub has closed as too slow."""
    async with httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=PATIENCE) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("madang_slow_closes_total"))


def _cid(number: int) -> str:
    return str(uuid.UUID(int=number))
