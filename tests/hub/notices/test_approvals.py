"""Pushes about approval: written whatever dies on the way, and heard by everybody who may approve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub.notices.wakeups import decode, topic_of
from rooms.delivery.channels import Channel
from rooms.ids import NoticeId
from storage.delivery.schema import DELIVERIES
from storage.mongo import PyMongoError
from tests.hub.api.conftest import database_name, emptied_database, kept_database, web
from tests.support.web import Web

__all__ = ["database_name", "emptied_database", "kept_database", "web"]


@asynccontextmanager
async def no_outbox(web: Web) -> AsyncIterator[None]:
    """Let MongoDB refuse every row of the outbox, and nothing else."""
    database = web.services.mongo[DELIVERIES].database
    await database.command("collMod", DELIVERIES, validator={"_id": {"$exists": False}})
    try:
        yield
    finally:
        await database.command("collMod", DELIVERIES, validator={})


async def told(web: Web, notice: str) -> dict[str, list[str]]:
    """List by occasion who is pushed."""
    found: dict[str, list[str]] = {}
    async for row in web.services.mongo[DELIVERIES].find({"about": notice}).sort("_id", 1):
        assert row["channel"] == Channel.PUSH
        found.setdefault(row["what"][0], []).append(web.office.key(row["person"]))
    return found


def heard(web: Web, person: str) -> list[str]:
    """List what changes of notices somebody's open pages hear of, and forget them."""
    mine = topic_of(web.office.people[person])
    changes = [decode(data).changed for topic, data in web.published if topic == mine]
    web.published[:] = [(topic, data) for topic, data in web.published if topic != mine]
    return changes


async def interrupted(asked: Any) -> None:
    """Ask for something that fails once its change is written, as it does for a process that dies there."""
    try:
        answer = await asked
    except PyMongoError:
        return
    assert answer.status_code >= 500, answer.text


async def test_what_was_submitted_and_decided_is_told_though_the_hub_died_before_the_push_was_written(
    web: Web,
) -> None:
    head, teacher, units = await web.as_("head_a"), await web.as_("teacher_a"), web.office.units
    await web.bus.subscribe([topic_of(web.office.people[who]) for who in ("head_a", "admin", "teacher_a")])
    assert (
        await head.put(f"/units/{units['school_a']}/notice-rules", json={"approval": ["note"]})
    ).is_success
    body = {"kind": "note", "unit": units["class_a1"], "title": "눈", "text": "옵니다."}
    made = (await teacher.post("/notices", json=body | {"audience": [{"unit": units["class_a1"]}]})).json()
    path, approvals = f"/notices/{made['id']}", web.services.notices.approvals

    async with no_outbox(web):
        await interrupted(teacher.post(f"{path}/submit"))
    assert (await teacher.get(path)).json()["state"] == "submitted", "the change itself is written"
    assert await told(web, made["id"]) == {}
    assert await approvals.make_up() == 1
    assert await told(web, made["id"]) == {"q": ["head_a"]}, "the nearest are pushed"
    assert heard(web, "head_a") == heard(web, "admin") == ["submitted"], "open pages further up hear too"
    assert await approvals.make_up() == 0

    async with no_outbox(web):
        await interrupted(head.post(f"{path}/refuse", json={"reason": "날짜가 없습니다."}))
    assert await approvals.make_up() == 1
    assert await told(web, made["id"]) == {"q": ["head_a"], "d": ["teacher_a"]}
    assert heard(web, "teacher_a") == heard(web, "admin") == ["decided"]

    web.clock.advance(60)
    async with no_outbox(web):
        await interrupted(teacher.post(f"{path}/submit"))
    assert (await teacher.post(f"{path}/unschedule")).is_success
    assert await approvals.make_up() == 1
    assert len((await told(web, made["id"]))["q"]) == 1, "what was called back meanwhile is nobody's news"
    assert await approvals.make_up() == 0

    assert (await teacher.post(f"{path}/submit")).is_success
    assert (await head.post(f"{path}/approve")).json()["state"] == "published"
    assert {what: len(who) for what, who in (await told(web, made["id"])).items()} == {"q": 2, "d": 2}
    assert await approvals.make_up() == 0, "what is told is not told again"
    stored = await web.services.notices.store.notice(NoticeId(made["id"]))
    assert stored is not None
    assert stored.to_tell == ""
