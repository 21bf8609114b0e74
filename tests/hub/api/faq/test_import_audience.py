from tests.hub.api.faq.test_faq import begin, bring
from tests.support.pdf import pdf
from tests.support.web import Web

MANUAL = pdf([["1. Leave", "Ask the head of your school."], ["2. Travel", "Ask before you go."]])


async def test_a_document_is_for_those_who_are_chosen_and_for_nobody_unless_they_are(web: Web) -> None:
    keeper = await web.as_("head_a")
    for dry in (True, False):
        refused = await bring(keeper, web, "업무 편람.pdf", MANUAL, publish=True, dry=dry)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
        assert "누가 볼 수 있는지" in refused.json()["detail"]
    assert (await keeper.get("/faq/entries")).json()["entries"] == []
    for wrong in ("everybody", "staff;student", "", ","):
        assert (await bring(keeper, web, "업무 편람.pdf", MANUAL, audience=wrong)).status_code == 400
    done = (await bring(keeper, web, "업무 편람.pdf", MANUAL, audience="staff", publish=True)).json()
    assert (done["added"], done["unaddressed"]) == (2, 2)
    rows = (await keeper.get("/faq/entries")).json()["entries"]
    assert [row["audience"] for row in rows] == [["staff"], ["staff"]]
    again = (await bring(keeper, web, "업무 편람.pdf", MANUAL, audience="student,staff", publish=True)).json()
    assert (again["added"], again["changed"]) == (0, 2)


async def test_rows_keep_the_audience_they_name_and_others_get_the_one_that_is_chosen(web: Web) -> None:
    keeper = await web.as_("head_a")
    table = "번호,제목,답변,대상\nx1,급식비,15일,보호자\nx2,우유값,20일,\nx3,도서관,5시,전체\n".encode()
    told = (await bring(keeper, web, "faq.csv", table, audience="staff", publish=True)).json()
    assert (told["added"], told["unaddressed"]) == (3, 1)
    rows = {row["id"]: row["audience"] for row in (await keeper.get("/faq/entries")).json()["entries"]}
    everybody = ["guardian", "staff", "student"]
    assert rows == {"x1": ["guardian"], "x2": ["staff"], "x3": everybody}
    await bring(keeper, web, "faq.csv", table, publish=True)
    rows = {row["id"]: row["audience"] for row in (await keeper.get("/faq/entries")).json()["entries"]}
    assert rows["x2"] == everybody


async def test_a_draft_may_be_for_nobody_yet_and_is_not_published_so(web: Web) -> None:
    keeper = await web.as_("head_a")
    content = {"title": "급식비", "answer": "15일", "audience": []}
    made = await begin(keeper, web, content=content)
    assert made["content"]["audience"] == []
    entry = f"/faq/entries/{made['id']}"
    refused = await keeper.put(entry, json={"version": 1, "content": content, "publish": True})
    assert (refused.status_code, "대상을 골라" in refused.json()["detail"]) == (400, True)
    [why] = (await keeper.post("/faq/entries/publish", json={"entries": [made["id"]]})).json()["refused"]
    assert "대상을 골라" in why["why"]
    chosen = content | {"audience": ["staff"]}
    done = await keeper.put(entry, json={"version": 1, "content": chosen, "publish": True})
    assert done.json()["live"]["audience"] == ["staff"]
