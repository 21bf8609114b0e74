"""Sign-ins over several processes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from config.settings import Settings
from hub import app
from storage.mongo import connected
from tests.support.hub_process import SECRET_KEY
from tests.support.office import PASSWORD, build_office
from tests.support.waiting import eventually

SOON = 4.0
"""Less than a sign-in is remembered for."""


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
    mongod_url: str, database_name: str, redis_url: str, tmp_path: Path, everywhere: bool
) -> None:
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

        await eventually(refused, SOON, what="the other process heard of the sign-out")
