"""Answers are erased when they were kept for as long as was said, not before; their chain still verifies."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rooms.forms.ledger import Head
from rooms.forms.retention import AT_ONCE
from rooms.forms.verify import verify
from storage import schema
from storage.delivery.schema import DELIVERIES
from storage.forms.files import MongoFormFiles
from storage.forms.schema import ANSWERS, LEDGER
from tests.hub.api.forms.test_submissions import Guardian
from tests.support.clock import START
from tests.support.consent import DEADLINE, MOTHER, make_family, publish
from tests.support.forms import ANSWERS as GIVEN
from tests.support.web import ORIGIN, Web
from tests.support.web import web as run_web

DAYS = 30
DAY = 86_400


@pytest.fixture
async def web(mongod_url: str, database_name: str) -> AsyncIterator[Web]:
    async with run_web(mongod_url, database_name, answer_days=DAYS) as running:
        await make_family(running.office)
        yield running


async def before(web: Web, notice: str) -> Guardian:
    return Guardian(web, await web.browser(MOTHER, origin=ORIGIN), notice)


async def stored(web: Web, notice: str) -> str:
    """Give all that is stored of the answers to a form."""
    mongo = web.services.mongo
    return str([await mongo[name].find({"notice": notice}).to_list(None) for name in (LEDGER, ANSWERS)])


async def test_answers_are_erased_at_the_end_of_their_time_and_their_links_stay(web: Web) -> None:
    notice, office, retention = await publish(web.office), web.office, web.services.forms.retention
    mother = await before(web, notice)
    paper = await web.keep(MOTHER, "증명서.pdf", b"%PDF-1.4")
    also = await web.keep(MOTHER, "사진.jpg", b"jpeg")
    await web.services.files.claim(office.people[MOTHER], await office.group("head_a", "teacher_a"), [also])
    answer = await mother.submit(
        "student_a", answers=GIVEN | {"papers": [paper, also], "note": "달걀 알레르기"}
    )
    assert answer.status_code == 201, answer.text
    assert (await mother.submit("student_a2", answers=GIVEN | {"note": "없음"})).status_code == 201
    head = (await mother.client.get(f"/notices/{notice}/ledger/head")).json()

    web.clock.advance((DEADLINE - START).total_seconds() + DAYS * DAY - 1)
    assert await retention.sweep() == 0
    assert "달걀" in await stored(web, notice)
    web.clock.advance(1)
    assert await retention.sweep() == 1
    assert await retention.sweep() == 0

    left = await stored(web, notice)
    for told in (
        "달걀",
        "없음",
        "agree",
        MOTHER,
        office.people[MOTHER],
        office.people["student_a"],
        "192.0.2",
    ):
        assert told not in left
    assert await web.services.files.get(paper) is None
    assert await web.services.files.get(also) is not None, "it was sent to a room as well"
    mother = await before(web, notice)  # the sign-in has ended meanwhile
    form = await mother.form()
    assert (form["open"], form["keep_days"], form["erased_at"] is not None) == (False, DAYS, True)
    assert [row["submission"] for row in form["mine"]] == [None, None, None]
    assert not any(row["must_answer"] for row in form["mine"])
    admin = await web.as_("admin")
    sheet = (await admin.get(f"/notices/{notice}/submissions")).json()
    assert (sheet["erased_at"], sheet["erased_answers"]) == (form["erased_at"], 2)
    assert (sheet["tally"]["erased"], sheet["tally"]["missing"], sheet["tally"]["students"]) == (3, 0, 3)
    assert (await admin.get(f"/notices/{notice}/submissions?state=missing")).json()["students"] == []
    table = (await admin.get(f"/notices/{notice}/submissions/export?format=csv")).text
    assert (table.count("보관 기간이 끝나 지움"), table.count("답 없음")) == (3, 0)
    assert (await admin.post(f"/notices/{notice}/remind")).status_code == 409
    refused = await mother.submit("student_a")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    gone = await mother.client.get(f"/notices/{notice}/submissions/{answer.json()['id']}/certificate")
    assert gone.status_code == 404

    for key in (MOTHER, "admin"):
        ledger = await (await web.as_(key)).get(f"/notices/{notice}/ledger")
        assert ledger.status_code == 200, ledger.text
        verdict = verify(ledger.content.splitlines(keepends=True), anchors=[Head(head["seq"], head["hash"])])
        assert verdict.sound, verdict.faults
        (erased,) = verdict.erased
        assert (erased.first, erased.to, erased.seq, erased.days) == (1, 2, 3, DAYS)
        assert verdict.anchored is not None
        assert verdict.anchored.seq == 2


async def test_a_form_may_name_fewer_days_and_the_last_answer_counts(web: Web) -> None:
    notice = await publish(web.office, deadline=None)
    notices, retention = web.services.mongo[schema.NOTICES], web.services.forms.retention
    await notices.update_one({"_id": notice}, {"$set": {"keep_days": 2}})
    mother = await before(web, notice)
    web.clock.advance(DAY)
    assert (await mother.submit("student_a")).status_code == 201
    web.clock.advance(2 * DAY - 60)
    assert await retention.sweep() == 0, "two days from the publication are past, from the answer not"
    web.clock.advance(60)
    notices = web.services.notices
    await web.services.mongo[schema.NOTICES].update_one(
        {"_id": notice},
        {"$set": {"follow_up": [{"after_hours": 1, "channel": "push"}], "reminded.next": web.clock.now()}},
    )
    assert await retention.sweep() == 1
    # Without a deadline there is nothing else that ends reminders.
    refused = await (await web.as_("admin")).post(f"/notices/{notice}/remind")
    assert (refused.status_code, refused.json()["detail"][:5]) == (409, "보관 기간")
    assert await notices.follow_up.run_due() == 0
    assert await web.services.mongo[DELIVERIES].count_documents({"about": notice}) == 0


async def test_a_process_that_dies_leaves_what_another_finishes(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice, retention = await publish(web.office), web.services.forms.retention
    mother = await before(web, notice)
    assert (await mother.submit("student_a")).status_code == 201
    web.clock.advance((DEADLINE - START).total_seconds() + DAYS * DAY)

    async def dies(*_: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(MongoFormFiles, "erase", dies)
        with pytest.raises(asyncio.CancelledError):
            await retention.sweep()
    assert await retention.sweep() == 1
    rows = await web.services.mongo[LEDGER].find({"notice": notice}).to_list(None)
    assert sorted((row["seq"], "body" in row) for row in rows) == [(1, False), (2, True)]
    assert AT_ONCE > 1


async def test_how_long_answers_are_kept_is_set_before_a_form_goes_out_and_no_longer_than_the_office(
    web: Web,
) -> None:
    head, unit = await web.as_("head_a"), web.office.units["class_a1"]
    form = {"fields": [{"id": "trip", "type": "agree", "label": "참가"}]}
    body = {"kind": "consent", "unit": unit, "audience": [{"unit": unit}], "title": "견학", "form": form}
    for days, status in ((0, 400), (DAYS + 1, 400), (DAYS, 201), (1, 201)):
        made = await head.post("/notices", json=body | {"keep_days": days, "publish": True})
        assert made.status_code == status, made.text
    path = f"/notices/{made.json()['id']}"
    assert (await head.patch(path, json={"keep_days": 2})).status_code == 409
    assert (await head.get(f"{path}/submissions")).json()["keep_days"] == 1
