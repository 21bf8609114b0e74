"""Somebody who minds their own business while others misbehave.

The tests of bad input import `quiet`, `untouched` and `culprit`; one hub serves all of their modules.
"""

import contextlib
import itertools
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil, School, school_in
from tests.support.wire import Wire, wire

NEIGHBOURS = 12


@pytest.fixture(scope="session")
def strict_database() -> str:
    """Name the database of the hub that is treated badly."""
    return f"strict_{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def strict(
    mongod_url: str, strict_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubProcess]:
    """Run a hub with the limits that users have; only signing in must be quick."""
    data = tmp_path_factory.mktemp("strict") / "data"
    with HubProcess(data, MONGODB_URL=mongod_url, MONGODB_DATABASE=strict_database, AUTH_SECONDS=5) as hub:
        yield hub


def _is_fault(line: str) -> bool:
    """Tell whether a line of the log says that something went wrong in the hub itself."""
    level = json.loads(line).get("level") if line.startswith("{") else None
    return "Traceback" in line or level in {"error", "critical"}


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def strict_school(mongod_url: str, strict_database: str) -> AsyncIterator[School]:
    """Make people and rooms in the database of that hub."""
    async with school_in(mongod_url, strict_database) as made:
        yield made


@dataclass
class Quiet:
    """A bystander's connection, their room, and others who write there in turn: none writes too fast."""

    line: Wire
    room: str
    turns: Iterator[Wire]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def quiet(strict: HubProcess, strict_school: School, conformance: Conformance) -> AsyncIterator[Quiet]:
    """Keep one connection open through all the tests of a module, in a room of its own."""
    one, *others = await strict_school.people("방관자", *(f"옆자리{number}" for number in range(NEIGHBOURS)))
    room = await strict_school.room(one, *others)
    async with contextlib.AsyncExitStack() as stack:

        async def join(person: Pupil, *, open_rooms: bool = False) -> Wire:
            line = wire(strict.ws, person.token(), trace=conformance.trace, open_rooms=open_rooms)
            return await stack.enter_async_context(line)

        lines = [await join(person) for person in others]
        yield Quiet(await join(one, open_rooms=True), room, itertools.cycle(lines))
    assert [line for line in strict.log.splitlines() if _is_fault(line)] == []


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def untouched(quiet: Quiet) -> AsyncIterator[None]:
    """See to it, after each test, that the bystander's connection goes on as if nothing had happened."""
    yield
    await quiet.line.command("ping")
    sent = await next(quiet.turns).command(
        "send", room=quiet.room, cid=str(uuid.uuid4()), text="여전히 잘 됩니다"
    )
    push = await quiet.line.push("events")
    assert [event["seq"] for event in push["events"]] == [sent["seq"]]
    assert not quiet.line.kept


@pytest_asyncio.fixture(loop_scope="session")
async def culprit(strict_school: School) -> Pupil:
    """Make somebody new, whose limits are unused."""
    (made,) = await strict_school.people("말썽꾼")
    return made
