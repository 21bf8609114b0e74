"""One family with three children in three schools: who reads and who signs, exactly as the rights say."""

from typing import Any

import httpx

from rooms.people import Person
from tests.support.notice_web import expand
from tests.support.notices import Family
from tests.support.people import Office
from tests.support.web import API, Web

FORM = {
    "fields": [{"id": "trip", "type": "agree", "label": "현장 체험 학습에 참가합니다"}],
    "signers": {"guardians": "all"},
}


async def client_of(web: Web, person: Person) -> httpx.AsyncClient:
    made = await web.services.sign_ins.start(person.id, "test")
    return await web.anybody(API, authorization=f"Bearer {made.token}")


async def test_who_reads_and_who_signs_in_three_schools(web: Web) -> None:
    mongo = web.services.mongo
    office = await Office.make(mongo)
    family = await Family.make(mongo, office)
    eldest, *younger = [child.id for child in family.children]
    everyone = {eldest, *younger}
    head = await client_of(web, office.head)
    body: dict[str, Any] = {
        "kind": "consent",
        "unit": office.office.id,
        "audience": [{"unit": school.id} for school in family.schools],
        "title": "현장 체험 학습",
        "text": "갑니다.",
        "form": FORM,
        "publish": True,
    }
    made = (await head.post("/notices", json=body)).json()
    await expand(web)
    path = f"/notices/{made['id']}/submissions"
    shown = {"version": 1, "answers": {"trip": "agree"}}

    async def part(person: Person) -> tuple[list[set[str]], list[set[str]], dict[str, int]]:
        """List whom the rows of somebody's feed name, for whom they may sign, and what came of trying all."""
        client = await client_of(web, person)
        rows = (await client.get("/notices")).json()["notices"]
        form = await client.get(path)
        text = form.json()["texts"]["ko"] if form.status_code == 200 else made["id"]
        tried = {}
        for child in (eldest, *younger):
            told = await client.post(path, json=shown | {"student": child, "text_hash": text})
            tried[child] = told.status_code
        return [set(row["students"]) for row in rows], [set(row["answerable"]) for row in rows], tried

    assert await part(family.mother) == ([everyone], [everyone], dict.fromkeys(everyone, 201))
    assert await part(family.father) == (
        [everyone],
        [{eldest}],
        {eldest: 201, **dict.fromkeys(younger, 403)},
    )
    assert await part(family.separated) == ([], [], dict.fromkeys(everyone, 404))
    (others,), _, tried = await part(family.stranger)
    assert (others.isdisjoint(everyone), tried) == (True, dict.fromkeys(everyone, 404))
    for child in family.children:
        (mine,), _, tried = await part(child)
        assert (mine, 201 in tried.values()) == ({child.id}, False)

    told = await mongo["deliveries"].count_documents({"about": made["id"], "person": family.mother.id})
    assert told == 1, "one push, for three children at three schools"
    assert await mongo["deliveries"].count_documents({"person": family.separated.id}) == 0
    students = (await head.get(path)).json()["students"]
    states = {row["student"]["id"]: row["state"] for row in students if row["student"]["id"] in everyone}
    assert states == dict.fromkeys(everyone, "complete"), "of each child all with the right have signed"
    for child, teacher in zip(family.children, family.teachers, strict=True):
        seen = (await (await client_of(web, teacher)).get(path)).json()["students"]
        assert everyone & {row["student"]["id"] for row in seen} == {child.id}
