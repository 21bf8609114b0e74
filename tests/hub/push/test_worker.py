import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from hub.push.origins import FAILURES
from hub.push.worker import LOOK_SECONDS, SOON_SECONDS, Pace
from rooms.delivery.channels import Channel, Reason, State
from rooms.delivery.hours import Quiet
from rooms.ids import PersonId
from storage.mongo import Mongo
from tests.hub.push.stage import Stage, staged
from tests.support.agency_service import AgencyService
from tests.support.fcm_service import FcmService
from tests.support.mail_server import mail_server
from tests.support.push_service import Mischief, PushService
from tests.support.waiting import PATIENCE, eventually

SENT = ("push", State.SENT, None)


@pytest.fixture
async def stage(own: Mongo, push_service: PushService) -> AsyncIterator[Stage]:
    async with staged(own, push_service) as made:
        yield made
    assert push_service.faults == []


async def test_all_devices_of_all_people_get_it_once_and_the_source_is_told(stage: Stage) -> None:
    people = [await stage.person(browsers) for browsers in (1, 2, 1)]
    notice = await stage.due(*(person for person, _ in people))
    assert await stage.send() == 3
    for person, browsers in people:
        assert [len(browser.taken) for browser in browsers] == [1] * len(browsers)
        assert stage.news.states(person) == [SENT]
        assert (await stage.end(notice, person)).state is State.SENT
    payload = people[0][1][0].taken[0].payload
    assert (payload["title"], payload["tag"], payload["notice"]) == ("안내", notice, notice)
    assert payload["id"] == f"{notice}:v1:{people[0][0]}:push"
    receipt = stage.receipts.read(payload["token"])
    assert receipt is not None
    assert receipt.delivery == payload["id"]
    assert await stage.send() == 0
    devices = await stage.subscriptions.of([people[0][0]])
    assert [row.last_ok_at for row in devices[people[0][0]]] == [stage.clock.now()]


async def test_what_is_not_wanted_any_more_is_not_sent(stage: Stage) -> None:
    (anna, [browser]), (ben, _) = await stage.person(), await stage.person(0)
    notice = await stage.due(anna, ben)
    stage.news.unwanted[notice] = Reason.READ
    other = await stage.due(ben)
    await stage.send()
    assert browser.taken == []
    assert stage.news.states(anna) == [("push", State.SKIPPED, Reason.READ)]
    assert (await stage.end(other, ben)).reason is Reason.NO_SUBSCRIPTION


async def test_what_waited_too_long_is_not_sent(stage: Stage) -> None:
    anna, [browser] = await stage.person()
    notice = await stage.due(anna)
    stage.clock.advance(timedelta(days=3).total_seconds())
    await stage.send()
    assert browser.taken == []
    assert (await stage.end(notice, anna)).reason is Reason.EXPIRED


async def test_devices_that_are_gone_are_forgotten_and_the_others_get_it(stage: Stage) -> None:
    anna, (one, other) = await stage.person(2)
    one.gone = 410
    notice = await stage.due(anna)
    await stage.send()
    assert (await stage.end(notice, anna)).state is State.SENT
    assert len(other.taken) == 1
    assert [row.endpoint for row in (await stage.subscriptions.of([anna]))[anna]] == [other.endpoint]
    other.gone = 404
    notice = await stage.due(anna)
    await stage.send()
    assert stage.news.states(anna)[-1] == ("push", State.FAILED, Reason.GONE)
    assert await stage.subscriptions.of([anna]) == {}


async def test_a_busy_service_is_asked_again_when_it_said_and_only_for_the_device_that_lacks_it(
    stage: Stage,
) -> None:
    anna, browsers = await stage.person(2)
    stage.service.answers = [(429, "100")]
    notice = await stage.due(anna)
    await stage.send()
    assert sum(len(browser.taken) for browser in browsers) == 1
    # They have it on one device, and that is told; the other is not forgotten.
    assert stage.news.states(anna) == [SENT]
    assert (await stage.end(notice, anna)).state is State.WAITING
    stage.clock.advance(99)
    assert await stage.send() == 0
    stage.clock.advance(1)
    assert await stage.send() == 1
    assert [len(browser.taken) for browser in browsers] == [1, 1]
    assert (await stage.end(notice, anna)).state is State.SENT


async def test_attempts_come_to_an_end(stage: Stage) -> None:
    anna, [browser] = await stage.person()
    stage.service.answers = [500] * 10
    notice = await stage.due(anna)
    for _ in range(10):
        await stage.send()
        stage.clock.advance(3600)
    assert (await stage.end(notice, anna)).state is State.FAILED
    assert stage.news.states(anna) == [("push", State.FAILED, Reason.AWAY)]
    assert len(stage.service.answers) == 10 - 4
    assert browser.taken == []


async def test_a_refusal_for_good_is_not_tried_again(stage: Stage) -> None:
    anna, _ = await stage.person()
    stage.service.answers = [403]
    notice = await stage.due(anna)
    await stage.send()
    assert (await stage.end(notice, anna)).reason is Reason.VAPID_REFUSED
    assert [row.failures for row in (await stage.subscriptions.of([anna]))[anna]] == [1]


async def test_a_service_that_is_overloaded_or_away_is_left_alone(stage: Stage) -> None:
    people = [(await stage.person())[0] for _ in range(30)]
    stage.service.answers = [(503, "60")]
    await stage.due(people[0])
    await stage.send()
    await stage.due(*people[1:])
    await stage.send()
    assert stage.service.said == {503: 1}  # nobody else was tried
    stage.clock.advance(61)
    await stage.send()
    assert stage.service.said == {503: 1, 201: 30}
    stage.service.mischief = Mischief(broken=1.0)
    people = [(await stage.person())[0] for _ in range(FAILURES + 20)]
    await stage.due(*people)
    await stage.send()
    assert FAILURES <= stage.service.said[500] <= FAILURES + 20
    before = stage.service.said[500]
    stage.clock.advance(2)
    await stage.due((await stage.person())[0])
    await stage.send()
    assert stage.service.said[500] == before


async def test_a_service_that_stalls_holds_nothing_up_for_long(own: Mongo, push_service: PushService) -> None:
    pace = Pace(concurrency=5, timeout=0.5, lease=60.0, attempts=4)
    async with staged(own, push_service, pace=pace) as stage:
        people = [(await stage.person())[0] for _ in range(12)]
        push_service.mischief = Mischief(stalls=1.0, stall_seconds=2 * PATIENCE)
        notice = await stage.due(*people)
        async with asyncio.timeout(PATIENCE):
            await stage.send()
    push_service.mischief = Mischief()
    stage.clock.advance(60)
    async with staged(own, push_service, clock=stage.clock) as stage:  # which gives it all the time it wants
        await stage.send()
        states = [(await stage.end(notice, person)).state for person in people]
        assert states == [State.SENT] * 12


async def test_after_a_lease_has_run_out_it_is_sent_again_and_counts_once(stage: Stage) -> None:
    anna, [browser] = await stage.person()
    notice = await stage.due(anna)
    await stage.worker._send(await stage.worker._lease(10))  # and then the process is killed
    assert len(browser.taken) == 1
    stage.worker._settling._waiting.clear()
    stage.clock.advance(59)
    assert await stage.send() == 0
    stage.clock.advance(1)
    assert await stage.send() == 1
    first, second = browser.taken
    assert first.payload["id"] == second.payload["id"]
    assert list(browser.book) == [notice]
    assert (await stage.end(notice, anna)).state is State.SENT


async def test_in_quiet_hours_it_waits_and_what_is_urgent_does_not(stage: Stage) -> None:
    local = stage.clock.now().astimezone(stage.rules.zone)
    minute = local.hour * 60 + local.minute
    anna, [browser] = await stage.person(quiet=Quiet(minute, (minute + 60) % 1440))
    await stage.due(anna)
    assert await stage.send() == 0
    await stage.due(anna, urgent=True)
    assert await stage.send() == 1
    stage.clock.advance(3600)
    assert await stage.send() == 1
    assert [message.urgency for message in browser.taken] == ["high", "normal"]


async def at_digest(stage: Stage, count: int) -> tuple[PersonId, list[str]]:
    """Make somebody who wants a digest in an hour, with so many notices in it."""
    local = (stage.clock.now() + timedelta(hours=1)).astimezone(stage.rules.zone)
    anna, _ = await stage.person(digest=local.hour * 60 + local.minute)
    notices = [await stage.due(anna) for _ in range(count)]
    for number, notice in enumerate(notices):
        stage.news.titles[notice] = f"안내 {number}"
    return anna, notices


async def test_a_digest_of_all_schools_is_one_push(stage: Stage) -> None:
    anna, notices = await at_digest(stage, 10)
    stage.news.unwanted[notices[0]] = Reason.READ
    assert await stage.send() == 0
    stage.clock.advance(3600)
    assert await stage.send() == 1
    (device,) = (await stage.subscriptions.of([anna]))[anna]
    (message,) = stage.service(device.endpoint).taken
    assert (message.payload["title"], message.payload["items"]) == ("새 소식 9건", 9)
    assert message.payload["body"].endswith("그 밖에 1건")
    assert message.payload["tag"] == message.topic
    assert (await stage.end(notices[0], anna)).reason is Reason.READ
    assert (await stage.end(notices[1], anna)).reason is Reason.IN_DIGEST
    assert len(stage.news.states(anna)) == 10
    # The receipt of the digest is one of all that it told.
    receipt = stage.receipts.read(message.payload["token"])
    assert receipt is not None
    delivered = await stage.outbox.delivered([receipt.delivery], stage.clock.now())
    assert {row.about for row in delivered if not row.is_digest} == set(notices[1:])
    stage.clock.advance(3600)
    assert await stage.send() == 0


async def test_a_digest_of_one_is_that_one_and_a_digest_of_none_is_none(stage: Stage) -> None:
    anna, [one, other] = await at_digest(stage, 2)
    stage.news.unwanted[one] = Reason.READ
    stage.clock.advance(3600)
    await stage.send()
    (device,) = (await stage.subscriptions.of([anna]))[anna]
    (message,) = stage.service(device.endpoint).taken
    assert (message.payload["title"], message.payload["tag"]) == ("안내 1", other)
    assert "items" not in message.payload
    ben, [third] = await at_digest(stage, 1)
    stage.news.unwanted[third] = Reason.WITHDRAWN
    stage.clock.advance(3600)
    await stage.send()
    assert stage.news.states(ben) == [("push", State.SKIPPED, Reason.WITHDRAWN)]


async def test_what_a_digest_left_is_sent_by_itself(stage: Stage) -> None:
    anna, [one] = await at_digest(stage, 1)
    # The digest row was never written: a crash between the two would look like that.
    await stage.mongo["deliveries"].delete_many({"about": {"$regex": "^digest-"}})
    stage.clock.advance(3600)
    assert await stage.send() == 0
    stage.clock.advance(15 * 60)
    assert await stage.send() == 1
    assert (await stage.end(one, anna)).state is State.SENT


async def test_mail_and_agency_and_apps(
    own: Mongo, push_service: PushService, fcm_service: FcmService, agency: AgencyService, tmp_path: Path
) -> None:
    with mail_server() as mail:
        async with staged(own, push_service, fcm=(fcm_service, tmp_path), mail=mail, agency=agency) as stage:
            anna, _ = await stage.person(0, email="anna@example.org", phone="010-1234-5678")
            fcm_service.apps.add("app1")
            await stage.subscriptions.add(anna, "s1", "fcm:app1", None, "", "app", stage.clock.now(), 20)
            notice = await stage.due(anna, channels=tuple(Channel))
            assert await stage.send() == 3
            for channel in Channel:
                assert (await stage.end(notice, anna, channel=channel)).state is State.SENT
            assert [to for to, _ in mail.mails] == ["anna@example.org"]
            assert [sent["to"] for sent in agency.sent.values()] == ["010-1234-5678"]
            assert len(fcm_service.messages) == 1
            # An agency may acknowledge too.
            (sent,) = agency.sent.values()
            receipt = stage.receipts.read(sent["receipt"])
            assert receipt is not None
            assert (receipt.delivery, receipt.subscription) == (f"{notice}:v1:{anna}:sms", "")


async def test_what_was_read_elsewhere_is_taken_back_there(stage: Stage) -> None:
    anna, _ = await stage.person(0)
    here, there = await stage.subscribe(anna, "here"), await stage.subscribe(anna, "there")
    notice = await stage.due(anna)
    await stage.send()
    await stage.take_back.read(notice, anna, "here", "s1")
    await stage.take_back.read(notice, anna, "here", "s1")
    assert await stage.send() == 1
    assert [message.payload["kind"] for message in there.taken] == ["show", "close"]
    assert there.book[notice].payload["kind"] == "close"  # where it had not come yet, it never shows
    assert [message.payload["kind"] for message in here.taken] == ["show"]
    assert stage.news.states(anna) == [SENT]


async def test_what_was_read_before_it_was_sent_is_neither_sent_nor_taken_back(stage: Stage) -> None:
    anna, [browser] = await stage.person()
    notice = await stage.due(anna)
    await stage.take_back.read(notice, anna, None, "s1")
    assert await stage.send() == 0
    assert browser.taken == []
    other = await stage.due(anna)
    await stage.send()
    await stage.take_back.read(other, anna, "s1", "s1")  # on their only device
    assert await stage.send() == 0


async def test_what_was_withdrawn_while_it_was_sent_is_taken_back(stage: Stage) -> None:
    anna, [browser] = await stage.person()
    ben, [other] = await stage.person()
    notice = await stage.due(anna, ben)
    leased = await stage.worker._lease(1)
    (row,) = [one.row for one in leased]
    assert await stage.outbox.withdraw(notice, Reason.WITHDRAWN, stage.clock.now()) == 2
    await stage.worker._send(leased)
    await stage.worker._settling.flush()
    await stage.worker._close_overtaken()
    assert await stage.send() == 1
    got = browser if row.person == anna else other
    assert [message.payload["kind"] for message in got.taken] == ["show", "close"]
    assert len(browser.taken) + len(other.taken) == 2


async def test_a_worker_rests_until_something_is_due_and_never_for_long(stage: Stage) -> None:
    assert await stage.worker.until_due() == LOOK_SECONDS / 2
    anna, _ = await stage.person()
    await stage.due(anna, at=stage.clock.now() + timedelta(seconds=60))
    assert await stage.worker.until_due() == LOOK_SECONDS / 2
    stage.clock.advance(59)
    assert await stage.worker.until_due() == 1.0
    stage.clock.advance(2)
    assert await stage.worker.until_due() == SOON_SECONDS / 2
    assert await stage.send() == 1
    assert await stage.worker.until_due() == LOOK_SECONDS / 2


async def test_a_worker_that_runs_is_woken_and_gives_back_what_it_had_not_begun(
    own: Mongo, push_service: PushService
) -> None:
    pace = Pace(concurrency=1, timeout=PATIENCE, lease=60.0, attempts=4)
    async with staged(own, push_service, pace=pace) as stage:
        anna, [browser] = await stage.person()
        await stage.due(anna)
        running = asyncio.create_task(stage.worker.run())
        await eventually(lambda: len(browser.taken) == 1)
        push_service.mischief = Mischief(stalls=1.0)
        people = [(await stage.person())[0] for _ in range(2)]
        await stage.due(*people)
        stage.worker.wake()
        await eventually(lambda: push_service.said["stalls"] == 1)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        # Another process need not wait for the leases.
        push_service.mischief = Mischief()
        assert await stage.send() == 2
        told = stage.metrics.render()
        assert b'madang_pushes_total{channel="push",outcome="sent"}' in told
        assert b"madang_push_waiting 0.0" in told


async def test_a_source_that_fails_loses_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, [browser] = await stage.person()
    await stage.due(anna)

    async def broken(_: object) -> None:
        raise LookupError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(stage.news, "contents", broken)
        await stage.worker._send_or_log(await stage.worker._lease(10))
    stage.clock.advance(60)
    assert await stage.send() == 1
    assert len(browser.taken) == 1
