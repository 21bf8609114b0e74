"""The chatbot beside a real hub: it answers, dies, comes back, and the messenger does not notice."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import pytest_asyncio
from pymongo import MongoClient

from bots.storing import Storing
from config.settings import Settings
from hub.bots.keeper import STORING
from rooms.conversations import MOST_TURNS
from rooms.faq.entries import Audience
from rooms.ids import new_cid
from tests.support import faq
from tests.support.bot import Answer, Asker, asker, bot_process, hub_with_bot, libraries
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.office import PASSWORD, Office
from tests.support.waiting import PATIENCE, eventually
from tests.support.wire import Answered, Wire, wire

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="module")]

PERSONAL = "제 번호는 010-1234-5678, 주민번호는 900101-1234567인데요,"
KNOWN = "학교폭력을 당하면 어디에 신고하나요?"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(
    mongod_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[HubProcess, Office]]:
    settings = {"BOT_ORIGINS": "https://school.example", "LIMIT_ASKS_AT_ONCE": 10}
    async with hub_with_bot(mongod_url, tmp_path_factory.mktemp("bot") / "data", **settings) as made:
        yield made


@pytest.fixture(scope="module")
def hub(running: tuple[HubProcess, Office]) -> HubProcess:
    return running[0]


@pytest.fixture(scope="module")
def office(running: tuple[HubProcess, Office]) -> Office:
    return running[1]


Come = Callable[[], Awaitable[Asker]]


@pytest_asyncio.fixture(loop_scope="module")
async def come(hub: HubProcess) -> AsyncIterator[Come]:
    """Give what brings a new visitor, once the bot answers."""
    async with AsyncExitStack() as stack:

        async def ready() -> Asker:
            visitor = asker(hub)
            await stack.enter_async_context(visitor.client)
            await eventually(visitor.ready, 90, what="the chatbot answers")
            return visitor

        yield ready


async def stored(visitor: Asker, answer: Answer) -> None:
    """Wait until an answer is in the database, a moment after it was given."""
    path = f"{visitor.bot}/conversations/{answer.metadata['conversation']}"

    async def known() -> bool:
        return (await visitor.client.get(path)).status_code == 200

    await eventually(known, what="the conversation is stored")


async def token_of(hub: HubProcess, login: str) -> str:
    async with httpx.AsyncClient(base_url=hub.url, timeout=PATIENCE) as client:
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


async def test_a_visitor_asks_and_goes_on(
    hub: HubProcess, come: Come, mongo_client: MongoClient[dict[str, Any]]
) -> None:
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

    await stored(visitor, answer)
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

    told = await visitor.ask(f"{PERSONAL} {known.question}", conversation=answer.metadata["conversation"])
    await visitor.client.get(f"{visitor.bot}/conversations/{answer.metadata['conversation']}")
    database = mongo_client[hub.database]
    kept = repr([list(database[name].find()) for name in database.list_collection_names()])
    assert told.run in kept
    assert "제 번호는 ***-****-****" in kept
    for secret in ("1234-5678", "1234567"):
        assert secret not in kept + hub.log

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


async def test_what_a_chat_opens_with_is_for_who_opens_it(
    hub: HubProcess, come: Come, office: Office, conformance: Conformance
) -> None:
    visitor = await come()
    entries = {entry.question: entry for entry in faq.sample()}

    async def opened(client: httpx.AsyncClient, path: str, **query: str) -> list[str]:
        async def offered() -> list[str]:
            found: list[str] = (await client.get(path, params=query)).json()["questions"]
            return found

        await eventually(offered, what="the chat opens with questions")
        return await offered()

    most = Settings().limits.opening_questions
    for query in ({}, {"unit": office.units["school_a"]}):
        questions = await opened(visitor.client, visitor.bot, **query)
        assert len(questions) == most
        assert all(Audience.GUARDIAN in entries[question].audience for question in questions)
    assert (await visitor.ask(questions[0])).data("confidence")["band"] == "sure"
    nowhere = await visitor.client.get(visitor.bot, params={"unit": "u-nowhere"})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    teacher = asker(hub, await token_of(hub, "teacher_a"), "office")
    async with teacher.client:
        questions = await opened(teacher.client, teacher.bot)
    assert len(questions) == most
    assert all(Audience.STAFF in entries[question].audience for question in questions)


async def test_a_talk_that_is_full_goes_on_in_the_next(come: Come) -> None:
    visitor = await come()
    talks = [
        (await visitor.ask("안녕하세요", id="talk of a year")).metadata["conversation"]
        for _ in range(MOST_TURNS + 2)
    ]
    assert len(set(talks)) == 2
    assert talks[-3] != talks[-2] == talks[-1]


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
        # Who names an entry that is not for them is answered as if there were none.
        hidden = next(one for one in faq.sample() if one.audience == {Audience.STAFF} and "연가" in one.title)
        other = await line.command("ask", bot="school", cid=new_cid(), text=hidden.question, entry=hidden.id)
        shown = str(await answer_of(line, other["run"]))
        assert hidden.id not in shown
        assert hidden.answer not in shown
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


async def test_written_to_in_the_messenger(
    hub: HubProcess, come: Come, office: Office, conformance: Conformance
) -> None:
    await come()
    entry = next(one for one in faq.sample() if one.id == "g-transfer-02")
    # somebody who shares no room with the staff's bot, whatever other tests here did before
    token = await token_of(hub, "guardian_b")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", headers=headers, timeout=PATIENCE) as client:
        state = (await client.get("/bots/school")).json()
        assert (state["person"], state["visitor"]) == ("bot-school", None)
        top = (await client.get("/directory")).json()["people"]
        assert [(one["id"], one["kind"]) for one in top if one["kind"] == "bot"] == [("bot-school", "bot")]
        found = (await client.get("/directory", params={"q": "챗봇"})).json()["people"]
        assert [one["id"] for one in found] == ["bot-school"]
        made = await client.post("/rooms", json={"kind": "direct", "members": ["bot-school"]})
        assert made.status_code == 201, made.text
        refused = await client.post("/rooms", json={"kind": "direct", "members": ["bot-office"]})
        assert refused.status_code == 404
    room = made.json()["room"]["id"]
    async with wire(hub.ws, token, trace=conformance.trace, open_rooms=True) as line:
        await line.command("send", room=room, cid=new_cid(), text=entry.question)
        await line.push("typing")
        parts = []
        while not parts or parts[-1]["part"]["type"] != "finish":
            parts.append((await line.until(lambda frame: "run" in frame.get("push", {})))["push"])
        assert [(push["i"], push["room"], push["seq"]) for push in parts] == [
            (i, room, 1) for i in range(len(parts))
        ]
        said = await line.until(lambda frame: _said(frame, "bot-school"))
        (event,) = said["push"]["events"]
        assert (event["seq"], event["body"]["reply_to"]) == (2, 1)
        assert event["body"]["text"].startswith(entry.answer)
        assert entry.title in event["body"]["text"]
        await line.command(
            "send", room=room, cid=new_cid(), text="그럼 초등학교는요? 제 번호는 010-1234-5678"
        )
        event = (await line.until(lambda frame: _said(frame, "bot-school")))["push"]["events"][0]
        assert "초등학생 자녀를 전학시키려면" in event["body"]["text"]
        kept = (await line.command("sync", room=room, since=0))["events"]
        assert kept[2]["body"]["text"] == "그럼 초등학교는요? 제 번호는 ***-****-****"
    # As after a reload: the page knows its message, and not how the answer to it is called.
    async with wire(hub.ws, token, trace=conformance.trace) as line:
        taken = await line.command("resume", room=room, seq=1)
        assert taken["run"] == parts[0]["run"]
        again = [(await line.until(lambda frame: "run" in frame.get("push", {})))["push"] for _ in parts]
        assert again == parts
        for named, code in (
            ({"room": room, "seq": 2}, "not_found"),
            ({"room": room}, "bad_request"),
            ({"run": taken["run"], "room": room, "seq": 1}, "bad_request"),
            ({}, "bad_request"),
        ):
            with pytest.raises(Answered) as refused_as:
                await line.command("resume", **named)
            assert refused_as.value.code == code
    async with wire(hub.ws, await token_of(hub, "guardian_a"), trace=conformance.trace) as line:
        with pytest.raises(Answered) as refused_as:
            await line.command("resume", room=room, seq=1)
        assert refused_as.value.code == "not_found"


async def test_what_a_person_of_the_office_says_comes_over_the_socket_too(
    hub: HubProcess, come: Come, office: Office, conformance: Conformance
) -> None:
    await come()
    unit = office.units["school_b"]
    async with AsyncExitStack() as stack:

        async def signed_in(login: str) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer {await token_of(hub, login)}"}
            client = httpx.AsyncClient(base_url=f"{hub.url}/api/v1", headers=headers, timeout=PATIENCE)
            return await stack.enter_async_context(client)

        head, guardian = await signed_in("head_b"), await signed_in("guardian_b")
        room = (await head.put(f"/faq/desks/{unit}", json={"handoff": {"room_of": unit}})).json()["room"]
        token = await token_of(hub, "guardian_b")
        line = await stack.enter_async_context(wire(hub.ws, token, trace=conformance.trace, open_rooms=True))
        taken = await line.command("ask", bot="school", cid=new_cid(), text="비트코인 시세 알려줘")
        parts = await answer_of(line, taken["run"])
        assert parts[-2] == {"type": "data-handoff", "data": {"unit": unit, "open": True}}
        # At once after the last part: what was answered is stored by then.
        path = f"/bots/school/conversations/{taken['conversation']}/handoff"
        waiting = (await guardian.post(path, json={})).json()
        assert waiting.get("state") == "waiting", waiting
        judgement = {"run": taken["run"], "helpful": False}
        assert (await guardian.post("/bots/school/feedback", json=judgement)).status_code == 204
        assert (await line.push("joined"))["joined"]["id"] == waiting["talk"]
        events = (await head.get(f"/rooms/{room}/events")).json()["events"]
        card = next(event["body"] for event in events if "handoff" in event["body"])
        await head.post(f"/handoffs/{card['handoff']}/take")
        said = await head.post(
            f"/rooms/{waiting['talk']}/events", json={"text": "안녕하세요", "cid": new_cid()}
        )
        assert said.status_code == 201
        frame = await line.until(
            lambda frame: _said(frame, office.people["head_b"]) and "안녕하세요" in str(frame)
        )
        assert frame["push"]["room"] == waiting["talk"]
        await head.put(f"/faq/desks/{unit}", json={})


def _said(frame: dict[str, Any], by: str) -> bool:
    return any(event["by"] == by for event in frame.get("push", {}).get("events", ()))


async def test_in_a_group_it_says_only_what_all_may_read(
    hub: HubProcess, come: Come, office: Office, conformance: Conformance
) -> None:
    await come()
    entry = next(one for one in faq.sample() if one.audience == {Audience.STAFF} and "연가" in one.title)
    headers = {"Authorization": f"Bearer {await token_of(hub, 'teacher_a')}"}
    replies = {}
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", headers=headers, timeout=PATIENCE) as client:
        for other in ("head_b", "guardian_a"):
            group = {"kind": "group", "title": "모임", "members": [office.people[other], "bot-office"]}
            room = (await client.post("/rooms", json=group)).json()["room"]["id"]
            message = {"text": f"@행정 챗봇 {entry.question}", "mentions": ["bot-office"]}
            seq = (await client.post(f"/rooms/{room}/events", json=message)).json()["seq"]

            async def answered(room: str = room) -> dict[str, Any] | None:
                page = (await client.get(f"/rooms/{room}/events")).json()["events"]
                return next((event for event in page if event["by"] == "bot-office"), None)

            event = await eventually(answered, what="the bot answers")
            assert event["body"]["reply_to"] == seq
            assert event["body"]["mentions"] == [office.people["teacher_a"]]
            replies[other] = event["body"]["text"]
    assert entry.answer in replies["head_b"] or entry.question in replies["head_b"]
    assert "1:1" in replies["guardian_a"]


LONG = "가" * 1_001
FROM_SDK = {"role": "user", "parts": [{"type": "text", "text": "전학"}]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"text": "전" * 350_000}, 413, "too_large", id="1 MB"),
        pytest.param({"text": LONG}, 413, "too_large", id="over the limit"),
        pytest.param({"text": ""}, 400, "bad_request", id="empty"),
        pytest.param({"text": " \n\u200b\t "}, 400, "bad_request", id="nothing to be seen"),
        pytest.param({}, 400, "bad_request", id="no text"),
        pytest.param({"text": 3}, 400, "bad_request", id="no string"),
        pytest.param({"text": "전학", "unit": "u000000000000"}, 404, "not_found", id="no such school"),
        pytest.param({"text": "전학", "cid": "x"}, 400, "bad_request", id="no cid"),
        pytest.param({"text": "전\x00학\x1b[31m\u202e", "entry": "x"}, 200, "", id="control characters"),
        pytest.param({"messages": [FROM_SDK]}, 200, "", id="from the AI SDK"),
        pytest.param(
            {"messages": [FROM_SDK | {"role": "assistant"}]}, 400, "bad_request", id="nothing asked"
        ),
    ],
)
async def test_bad_questions(come: Come, body: dict[str, Any], status: int, code: str) -> None:
    visitor = await come()
    answer = await visitor.client.post(f"{visitor.bot}/chat", json=body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["code"] == code
    assert (await visitor.ask(KNOWN)).types[-1] == "finish"


async def test_who_may_ask_from_where(come: Come) -> None:
    visitor = await come()
    chat, question = f"{visitor.bot}/chat", {"text": KNOWN}
    foreign = {"Origin": "https://evil.example"}
    refused = await visitor.client.post(chat, json=question, headers=foreign)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "access-control-allow-origin" not in refused.headers
    school = {"Origin": "https://school.example"}
    taken = await visitor.client.post(chat, json=question, headers=school)
    assert taken.headers["access-control-allow-origin"] == "https://school.example"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = await visitor.client.options(chat, headers=school | asked)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert (await visitor.client.options(chat, headers=foreign | asked)).status_code == 405
    elsewhere = await visitor.client.options("/api/v1/me", headers=school | asked)
    assert "access-control-allow-origin" not in elsewhere.headers
    forged = await visitor.client.post(chat, json=question, headers={"Madang-Visitor": "x.y.z"})
    assert (forged.status_code, forged.json()["code"]) == (401, "unauthenticated")
    office = await visitor.client.post("/api/v1/bots/office/chat", json=question)
    assert (office.status_code, office.json()["detail"]) == (401, "먼저 로그인해 주세요.")


async def test_staff_ask_the_bot_of_families_as_a_visitor_of_their_school(
    come: Come, hub: HubProcess, office: Office
) -> None:
    visitor = await come()
    hidden = next(one for one in faq.sample() if one.audience == {Audience.STAFF} and "연가" in one.title)
    teacher = asker(hub, await token_of(hub, "teacher_a"))
    async with teacher.client:
        state = (await teacher.client.get(teacher.bot)).json()
        there = {"unit": office.units["school_a"]}
        assert state["questions"] == (await visitor.client.get(visitor.bot, params=there)).json()["questions"]
        for question in (KNOWN, hidden.question):
            told, known = await teacher.ask(question), await visitor.ask(question, **there)
            assert told.text == known.text
            assert told.data("confidence") == known.data("confidence")
        assert hidden.answer not in told.text


async def test_a_thousand_at_once(hub: HubProcess, come: Come) -> None:
    await come()
    bot = await eventually(lambda: bot_process(hub), what="the bot runs")
    before = _resident(bot), _resident(hub.pid)
    address = f"{hub.url}/api/v1/bots/school/chat"
    answers: list[tuple[int, str]] = []
    connector, patience = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(120)
    async with aiohttp.ClientSession(connector=connector, timeout=patience) as session:

        async def ask() -> None:
            async with session.post(address, json={"text": KNOWN}) as response:
                answers.append((response.status, await response.text()))

        await asyncio.gather(*(ask() for _ in range(1_000)))
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) <= {200, 503}
    assert statuses[200] >= 500
    assert all(text.endswith("data: [DONE]\n\n") for status, text in answers if status == 200)
    assert _resident(bot) - before[0] < 100 * 2**20
    assert _resident(hub.pid) - before[1] < 150 * 2**20
    assert (await (await come()).ask(KNOWN)).types[-1] == "finish"


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


async def test_workers_stay_light(hub: HubProcess, come: Come) -> None:
    await come()
    bot = await eventually(lambda: bot_process(hub), what="the bot runs")
    assert libraries(hub.pid) == set()
    assert "kiwipiepy" in libraries(bot)


@contextmanager
def shared_memory(hub: int, bot: int) -> Iterator[Storing]:
    """Map what a hub and its bot share."""
    command = Path(f"/proc/{bot}/cmdline").read_text().split("\0")
    file = Path(f"/proc/{bot}/fd/{command[command.index(STORING) + 1]}")
    assert any(one.stat().st_ino == file.stat().st_ino for one in Path(f"/proc/{hub}/fd").iterdir())
    with file.open("r+b") as opened:
        yield Storing(opened.fileno())


@pytest.mark.skipif(sys.platform != "linux", reason="memory to share without a name is Linux's")
async def test_the_bot_knows_while_a_message_is_being_stored(
    hub: HubProcess, come: Come, office: Office
) -> None:
    await come()
    bot = await eventually(lambda: bot_process(hub), what="the bot runs")
    with shared_memory(hub.pid, bot) as storing:
        room = await office.group("teacher_a", "head_a")
        async with wire(hub.ws, await token_of(hub, "teacher_a"), open_rooms=True) as line:
            seen = set[bool]()
            while True not in seen:
                await line.begin("send", room=room, cid=new_cid(), text="안녕하세요")
                seen |= {storing.since > 0 for _ in range(10_000)}
            await eventually(lambda: not storing.since, what="nothing is being stored")


async def test_a_killed_bot_comes_back_and_the_messenger_does_not_notice(
    hub: HubProcess, come: Come, office: Office, conformance: Conformance
) -> None:
    visitor = await come()
    before = await visitor.ask(KNOWN)
    await stored(visitor, before)
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
