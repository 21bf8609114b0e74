"""A hand-off over two workers: what is done at one of them wakes the stream that waits at the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from hub.api.bots.handoffs import LOOK_SECONDS
from rooms.ids import new_cid
from tests.support.bot import asker, events, hub_with_bot
from tests.support.hub_process import HubProcess
from tests.support.office import PASSWORD
from tests.support.redis_server import RedisProcess
from tests.support.waiting import PATIENCE, eventually

pytestmark = pytest.mark.faults

WORDS = 20
"""Said one after the other: a stream that only looks by itself takes as many times the time between looks."""
LONG = "오래 기다리고 있습니다"
DEALT = 60
"""Connections until both workers have had one, but for one time in 10^18."""


async def test_what_is_said_at_one_worker_wakes_the_stream_at_the_other(
    mongod_url: str, redis_process: RedisProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("bot") / "data"
    told: dict[str, str | int] = {
        "WORKERS": 2,
        "REDIS_URL": redis_process.url,
        "LIMIT_SENDS_PER_10S": 0,
        "LIMIT_SENDS_PER_MINUTE": 0,
        "HANDOFF_REMINDER_SECONDS": 1,
    }
    async with hub_with_bot(mongod_url, data, **told) as (hub, office), AsyncExitStack() as stack:
        await eventually(lambda: hub.listening == 2, what="both workers take connections")
        head, guardian = [await signed_in(hub, login) for login in ("head_b", "guardian_b")]
        unit = office.units["school_b"]
        async with client(hub, head) as staff, client(hub, guardian) as person:
            room = (await staff.put(f"/faq/desks/{unit}", json={"handoff": {"room_of": unit}})).json()["room"]
            who = asker(hub, guardian)
            await stack.enter_async_context(who.client)
            await eventually(partial(who.ready, {"Connection": "close"}), 90, what="the chatbot answers")
            answer = await eventually(partial(asked, person), 90, what="either worker has the chatbot")
            path = f"/bots/school/conversations/{answer}/handoff"
            assert (await person.post(path, json={})).json()["state"] == "waiting"
            said = (await staff.get(f"/rooms/{room}/events")).json()["events"]
            card = next(event["body"]["handoff"] for event in said if "handoff" in event["body"])

            async def reminded() -> dict[str, Any] | None:
                said = (await staff.get(f"/rooms/{room}/events")).json()["events"]
                bodies = (event["body"] for event in said)
                return next((body for body in bodies if LONG in body.get("text", "")), None)

            reminder = await eventually(reminded, 90, what="the room is reminded by one of the workers")
            assert office.people["head_b"] in reminder["mentions"]
            assert reminder["handoff"] == card

        parts = await stack.enter_async_context(following(hub, guardian, path))
        here = parts.worker
        far = await stack.enter_async_context(client_elsewhere(hub, head, here))
        assert (await parts.next("data-handoff"))["state"] == "waiting"
        async with asyncio.timeout(WORDS * LOOK_SECONDS / 2):  # else it was not woken, but looked
            taken = (await far.post(f"/handoffs/{card}/take")).json()
            assert (await parts.next("data-handoff"))["by"] == taken["by"]
            talk = f"/rooms/{taken['talk']}/events"
            for number in range(WORDS):
                async with far.stream("POST", talk, json=words(f"{number}번째 말")) as said_there:
                    assert said_there.status_code == 201
                    assert worker_of(hub, said_there) != here
                    await said_there.aread()
                assert (await parts.next("data-handoff-message"))["text"] == f"{number}번째 말"

        # Without Redis nothing wakes it; it looks by itself, at what is said and at the end.
        await asyncio.to_thread(redis_process.kill)
        assert (await far.post(talk, json=words("혼자서도"))).status_code == 201
        assert (await parts.next("data-handoff-message"))["text"] == "혼자서도"
        assert (await far.post(f"/handoffs/{card}/done")).json()["state"] == "done"
        assert (await parts.next("data-handoff"))["state"] == "done"


async def asked(person: httpx.AsyncClient) -> str | None:
    """Ask what the FAQ does not know; gives the conversation, None where this worker has no chatbot yet."""
    async with person.stream("POST", "/bots/school/chat", json={"text": "비트코인 시세 알려줘"}) as response:
        if response.status_code == 503:
            return None
        parts = [json.loads(event["data"]) async for event in events(response) if event["data"] != "[DONE]"]
        conversation: str = parts[0]["messageMetadata"]["conversation"]
        return conversation


def words(text: str) -> dict[str, str]:
    return {"text": text, "cid": new_cid()}


class Parts:
    """What a stream says, part by part, and which worker it hangs on."""

    def __init__(self, response: httpx.Response, worker: int) -> None:
        self.worker = worker
        self._events = events(response)

    async def next(self, kind: str) -> Any:
        """Give what the next part of a type says."""
        async for event in self._events:
            part = json.loads(event["data"])
            if part["type"] == kind:
                return part["data"]
        raise AssertionError(f"the stream ended without {kind}")


async def signed_in(hub: HubProcess, login: str) -> str:
    async with httpx.AsyncClient(base_url=hub.url, timeout=PATIENCE) as anybody:
        made = await anybody.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
        token: str = made.json()["token"]
        return token


def client(hub: HubProcess, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    kept = httpx.Limits(keepalive_expiry=None)
    return httpx.AsyncClient(base_url=f"{hub.url}/api/v1", headers=headers, limits=kept, timeout=60)


@asynccontextmanager
async def following(hub: HubProcess, token: str, path: str) -> AsyncIterator[Parts]:
    """Follow a hand-off."""
    async with client(hub, token) as person, person.stream("GET", f"{path}/stream") as response:
        assert response.status_code == 200
        parts = Parts(response, worker_of(hub, response))
        async with aclosing(parts._events):
            yield parts


@asynccontextmanager
async def client_elsewhere(hub: HubProcess, token: str, worker: int) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose one connection is with another worker."""
    async with AsyncExitStack() as stack:
        for _ in range(DEALT):
            one = await stack.enter_async_context(client(hub, token))
            async with one.stream("GET", "/me") as response:
                await response.aread()
                if worker_of(hub, response) != worker:
                    break
        else:
            raise AssertionError("all connections came to one worker")
        yield one


def worker_of(hub: HubProcess, response: httpx.Response) -> int:
    """Tell which worker answers."""
    _, port = response.extensions["network_stream"].get_extra_info("client_addr")[:2]
    worker = hub.worker_of(port)
    assert worker is not None
    return worker
