"""Peers that never finish, never answer, take nothing or pour: they hold up nobody, and cost little."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from rooms.events import MessageBody, draft
from rooms.ids import PersonId, RoomId, new_cid
from rooms.ports import Row
from storage.messenger.log import MongoLog
from tests.scenarios.bystander import Quiet, culprit, quiet, untouched
from tests.scenarios.lines import CLOSE, PING_COMMAND, TEXT, frame, handshake, line_to, signed_in
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil, School
from tests.support.wire import wire

__all__ = ["culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

POURED = 128 * 2**20
PIECE = bytes(2**20)


async def test_handshakes_that_are_never_finished_keep_nobody_out(
    strict: HubProcess, culprit: Pupil, quiet: Quiet, conformance: Conformance
) -> None:
    half = handshake(Authorization=f"Bearer {culprit.token()}")[:-20]
    async with contextlib.AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line_to(strict)) for _ in range(200)]
        for place, line in enumerate(lines):
            await line.say(half[: place % len(half)])
        await quiet.line.command("ping")
        async with wire(strict.ws, culprit.token(), trace=conformance.trace) as another:
            await another.command("open")
        assert not any(line.reader.at_eof() for line in lines)  # they still try


async def test_frames_that_come_byte_by_byte_hold_up_nobody_else(
    strict: HubProcess, culprit: Pupil, quiet: Quiet
) -> None:
    async with signed_in(strict, culprit) as slow:
        for one in frame(TEXT, PING_COMMAND):
            await slow.say(bytes((one,)))
            await quiet.line.command("ping")
        assert await slow.reader.readexactly(2 + len(PING_COMMAND))


async def test_a_peer_that_never_answers_a_close_or_takes_what_came_before_one_is_cut_off(
    strict: HubProcess, strict_school: School, culprit: Pupil, quiet: Quiet
) -> None:
    room = await full_room(strict_school, culprit)

    async def never_answers() -> None:
        async with signed_in(strict, culprit) as line:
            await line.say(frame(TEXT, b"not JSON"))
            assert await line.ended(answering=False) == 4009

    async def takes_nothing() -> None:
        async with signed_in(strict, culprit, receive_buffer=4096) as line:
            await line.say(frame(TEXT, f'{{"id":1,"sync":{{"room":"{room}","since":0}}}}'.encode()))
            assert (await line.reader.readexactly(2))[0] == TEXT  # all of the answer is on its way
            await line.say(frame(CLOSE, b""))
            await line.cut_off()

    await asyncio.gather(never_answers(), takes_nothing())
    await quiet.line.command("ping")


async def test_what_is_poured_into_a_frame_that_was_refused_costs_no_memory(
    strict: HubProcess, culprit: Pupil, quiet: Quiet
) -> None:
    before = strict.peak(anew=True)
    async with signed_in(strict, culprit) as line:
        await line.say(frame(TEXT, b"", size=2**62))
        with contextlib.suppress(ConnectionError):
            for _ in range(POURED // len(PIECE)):
                await line.say(PIECE)
        await quiet.line.command("ping")
    assert strict.peak() - before < POURED / 4


async def full_room(school: School, who: Pupil) -> RoomId:
    """Make a room whose last page is more than what the kernel keeps for a line."""
    room = await school.room(who)
    now = datetime.now(UTC)
    rows = [
        Row(seq, seq, now, draft(room, PersonId(who.id), new_cid(), MessageBody("😀" * 8000)))
        for seq in range(1, 201)
    ]
    await MongoLog(school.mongo).insert(rows)
    return room
