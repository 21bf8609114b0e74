from rooms.faq.twins import MOST
from tests.hub.api.faq.test_faq import MEAL, begin
from tests.support.web import Web


async def test_what_is_out_and_answers_the_same_is_told_of(web: Web) -> None:
    keeper = await web.as_("district_admin")
    unit = web.office.units["school_a"]
    out = await begin(keeper, web, publish=True)
    await begin(keeper, web)
    await begin(keeper, web, "school_b", publish=True)
    same = {"unit": unit, "content": {"question": "급식비는 언제내나요"}}
    told = {"twins": [{"entry": out["id"], "name": "급식비", "question": "급식비는 언제내나요"}]}
    assert (await keeper.post("/faq/twins", json=same)).json() == told
    none: dict[str, list[str]] = {"twins": []}
    assert (await keeper.post("/faq/twins", json=same | {"entry": out["id"]})).json() == none
    assert (await keeper.post("/faq/twins", json=same | {"content": {}})).json() == none
    # What is written over it is not out yet; once it is, the question is free.
    content = MEAL | {"question": "우유값은 언제 내나요?"}
    change = {"version": out["version"], "content": content}
    changed = (await keeper.put(f"/faq/entries/{out['id']}", json=change)).json()
    assert (await keeper.post("/faq/twins", json=same)).json() == told
    await keeper.put(
        f"/faq/entries/{out['id']}", json=change | {"version": changed["version"], "publish": True}
    )
    assert (await keeper.post("/faq/twins", json=same)).json() == none
    await keeper.post("/faq/entries/withdraw", json={"entries": [out["id"]]})
    assert (await keeper.post("/faq/twins", json=same | {"content": content})).json() == none
    for _ in range(MOST + 1):
        await begin(keeper, web, publish=True)
    assert len((await keeper.post("/faq/twins", json=same)).json()["twins"]) == MOST
    for key in ("head_b", "guardian_a"):
        assert (await (await web.as_(key)).post("/faq/twins", json=same)).status_code == 404
