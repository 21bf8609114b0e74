"""A hub pings who is silent, keeps who answers, and cuts off who does not."""

import asyncio
import contextlib
import secrets
from collections.abc import Iterator

import pytest

from hub.server.inbound import PING, PONG
from tests.scenarios.lines import frame, signed_in
from tests.support.hub_process import HubProcess
from tests.support.school import school_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 20.0


@pytest.fixture(scope="module")
def database() -> str:
    return f"pings_{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def impatient(
    mongod_url: str, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubProcess]:
    data = tmp_path_factory.mktemp("pings") / "data"
    settings = {"MONGODB_URL": mongod_url, "MONGODB_DATABASE": database}
    with HubProcess(data, PING_SECONDS=1, DEAD_SECONDS=5, **settings) as hub:
        yield hub


async def test_who_answers_pings_stays_and_who_does_not_is_cut_off(
    impatient: HubProcess, mongod_url: str, database: str
) -> None:
    async with school_in(mongod_url, database) as school:
        (somebody,) = await school.people("가")
        async with signed_in(impatient, somebody) as mute, signed_in(impatient, somebody) as lively:

            async def answer() -> None:
                while True:
                    assert await lively.reader.readexactly(len(PING)) == PING
                    await lively.say(frame(PONG, b""))

            answering = asyncio.create_task(answer())
            said = b""
            async with asyncio.timeout(PATIENCE):
                with contextlib.suppress(ConnectionError):
                    while piece := await mute.reader.read(100):
                        said += piece
            assert said
            assert said == PING * (len(said) // len(PING))
            # The other one was silent for as long, but for its answers.
            assert not answering.done()
            assert not lively.reader.at_eof()
            answering.cancel()
