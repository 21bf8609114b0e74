"""A hub with its chatbot, as people ask it: answers read from server-sent events."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from rooms.faq.entries import Entry
from storage import migrations
from storage.mongo import connected
from tests.support import faq
from tests.support.hub_process import HubProcess
from tests.support.office import Office, build_office

PATIENCE = 60.0


@dataclass
class Answer:
    """The parts of an answer by number, and what else came."""

    parts: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    run: str = ""
    done: bool = False

    @property
    def types(self) -> list[str]:
        return [self.parts[number]["type"] for number in sorted(self.parts)]

    @property
    def text(self) -> str:
        return "".join(part.get("delta", "") for _, part in sorted(self.parts.items()))

    @property
    def last(self) -> int:
        return max(self.parts, default=-1)

    @property
    def metadata(self) -> dict[str, str]:
        names: dict[str, str] = self.parts[0]["messageMetadata"]
        return names

    def data(self, kind: str) -> Any:
        """Give what a data part says."""
        return next(part["data"] for part in self.parts.values() if part["type"] == f"data-{kind}")

    def take(self, event: dict[str, str]) -> None:
        """Take an event."""
        if event["data"] == "[DONE]":
            self.done = True
            return
        part = json.loads(event["data"])
        if "id" not in event:
            self.notes.append(part)
            return
        self.run, _, number = event["id"].rpartition(":")
        assert int(number) not in self.parts, "a part came twice"
        self.parts[int(number)] = part

    def whole(self) -> bool:
        """Tell whether there is no gap."""
        return sorted(self.parts) == list(range(len(self.parts)))


async def events(response: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """Read server-sent events; comments are left out."""
    event: dict[str, str] = {}
    async for line in response.aiter_lines():
        if not line:
            if event:
                yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


class Asker:
    """Somebody who asks over HTTP: signed in with a token, or a visitor."""

    def __init__(self, client: httpx.AsyncClient, bot: str = "school") -> None:
        self.client = client
        self.bot = f"/api/v1/bots/{bot}"

    async def ready(self, headers: Mapping[str, str] | None = None) -> bool:
        """Tell whether the bot answers; a visitor gets their token with it."""
        state = (await self.client.get(self.bot, headers=headers)).json()
        if state["visitor"] is not None:
            self.client.headers["Madang-Visitor"] = state["visitor"]["token"]
        return bool(state["ready"])

    async def ask(self, text: str, **body: Any) -> Answer:
        """Ask, and read the answer to its end."""
        return await self.read("POST", "/chat", json={"text": text, **body})

    async def resume(self, run: str, after: int = -1) -> Answer:
        """Go on with an answer."""
        headers = {} if after < 0 else {"Last-Event-ID": f"{run}:{after}"}
        return await self.read("GET", f"/chat/{run}/stream", headers=headers)

    def remember(self, response: httpx.Response) -> None:
        """Keep the token of a visitor who has none yet."""
        if (token := response.headers.get("madang-visitor")) is not None:
            self.client.headers["Madang-Visitor"] = token

    async def read(self, method: str, path: str, into: Answer | None = None, **more: Any) -> Answer:
        """Read a stream to its end."""
        answer = Answer() if into is None else into
        async with self.client.stream(method, self.bot + path, **more) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
            self.remember(response)
            async for event in events(response):
                answer.take(event)
        return answer


@asynccontextmanager
async def hub_with_bot(
    mongod_url: str, data: Path, more: Iterable[Entry] = (), **settings: str | int
) -> AsyncIterator[tuple[HubProcess, Office]]:
    """Run a hub and its chatbot over a fresh office and the FAQ of the evaluation set; words alone.

    `more` are further entries of the office.
    """
    database = f"bot_{secrets.token_hex(4)}"
    async with connected(mongod_url, database) as mongo:
        await migrations.migrate(mongo)
        office = await build_office(mongo)
        await faq.publish(mongo, office.units["office"], [*faq.sample(), *more])
        told: dict[str, str | int] = {
            "MONGODB_URL": mongod_url,
            "MONGODB_DATABASE": database,
            "BOT": "on",
            "EMBEDDING_MODEL": "none",
            "LIMIT_ASKS_PER_MINUTE": 0,
            "LIMIT_ASKS_PER_ADDRESS": 0,
        }
        hub = HubProcess(data, **told | settings)
        await asyncio.to_thread(hub.start)
        try:
            yield hub, office
        finally:
            await asyncio.to_thread(hub.stop)


def asker(hub: HubProcess, token: str | None = None, bot: str = "school") -> Asker:
    """Make somebody who asks; the client is closed with the test's loop."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Asker(httpx.AsyncClient(base_url=hub.url, headers=headers, timeout=PATIENCE), bot)


def bot_process(hub: HubProcess) -> int | None:
    """Find the chatbot's process of a hub, None while it is down."""
    for pid in _below(hub.pid):
        try:
            if b"hub.bots.main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        except FileNotFoundError:
            continue
    return None


def libraries(pid: int) -> set[str]:
    """Name those of the heavy libraries that a process has loaded, by the files it has mapped."""
    mapped = Path(f"/proc/{pid}/maps").read_text()
    return {name for name in ("torch", "kiwipiepy", "faiss", "sentence_transformers") if name in mapped}


def _below(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            yield from map(int, (task / "children").read_text().split())
        except FileNotFoundError:
            continue
