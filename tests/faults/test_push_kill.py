"""A teacher publishes and the hub is killed while it pushes: every guardian gets it once, and it is known."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from hub.signin.proofs import Tokens
from rooms.ids import PersonId, new_id, new_person_id, new_unit_id
from storage import schema
from storage.delivery.schema import SUBSCRIPTIONS
from storage.mongo import Document, Mongo, connected
from storage.sessions import MongoSessions
from tests.support.hub_process import SECRET_KEY, HubProcess
from tests.support.office import person_document
from tests.support.push_service import Browser, Mischief, PushService
from tests.support.waiting import eventually

pytestmark = pytest.mark.faults

FAMILIES = 600
GONE_ONE_IN = 20
KILLS = (100, 250, 400)
"""So many pushes are taken before each kill."""
LEVELS = ("office", "school", "grade", "class")


async def a_class(mongo: Mongo) -> tuple[str, PersonId, list[PersonId]]:
    """Make a class with its teacher, and a student and a guardian for each family."""
    units = [new_unit_id() for _ in LEVELS]
    await mongo[schema.UNITS].insert_many(
        [
            {
                "_id": unit,
                "kind": kind,
                "name": kind,
                "parent": units[place - 1] if place else None,
                "path": units[: place + 1],
                "code": f"test-{unit}",
                "order": 0,
                "attrs": {},
                "archived": False,
            }
            for place, (unit, kind) in enumerate(zip(units, LEVELS, strict=True))
        ]
    )
    room = units[-1]
    teacher = new_person_id()
    guardians, people, bonds = [], [person_document(teacher, "teacher", "정담임", [(room, "teacher")])], []
    for number in range(FAMILIES):
        guardian, student = new_person_id(), new_person_id()
        guardians.append(guardian)
        people.append(person_document(guardian, f"g{number}", "보호자", [(room, "guardian")]))
        people.append(person_document(student, f"s{number}", "학생", [(room, "student")]))
        bond: Document = {"_id": f"{guardian}:{student}", "guardian": guardian, "student": student}
        bonds.append(bond | {"relation": "부모", "rights": ["messages", "notices", "consent"]})
    await mongo[schema.PEOPLE].insert_many(people)
    await mongo[schema.GUARDIANSHIPS].insert_many(bonds)
    return room, teacher, guardians


async def subscribe(mongo: Mongo, guardians: list[PersonId], service: PushService, key: str) -> list[Browser]:
    """Give each guardian a browser; some are gone."""
    browsers = [service.browser(key) for _ in guardians]
    for browser in browsers[::GONE_ONE_IN]:
        browser.gone = 410
    await mongo[SUBSCRIPTIONS].insert_many(
        [
            {
                "_id": new_id("w"),
                "person": guardian,
                "session": "",
                "endpoint": browser.endpoint,
                "keys": browser.keys,
                "key": key,
                "agent": "",
                "created_at": datetime.now(UTC),
            }
            for guardian, browser in zip(guardians, browsers, strict=True)
        ]
    )
    return browsers


async def test_kill_9_amid_pushes(tmp_path: Path) -> None:
    hub = HubProcess(
        tmp_path / "data",
        PUSH_NETWORKS="127.0.0.0/8",
        PUSH_QUIET="off",
        PUSH_CONCURRENCY=2,
        PUSH_TIMEOUT_SECONDS=2,
        PUSH_LEASE_SECONDS=5,
    )
    api = f"{hub.url}/api/v1"
    with PushService(mischief=Mischief(busy=0.03)) as service:
        try:
            await asyncio.to_thread(hub.start)
            async with (
                connected(hub.mongodb_url, "madang") as mongo,
                httpx.AsyncClient(base_url=api, timeout=30) as client,
            ):
                room, teacher, guardians = await a_class(mongo)
                key = (await client.get("/push/key")).json()["key"]
                browsers = await subscribe(mongo, guardians, service, key)
                now = datetime.now(UTC)
                session = await MongoSessions(mongo).create(
                    teacher, new_id("x"), now, now + timedelta(days=1), ""
                )
                token, _ = Tokens(SECRET_KEY).issue(teacher, session.id, now, 3600)
                client.headers["Authorization"] = f"Bearer {token}"
                notice = await client.post(
                    "/notices",
                    json={
                        "kind": "note",
                        "unit": room,
                        "audience": [{"unit": room, "who": "guardians"}],
                        "title": "내일 준비물",
                        "text": "색연필과 도화지",
                        "publish": True,
                    },
                )
                assert notice.status_code == 201, notice.text
                for taken in KILLS:
                    await eventually(lambda taken=taken: service.said[201] >= taken, 60)
                    await asyncio.to_thread(hub.kill)
                    await asyncio.to_thread(hub.start)

                there = [browser for browser in browsers if browser.gone is None]

                async def reach() -> Document:
                    answer = await client.get(f"/notices/{notice.json()['id']}/reach")
                    return dict(answer.json()["counts"]["channels"]["push"])

                async def is_settled() -> bool:
                    return (await reach()).get("waiting", 0) == 0

                await eventually(is_settled, 60, what="nothing waits any more")
                assert service.faults == []
                assert [len(browser.book) for browser in there] == [1] * len(there)
                for browser in there:
                    assert len({message.payload["id"] for message in browser.taken}) == 1
                told = await reach()
                assert told["sent"] == len(there)
                # Killed between forgetting a dead device and noting why, the next finds no device.
                assert told["failed"] + told.get("skipped", 0) == FAMILIES - len(there)
                left = await mongo[SUBSCRIPTIONS].distinct("endpoint")
                assert set(left) == {browser.endpoint for browser in there}
                for browser in there[:10]:
                    receipt = {"token": browser.taken[-1].payload["token"]}
                    assert (await client.post("/push/receipts", json=receipt)).status_code == 204
                assert (await reach())["delivered"] == 10
        finally:
            await asyncio.to_thread(hub.stop)
