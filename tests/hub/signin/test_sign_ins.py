"""Sign-ins over several processes, and the sockets of those that end."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from config.settings import Settings
from hub import app
from hub.signin import sign_ins
from hub.signin.cache import SignInCache
from rooms.errors import CloseCode
from storage.mongo import connected
from storage.sessions import MongoSessions
from tests.support.hub_process import SECRET_KEY, HubProcess
from tests.support.office import PASSWORD, build_office
from tests.support.school import school_in
from tests.support.waiting import eventually
from tests.support.wire import wire

REMEMBERED = 3_600.0
"""Seconds for which a process remembers a sign-in here: what it forgets sooner, it was told."""


@asynccontextmanager
async def hubs(
    count: int, mongod_url: str, database: str, redis_url: str, data: Path
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Run hubs that share everything, and give a client of each; the office is in their database."""
    settings = Settings(
        mongodb_database=database, redis_url=redis_url, secret_key=SECRET_KEY, data=data, drain_seconds=0
    )
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(count):
            hub = await app.start(settings, mongod_url)
            stack.push_async_callback(hub.close)
            transport = httpx.ASGITransport(hub.asgi)
            client = httpx.AsyncClient(transport=transport, base_url="http://hub.test/api/v1")
            clients.append(await stack.enter_async_context(client))
        async with connected(mongod_url, database) as mongo:
            await build_office(mongo)
        yield clients


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_sign_out_is_heard_by_processes_without_a_socket_of_the_person(
    mongod_url: str,
    database_name: str,
    redis_url: str,
    tmp_path: Path,
    everywhere: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_ins, "SignInCache", partial(SignInCache, seconds=REMEMBERED))
    async with hubs(2, mongod_url, database_name, redis_url, tmp_path) as (here, there):

        async def sign_in(login: str) -> dict[str, str]:
            said = (await here.post("/sessions", json={"login": login, "password": PASSWORD})).json()
            here.cookies.clear()
            return {"authorization": f"Bearer {said['token']}"}

        theirs = await sign_in("teacher_a")
        me = await there.get("/me", headers=theirs)
        assert me.status_code == 200
        if everywhere:
            path, by = f"/people/{me.json()['id']}/sign-out", await sign_in("admin")
            assert (await here.post(path, headers=by)).status_code == 204
        else:
            assert (await here.delete("/sessions/current", headers=theirs)).status_code == 204

        async def refused() -> bool:
            return (await there.get("/me", headers=theirs)).status_code == 401

        await eventually(refused, what="the other process heard of the sign-out")


@pytest.fixture
def hub(mongod_url: str, database_name: str, tmp_path: Path) -> Iterator[HubProcess]:
    settings = {"MONGODB_URL": mongod_url, "MONGODB_DATABASE": database_name, "AUDIT_SECONDS": 1}
    with HubProcess(tmp_path / "data", **settings) as running:
        yield running


async def test_another_password_closes_the_sockets_of_other_sign_ins(
    hub: HubProcess, mongod_url: str, database_name: str
) -> None:
    async with connected(mongod_url, database_name) as mongo:
        await build_office(mongo)
    body = {"login": "teacher_a", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", timeout=30) as client:
        one, other = [(await client.post("/sessions", json=body)).json()["token"] for _ in range(2)]
        client.cookies.clear()
        async with wire(hub.ws, one) as mine, wire(hub.ws, other) as theirs:
            await mine.command("open")
            await theirs.command("open")
            answer = await client.post(
                "/me/password",
                json={"old": PASSWORD, "new": "another password"},
                headers={"authorization": f"Bearer {one}"},
            )
            assert answer.status_code == 204
            assert await theirs.closed() == CloseCode.NOT_SIGNED_IN
            await mine.command("ping")


async def test_a_sign_out_that_was_not_heard_is_found(
    hub: HubProcess, mongod_url: str, database_name: str
) -> None:
    async with school_in(mongod_url, database_name) as school:
        anna, ben = await school.people("Anna", "Ben")
        async with wire(hub.ws, anna.token()) as hers, wire(hub.ws, ben.token()) as his:
            await hers.command("open")
            await his.command("open")
            await MongoSessions(school.mongo).end(anna.session)
            assert await hers.closed() == CloseCode.NOT_SIGNED_IN
            await his.command("ping")
