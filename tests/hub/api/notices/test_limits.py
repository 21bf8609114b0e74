"""Every bound of notices: what lies at it is taken, what lies beyond is refused."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from config.settings import Limits
from tests.support.notice_web import expand, publish
from tests.support.web import Web
from tests.support.web import web as run_web

SMALL = Limits(
    notices_per_hour=3,
    notice_chars=10,
    notice_files=1,
    notice_units=1,
    notice_versions=2,
    merge_rows=2,
    merge_columns=1,
    merge_bytes=1024,
    reminders=1,
    reminded=1,
)


@pytest.fixture
async def web(mongod_url: str, database_name: str) -> AsyncIterator[Web]:
    async with run_web(mongod_url, database_name, limits=SMALL, reminder_seconds=0) as running:
        yield running


async def test_every_bound_holds_at_its_end(web: Web) -> None:
    teacher, units = await web.as_("teacher_a"), web.office.units
    home = {"unit": units["class_a1"]}
    files = [await web.keep("teacher_a", f"{number}.txt", b"x") for number in range(2)]
    body: dict[str, Any] = {"kind": "note", "unit": home["unit"], "audience": [home], "title": "제목"}

    made = await teacher.post("/notices", json=body | {"text": "가" * 10, "files": files[:1]})
    assert made.status_code == 201
    path = f"/notices/{made.json()['id']}"

    async def refused(code: int, change: dict[str, Any]) -> httpx.Response:
        answer = await teacher.patch(path, json=change)
        assert answer.status_code == code, answer.text
        return answer

    assert "10자" in (await refused(413, {"text": "가" * 11})).json()["detail"]
    await refused(413, {"files": files})
    await refused(413, {"audience": [home, home | {"who": "students"}]})
    await refused(200, {"audience": [home, home]})

    for table, code in (
        ("학생코드,a\nx,1\ny,2\n", 200),
        ("학생코드,a\nx,1\ny,2\nz,3\n", 413),
        ("학생코드,a,b\nx,1,2\n", 413),
        ("학생코드,a\n" + "x" * 1024, 413),
    ):
        sent = await teacher.put(f"{path}/merge", files={"file": ("t.csv", table.encode(), "text/csv")})
        assert sent.status_code == code, sent.text

    assert (await teacher.post(f"{path}/publish", json={})).status_code == 200
    await expand(web)
    await refused(200, {"text": "둘째 판"})
    await refused(413, {"text": "셋째 판"})

    assert (await teacher.post(f"{path}/remind")).json() == {"people": 2}
    assert (await teacher.post(f"{path}/remind")).status_code == 409

    steps = [{"after_hours": 1, "channel": "push"}]
    second = await publish(web, teacher, "class_a1", text="짧은 글", follow_up=steps)
    assert (await teacher.post(f"/notices/{second['id']}/remind")).json() == {"people": 2}
    web.clock.advance(3_601)
    assert await web.services.notices.follow_up.run_due() == 0, "everybody had the one reminder they may get"

    web.clock.advance(-3_601)
    assert (await teacher.post("/notices", json=body)).status_code == 201
    assert (await teacher.post("/notices", json=body)).status_code == 429
