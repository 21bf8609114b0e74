import pytest

from tests.support.notice_web import publish
from tests.support.web import Web


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "3000-01-01T00:00:00Z"]
)
async def test_moments_beyond_every_calendar_are_told_and_change_nothing(web: Web, at: str) -> None:
    teacher = await web.as_("teacher_a")
    made = await publish(web, teacher, "class_a1")
    path = f"/notices/{made['id']}"
    for answer in (
        await teacher.patch(path, json={"deadline": at}),
        await teacher.post(f"{path}/publish", json={"at": at}),
        await teacher.get("/notices", params={"since": at}),
        await teacher.get("/notices", params={"box": "authored", "since": at}),
        await teacher.get("/notices", params={"due_from": at, "due_to": at}),
    ):
        assert answer.status_code == 400, answer.text
        assert "1970" in answer.json()["detail"]
    assert (await teacher.get(path)).json()["deadline"] is None
