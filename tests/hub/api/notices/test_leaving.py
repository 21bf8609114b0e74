"""Children who change class or school keep what they were told, and nothing more is wanted of them."""

from typing import Any

import httpx

from rooms.delivery.channels import Reason
from rooms.delivery.ports import Unwanted
from storage import schema
from storage.delivery.schema import DELIVERIES
from tests.hub.api.forms.test_submissions import Guardian
from tests.hub.notices.test_news import said
from tests.support.consent import FATHER, MOTHER, make_family, set_rights
from tests.support.notice_web import expand, publish
from tests.support.web import ORIGIN, Web

FORM = {"fields": [{"id": "trip", "type": "agree", "label": "참가"}], "signers": {"student": True}}
TRIP = {"trip": "agree"}


async def move(web: Web, child: str, unit: str | None) -> None:
    """Put a child into a class of the office, or take them out of every one, as an import does."""
    roles = [] if unit is None else [{"unit": web.office.units[unit], "role": "student"}]
    change = {"$set": {"roles": roles, "moved_at": web.clock.now()}}
    await web.services.mongo[schema.PEOPLE].update_one({"_id": web.office.people[child]}, change)


async def rows(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, Any]:
    """Give the reach of a notice: its rows by name."""
    answer = (await client.get(f"{path}/reach", params=query)).json()
    return {row["name"]: row for row in answer["people"]} | {"counts": answer["counts"]}


async def test_who_leaves_the_audience_is_neither_missing_nor_reminded_and_still_reads(web: Web) -> None:
    await make_family(web.office)
    head, services, leavers = await web.as_("head_a"), web.services, web.services.notices.leavers
    await leavers.look()
    await services.notices.newcomers.look()
    steps = [{"after_hours": 1, "channel": "push"}]
    made = await publish(web, head, "school_a", kind="consent", form=FORM, follow_up=steps)
    path = f"/notices/{made['id']}"
    mother = Guardian(web, await web.browser(MOTHER, origin=ORIGIN), made["id"])
    assert (await mother.submit("student_a2", answers=TRIP)).status_code == 201

    web.clock.advance(60)
    await move(web, "student_a", "class_b1")
    assert await leavers.look() == 1, "the child; the mother has another in this school"
    found = await rows(head, path, missing="answered")
    assert set(found) == {"counts", "임하늘"}, (
        "the child who stays is to sign too; the mother has signed for them"
    )
    assert found["counts"]["left"] == {"delivered": 1, "opened": 1, "confirmed": 1, "answered": 1}
    gone = (await rows(head, path))["장하늘"]
    assert (gone["missing"], gone["left_at"] is not None, gone["left_why"]) == (False, True, "moved")
    assert await said(web, made["id"], "student_a", "v1") == Unwanted(Reason.LEFT)

    sheet = (await head.get(f"{path}/submissions")).json()
    states = {row["student"]["name"]: (row["state"], row["left"]) for row in sheet["students"]}
    assert states == {"장하늘": ("left", True), "임하늘": ("partial", False)}
    assert (sheet["tally"]["students"], sheet["tally"]["left"], sheet["tally"]["missing"]) == (2, 1, 0)
    missing = (await head.get(f"{path}/submissions?state=missing")).json()["students"]
    assert [row["student"]["name"] for row in missing] == ["임하늘"]
    table = (await head.get(f"{path}/submissions/export?format=csv")).text
    assert table.count("대상 아님") == 1

    assert (await head.post(f"{path}/remind")).json()["people"] == 1
    web.clock.advance(3_700)
    await services.notices.follow_up.run_due()
    told = {
        web.office.key(row["person"])
        async for row in services.mongo[DELIVERIES].find({"what": {"$in": ["r1", "f1"]}})
    }
    assert told == {"student_a2"}

    child = await web.as_("student_a")
    (line,) = (await child.get("/notices")).json()["notices"]
    assert (line["left_at"] is not None, line["answerable"]) == (True, [])
    since = {"since": line["published_at"].replace("Z", "+00:00")}
    assert (await child.get("/notices", params=since)).json()["notices"], "open pages come to know of it"
    assert (await child.get("/notices?state=open")).json()["notices"] == []
    family = (await mother.client.get(path)).json()["family"]
    assert {one["name"]: (one["left"], one["answerable"]) for one in family["children"]} == {
        "장하늘": (True, False),
        "임하늘": (False, True),
    }
    refused = await mother.submit("student_a", answers=TRIP)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.json()["detail"].startswith("반이나 학교를 옮겨")

    await move(web, "student_a", "class_a1")
    await leavers.look()
    head = await web.as_("head_a")
    assert (await rows(head, path))["counts"]["left"]["answered"] == 0, "who comes back is asked again"
    await move(web, "student_a2", None)
    web.clock.advance(3_600)
    head = await web.as_("head_a")
    assert (await head.post(f"{path}/remind")).json()["people"] == 2, "who left is found while reminding"
    assert (await rows(head, path))["임하늘"]["left_why"] == "moved"
    await move(web, "student_a2", "class_a2")
    await services.notices.newcomers.look()
    await expand(web)
    assert (await rows(head, path))["임하늘"]["left_at"] is None, "whoever is written again is in it again"


async def test_rights_that_end_are_a_reason_and_a_class_that_is_no_more_was_left_by_nobody(web: Web) -> None:
    await make_family(web.office)
    teacher, leavers = await web.as_("teacher_a"), web.services.notices.leavers
    await leavers.look()
    made = await publish(web, teacher, "class_a1", confirm=True)
    path = f"/notices/{made['id']}"
    await set_rights(web.office, FATHER, ["messages"])
    await web.services.mongo[schema.GUARDIANSHIPS].update_many({}, {"$set": {"changed_at": web.clock.now()}})
    assert await leavers.look() == 1
    assert (await rows(teacher, path))["임보호"]["left_why"] == "right"
    unit = {"_id": web.office.units["class_a1"]}
    await web.services.mongo[schema.UNITS].update_one(unit, {"$set": {"archived": True}})
    await move(web, "student_a", "class_a2")
    assert await leavers.look() == 1, "the father still"
    found = await rows(await web.as_("admin"), path, missing="confirmed")
    assert set(found) == {"counts", "장보호", "장하늘"}
