from typing import Any

from tests.hub.api.faq.test_faq import begin, heard
from tests.support.web import Web

LATE = "결석 신고서는 언제까지 내요"


async def clusters(client: Any) -> list[tuple[str, int, list[str]]]:
    found = (await client.get("/faq/questions")).json()["clusters"]
    return sorted((one["name"], one["asked"], one["audience"]) for one in found)


async def test_a_question_is_put_with_those_of_its_side_and_what_it_went_on_from(web: Web) -> None:
    keeper = await web.as_("head_a")
    # Put alike, these are of three matters: what a guardian and a teacher went on from says so.
    bare = ("언제까지 내요?", "unknown")
    await heard(web, "school_a", "p1", (*bare, {"asked": LATE}))
    await heard(web, "school_a", "p2", (*bare, {"asked": LATE}), audience=["student"])
    await heard(web, "school_a", "p3", (*bare, {"asked": "우유값은 언제까지 내요"}))
    await heard(web, "school_a", "p4", (*bare, {"asked": LATE}), audience=["staff"])
    await heard(web, "school_a", "p5", (LATE, "unsure", {}), audience=["guardian", "student"])
    assert await clusters(keeper) == [
        (LATE, 1, ["staff"]),
        (LATE, 3, ["guardian", "student"]),
        ("우유값은 언제까지 내요", 1, ["guardian"]),
    ]
    found = (await keeper.get("/faq/questions")).json()["clusters"]
    [milk] = [one for one in found if one["name"].startswith("우유값")]
    assert [(one["question"], one["understood"]) for one in milk["questions"]] == [
        ("언제까지 내요?", "우유값은 언제까지 내요")
    ]
    # What the staff asked is dealt with; what families asked in the same words is not.
    done = await keeper.post("/faq/questions/dismiss", json={"questions": [LATE], "audience": ["staff"]})
    assert done.status_code == 204
    assert [audience for _, _, audience in await clusters(keeper)] == [["guardian", "student"], ["guardian"]]
    await keeper.post("/faq/questions/dismiss", json={"questions": [LATE]})
    assert [name for name, _, _ in await clusters(keeper)] == ["우유값은 언제까지 내요"]


async def test_a_follow_up_is_proposed_as_another_wording_with_what_it_went_on_from(web: Web) -> None:
    keeper = await web.as_("head_a")
    made = await begin(keeper, web, publish=True)
    await heard(
        web, "school_a", "p1", ("중학교는요?", "sure", {"entries": [made["id"]], "asked": "중학교 급식비"})
    )
    proposals = (await keeper.get(f"/faq/entries/{made['id']}/proposals")).json()["proposals"]
    assert [one["question"] for one in proposals] == ["중학교 급식비"]
