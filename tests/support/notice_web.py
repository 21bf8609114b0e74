"""Notices over HTTP in tests: short ways of doing what most of them need."""

from typing import Any

import httpx

from tests.support.web import Web


async def publish(web: Web, client: httpx.AsyncClient, unit: str, **body: Any) -> dict[str, Any]:
    """Publish a notice in the name of a unit of the office, for all of it, and write its recipients."""
    said = {
        "kind": "note",
        "unit": web.office.units[unit],
        "audience": [{"unit": web.office.units[unit]}],
        "title": "내일 준비물",
        "text": "색연필을 가져옵니다.",
        "publish": True,
    } | body
    made = await client.post("/notices", json=said)
    assert made.status_code == 201, made.text
    await expand(web)
    return dict(made.json())


async def expand(web: Web) -> None:
    """Write the recipients of everything there is."""
    while await web.services.notices.expander.work():
        pass


async def allow(web: Web, guardian: str, student: str, *rights: str) -> None:
    """Give a guardian these rights for a student, and no others."""
    people = web.office.people
    pair = {"guardian": people[guardian], "student": people[student]}
    await web.services.mongo["guardianships"].update_one(
        pair,
        {
            "$set": {"rights": list(rights)},
            "$setOnInsert": {"_id": f"{people[guardian]}:{people[student]}", "relation": "부모"},
        },
        upsert=True,
    )
