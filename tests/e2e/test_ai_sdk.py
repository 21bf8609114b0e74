"""The official npm package `ai` reads the chatbot's stream: text, sources, data, finish, abort and error."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pymongo import MongoClient

from rooms.faq.entries import Entry, Source
from tests.support import faq
from tests.support.bot import Asker, asker, hub_with_bot
from tests.support.hub_process import HubProcess
from tests.support.llm_server import HANG, TRICKLE, LlmServer, llm_server
from tests.support.npm import HERE, installed
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ENTRY = next(one for one in faq.sample() if one.id == "g-transfer-02")

PAGE = Entry(
    id="drone",
    title="드론 비행",
    question="운동장에서 드론을 날려도 되나요?",
    answer="학교 운동장에서는 드론을 날릴 수 없습니다.",
    source=Source(title="시설 이용 안내", url="https://office.example/rules"),
)
UNSURE = "학교에 내는 돈은 어떻게 되나요?"

Read = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
def sdk() -> Path:
    """Install the package, and put beside it what asks with it."""
    return Path(shutil.copy(HERE / "read.js", installed()))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def llm() -> AsyncIterator[LlmServer]:
    async with llm_server() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hub(
    mongod_url: str, llm: LlmServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubProcess]:
    data = tmp_path_factory.mktemp("ai") / "data"
    settings = {"LLM_URL": llm.url, "LLM_MODEL": "test", "LLM_STALL_SECONDS": 15, "ANSWER_SECONDS": 6}
    async with hub_with_bot(mongod_url, data, [PAGE], **settings) as (running, _):
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(hub: HubProcess) -> AsyncIterator[Asker]:
    who = asker(hub)
    async with who.client:
        await eventually(who.ready, 90, what="the chatbot answers")
        yield who


@pytest.fixture
def read(sdk: Path, hub: HubProcess, visitor: Asker) -> Read:
    """Give what has the package ask, and tell what it made of the stream."""

    async def run(question: str, *how: str) -> dict[str, Any]:
        token = visitor.client.headers["Madang-Visitor"]
        program = await asyncio.create_subprocess_exec(
            "node",
            str(sdk),
            f"{hub.url}{visitor.bot}/chat",
            question,
            *how,
            env=dict(os.environ) | {"VISITOR": token},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, error = await program.communicate()
        assert program.returncode == 0, error.decode()
        told: dict[str, Any] = json.loads(out)
        return told

    return run


async def test_text_sources_and_finish(read: Read, llm: LlmServer) -> None:
    llm.script = ["교육지원청에서 배정해요. [1] ", "주민등록등본을 준비하세요. [1]"]
    told = await read(ENTRY.question)
    assert told["errors"] == []
    assert told["chunks"][-1] == {"type": "finish"}
    message = told["message"]
    assert message["role"] == "assistant"
    assert message["metadata"]["bot"] == "school"
    assert [part["type"] for part in message["parts"]] == ["data-confidence", "text", "source-document"]
    data, text, source = message["parts"]
    assert data["data"]["band"] == "sure"
    assert (text["text"], text["state"]) == ("".join(llm.script), "done")
    assert (source["sourceId"], source["title"]) == (ENTRY.id, ENTRY.title)


async def test_a_page_is_a_source(read: Read, llm: LlmServer) -> None:
    llm.script = [503]
    told = await read(PAGE.question)
    assert told["errors"] == []
    _, text, source = told["message"]["parts"]
    assert text["text"] == PAGE.answer
    assert source == {
        "type": "source-url",
        "sourceId": PAGE.id,
        "url": "https://office.example/rules",
        "title": "시설 이용 안내",
    }


async def test_suggestions_and_hand_off(read: Read) -> None:
    told = await read(UNSURE)
    data = {part["type"]: part["data"] for part in told["message"]["parts"] if "data" in part}
    assert data["data-confidence"]["band"] == "unsure"
    assert 1 <= len(data["data-suggestions"]) <= 3
    assert all(one["id"] and one["question"] for one in data["data-suggestions"])
    assert data["data-handoff"] == {"unit": None, "open": False}
    assert told["errors"] == []


async def test_abort(read: Read, llm: LlmServer) -> None:
    llm.script = ["교육지원청에서 배정해요. [1] ", "아직", HANG]
    told = await read(ENTRY.question, "stop")
    assert told["chunks"][-1] == {"type": "abort", "reason": "stopped"}
    assert told["message"]["parts"][1]["text"] == "교육지원청에서 배정해요. [1] "


async def test_error(read: Read, llm: LlmServer, mongo_client: MongoClient[dict[str, Any]]) -> None:
    database, frozen = mongo_client.admin.command("serverStatus")["pid"], asyncio.Event()
    llm.script = ["교육지원청에서 배정해요. [1] ", frozen, "주민등록등본을 준비하세요. [1] ", TRICKLE]
    asked = len(llm.asked)
    reading = asyncio.ensure_future(read(ENTRY.question))
    try:
        await eventually(lambda: len(llm.asked) > asked, what="the model writes")
        # What it writes is not shown before it is stored, so the time for the whole runs out.
        os.kill(database, signal.SIGSTOP)
        frozen.set()
        told = await reading
    finally:
        os.kill(database, signal.SIGCONT)
    last = told["chunks"][-1]
    assert last["type"] == "error"
    assert told["errors"] == [last["errorText"]]


async def test_coming_back_to_a_stream(read: Read, llm: LlmServer) -> None:
    told = await read("", "resume", "nothing-was-asked-here")
    assert told["chunks"] is None
    llm.script = ["교육지원청에서 배정해요. [1]"]
    await read(ENTRY.question, "ask", "chat-2")
    assert (await read("", "resume", "chat-2"))["chunks"] is None
