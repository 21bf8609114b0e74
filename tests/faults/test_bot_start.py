"""The chatbot's start beside a real hub: nobody waits for it, and it answers by itself once it is ready."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from bots.retrieval.bands import Calibration
from bots.retrieval.embedder import named
from bots.retrieval.ranking import Ranking
from bots.retrieval.tuning import FILE, Tuning
from rooms.ids import new_cid
from storage.bots.schema import UNANSWERED
from storage.mongo import connected
from tests.support import faq
from tests.support.bot import asker, bot_process, hub_with_bot
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.office import PASSWORD, Office
from tests.support.waiting import PATIENCE, eventually
from tests.support.wire import Answered, wire

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="module")]

ENTRY = next(one for one in faq.sample() if one.id == "g-transfer-02")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(
    mongod_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[HubProcess, Office]]:
    async with hub_with_bot(mongod_url, tmp_path_factory.mktemp("bot") / "data") as made:
        yield made


async def test_a_hub_answers_before_its_chatbot_is_there_and_that_answers_once_it_is(
    running: tuple[HubProcess, Office], conformance: Conformance
) -> None:
    hub, office = running
    room = await office.group("guardian_a", "teacher_a")
    await asyncio.to_thread(hub.stop)
    await asyncio.to_thread(hub.begin)
    bot = await eventually(lambda: bot_process(hub), what="the chatbot's process begins")
    os.kill(bot, signal.SIGSTOP)  # long before it has loaded anything
    try:
        await eventually(hub.ready, 60, what="the hub is ready without its chatbot")
        login = {"login": "guardian_a", "password": PASSWORD}
        async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", timeout=PATIENCE) as person:
            assert (await person.get(f"{hub.url}/readyz")).status_code == 200
            token = (await person.post("/sessions", json=login)).json()["token"]
            person.cookies.clear()
            person.headers["Authorization"] = f"Bearer {token}"
            state = (await person.get("/bots/school")).json()
            assert (state["ready"], state["questions"]) == (False, [])
            refused = await person.post("/bots/school/chat", json={"text": ENTRY.question})
            problem = refused.json()
            assert (refused.status_code, problem["code"], problem["temporary"]) == (503, "unavailable", True)
            assert "준비 중" in problem["detail"]
            made = await person.post("/rooms", json={"kind": "direct", "members": ["bot-school"]})
            direct = made.json()["room"]["id"]
        cid = new_cid()
        async with wire(hub.ws, token, trace=conformance.trace, open_rooms=True) as line:
            assert (await line.command("send", room=room, cid=new_cid(), text="안녕하세요"))["seq"] == 1
            with pytest.raises(Answered) as away:
                await line.command("ask", bot="school", cid=cid, text=ENTRY.question)
            assert away.value.code == "unavailable"
            assert away.value.retry_after is not None
            asked = await line.command("send", room=direct, cid=new_cid(), text=ENTRY.question)
            held = await line.until(lambda frame: frame.get("push", {}).get("seq") == asked["seq"])
            assert held["push"]["part"]["type"] == "data-status"

            os.kill(bot, signal.SIGCONT)
            said = await line.until(_said_by_bot)
            assert said["push"]["events"][0]["body"]["text"].startswith(ENTRY.answer)
            visitor = asker(hub)
            async with visitor.client:
                await eventually(visitor.ready, 90, what="the chatbot is ready")
            assert bot_process(hub) == bot, "it is the same: nothing had to be started anew"
            run = (await line.command("ask", bot="school", cid=cid, text=ENTRY.question))["run"]
            parts: list[dict[str, Any]] = []
            while not parts or parts[-1]["type"] != "finish":
                told = await line.until(lambda frame: frame.get("push", {}).get("run") == run)
                parts.append(told["push"]["part"])
            assert "".join(part.get("delta", "") for part in parts) == ENTRY.answer
    finally:
        os.kill(bot, signal.SIGCONT)


async def test_what_waits_for_the_chatbot_is_answered_once_though_the_hub_is_killed_meanwhile(
    running: tuple[HubProcess, Office], conformance: Conformance
) -> None:
    hub, _ = running
    login = {"login": "guardian_b", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", timeout=PATIENCE) as person:
        token = (await person.post("/sessions", json=login)).json()["token"]
        person.cookies.clear()
        person.headers["Authorization"] = f"Bearer {token}"
        made = await person.post("/rooms", json={"kind": "direct", "members": ["bot-school"]})
        direct = made.json()["room"]["id"]
        visitor = asker(hub)
        async with visitor.client:
            await eventually(visitor.ready, 90, what="the chatbot is ready")
        bot = await eventually(lambda: bot_process(hub), what="the chatbot's process is there")
        os.kill(bot, signal.SIGKILL)
        async with wire(hub.ws, token, trace=conformance.trace, open_rooms=True) as line:
            asked = await line.command("send", room=direct, cid=new_cid(), text=ENTRY.question)
            await line.until(lambda frame: frame.get("push", {}).get("seq") == asked["seq"])
            async with connected(hub.mongodb_url, hub.database) as mongo:

                async def noted() -> bool:
                    return await mongo[UNANSWERED].count_documents({"room": direct}) == 1

                await eventually(noted, what="what waits is written down")
            await asyncio.to_thread(hub.kill)
        await asyncio.to_thread(hub.start)

        async def answers() -> list[dict[str, Any]]:
            events = (await person.get(f"/rooms/{direct}/events")).json()["events"]
            return [event for event in events if event["by"] == "bot-school"]

        (said,) = await eventually(answers, 90, what="the chatbot answers")
        assert said["body"]["text"].startswith(ENTRY.answer)
        assert said["body"]["reply_to"] == asked["seq"]
        async with connected(hub.mongodb_url, hub.database) as mongo:

            async def forgotten() -> bool:
                return await mongo[UNANSWERED].count_documents({}) == 0

            await eventually(forgotten, what="what was answered is forgotten")
        assert len(await answers()) == 1


async def test_a_start_goes_by_what_the_office_learnt_if_it_fits_and_says_so(
    running: tuple[HubProcess, Office],
) -> None:
    hub, _ = running
    never_sure = msgspec.structs.replace(Calibration.shipped(), sure=1.1)
    learnt = Tuning(model=named("none"), ranking=Ranking.shipped(), calibration=never_sure)
    bots = hub.data / "bots"

    async def started() -> tuple[str, str]:
        """Start once more; gives how sure an answer is, and what the log says of that start."""
        await asyncio.to_thread(hub.stop)
        seen = len(hub.log)
        await asyncio.to_thread(hub.start)
        visitor = asker(hub)
        async with visitor.client:
            await eventually(visitor.ready, 90, what="the chatbot is ready")
            answer = await visitor.ask(ENTRY.question)
        return answer.data("confidence")["band"], hub.log[seen:]

    try:
        learnt.save(bots)
        band, log = await started()
        assert band == "unsure"
        assert "weights and thresholds are the office's" in log
        for why, spoil in (
            ("another model", lambda: msgspec.structs.replace(learnt, model="kiwi").save(bots)),
            ("cannot be read", lambda: (bots / FILE).write_bytes((bots / FILE).read_bytes()[:-100])),
        ):
            spoil()
            band, log = await started()
            assert band == "sure"
            assert "weights and thresholds are those of Madang" in log
            assert why in log
    finally:
        (bots / FILE).unlink(missing_ok=True)


def _said_by_bot(frame: dict[str, Any]) -> bool:
    return any(event["by"] == "bot-school" for event in frame.get("push", {}).get("events", ()))
