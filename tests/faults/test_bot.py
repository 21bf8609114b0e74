"""The chatbot beside a real hub: it answers, dies, comes back, and the messenger does not notice."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from rooms.ids import new_cid
from storage import migrations
from storage.mongo import connected
from tests.support import faq
from tests.support.bot import Asker, asker, bot_process, libraries
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.office import PASSWORD, Office, build_office
from tests.support.waiting import eventually
from tests.support.wire import Answered, Wire, wire

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="module")]

KNOWN = "학교폭력을 당하면 어디에 신고하나요?"


@pytest.fixture(scope="module")
def database() -> str:
    return f"bot_{secrets.token_hex(4)}"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def office(mongod_url: str, database: str) -> AsyncIterator[Office]:
    async with connected(mongod_url, database) as mongo:
        await migrations.migrate(mongo)
        made = await build_office(mongo)
        await faq.publish(mongo, made.units["office"], faq.sample())
        yield made


@pytest.fixture(scope="module")
def hub(
    mongod_url: str, database: str, office: Office, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubProcess]:
    process = HubProcess(
        tmp_path_factory.mktemp("bot") / "data",
        MONGODB_URL=mongod_url,
        MONGODB_DATABASE=database,
        BOT="on",
        EMBEDDING_MODEL="none",
        LIMIT_ASKS_PER_MINUTE=0,
        LIMIT_ASKS_PER_ADDRESS=0,
    )
    with process:
        yield process


Come = Callable[[], Awaitable[Asker]]


@pytest_asyncio.fixture(loop_scope="module")
async def come(hub: HubProcess) -> AsyncIterator[Come]:
    """Give what brings a new visitor, once the bot answers."""
    async with AsyncExitStack() as stack:

        async def ready() -> Asker:
            visitor = asker(hub)
            await stack.enter_async_context(visitor.client)
            await eventually(visitor.ready, 30, what="the chatbot answers")
            return visitor

        yield ready


async def token_of(hub: HubProcess, login: str) -> str:
    async with httpx.AsyncClient(base_url=hub.url) as client:
        made = await client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
        token: str = made.json()["token"]
        return token


async def answer_of(line: Wire, run: str) -> list[dict[str, object]]:
    """Collect the parts that are pushed for a run."""
    parts: list[dict[str, object]] = []
    while not parts or parts[-1]["type"] != "finish":
        push = (await line.until(lambda frame: frame.get("push", {}).get("run") == run))["push"]
        assert push["i"] == len(parts)
        parts.append(push["part"])
    return parts


async def test_a_visitor_asks_and_goes_on(hub: HubProcess, come: Come) -> None:
    visitor = await come()
    known = next(entry for entry in faq.sample() if entry.question == KNOWN or "학교폭력" in entry.title)
    answer = await visitor.ask(known.question)
    assert answer.types[:3] == ["start", "data-confidence", "text-start"]
    assert answer.types[-2:] == ["source-document", "finish"]
    assert (answer.data("confidence")["band"], answer.text) == ("sure", known.answer)
    assert answer.done
    assert answer.whole()

    again = await visitor.resume(answer.run, 3)
    assert sorted(again.parts) == list(range(4, len(answer.parts)))
    assert again.parts == {number: part for number, part in answer.parts.items() if number > 3}

    async def stored() -> bool:
        path = f"{visitor.bot}/conversations/{answer.metadata['conversation']}"
        return (await visitor.client.get(path)).status_code == 200

    await eventually(stored, what="the conversation is stored")
    judged = await visitor.client.post(
        f"{visitor.bot}/feedback",
        json={"run": answer.run, "helpful": False, "reason": "010-1234-5678로 전화 주세요"},
    )
    assert judged.status_code == 204
    shown = (
        await visitor.client.get(f"{visitor.bot}/conversations/{answer.metadata['conversation']}")
    ).json()
    (turn,) = shown["turns"]
    assert (turn["question"], turn["done"], len(turn["parts"])) == (known.question, True, len(answer.parts))
    assert turn["feedback"] == {"helpful": False, "reason": "***-****-****로 전화 주세요"}

    other = await come()
    for method, path, body in (
        ("GET", f"/chat/{answer.run}/stream", None),
        ("GET", f"/conversations/{answer.metadata['conversation']}", None),
        ("POST", f"/chat/{answer.run}/stop", None),
        ("POST", "/feedback", {"run": answer.run, "helpful": True}),
        ("POST", "/chat", {"text": "전학", "conversation": answer.metadata["conversation"]}),
    ):
        refused = await other.client.request(method, other.bot + path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), path


async def test_over_the_socket(hub: HubProcess, come: Come, office: Office, conformance: Conformance) -> None:
    await come()
    token = await token_of(hub, "guardian_a")
    entry = next(one for one in faq.sample() if one.id == "g-transfer-02")
    cid = new_cid()
    async with wire(hub.ws, token, trace=conformance.trace) as line:
        taken = await line.command("ask", bot="school", cid=cid, text=entry.question, entry=entry.id)
        parts = await answer_of(line, taken["run"])
        assert "".join(str(part.get("delta", "")) for part in parts) == entry.answer
        assert await line.command("ask", bot="school", cid=cid, text=entry.question) == taken
        assert await answer_of(line, taken["run"]) == parts
        for body in ({"bot": "office"}, {"bot": "nobody"}):
            with pytest.raises(Answered) as refused:
                await line.command("ask", **body, cid=cid, text="연가")
            assert refused.value.code == "not_found"
        assert await line.command("stop", run=taken["run"]) == {}
    async with wire(hub.ws, token, trace=conformance.trace) as line:
        assert await line.command("resume", run=taken["run"], i=4) == taken
        frame = await line.until(lambda frame: "run" in frame.get("push", {}))
        assert (frame["push"]["i"], frame["push"]["part"]) == (5, parts[5])
    async with wire(hub.ws, await token_of(hub, "guardian_b"), trace=conformance.trace) as line:
        with pytest.raises(Answered) as unseen:
            await line.command("resume", run=taken["run"])
        assert unseen.value.code == "not_found"


async def test_workers_stay_light(hub: HubProcess, come: Come) -> None:
    await come()
    bot = await eventually(lambda: bot_process(hub), what="the bot runs")
    assert libraries(hub.pid) == set()
    assert "kiwipiepy" in libraries(bot)


async def test_a_killed_bot_comes_back_and_the_messenger_does_not_notice(
    hub: HubProcess, come: Come, office: Office, conformance: Conformance
) -> None:
    visitor = await come()
    before = await visitor.ask(KNOWN)
    room = await office.group("teacher_a", "head_a")
    async with wire(
        hub.ws, await token_of(hub, "teacher_a"), trace=conformance.trace, open_rooms=True
    ) as line:
        bot = await eventually(lambda: bot_process(hub), what="the bot runs")
        os.kill(bot, signal.SIGKILL)
        away = await eventually(lambda: _refused(visitor), what="the chatbot is away")
        assert (away.json()["code"], away.json()["temporary"]) == ("unavailable", True)
        assert "준비 중" in away.json()["detail"]
        sent = await line.command(
            "send", room=room, cid="0b1f8a52-9c1e-4f0a-8f5d-2b8f3f1c9a11", text="안녕하세요"
        )
        assert sent["seq"] == 1
        await come()
    assert bot_process(hub) != bot
    after = await visitor.ask(KNOWN, conversation=before.metadata["conversation"])
    assert after.text == before.text
    replayed = await visitor.resume(before.run)
    assert replayed.parts == before.parts


async def _refused(visitor: Asker) -> httpx.Response | None:
    response = await visitor.client.post(f"{visitor.bot}/chat", json={"text": KNOWN})
    return response if response.status_code == 503 else None


async def test_the_bot_ends_with_its_hub_however_that_ends(hub: HubProcess, come: Come) -> None:
    for end in (hub.kill, hub.stop):
        await come()
        bot = await eventually(lambda: bot_process(hub), what="the bot runs")
        await asyncio.to_thread(end)
        await eventually(lambda bot=bot: not Path(f"/proc/{bot}").exists(), what="the bot has ended")
        await asyncio.to_thread(hub.start)
