import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from config.settings import Limits
from hub.metrics import Metrics
from hub.push.verifying import HOLDS, TRIES
from hub.push.worker import Worker
from hub.wording import Wording
from rooms.delivery.outbox import Due, rows_for
from rooms.ids import PersonId
from tests.hub.push.conftest import LOOPBACK
from tests.hub.push.stage import News
from tests.support.agency_service import SECRET, AgencyService
from tests.support.mail_server import mail_server
from tests.support.push_service import Browser, PushService
from tests.support.web import Web
from tests.support.web import web as run_web

PHONE = "Mozilla/5.0 (Android)"


@pytest.fixture
def service() -> Iterator[PushService]:
    with PushService() as running:
        yield running


@pytest.fixture
async def hub(mongod_url: str, database_name: str, service: PushService) -> AsyncIterator[Web]:
    """Run a hub that may send to the push service here."""
    async with run_web(
        mongod_url,
        database_name,
        push_networks=LOOPBACK,
        push_quiet="off",
        limits=Limits(subscriptions=3),
    ) as web:
        service.now = lambda: web.clock.now().timestamp()
        yield web
    assert service.faults == []


async def subscribed(hub: Web, service: PushService, key: str) -> tuple[Browser, str]:
    """Let somebody subscribe with a new browser."""
    client = await hub.as_(key)
    browser = service.browser((await client.get("/push/key")).json()["key"])
    answer = await client.post("/push/subscriptions", json=browser.json, headers={"User-Agent": PHONE})
    assert answer.status_code == 201, answer.text
    return browser, answer.json()["id"]


async def test_a_browser_subscribes_once_and_says_goodbye(hub: Web, service: PushService) -> None:
    client = await hub.as_("guardian_a")
    browser = service.browser("")
    first = await client.post("/push/subscriptions", json=browser.json, headers={"User-Agent": PHONE})
    again = await client.post("/push/subscriptions", json=browser.json, headers={"User-Agent": PHONE})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json() | {"id": "", "created_at": ""} == {
        "id": "",
        "agent": PHONE,
        "created_at": "",
        "last_ok_at": None,
        "delivered_at": None,
        "here": True,
    }
    assert (await client.get("/push/subscriptions")).json() == {"subscriptions": [first.json()]}
    elsewhere = await hub.as_("guardian_a")
    (row,) = (await elsewhere.get("/push/subscriptions")).json()["subscriptions"]
    assert not row["here"]
    path = f"/push/subscriptions/{first.json()['id']}"
    assert (await (await hub.as_("guardian_b")).delete(path)).status_code == 404
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 404
    assert (await client.get("/push/subscriptions")).json() == {"subscriptions": []}


async def test_who_signs_out_gets_no_pushes_there_any_more(hub: Web, service: PushService) -> None:
    here, there = await hub.as_("guardian_a"), await hub.as_("guardian_a")
    for client in (here, there):
        await client.post("/push/subscriptions", json=service.browser("").json)
    assert (await here.delete("/sessions/current")).status_code == 204
    (row,) = (await there.get("/push/subscriptions")).json()["subscriptions"]
    assert row["here"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"endpoint": "http://10.0.0.1/x"}, 403),
        ({"endpoint": "https://127.0.0.1.nip.example:8443/x"}, 403),
        ({"endpoint": "file:///etc/passwd"}, 403),
        ({"endpoint": "x" * 2001}, 400),
        ({"endpoint": None}, 400),
        ({"keys": None}, 400),
        ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, 400),
        ({"keys": {"p256dh": "x" * 201, "auth": ""}}, 400),
        ({"endpoint": None, "token": "app"}, 400),
    ],
)
async def test_what_is_no_subscription(
    hub: Web, service: PushService, change: dict[str, object], status: int
) -> None:
    client = await hub.as_("guardian_a")
    answer = await client.post("/push/subscriptions", json=service.browser("").json | change)
    assert answer.status_code == status, answer.text
    assert (await client.get("/push/subscriptions")).json() == {"subscriptions": []}


async def test_nobody_has_more_devices_than_the_limit(hub: Web, service: PushService) -> None:
    ids = [(await subscribed(hub, service, "guardian_a"))[1] for _ in range(3)]
    hub.clock.advance(1)
    ids.append((await subscribed(hub, service, "guardian_a"))[1])
    rows = (await (await hub.as_("guardian_a")).get("/push/subscriptions")).json()["subscriptions"]
    assert len(rows) == 3
    assert ids[3] in {row["id"] for row in rows}


async def test_send_me_a_test(hub: Web, service: PushService) -> None:
    client = await hub.as_("guardian_a")
    browser, subscription = await subscribed(hub, service, "guardian_a")
    asked = {"permission": "granted", "subscription": subscription}
    told = (await client.post("/push/test", json=asked)).json()
    assert told["ok"]
    assert [found["code"] for found in told["findings"]] == ["sent"]
    assert [(device["id"], device["state"]) for device in told["devices"]] == [(subscription, "sent")]
    (message,) = browser.taken
    assert (message.payload["title"], message.payload["tag"]) == ("시험 알림", "test")
    assert (message.urgency, message.topic) == ("high", "test")
    # And when it arrives, that is seen.
    answer = await (await hub.anybody()).post(
        "/api/v1/push/receipts", json={"token": message.payload["token"]}
    )
    assert answer.status_code == 204
    (row,) = (await client.get("/push/subscriptions")).json()["subscriptions"]
    assert row["delivered_at"] is not None
    assert row["last_ok_at"] is not None


@pytest.mark.parametrize(
    ("said", "asked", "codes"),
    [
        (201, {"permission": "denied"}, ["permission_denied", "sent"]),
        (201, {"permission": "default"}, ["permission_missing", "sent"]),
        (201, {"permission": "unsupported"}, ["unsupported", "sent"]),
        (201, {"subscription": "w000000000000"}, ["not_this_device", "sent"]),
        (403, {}, ["vapid_refused"]),
        ((429, "60"), {}, ["push_service_busy"]),
        (500, {}, ["push_service_away"]),
        (400, {}, ["refused"]),
        (410, {}, ["expired"]),
    ],
)
async def test_what_is_wrong_where_no_test_arrives(
    hub: Web,
    service: PushService,
    said: int | tuple[int, str],
    asked: dict[str, str],
    codes: list[str],
) -> None:
    await subscribed(hub, service, "guardian_a")
    service.answers = [said]
    client = await hub.as_("guardian_a")
    told = (await client.post("/push/test", json=asked)).json()
    assert not told["ok"]
    assert [found["code"] for found in told["findings"]] == codes
    assert all(found["text"].endswith(".") for found in told["findings"])
    rows = (await client.get("/push/subscriptions")).json()["subscriptions"]
    assert len(rows) == (0 if said == 410 else 1)


async def test_a_service_that_is_away_and_a_device_that_was_never_switched_on(
    hub: Web, service: PushService
) -> None:
    client = await hub.as_("guardian_a")
    told = (await client.post("/push/test", json={})).json()
    assert (told["ok"], [found["code"] for found in told["findings"]]) == (False, ["no_subscription"])
    gone = service.browser("").json | {"endpoint": "http://127.0.0.1:1/x"}
    assert (await client.post("/push/subscriptions", json=gone)).status_code == 201
    told = (await client.post("/push/test", json={})).json()
    assert [found["code"] for found in told["findings"]] == ["push_service_away"]


async def test_wishes_that_hold_other_pushes_back_are_named(hub: Web, service: PushService) -> None:
    client = await hub.as_("guardian_a")
    await subscribed(hub, service, "guardian_a")
    local = hub.clock.now().astimezone(hub.services.settings.zone)
    hours = {"from": f"{local:%H}:00", "to": f"{local + timedelta(hours=2):%H}:00"}
    await client.patch("/me/contact", json={"quiet": hours, "digest": {"at": "18:30"}, "channels": ["email"]})
    told = (await client.post("/push/test", json={})).json()
    assert told["ok"]
    codes = [found["code"] for found in told["findings"]]
    assert codes == ["sent", "push_switched_off", "quiet_hours", "digest"]
    assert hours["to"] in told["findings"][2]["text"]
    assert "18:30" in told["findings"][3]["text"]


async def test_tests_are_limited(hub: Web) -> None:
    client = await hub.as_("guardian_a")
    answers = [(await client.post("/push/test", json={})).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


async def test_receipts_make_delivered_a_fact_and_forged_ones_nothing(hub: Web, service: PushService) -> None:
    browser, _ = await subscribed(hub, service, "guardian_a")
    delivering, news = hub.services.delivering, News()
    delivering._news = {"n": news}
    delivering.outcomes._news = {"n": news}  # type: ignore[attr-defined]
    worker: Worker = delivering.make_worker(Wording(), Metrics())
    anna = PersonId(hub.office.people["guardian_a"])
    contact = await delivering.contacts.one(anna)
    planned = rows_for(Due("n1", anna, "v1", hub.clock.now()), contact, delivering.rules)
    await delivering.outbox.put(planned.rows, hub.clock.now())
    assert await worker.once() == 1
    client = await hub.anybody()
    token = browser.taken[0].payload["token"]
    for _ in range(2):
        answer = await client.post("/api/v1/push/receipts", json={"token": token})
        assert answer.status_code == 204
    assert [str(outcome.state) for outcome in news.outcomes] == ["sent", "delivered"]
    for forged in ("", "x", token[:-1] + ("A" if token[-1] != "A" else "B"), "x" * 401):
        answer = await client.post("/api/v1/push/receipts", json={"token": forged})
        assert answer.status_code == 400
    assert len(news.outcomes) == 2


async def test_how_somebody_may_be_reached(hub: Web) -> None:
    client = await hub.as_("guardian_a")
    nothing = {
        "email": None,
        "email_pending": None,
        "phone": None,
        "phone_pending": None,
        "quiet": None,
        "quiet_default": True,
        "digest": None,
        "channels": ["push", "email", "sms"],
        "available": ["push"],
    }
    assert (await client.get("/me/contact")).json() == nothing
    wished = {
        "quiet": {"from": "22:00", "to": "07:30"},
        "digest": {"at": "18:00"},
        "channels": ["push"],
    }
    told = (await client.patch("/me/contact", json=wished)).json()
    assert told == nothing | wished | {"quiet_default": False}
    assert (await client.patch("/me/contact", json={})).json() == told
    back = {
        "email": None,
        "phone": None,
        "digest": None,
        "quiet": "default",
        "channels": ["push", "email", "sms"],
    }
    assert (await client.patch("/me/contact", json=back)).json() == nothing


@pytest.mark.parametrize(
    "change",
    [
        {"email": "guardian"},
        {"email": "a@b\r\nBcc: c@d"},
        {"phone": "119"},
        {"quiet": {"from": "24:00", "to": "07:00"}},
        {"quiet": {"from": "22:00"}},
        {"quiet": "never"},
        {"digest": {"at": "noon"}},
        {"digest": {"at": "07:00\n"}},
        {"channels": ["pigeon"]},
        {"channels": None},
    ],
)
async def test_what_nobody_can_be_reached_by(hub: Web, change: dict[str, object]) -> None:
    client = await hub.as_("guardian_a")
    before = (await client.get("/me/contact")).json()
    assert (await client.patch("/me/contact", json=change)).status_code == 400
    assert (await client.get("/me/contact")).json() == before


CODE = re.compile(r"\b\d{6}\b")


async def test_an_e_mail_address_holds_once_its_code_is_told(mongod_url: str, database_name: str) -> None:
    limits = Limits(mail_codes_per_hour=3)
    with mail_server() as mail:
        async with run_web(
            mongod_url, database_name, smtp_url=mail.url, smtp_from="hub@example.org", limits=limits
        ) as web:
            client, people = await web.as_("guardian_a"), web.services.mongo["people"]
            await people.update_one(
                {"_id": web.office.people["guardian_a"]}, {"$set": {"attrs.email": "roster@example.org"}}
            )

            async def ask(email: str | None) -> dict[str, Any]:
                answer = await client.patch("/me/contact", json={"email": email})
                assert answer.status_code == 200, answer.text
                return {name: answer.json()[name] for name in ("email", "email_pending")}

            async def tell(code: str) -> int:
                return (await client.post("/me/contact/email", json={"code": code})).status_code

            new = {"email": "roster@example.org", "email_pending": "new@example.org"}
            assert await ask("new@example.org") == new
            ((to, message),) = mail.mails
            body = message.get_content()
            (code,) = CODE.findall(body)
            assert (to, "/family#/settings" in body) == ("new@example.org", True)
            wrong = "000000" if code != "000000" else "111111"
            assert await tell(wrong) == 400
            stored = await web.services.mongo["contacts"].find_one({"_id": web.office.people["guardian_a"]})
            assert code not in str(stored)
            assert await tell(f" {code[:3]} {code[3:]}") == 200
            assert (await client.get("/me/contact")).json()["email"] == "new@example.org"
            assert await tell(code) == 400, "it is used up"

            await ask("other@example.org")
            (code,) = CODE.findall(mail.mails[-1][1].get_content())
            for _ in range(TRIES):
                assert await tell("0") == 400
            assert await tell(code) == 400, "all tries are used up"
            await ask("other@example.org")
            (code,) = CODE.findall(mail.mails[-1][1].get_content())
            web.clock.advance(HOLDS.total_seconds())
            assert await tell(code) == 400, "its time is over"
            limited = await client.patch("/me/contact", json={"email": "other@example.org"})
            assert (limited.status_code, len(mail.mails)) == (429, 3)
            assert await ask("roster@example.org") == {"email": "roster@example.org", "email_pending": None}
            assert await ask(None) == {"email": None, "email_pending": None}


async def test_a_phone_number_holds_once_its_code_is_told(mongod_url: str, database_name: str) -> None:
    limits = Limits(mail_codes_per_hour=3)
    with AgencyService() as agency:
        sms = {"sms_url": f"{agency.url}/send", "sms_secret": SECRET}
        async with run_web(mongod_url, database_name, limits=limits, **sms) as web:
            agency.now = lambda: web.clock.now().timestamp()
            client = await web.as_("guardian_a")

            async def ask(phone: str | None) -> tuple[int, Any]:
                answer = await client.patch("/me/contact", json={"phone": phone})
                return answer.status_code, [answer.json().get(name) for name in ("phone", "phone_pending")]

            async def tell(code: str, path: str = "phone") -> int:
                return (await client.post(f"/me/contact/{path}", json={"code": code})).status_code

            assert await ask("010-1234-5678") == (200, [None, "010-1234-5678"])
            ((_, message),) = agency.sent.items()
            assert (message["to"], message["urgent"]) == ("010-1234-5678", True)
            (code,) = CODE.findall(message["text"])
            assert await tell(code, "email") == 400, "it is that of another address"
            assert await tell(code) == 200
            told = (await client.get("/me/contact")).json()
            assert (told["phone"], told["phone_pending"]) == ("010-1234-5678", None)
            assert await tell(code) == 400, "it is used up"
            assert await ask("010-1234-5678") == (200, ["010-1234-5678", None]), "theirs already"
            assert len(agency.sent) == 1

            agency.answers = [(400, None), (503, "60")]
            assert (await ask("010-9999-9999"))[0] == 400, "the agency takes nothing for it"
            assert (await ask("010-9999-9999"))[0] == 503
            assert (await ask("010-9999-9999"))[0] == 429
            assert (await client.get("/me/contact")).json()["phone"] == "010-1234-5678"
            assert await ask(None) == (200, [None, None])


async def test_a_hub_without_a_mail_server_or_an_agency_takes_no_address(hub: Web) -> None:
    client = await hub.as_("guardian_a")
    assert (await client.patch("/me/contact", json={"email": "a@example.org"})).status_code == 400
    assert (await client.patch("/me/contact", json={"phone": "010-1234-5678"})).status_code == 400


async def test_the_hours_and_channels_of_the_hub(mongod_url: str, database_name: str) -> None:
    with mail_server() as mail:
        async with run_web(mongod_url, database_name, smtp_url=mail.url, smtp_from="hub@example.org") as web:
            told = (await (await web.as_("guardian_a")).get("/me/contact")).json()
            assert (told["quiet"], told["available"]) == ({"from": "21:00", "to": "07:00"}, ["push", "email"])
