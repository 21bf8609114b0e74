"""No person ever reads or changes a notice that is not theirs, by any call about notices.

Every call is made by everybody of the office against notices in every state. What each says is
unmistakable, so it can be looked for in whatever comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from hub.api.call import PREFIX
from hub.api.notices.calls import NOTICE_CALLS
from tests.support.notice_web import expand
from tests.support.office import DISABLED, PEOPLE
from tests.support.web import Web

VIEWERS = [key for key in PEOPLE if key not in DISABLED]
REQUESTS: Mapping[str, list[dict[str, Any]]] = {
    "notices": [
        {},
        {"params": {"q": "비밀"}},
        {"params": {"box": "authored"}},
        {"params": {"box": "homeroom"}},
    ],
    "create_notice": [],  # names no notice; tests/hub/api/notices/test_notices.py has who may
    "preview_notice": [{"json": {"text": "x"}}],
    "audiences": [{}],
    "notice": [{}, {"params": {"lang": "en"}}],
    "change_notice": [{"json": {"title": "뺏은 알림"}}],
    "discard_notice": [{}],
    "submit_notice": [{}],
    "approve_notice": [{}],
    "refuse_notice": [{"json": {"reason": "x"}}],
    "publish_notice": [{"json": {}}],
    "unschedule_notice": [{}],
    "withdraw_notice": [{"json": {}}],
    "notice_seen": [{"json": {"version": 1}}, {"json": {"version": 1, "confirm": True}}],
    "notice_reach": [{}, {"params": {"missing": "opened"}}],
    "remind": [{}],
    "merge_notice": [{"files": {"file": ("t.csv", "학생코드,x\na,b\n".encode())}}],
    "unmerge_notice": [{}],
    "notice_rules": [],  # name no notice; tests/hub/api/notices/test_notices.py has who may
    "set_notice_rules": [],
    "drop_notice_rules": [],
}


def test_every_call_is_made() -> None:
    assert set(REQUESTS) == {call.name for call in NOTICE_CALLS}


@dataclass(frozen=True)
class Kept:
    """A notice, who may read it, and who may look at how it stands; `secrets` occur nowhere else."""

    id: str
    readers: frozenset[str]
    followers: frozenset[str]
    secrets: tuple[str, ...]


async def keep(web: Web, number: int, by: str, unit: str, state: str, readers: str, followers: str) -> Kept:
    """Make a notice in the name of a unit, for all of it, up to a state."""
    client, home = await web.as_(by), web.office.units[unit]
    file = await web.keep(by, f"비밀파일{number}.txt", f"비밀내용{number}".encode())
    body = {
        "kind": "note",
        "unit": home,
        "audience": [{"unit": home}],
        "title": f"비밀제목{number}",
        "text": f"비밀글{number}",
        "confirm": True,
        "files": [file],
        "translations": {"en": {"title": f"비밀번역{number}", "text": "x"}},
    }
    made = (await client.post("/notices", json=body)).json()["id"]
    if state != "draft":
        assert (await client.post(f"/notices/{made}/publish", json={})).status_code == 200
        await expand(web)
    secrets = tuple(f"비밀{what}{number}" for what in ("파일", "내용", "제목", "글", "번역"))
    return Kept(made, frozenset(readers.split()), frozenset(followers.split()), (*secrets, file))


async def notices(web: Web) -> list[Kept]:
    """Make notices in all their variety."""
    return [
        await keep(web, 1, "teacher_a", "class_a1", "draft", "", "teacher_a head_a district_admin admin"),
        await keep(
            web,
            2,
            "teacher_a",
            "class_a1",
            "published",
            "guardian_a student_a",
            "teacher_a head_a district_admin admin",
        ),
        await keep(
            web,
            3,
            "head_b",
            "school_b",
            "published",
            "guardian_b student_b",
            "teacher_b head_b district_admin admin",
        ),
    ]


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_nobody_reads_or_changes_a_notice_that_is_not_theirs(web: Web, viewer: str) -> None:
    made = await notices(web)
    client = await web.as_(viewer)
    mongo = web.services.mongo
    foreign = [kept for kept in made if viewer not in kept.readers | kept.followers]
    before = [await mongo["notices"].find({"_id": kept.id}).to_list(None) for kept in foreign]
    asked = 0
    for call in NOTICE_CALLS:
        for request in REQUESTS[call.name]:
            for kept in made:
                if kept not in foreign and call.name != "notices":
                    continue
                path = call.path.removeprefix(PREFIX)
                answer = await client.request(call.method, path.replace("{notice}", kept.id), **request)
                asked += 1
                hidden = [secret for one in foreign for secret in one.secrets if secret in answer.text]
                assert not hidden, (call.name, answer.text)
                if "{notice}" in path:
                    assert answer.status_code == 404, (call.name, answer.text)
                    absent = await client.request(
                        call.method, path.replace("{notice}", "n000000000000"), **request
                    )
                    assert (absent.status_code, absent.json()) == (404, answer.json())
    assert asked
    assert [await mongo["notices"].find({"_id": kept.id}).to_list(None) for kept in foreign] == before
    for kept in made:
        reads = (await client.get(f"/notices/{kept.id}")).status_code == 200
        assert reads == (kept not in foreign), "the secrets do come back to those whose they are"
        follows = (await client.get(f"/notices/{kept.id}/reach")).status_code == 200
        assert follows == (viewer in kept.followers)
        file = (await client.get(f"/files/{kept.secrets[-1]}")).status_code == 200
        assert file == reads


async def test_without_a_sign_in_nothing_is_told_at_all(web: Web) -> None:
    made = await notices(web)
    client = await web.anybody(f"http://hub.test{PREFIX}")
    for call in NOTICE_CALLS:
        for request in REQUESTS[call.name]:
            path = call.path.removeprefix(PREFIX).replace("{notice}", made[1].id)
            answer = await client.request(call.method, path, **request)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), call.name
