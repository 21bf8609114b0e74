"""Notices on real sockets: who has a page open hears of what is theirs, and of nothing else."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio

from hub.signin.proofs import Tokens, hash_secret
from rooms.ids import PersonId
from storage import migrations
from storage.mongo import connected
from storage.sessions import MongoSessions
from tests.support.conformance import Conformance
from tests.support.core import clock_of_today
from tests.support.hub_process import SECRET_KEY, HubProcess
from tests.support.office import Office, build_office
from tests.support.waiting import PATIENCE, eventually
from tests.support.wire import Wire, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def town_database() -> str:
    """Name the database of these tests."""
    return f"notices_{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def town_hub(
    mongod_url: str, town_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubProcess]:
    """Run a hub that compares with its store every second."""
    data = tmp_path_factory.mktemp("notices") / "data"
    settings = {"MONGODB_URL": mongod_url, "MONGODB_DATABASE": town_database}
    settings |= {"AUDIT_SECONDS": "1", "LIMIT_NOTICES_PER_HOUR": "0"}
    with HubProcess(data, **settings) as process:
        yield process


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def town(mongod_url: str, town_database: str) -> AsyncIterator[Office]:
    """Make an office with its families."""
    async with connected(mongod_url, town_database) as mongo:
        await migrations.migrate(mongo)
        yield await build_office(mongo)


async def token(office: Office, key: str) -> str:
    """Sign somebody in."""
    person, now = PersonId(office.people[key]), clock_of_today().now()
    session = await MongoSessions(office.mongo).create(
        person, hash_secret(secrets.token_urlsafe(16)), now, now.replace(year=now.year + 1), "tests"
    )
    return Tokens(SECRET_KEY).issue(person, session.id, now, 3_600)[0]


@asynccontextmanager
async def page(hub: HubProcess, office: Office, key: str, conformance: Conformance) -> AsyncIterator[Wire]:
    """Open a page as somebody, up to where everything of theirs flows."""
    async with wire(hub.ws, await token(office, key), trace=conformance.trace) as line:
        await line.command("open")
        yield line


async def heard(line: Wire, *changed: str) -> dict[str, Any]:
    """Wait for the next push about a notice; it must be one of these changes."""
    push = (await line.push("notice"))["notice"]
    assert push["changed"] in changed, push
    return dict(push)


async def test_open_pages_hear_of_what_is_theirs_at_once_and_of_nothing_else(
    town: Office, town_hub: HubProcess, conformance: Conformance
) -> None:
    units = town.units
    headers = {"Authorization": f"Bearer {await token(town, 'teacher_a')}"}
    async with AsyncExitStack() as stack:
        teacher = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"{town_hub.url}/api/v1", headers=headers, timeout=PATIENCE)
        )
        pages = {
            key: await stack.enter_async_context(page(town_hub, town, key, conformance))
            for key in ("guardian_a", "student_a", "guardian_a2", "teacher_a", "head_a")
        }
        note = {
            "kind": "note",
            "unit": units["class_a1"],
            "audience": [{"unit": units["class_a1"], "who": "guardians"}],
            "title": "내일 준비물",
            "text": "색연필",
            "publish": True,
        }
        made = (await teacher.post("/notices", json=note)).json()
        told = await heard(pages["guardian_a"], "published")
        assert (told["id"], told["title"], told["unit"]["name"]) == (
            made["id"],
            "내일 준비물",
            "물빛초등학교 1반",
        )
        assert (await heard(pages["teacher_a"], "published"))["id"] == made["id"]

        await teacher.get(f"/notices/{made['id']}/reach")
        mine = {"Authorization": f"Bearer {await token(town, 'guardian_a')}"}
        await teacher.post(f"/notices/{made['id']}/seen", json={"version": 1}, headers=mine)
        while (await heard(pages["teacher_a"], "reach"))["reach"]["opened"] != 1:
            pass

        await teacher.patch(f"/notices/{made['id']}", json={"text": "색연필과 풀"})
        assert (await heard(pages["guardian_a"], "corrected"))["version"] == 2
        await teacher.post(f"/notices/{made['id']}/withdraw", json={})
        assert (await heard(pages["guardian_a"], "withdrawn"))["state"] == "withdrawn"

        # Another family comes to the right while its page is open: from then on it hears of them.
        now = clock_of_today().now()
        await town.mongo["guardianships"].insert_one(
            {
                "_id": "late",
                "guardian": town.people["guardian_a2"],
                "student": town.people["student_a"],
                "relation": "부",
                "rights": ["notices"],
                "changed_at": now,
            }
        )

        async def told_of_another() -> bool:
            again = (await teacher.post("/notices", json=note | {"title": "다음 알림"})).json()["id"]
            assert (await heard(pages["guardian_a"], "published"))["id"] == again
            await pages["guardian_a2"].command("ping")  # what was pushed before comes before the answer
            return any("notice" in frame.get("push", {}) for frame in pages["guardian_a2"].kept)

        await eventually(told_of_another, what="the audit noticed the new right")
        assert (await heard(pages["guardian_a2"], "published"))["title"] == "다음 알림"
        for other in ("student_a", "head_a"):
            await pages[other].command("ping")
            assert not [frame for frame in pages[other].kept if "notice" in frame.get("push", {})]
