"""The hub and its MongoDB are killed while guardians sign: every receipt is in the ledger, once."""

import asyncio
import itertools
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.auth import Tokens
from rooms.forms.ledger import Head
from rooms.forms.verify import verify
from rooms.ids import NoticeId, PersonId, new_cid
from storage import migrations
from storage.mongo import connected
from storage.sessions import MongoSessions
from tests.support.consent import CHILDREN, FATHER, MOTHER, make_family, publish, set_rights
from tests.support.figures import Figures
from tests.support.forms import ANSWERS
from tests.support.hub_process import SECRET_KEY, HubProcess, mongod_of
from tests.support.office import Office, build_office
from tests.support.waiting import eventually

pytestmark = pytest.mark.faults

KILLS = 2
BETWEEN = 15
"""Answers that get their receipt between two kills."""
AWAY = 60.0
"""Seconds after which the hub must be back, on a busy machine too."""


@dataclass
class Signing:
    """Guardians who sign again and again, each answer until it has its receipt."""

    hub: HubProcess
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0

    async def sign(self, token: str, path: str, told: dict[str, Any]) -> None:
        """Sign for a child for ever, agreeing and disagreeing in turn."""
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(headers=headers, timeout=5.0) as client:
            for number in itertools.count():
                answers = ANSWERS | {"trip": "agree" if number % 2 else "disagree"}
                body = told | {"answers": answers, "cid": new_cid()}
                await eventually(partial(self._receipt, client, path, body), AWAY, what="a receipt")

    def has(self, receipts: int, tasks: list[asyncio.Future[None]]) -> bool:
        """Tell whether there are so many receipts; raises what ended one of those who sign for ever."""
        for task in tasks:
            if task.done():
                task.result()
        return len(self.receipts) >= receipts

    async def _receipt(self, client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> bool:
        """Send an answer; tells whether it got its receipt."""
        self.asked += 1
        with suppress(httpx.TransportError):
            answer = await client.post(f"{self.hub.url}{path}", json=body)
            if answer.status_code == 201:
                self.receipts[body["cid"]] = answer.json()
                return True
            assert answer.status_code == 503, answer.text  # the database is away
        return False


async def test_kill_9_amid_signatures(tmp_path: Path, figures: Figures) -> None:
    data = tmp_path / "data"
    away: list[float] = []
    hub = HubProcess(data, LIMIT_SUBMISSIONS_PER_MINUTE=0)
    try:
        await asyncio.to_thread(hub.start)
        async with connected(hub.mongodb_url, "madang") as mongo:
            await migrations.migrate(mongo)
            office = await build_office(mongo)
            await make_family(office)
            await set_rights(office, FATHER, ["notices", "consent"])
            notice = await publish(office, deadline=None)
            tokens = {key: await token_of(office, key) for key in (MOTHER, FATHER, "admin")}
        signing = Signing(hub)
        path = f"/api/v1/notices/{notice}/submissions"
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {tokens[MOTHER]}"}) as client:
            shown = (await client.get(f"{hub.url}{path}")).json()
        told = {"version": 1, "text_hash": shown["texts"]["ko"]}
        tasks = [
            asyncio.ensure_future(signing.sign(tokens[key], path, told | {"student": office.people[child]}))
            for key in (MOTHER, FATHER)
            for child in CHILDREN
        ]
        for victims in itertools.islice(itertools.cycle(("hub", "mongod")), KILLS):
            goal = len(signing.receipts) + BETWEEN
            await eventually(partial(signing.has, goal, tasks), AWAY, what="receipts")
            killed = time.monotonic()
            if victims == "mongod":
                os.kill(await eventually(lambda: mongod_of(data), what="mongod runs"), signal.SIGKILL)
            else:
                await asyncio.to_thread(hub.kill)
                await asyncio.to_thread(hub.start)
            await eventually(partial(signing.has, len(signing.receipts) + 1, tasks), AWAY, what="a receipt")
            away.append(time.monotonic() - killed)
        goal = len(signing.receipts) + BETWEEN
        await eventually(partial(signing.has, goal, tasks), AWAY, what="receipts")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        lines = await ledger_of(hub, tokens["admin"], notice)
    finally:
        if hub.running:
            await asyncio.to_thread(hub.stop)
    receipts = list(signing.receipts.values())
    verdict = verify(lines, anchors=[Head(one["seq"], one["hash"]) for one in receipts])
    assert verdict.sound, verdict.faults[:5]
    assert len({one["seq"] for one in receipts}) == len(receipts)
    # What was still under way when the guardians stopped may have its place without a receipt.
    assert len(receipts) <= verdict.links <= len(receipts) + len(tasks)
    figures.tell(
        "kill -9 amid signatures",
        kills=KILLS,
        receipts=len(receipts),
        requests=signing.asked,
        lost=0,
        twice=0,
    )


async def token_of(office: Office, key: str) -> str:
    """Sign somebody of the office in."""
    now, person = datetime.now(UTC), PersonId(office.people[key])
    row = await MongoSessions(office.mongo).create(person, f"secret {key}", now, now + timedelta(days=1), "")
    return Tokens(SECRET_KEY).issue(person, row.id, now, 3600)[0]


async def ledger_of(hub: HubProcess, token: str, notice: NoticeId) -> list[bytes]:
    """Download the ledger."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30.0) as client:
        answer = await client.get(f"{hub.url}/api/v1/notices/{notice}/ledger")
    assert answer.status_code == 200
    return answer.content.splitlines(keepends=True)
