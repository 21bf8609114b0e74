"""The HTTP API as people meet it: the real application over ASGI, on the real MongoDB."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx

from config.settings import Settings
from hub.api import make_app
from hub.api.contract import CALLS
from hub.app import run_writers
from hub.bus import LocalBus, Said
from hub.metered_log import MeteredLog
from hub.metrics import Metrics
from hub.services import Services
from hub.signin.proofs import Passwords
from hub.tasks import Supervisor
from hub.wakeups import SIGN_OUTS, SignedOut, person_topic
from hub.wiring import wire
from rooms.events import MessageBody, draft
from rooms.ids import FileId, PersonId, RoomId, new_cid
from storage.mongo import connected
from tests.support.clock import SteppedClock
from tests.support.conformance import Conformance
from tests.support.emptied import migrated
from tests.support.office import Office, build_office, cheap_hasher

_ADDRESSES = [(call, re.compile(re.sub(r"{\w+}", "[^/]+", call.path))) for call in CALLS]

ORIGIN = "http://hub.test"
API = f"{ORIGIN}/api/v1"


@dataclass
class Web:
    """A hub without sockets, and clients of it. What its bus publishes is in `published`.

    Every answer is held against the OpenAPI description; at the end a test fails for those that do
    not conform.
    """

    office: Office
    services: Services
    clock: SteppedClock
    bus: LocalBus
    app: Any
    published: list[tuple[str, bytes]]
    conformance: Conformance
    _stack: AsyncExitStack

    async def anybody(self, base: str = ORIGIN, **headers: str) -> httpx.AsyncClient:
        """Give a client that is not signed in."""
        transport = httpx.ASGITransport(self.app, client=("192.0.2.1", 5000))
        client = httpx.AsyncClient(
            transport=transport,
            base_url=base,
            headers=headers,
            event_hooks={"response": [self._check]},
        )
        return await self._stack.enter_async_context(client)

    async def as_(self, key: str) -> httpx.AsyncClient:
        """Give a client that is signed in by a token as somebody of the office."""
        made = await self.services.sign_ins.start(self.office.people[key], "test")
        return await self.anybody(API, authorization=f"Bearer {made.token}")

    async def browser(self, key: str, **headers: str) -> httpx.AsyncClient:
        """Give a client that is signed in by the cookie, as the pages of the hub are."""
        made = await self.services.sign_ins.start(self.office.people[key], "test")
        return await self.anybody(API, cookie=f"madang_session={made.secret}", **headers)

    async def say(self, key: str, room: RoomId, text: str, **body: Any) -> int:
        """Append a message without any check, and return its place."""
        message = draft(room, self.office.people[key], new_cid(), MessageBody(text, **body))
        return (await self.services.log.append(message)).seq

    async def keep(self, key: str, name: str, content: bytes, media_type: str = "text/plain") -> FileId:
        """Keep a file of somebody."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        owner = PersonId(self.office.people[key])
        file = await self.services.files.store(owner, name, media_type, chunks(), self.clock.now())
        return file.id

    async def _check(self, response: httpx.Response) -> None:
        request = response.request
        for call, address in _ADDRESSES:
            if call.method == request.method and address.fullmatch(request.url.path):
                content = await response.aread()
                media = response.headers.get("content-type", "").partition(";")[0]
                if call.media is not None and response.is_success:
                    media = call.media  # of files, the description names the most general type
                self.conformance.exchange(
                    (call.method, call.path), response.status_code, media, None, content
                )
                return


@asynccontextmanager
async def web(mongod_url: str, database: str, **settings: Any) -> AsyncIterator[Web]:
    """Run the HTTP part of a hub for a while, over a fresh office."""
    async with AsyncExitStack() as stack:
        mongo = await stack.enter_async_context(connected(mongod_url, database))
        await migrated(mongo)
        office = await build_office(mongo)
        clock, bus, supervisor = SteppedClock(), LocalBus(), Supervisor()
        metrics, passwords = Metrics(), Passwords(cheap_hasher())
        stack.callback(passwords.close)
        told = Settings(
            mongodb_database=database,
            secret_key="a secret of tests, long enough for all",
            push_key="IQ9Ur0ykXoHS9gzfYX0aBjy9lvdrjx_PFUXmie9YRcY",
            ledger_key="a key of tests that signs ledgers",
            **settings,
        )
        services = wire(told, mongo, clock, bus, None, None, passwords, MeteredLog(mongo, metrics))
        stack.push_async_callback(services.delivering.close)
        published: list[tuple[str, bytes]] = []
        people: Mapping[str, PersonId] = office.people

        def heard(topic: str, said: Said) -> None:
            published.append((topic, cast("bytes", said)))
            services.followers.stir(person_topic(said.person) if isinstance(said, SignedOut) else topic)

        services.followers.share(lambda topic: topic.startswith("p:"))
        await bus.start(heard)
        await bus.subscribe([SIGN_OUTS, *(f"p:{person}" for person in people.values())])
        run_writers(services, supervisor)
        stack.push_async_callback(supervisor.close, 5.0)
        app = make_app(services, metrics=metrics)
        clients = await stack.enter_async_context(AsyncExitStack())
        conformance = Conformance()
        yield Web(office, services, clock, bus, app, published, conformance, clients)
        assert not conformance.faults()
