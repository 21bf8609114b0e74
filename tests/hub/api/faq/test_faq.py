import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from config.settings import Limits
from storage.faq.asked import CONVERSATIONS
from tests.support.pdf import pdf
from tests.support.web import Web
from tests.support.web import web as run_web

MEAL = {
    "title": "급식비",
    "question": "급식비는 언제 내나요?",
    "answer": "15일에 빠져나갑니다.",
    "topic": "급식",
}


async def begin(client: httpx.AsyncClient, web: Web, unit: str = "school_a", **more: Any) -> dict[str, Any]:
    body = {"unit": web.office.units[unit], "content": MEAL, **more}
    answer = await client.post("/faq/entries", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def bring(
    client: httpx.AsyncClient,
    web: Web,
    name: str,
    data: bytes,
    unit: str = "school_a",
    key: str | None = None,
    **query: Any,
) -> httpx.Response:
    return await client.post(
        "/faq/import",
        params={"unit": web.office.units[unit], **query},
        headers={} if key is None else {"Idempotency-Key": key},
        files={"file": (name, data, "application/octet-stream")},
    )


async def test_an_entry_is_written_published_changed_and_restored(web: Web) -> None:
    keeper = await web.as_("head_a")
    made = await begin(keeper, web)
    assert (made["state"], made["version"], made["unit"]["name"]) == ("draft", 1, "물빛초등학교")
    done = (await keeper.post("/faq/entries/publish", json={"entries": [made["id"], "q-none"]})).json()
    assert [row["state"] for row in done["entries"]] == ["published"]
    assert [(one["entry"], one["code"]) for one in done["refused"]] == [("q-none", "not_found")]
    entry = f"/faq/entries/{made['id']}"
    changed = await keeper.put(
        entry, json={"version": 2, "content": MEAL | {"answer": "20일에 빠져나갑니다."}, "publish": True}
    )
    assert (changed.status_code, changed.json()["state"]) == (200, "published")
    stale = await keeper.put(entry, json={"version": 2, "content": MEAL})
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    history = (await keeper.get(f"{entry}/history", params={"limit": 1})).json()
    assert [(one["act"], one["content"]["answer"]) for one in history["versions"]] == [
        ("published", "20일에 빠져나갑니다.")
    ]
    assert history["versions"][0]["by"]["name"] == "최교장"
    first = (await keeper.get(f"{entry}/history", params={"before": history["next"]})).json()["versions"][0]
    restored = await keeper.post(f"{entry}/restore", json={"version": 3, "revision": first["revision"]})
    assert restored.json()["state"] == "changed"
    assert restored.json()["content"]["answer"] == MEAL["answer"]
    shown = (await keeper.get(entry)).json()
    assert (shown["version"], shown["content"]["answer"]) == (4, MEAL["answer"])
    gone = await keeper.post("/faq/entries/withdraw", json={"entries": [made["id"]]})
    assert gone.json()["entries"][0]["state"] == "withdrawn"
    assert (await keeper.delete(entry, params={"version": 5})).status_code == 409
    draft = await begin(keeper, web)
    assert (await keeper.delete(f"/faq/entries/{draft['id']}", params={"version": 1})).status_code == 204
    assert (await keeper.get(f"/faq/entries/{draft['id']}")).status_code == 404


async def test_lists_are_paged_and_filtered(web: Web) -> None:
    keeper = await web.as_("district_admin")
    for unit in ("school_a", "school_a", "school_b"):
        await begin(keeper, web, unit)
        web.clock.advance(1)
    await begin(keeper, web, publish=True)
    first = (await keeper.get("/faq/entries", params={"limit": 3})).json()
    assert first["counts"] == {"draft": 3, "published": 1, "changed": 0, "withdrawn": 0}
    rest = (await keeper.get("/faq/entries", params={"limit": 3, "after": first["next"]})).json()
    assert (len(first["entries"]), len(rest["entries"]), rest["next"]) == (3, 1, None)
    one = (await keeper.get("/faq/entries", params={"state": "published", "q": "급식비 언제"})).json()
    assert [row["name"] for row in one["entries"]] == ["급식비"]
    of_b = (await keeper.get("/faq/entries", params={"unit": web.office.units["school_b"]})).json()
    assert {row["unit"]["name"] for row in of_b["entries"]} == {"솔빛중학교"}
    desks = (await keeper.get("/faq/desks")).json()
    assert [unit["name"] for unit in desks["units"]] == ["가온교육지원청", "물빛초등학교", "솔빛중학교"]
    assert desks["topics"] == ["급식"]
    away = (await keeper.get("/faq/chatbot")).json()
    assert (away["ready"], away["trouble"]) == (False, "")


async def test_nobody_else_finds_a_desk(web: Web) -> None:
    made = await begin(await web.as_("head_a"), web)
    unit = web.office.units["school_a"]
    for key in ("teacher_a", "officer", "head_b", "guardian_a", "student_a"):
        client = await web.as_(key)
        answers = [
            await client.get(f"/faq/entries/{made['id']}"),
            await client.get(f"/faq/entries/{made['id']}/history"),
            await client.get(f"/faq/entries/{made['id']}/proposals"),
            await client.put(f"/faq/entries/{made['id']}", json={"version": 1, "content": MEAL}),
            await client.post(f"/faq/entries/{made['id']}/restore", json={"version": 1, "revision": 1}),
            await client.delete(f"/faq/entries/{made['id']}", params={"version": 1}),
            await client.post("/faq/entries", json={"unit": unit, "content": MEAL}),
            await client.get("/faq/entries", params={"unit": unit}),
            await client.get("/faq/figures", params={"unit": unit}),
            await client.get("/faq/questions", params={"unit": unit}),
            await client.get("/faq/export", params={"unit": unit, "format": "csv"}),
            await bring(client, web, "a.jsonl", b"{}"),
        ]
        assert {answer.status_code for answer in answers} == {404}, key
        if key != "head_b":
            assert (await client.get("/faq/desks")).status_code == 404
            assert (await client.get("/faq/chatbot")).status_code == 404
            dismissed = await client.post("/faq/questions/dismiss", json={"questions": ["가"]})
            assert dismissed.status_code == 404


async def test_a_table_comes_in_with_a_report_of_each_bad_row_and_goes_out(web: Web) -> None:
    keeper = await web.as_("head_a")
    table = "번호,제목,답변,대상\nx1,급식비,15일,보호자\nx2,우유값,,학생\nx3,=1+1,나,손님\n"
    dry = (await bring(keeper, web, "faq.csv", table.encode("cp949"), dry=True)).json()
    assert (dry["added"], dry["faulty"]) == (1, 2)
    assert dry["faults"] == [
        {"line": 3, "field": "", "why": "게시하려면 답변을 써 주세요."},
        {
            "line": 4,
            "field": "audience",
            "why": "“손님” 같은 대상은 없습니다. 보호자, 학생, 교직원 가운데에서 써 주세요.",
        },
    ]
    assert (await keeper.get("/faq/entries")).json()["entries"] == []
    done = (await bring(keeper, web, "faq.csv", table.encode("cp949"), publish=True)).json()
    assert done["added"] == 1
    for ending in ("csv", "jsonl"):
        out = await keeper.get("/faq/export", params={"format": ending})
        assert f'filename="faq.{ending}"' in out.headers["content-disposition"]
        again = (await bring(keeper, web, f"faq.{ending}", out.content, publish=True)).json()
        assert (again["unchanged"], again["added"], again["faulty"]) == (1, 0, 0)
    empty = await (await web.as_("head_b")).get("/faq/export", params={"format": "csv"})
    assert empty.text.startswith("\ufeff번호,제목,질문")
    assert len(empty.text.splitlines()) == 1


async def test_a_file_whose_answer_was_lost_is_brought_in_once(web: Web) -> None:
    keeper = await web.as_("head_a")
    table = "제목,답변\n한 번만,들어옵니다.\n".encode()
    told = [(await bring(keeper, web, "a.csv", table, key="lost", dry=dry)) for dry in (False, False, True)]
    assert [answer.status_code for answer in told] == [200, 200, 409]
    assert told[0].json() == told[1].json()
    found = (await keeper.get("/faq/entries", params={"q": "한 번만"})).json()["entries"]
    assert len(found) == 1


async def test_documents_become_passages_and_a_new_version_replaces_them(web: Web) -> None:
    keeper = await web.as_("head_a")
    document = pdf([["1. School meals", "They cost nothing."], ["2. Milk", "On the 15th."], ["Old page."]])
    done = (await bring(keeper, web, "급식 안내.pdf", document, audience="guardian,student")).json()
    assert (done["added"], done["pages"], done["passages"]) == (3, 3, 3)
    entries = (await keeper.get("/faq/entries", params={"document": done["document"]})).json()["entries"]
    assert {row["state"] for row in entries} == {"draft"}
    milk = (await keeper.get(f"/faq/entries/{done['document']}-2-1")).json()["content"]
    assert milk["title"] == "2. Milk"
    assert milk["answer"] == "2. Milk\n\nOn the 15th."
    source = milk["source"]
    assert source == {
        "title": "급식 안내",
        "url": "",
        "document": done["document"],
        "page": 2,
        "file": "급식 안내.pdf",
    }
    ids = [row["id"] for row in entries]
    await keeper.post("/faq/entries/publish", json={"entries": ids[:3]})
    newer = pdf([["1. School meals", "They cost nothing."], ["2. Milk", "On the 20th."]])
    dry = (await bring(keeper, web, "급식 안내.pdf", newer, audience="guardian,student", dry=True)).json()
    again = (
        await bring(keeper, web, "급식 안내.pdf", newer, audience="guardian,student", publish=True)
    ).json()
    for answer in (dry, again):
        assert (answer["added"], answer["changed"], answer["unchanged"], answer["withdrawn"]) == (0, 1, 1, 1)
    counts = (await keeper.get("/faq/entries")).json()["counts"]
    assert (counts["published"], counts["withdrawn"]) == (2, 1)
    guide = (
        await bring(
            keeper,
            web,
            "안내.md",
            "# 전학\n\n등본을 가져오세요.\n".encode(),
            audience="guardian",
            publish=True,
        )
    ).json()
    assert (guide["added"], guide["pages"], guide["passages"]) == (1, 0, 1)
    empty = (await bring(keeper, web, "안내.md", b"\n", audience="guardian", publish=True)).json()
    assert (empty["passages"], empty["withdrawn"], empty["faulty"]) == (0, 0, 1)
    assert (await keeper.get("/faq/entries")).json()["counts"]["published"] == 3, "nothing took its place"


@pytest.mark.parametrize(
    ("name", "data", "status", "said"),
    [
        ("a.pdf", b"not a pdf", 400, "PDF 파일로 읽을 수 없습니다"),
        ("a.pdf", pdf([["x"]])[:200], 400, "PDF 파일로 읽을 수 없습니다"),
        ("a.pdf", pdf([[]]), 400, "PDF에 글자가 없습니다"),
        ("a.pdf", pdf([["x"]] * 4), 413, "문서는 3쪽까지"),
        ("a.md", b"\xff\xfe\x00\x00", 400, "글자 파일로 읽을 수 없습니다"),
        ("a.hwp", b"x", 400, "가져올 수 없습니다"),
        ("a.csv", b"x" * 20_001, 413, "파일은 19.5 KB까지"),
        ("a.jsonl", b'{"title": "a", "answer": "b"}\n' * 6, 413, "한 번에 5줄까지"),
    ],
)
async def test_broken_files_get_a_clear_error(
    mongod_url: str, database_name: str, name: str, data: bytes, status: int, said: str
) -> None:
    limits = Limits(faq_pages=3, faq_file_bytes=20_000, faq_rows=5)
    async with run_web(mongod_url, database_name, limits=limits) as web:
        answer = await bring(await web.as_("head_a"), web, name, data, audience="staff")
        assert answer.status_code == status
        assert said in answer.json()["detail"]


async def test_a_file_that_takes_too_long_ends_its_reader_and_nothing_else(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.services.faq.reader, "_seconds", 0.01)
    keeper = await web.as_("head_a")
    answer = await bring(keeper, web, "a.pdf", pdf([["x"]]), audience="staff")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "너무 많은 시간이나 메모리" in answer.json()["detail"]
    monkeypatch.setattr(web.services.faq.reader, "_seconds", 120.0)
    both = await asyncio.gather(
        *(bring(keeper, web, f"{n}.md", b"# a\n\nb", audience="staff") for n in range(3))
    )
    assert {answer.status_code for answer in both} == {200}


async def heard(
    web: Web, unit: str, owner: str, *turns: tuple[str, str, Any], audience: Sequence[str] = ("guardian",)
) -> None:
    """Keep a conversation as the chatbot does: question, band, and what else a turn has."""
    web.clock.advance(1)
    now = web.clock.now()
    await web.services.mongo[CONVERSATIONS].insert_one(
        {
            "_id": f"c-{owner}",
            "bot": "school",
            "audience": list(audience),
            "owner": owner,
            "kind": "person",
            "unit": web.office.units[unit],
            "updated_at": now,
            "handoff": {"at": now} if owner == "p3" else None,
            "turns": [
                {
                    "run": f"{owner}-{place}",
                    "question": question,
                    "band": band,
                    "at": now,
                    "entries": [],
                    **more,
                }
                for place, (question, band, more) in enumerate(turns)
            ],
        }
    )


async def test_however_much_was_asked_and_at_whatever_length_it_can_be_looked_at(web: Web) -> None:
    keeper = await web.as_("head_a")
    for owner in range(30):
        turns = [(f"{owner:02} {turn:03} {'가' * 990}", "unknown", {}) for turn in range(200)]
        await heard(web, "school_a", f"q{owner}", *turns)
    asked = await keeper.get("/faq/questions")
    assert asked.status_code == 200
    assert len(asked.json()["clusters"]) == 100


async def test_what_was_asked_is_counted_and_grouped_for_those_who_keep_it(web: Web) -> None:
    keeper = await web.as_("head_a")
    made = await begin(keeper, web, publish=True)
    answered = {"entries": [made["id"]]}
    bad = {"feedback": {"helpful": False, "reason": "날짜가 틀려요"}}
    await heard(web, "school_a", "p1", ("급식비 언제 내요", "sure", answered), ("안녕", "talk", {}))
    await heard(
        web, "school_a", "p2", ("급식비  언제 내요?", "sure", answered | bad), ("주차 되나요", "unknown", {})
    )
    await heard(
        web, "school_a", "p3", ("주차되나요?", "unsure", answered), ("급식비는 언제 내나요", "sure", answered)
    )
    await heard(web, "school_b", "p4", ("솔빛중 질문", "unknown", {}))
    figures = (await keeper.get("/faq/figures")).json()
    counted = {name: figures[name] for name in ("asked", "sure", "unsure", "unknown", "unhelpful", "people")}
    assert counted == {"asked": 5, "sure": 3, "unsure": 1, "unknown": 1, "unhelpful": 1, "people": 3}
    assert figures["handed_over"] == 1
    assert figures["days"] == [{"day": "2026-11-23", "asked": 5, "sure": 3, "unsure": 1, "unknown": 1}]
    assert figures["top"] == [
        {"entry": made["id"], "name": "급식비", "asked": 3, "helpful": 0, "unhelpful": 1}
    ]
    asked = (await keeper.get("/faq/questions")).json()
    assert [(one["name"], one["asked"], one["near"]) for one in asked["clusters"]] == [
        ("주차되나요?", 2, made["id"])
    ]
    unhelpful = (await keeper.get("/faq/questions", params={"kind": "unhelpful"})).json()["clusters"]
    assert [(one["name"], one["questions"][0]["reasons"]) for one in unhelpful] == [
        ("급식비  언제 내요?", ["날짜가 틀려요"])
    ]
    proposals = (await keeper.get(f"/faq/entries/{made['id']}/proposals")).json()["proposals"]
    assert [(one["question"], one["band"]) for one in proposals] == [
        ("주차되나요?", "unsure"),
        ("급식비 언제 내요", "sure"),
    ]
    office = await web.as_("admin")
    assert (await office.get("/faq/figures")).json()["asked"] == 6
    of_b = {"unit": web.office.units["school_b"]}
    assert (await office.get("/faq/figures", params=of_b)).json()["asked"] == 1
    assert len((await office.get("/faq/questions")).json()["clusters"]) == 2
    dismissed = await keeper.post("/faq/questions/dismiss", json={"questions": ["주차 되나요"]})
    assert dismissed.status_code == 204
    assert (await keeper.get("/faq/questions")).json()["clusters"] == []
    assert len((await office.get("/faq/questions")).json()["clusters"]) == 2, "others go on seeing it"
    web.clock.advance(timedelta(days=31).total_seconds())
    later = await web.as_("head_a")
    assert (await later.get("/faq/figures")).json()["asked"] == 0


async def test_a_look_at_what_would_come_says_so_while_the_chatbot_is_away(web: Web) -> None:
    keeper = await web.as_("head_a")
    made = await begin(keeper, web)
    asked = {"question": "급식비?", "audience": "guardian", "unit": web.office.units["school_a"]}
    for body in (asked, asked | {"draft": MEAL}, asked | {"draft": MEAL, "entry": made["id"]}):
        answer = await keeper.post("/faq/preview", json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    for key, body, status in (
        ("head_b", asked, 404),
        ("guardian_a", asked, 404),
        ("head_a", asked | {"draft": MEAL, "entry": "q-none"}, 404),
        ("head_a", asked | {"question": ""}, 400),
        ("head_a", asked | {"draft": MEAL | {"answer": "<script>"}}, 400),
    ):
        assert (await (await web.as_(key)).post("/faq/preview", json=body)).status_code == status
