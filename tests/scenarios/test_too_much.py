"""Who does too much gets the documented error or close code, and nobody else notices."""

import asyncio
import contextlib
import os
import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.bystander import Quiet, culprit, quiet, untouched
from tests.scenarios.lines import TEXT, frame, signed_in
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess, mongod_of
from tests.support.school import Pupil, School, school_in
from tests.support.wire import Answered, Wire, wire

__all__ = ["culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


FLOOD = 20_000
TURN = 1250
"""How many frames of a flood may at most be worked on, on average, before somebody else has their turn."""


async def test_too_many_errors_close_with_4009(
    strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    async with wire(strict.ws, culprit.token(), trace=conformance.trace) as line:
        for number in range(1, 60):
            await line.raw(f'{{"id":{number},"nonsense":{{}}}}')
        assert await line.closed() == 4009
        assert len(line.kept) == 50


async def test_the_eleventh_connection_of_a_person_closes_with_4429(
    strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    def connect() -> contextlib.AbstractAsyncContextManager[Wire]:
        return wire(strict.ws, culprit.token(), trace=conformance.trace)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(9):
            await (await stack.enter_async_context(connect())).command("ping")
        async with connect() as tenth:
            await tenth.command("ping")
            async with connect() as eleventh:
                assert await eleventh.closed() == 4429
                assert eleventh.reason == "retry after 5"
        async with connect() as another:
            await another.command("ping")


async def test_too_many_messages_are_refused_for_a_while(
    strict: HubProcess, strict_school: School, culprit: Pupil, conformance: Conformance
) -> None:
    (other,) = await strict_school.people("남")
    room = await strict_school.room(culprit, other)
    async with wire(strict.ws, culprit.token(), trace=conformance.trace) as line:
        taken = 0

        async def send_on() -> None:
            nonlocal taken
            while taken < 200:
                await line.command("send", room=room, cid=str(uuid.uuid4()), text="빨리")
                taken += 1

        with pytest.raises(Answered) as refused:
            await send_on()
        assert taken >= 30
        assert refused.value.code == "rate_limited"
        assert refused.value.retry_after is not None
        assert 0 < refused.value.retry_after <= 10
        await line.command("sync", room=room)


async def test_a_flood_of_frames_slows_nobody_but_its_sender(
    strict: HubProcess, culprit: Pupil, quiet: Quiet
) -> None:
    commands = [f'{{"id":{number},"ping":{{}}}}'.encode() for number in range(1, FLOOD + 1)]
    async with signed_in(strict, culprit) as line:
        flooding = asyncio.create_task(line.say(b"".join(frame(TEXT, command) for command in commands)))
        counting = asyncio.create_task(line.reader.readexactly(sum(2 + len(command) for command in commands)))
        others = 0
        while not counting.done():
            await quiet.line.command("ping")
            others += 1
        await flooding
        assert (await counting).endswith(commands[-1])
        assert others >= FLOOD / TURN


async def test_commands_beyond_those_in_flight_are_refused_and_too_many_of_them_close_with_4429(
    tmp_path: Path, conformance: Conformance
) -> None:
    with HubProcess(tmp_path / "data", LIMIT_SENDS_PER_10S=0, LIMIT_SENDS_PER_MINUTE=0) as hub:
        async with school_in(hub.mongodb_url) as school:
            one, other = await school.people("김교사", "이부장")
            rooms = [await school.room(one, other) for _ in range(2)]
        async with wire(hub.ws, one.token(), trace=conformance.trace) as line:
            async with mongod_stopped(hub, line, rooms[0]):
                sent = [await begin(line, rooms[0]) for _ in range(25)]
                for number in sent[20:]:
                    with pytest.raises(Answered) as refused:
                        await line.answer(number, "send")
                    assert refused.value.code == "rate_limited"
            seqs = [(await line.answer(number, "send"))["seq"] for number in sent[:20]]
            assert seqs == list(range(2, 22))

            async with mongod_stopped(hub, line, rooms[1]):
                for _ in range(220):
                    await begin(line, rooms[1])
                assert await line.closed() == 4429


async def begin(line: Wire, room: str) -> int:
    """Send a message without waiting for its place, and give the command's id."""
    return await line.begin("send", room=room, cid=str(uuid.uuid4()), text="글")


@contextlib.asynccontextmanager
async def mongod_stopped(hub: HubProcess, line: Wire, room: str) -> AsyncIterator[None]:
    """Hold MongoDB up, right after the hub has read the seat in this room: only the log needs it then."""
    pid = mongod_of(hub.data)
    assert pid is not None
    await line.answer(await begin(line, room), "send")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
