from typing import Any

import pytest

from tests.support.web import Web

SCHOOL = {"start": "08:30", "end": "16:30", "days": [0, 1, 2, 3, 4]}


async def test_what_a_school_sets_holds_in_the_rooms_of_its_families(web: Web) -> None:
    school = web.office.units["school_a"]
    head, guardian, teacher = await web.as_("head_a"), await web.as_("guardian_a"), await web.as_("teacher_a")
    room = await web.office.direct("teacher_a", "guardian_a")
    among_staff = await web.office.direct("teacher_a", "head_a")
    path = f"/rooms/{room}/hours"
    assert (await guardian.get(path)).json() == {"hours": None, "unit": None, "opens_at": None}

    made = await head.put(f"/units/{school}/hours", json={"hours": SCHOOL})
    assert made.status_code == 200
    told = (await guardian.get(path)).json()
    assert (told["hours"], told["unit"]) == (SCHOOL, school)
    assert told == (await teacher.get(path)).json() == made.json()
    assert (await teacher.get(f"/rooms/{among_staff}/hours")).json()["hours"] is None
    assert (await (await web.as_("head_b")).get(path)).status_code == 404

    nearer = {"start": "13:00", "end": "15:00", "days": [2]}
    await head.put(f"/units/{web.office.units['class_a1']}/hours", json={"hours": nearer})
    assert (await guardian.get(path)).json()["hours"] in (nearer, SCHOOL)
    of_class = await teacher.get(f"/units/{web.office.units['class_a1']}/hours")
    assert of_class.json()["hours"] == nearer

    for unit in ("class_a1", "school_a"):
        await head.put(f"/units/{web.office.units[unit]}/hours", json={"hours": None})
    assert (await guardian.get(path)).json()["hours"] is None


@pytest.mark.parametrize(
    ("who", "unit", "body", "status"),
    [
        ("teacher_a", "school_a", {"hours": SCHOOL}, 403),
        ("head_b", "school_a", {"hours": SCHOOL}, 403),
        ("guardian_a", "school_a", {"hours": SCHOOL}, 404),
        ("district_admin", "school_a", {"hours": SCHOOL}, 200),
        ("head_a", "school_a", {"hours": SCHOOL | {"days": [0, 1, 2, 3, 4, 5, 6]}}, 200),
        ("head_a", "school_a", {"hours": SCHOOL | {"end": "08:30"}}, 400),
        ("head_a", "school_a", {"hours": SCHOOL | {"end": "24:00"}}, 400),
        ("head_a", "school_a", {"hours": SCHOOL | {"end": "16:40\n"}}, 400),
        ("head_a", "school_a", {"hours": SCHOOL | {"days": []}}, 400),
        ("head_a", "school_a", {"hours": SCHOOL | {"days": [7]}}, 400),
        ("head_a", "school_a", {}, 400),
    ],
)
async def test_who_may_set_what(web: Web, who: str, unit: str, body: dict[str, Any], status: int) -> None:
    client = await web.as_(who)
    assert (await client.put(f"/units/{web.office.units[unit]}/hours", json=body)).status_code == status


async def test_nothing_is_told_of_units_that_are_not_there(web: Web) -> None:
    head = await web.as_("head_a")
    assert (await head.put("/units/u0000/hours", json={"hours": SCHOOL})).status_code == 404
    assert (await head.get("/units/u0000/hours")).status_code == 404
    guardian = await web.as_("guardian_a")
    assert (await guardian.get(f"/units/{web.office.units['school_a']}/hours")).status_code == 404
