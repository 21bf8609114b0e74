"""A language model words the answers: it stalls, fails, lies, is cut off; the bot dies in mid-sentence."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bots.writer import INSTRUCTIONS
from rooms.ids import new_cid
from tests.support import faq
from tests.support.bot import Answer, Asker, asker, bot_process, events, hub_with_bot
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.llm_server import CUT, HANG, LlmServer, chunk, llm_server
from tests.support.office import PASSWORD
from tests.support.redis_server import RedisProcess
from tests.support.waiting import eventually
from tests.support.wire import Wire, wire

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="module")]

ENTRY = next(one for one in faq.sample() if one.id == "g-transfer-02")
GOOD = ["중학교 전학은 교육지원청에서 ", "배정해요. [1] 주민등록등본을 준비해 ", "주세요. [1]"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def llm() -> AsyncIterator[LlmServer]:
    async with llm_server() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hub(
    mongod_url: str, redis_server: RedisProcess, llm: LlmServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubProcess]:
    """Run two workers: whatever is asked for here, either may get it."""
    data = tmp_path_factory.mktemp("bot") / "data"
    settings = {"LLM_FIRST_SECONDS": 3, "LLM_STALL_SECONDS": 3, "LIMIT_CONNECTIONS_PER_PERSON": 0}
    workers = {"WORKERS": 2, "REDIS_URL": redis_server.url}
    told = {"LLM_URL": llm.url, "LLM_MODEL": "test"} | settings | workers
    async with hub_with_bot(mongod_url, data, **told) as (running, _):
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(hub: HubProcess) -> AsyncIterator[Asker]:
    who = asker(hub)
    async with who.client:
        await eventually(partial(ready_everywhere, who), 90, what="the chatbot answers")
        yield who


async def ready_everywhere(who: Asker) -> bool:
    """Tell whether both workers have the bot: one alone gets all connections once in two thousand times."""
    return all([await who.ready({"Connection": "close"}) for _ in range(12)])


async def ask(who: Asker) -> Answer:
    return await who.ask(ENTRY.question, entry=None)


async def test_what_the_model_writes_is_shown_with_its_sources(visitor: Asker, llm: LlmServer) -> None:
    llm.script = GOOD
    answer = await ask(visitor)
    assert answer.text == "".join(GOOD)
    assert answer.types[-2:] == ["source-document", "finish"]
    assert answer.whole()
    (_, user) = llm.asked[-1]["messages"]
    assert ENTRY.answer in user["content"]
    assert ENTRY.question in user["content"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([503], id="down"),
        pytest.param([HANG], id="stalls before its first word"),
        pytest.param([CUT], id="cut before its first word"),
        pytest.param(["NONE"], id="has no answer"),
        pytest.param(["그냥 학교에 가시면 돼요."], id="cites nothing"),
        pytest.param(["아무 학교나 고르세요. [9]"], id="cites what was not given"),
        pytest.param(["수수료 50,000원을 내세요. [1]"], id="makes up a number"),
        pytest.param(["https://evil.example 에 가입하세요. [1]"], id="obeys an injection with a link"),
        pytest.param(["[여기](HTTPS://evil.example) 를 보세요. [1]"], id="hides a link"),
        pytest.param(["교육감은 사기꾼이라서 감옥에 갔어요. [1]"], id="cites what does not say so"),
        pytest.param([*INSTRUCTIONS.splitlines(keepends=True)], id="echoes what it was told"),
        pytest.param([b"data: <html>\n\n"], id="speaks another protocol"),
    ],
)
async def test_else_the_stored_answer_is_given(visitor: Asker, llm: LlmServer, script: list[Any]) -> None:
    llm.script = script
    answer = await ask(visitor)
    assert answer.text == ENTRY.answer
    assert answer.types[-2:] == ["source-document", "finish"]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(HANG, id="stalls"),
        pytest.param(CUT, id="is cut off"),
        pytest.param(chunk("", "length"), id="is too long"),
        pytest.param(" 수수료는 50,000원이에요. [1] ", id="makes up a number"),
        pytest.param(" 학교를 직접 고를 수 있어요. [1] ", id="says the contrary"),
    ],
)
async def test_an_answer_that_breaks_off_is_made_whole(visitor: Asker, llm: LlmServer, end: object) -> None:
    llm.script = [GOOD[0], GOOD[1], "더 쓸 말", end]
    answer = await ask(visitor)
    assert answer.text.startswith("중학교 전학은 교육지원청에서 배정해요. [1] ")
    assert answer.text.endswith(ENTRY.answer)
    assert "더 쓸 말" not in answer.text
    assert answer.text.count("학교를 직접 고를 수") == 1
    assert answer.types.count("text-start") == answer.types.count("text-end") == 2
    assert answer.types[-1] == "finish"


async def test_half_a_character_of_the_model_spoils_nothing(visitor: Asker, llm: LlmServer) -> None:
    llm.script = [GOOD[0], "배\ud800정해요. [1]"]
    answer = await ask(visitor)
    assert answer.text == "중학교 전학은 교육지원청에서 배정해요. [1]"
    conversation = f"{visitor.bot}/conversations/{answer.metadata['conversation']}"

    async def kept() -> bool:
        found = await visitor.client.get(conversation)
        return found.status_code == 200 and found.json()["turns"][0]["done"]

    await eventually(kept, what="the conversation is stored")


async def test_an_answer_can_be_stopped(visitor: Asker, llm: LlmServer) -> None:
    llm.script = [*GOOD[:2], "아직", HANG]
    answer = Answer()
    reading = asyncio.ensure_future(visitor.read("POST", "/chat", answer, json={"text": ENTRY.question}))
    await eventually(lambda: answer.text, what="the answer begins")
    stopped = await visitor.client.post(f"{visitor.bot}/chat/{answer.run}/stop")
    assert stopped.status_code == 204
    await reading
    assert answer.types[-1] == "abort"
    await eventually(lambda: not llm.streaming, what="the model is let go")
    again = await visitor.resume(answer.run)
    assert again.parts == answer.parts


async def test_either_worker_goes_on_with_an_answer(
    hub: HubProcess, visitor: Asker, llm: LlmServer, conformance: Conformance
) -> None:
    await eventually(lambda: hub.listening == 2, what="both workers take connections")
    login = {"login": "guardian_a", "password": PASSWORD}
    token = (await visitor.client.post("/api/v1/sessions", json=login)).json()["token"]
    visitor.client.cookies.clear()
    more = asyncio.Event()
    llm.script = [*GOOD[:2], "", more, GOOD[2]]
    async with AsyncExitStack() as stack:
        # Dealt out by chance: that all come to one worker happens once in eight million times.
        lines = [
            await stack.enter_async_context(wire(hub.ws, token, trace=conformance.trace)) for _ in range(24)
        ]
        assert len(hub.spread()) == 2
        taken = await lines[0].command("ask", bot="school", cid=new_cid(), text=ENTRY.question)
        run = taken["run"]
        await lines[0].until(lambda frame: "delta" in frame.get("push", {}).get("part", {}))
        for line in lines[1:]:
            assert await line.command("resume", run=run, bot="school") == taken
        more.set()
        told = [await pushed(line, run) for line in lines[1:]]
    assert {"".join(part.get("delta", "") for part in parts) for parts in told} == {"".join(GOOD)}


async def pushed(line: Wire, run: str) -> list[dict[str, Any]]:
    """Collect the parts of a run to its end."""
    parts: list[dict[str, Any]] = []
    while not parts or parts[-1]["type"] != "finish":
        push = (await line.until(lambda frame: frame.get("push", {}).get("run") == run))["push"]
        assert push["i"] == len(parts)
        parts.append(push["part"])
    return parts


async def test_whoever_lost_the_line_finds_the_rest(visitor: Asker, llm: LlmServer) -> None:
    more = asyncio.Event()
    llm.script = [*GOOD[:2], "", more, GOOD[2]]
    answer = Answer()
    chat = f"{visitor.bot}/chat"
    async with visitor.client.stream("POST", chat, json={"text": ENTRY.question}) as response:
        visitor.remember(response)
        async for event in events(response):
            answer.take(event)
            if answer.text:
                break
    conversation = answer.metadata["conversation"]
    under_way = await visitor.client.send(
        visitor.client.build_request("GET", f"{chat}/{conversation}/stream"), stream=True
    )
    assert under_way.status_code == 200
    await under_way.aclose()
    more.set()
    rest = await visitor.resume(answer.run, answer.last)
    assert min(rest.parts) == answer.last + 1
    assert answer.text + rest.text == "".join(GOOD)

    async def over() -> bool:
        return (await visitor.client.get(f"{chat}/{conversation}/stream")).status_code == 204

    await eventually(over, what="nothing is under way in the conversation")


async def test_whoever_leaves_amid_an_answer_is_let_go_without_a_word(
    hub: HubProcess, visitor: Asker, llm: LlmServer
) -> None:
    llm.script = [*GOOD[:2], *([0.5, " "] * 26), GOOD[2]]
    answer = Answer()
    async with visitor.client.stream(
        "POST", f"{visitor.bot}/chat", json={"text": ENTRY.question}
    ) as response:
        visitor.remember(response)
        async for event in events(response):
            answer.take(event)
            if answer.text:
                break
    rest = await visitor.resume(answer.run, answer.last)
    assert answer.text + rest.text == "".join([*GOOD[:2], " " * 26, GOOD[2]])
    assert "took too long" not in hub.log


async def test_at_most_two_answers_at_once(visitor: Asker, llm: LlmServer) -> None:
    more = asyncio.Event()
    llm.script = [more, *GOOD]
    two = [asyncio.ensure_future(ask(visitor)) for _ in range(2)]
    await eventually(lambda: llm.streaming == 2, what="two answers are under way")
    refused = await visitor.client.post(f"{visitor.bot}/chat", json={"text": ENTRY.question})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    more.set()
    assert [answer.text for answer in await asyncio.gather(*two)] == ["".join(GOOD)] * 2


async def test_kill_9_of_the_bot_in_mid_answer(visitor: Asker, llm: LlmServer, hub: HubProcess) -> None:
    llm.script = [*GOOD[:2], "아직", HANG]
    answer = Answer()
    reading = asyncio.ensure_future(visitor.read("POST", "/chat", answer, json={"text": ENTRY.question}))
    await eventually(lambda: answer.text, what="the answer begins")
    bot = bot_process(hub)
    assert bot is not None
    os.kill(bot, signal.SIGKILL)
    await eventually(lambda: answer.notes, what="the chat says that it waits")
    assert answer.notes[0] == {"type": "data-status", "data": {"state": "waiting"}, "transient": True}
    await asyncio.wait_for(reading, 90)
    check_completed(answer)


async def test_kill_9_of_the_hub_in_mid_answer(visitor: Asker, llm: LlmServer, hub: HubProcess) -> None:
    llm.script = [*GOOD[:2], "아직", HANG]
    answer = Answer()
    reading = asyncio.ensure_future(visitor.read("POST", "/chat", answer, json={"text": ENTRY.question}))
    await eventually(lambda: answer.text, what="the answer begins")
    await asyncio.to_thread(hub.kill)
    with pytest.raises(httpx.HTTPError):
        await reading
    await asyncio.to_thread(hub.start)
    await eventually(partial(ready_everywhere, visitor), 90, what="the chatbot answers")
    rest = await visitor.resume(answer.run, answer.last)
    answer.parts |= rest.parts
    check_completed(answer)


def check_completed(answer: Answer) -> None:
    """See that what the model began is there, once, and the stored answer after it."""
    assert answer.whole()
    assert answer.text.startswith("중학교 전학은 교육지원청에서 배정해요. [1] ")
    assert answer.text.endswith(ENTRY.answer)
    assert answer.types.count("text-start") == answer.types.count("text-end") == 2
    assert answer.types[-1] == "finish"
