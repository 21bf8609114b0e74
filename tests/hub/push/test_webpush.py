import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.push.outgoing import Outgoing
from hub.push.sending import Parcel, Verdict
from hub.push.vapid import Signatures
from hub.push.webpush import MOST_PAYLOAD, BadKeys, WebPushSender, check_keys, encrypt
from rooms.delivery.channels import Reason, Urgency
from tests.hub.push.conftest import LOOPBACK
from tests.hub.push.parcels import parcel
from tests.support.clock import SteppedClock
from tests.support.push_service import Browser, Mischief, PushService
from tests.support.waiting import PATIENCE


@pytest.fixture
def sender(outgoing: Outgoing, signatures: Signatures, clock: SteppedClock) -> WebPushSender:
    return WebPushSender(outgoing, signatures, clock)


@pytest.fixture
def browser(push_service: PushService, signatures: Signatures) -> Browser:
    return push_service.browser(signatures.public_key)


def to(browser: Browser, clock: SteppedClock, **more: object) -> Parcel:
    return parcel(clock, browser.endpoint, **browser.keys, **more)


async def test_the_browser_reads_what_was_sent_and_a_newer_one_replaces_it(
    sender: WebPushSender, browser: Browser, push_service: PushService, clock: SteppedClock
) -> None:
    assert (await sender.send(to(browser, clock))).verdict is Verdict.TAKEN
    (message,) = browser.taken
    assert message.payload == {"v": 1, "title": "현장체험학습 안내"}
    assert (message.topic, message.urgency, message.ttl) == ("n1", "normal", 7200)
    newer = to(browser, clock, payload=b'{"v":2}', urgency=Urgency.HIGH)
    await sender.send(newer)
    assert [(kept.payload, kept.urgency) for kept in browser.book.values()] == [({"v": 2}, "high")]
    assert push_service.faults == []


async def test_the_largest_payload_fits(sender: WebPushSender, browser: Browser, clock: SteppedClock) -> None:
    largest = to(browser, clock, payload=b'"' + b"x" * (MOST_PAYLOAD - 2) + b'"')
    assert (await sender.send(largest)).verdict is Verdict.TAKEN


async def test_what_nobody_needs_any_more_is_not_kept_for_later(
    sender: WebPushSender, browser: Browser, clock: SteppedClock
) -> None:
    await sender.send(to(browser, clock, expires_at=clock.now() - timedelta(seconds=1)))
    assert [message.ttl for message in browser.taken] == [0]


@pytest.mark.parametrize(
    ("said", "verdict", "reason", "asked", "everybody"),
    [
        (404, Verdict.GONE, Reason.GONE, None, False),
        (410, Verdict.GONE, Reason.GONE, None, False),
        ((429, "7"), Verdict.LATER, Reason.BUSY, 7.0, False),
        (429, Verdict.LATER, Reason.BUSY, None, False),
        ((503, "30"), Verdict.LATER, Reason.AWAY, 30.0, True),
        (500, Verdict.LATER, Reason.AWAY, None, False),
        (400, Verdict.NEVER, Reason.REFUSED, None, False),
        (401, Verdict.NEVER, Reason.VAPID_REFUSED, None, False),
        (403, Verdict.NEVER, Reason.VAPID_REFUSED, None, False),
        (413, Verdict.NEVER, Reason.TOO_LARGE, None, False),
        (302, Verdict.NEVER, Reason.REFUSED, None, False),
    ],
)
async def test_what_the_service_says(
    sender: WebPushSender,
    browser: Browser,
    push_service: PushService,
    clock: SteppedClock,
    said: int | tuple[int, str],
    verdict: Verdict,
    reason: Reason,
    asked: float | None,
    everybody: bool,
) -> None:
    push_service.answers = [said]
    answer = await sender.send(to(browser, clock))
    assert (answer.verdict, answer.reason, answer.retry_after, answer.everybody) == (
        verdict,
        reason,
        asked,
        everybody,
    )
    assert answer.detail.startswith(str(said[0] if isinstance(said, tuple) else said))
    assert browser.taken == []


async def test_a_service_that_stalls_or_is_away_holds_nothing_up(
    signatures: Signatures, browser: Browser, push_service: PushService, clock: SteppedClock
) -> None:
    push_service.mischief = Mischief(stalls=1.0, stall_seconds=2 * PATIENCE)
    sender = WebPushSender(Outgoing(LOOPBACK, clock, most=50, seconds=0.5), signatures, clock)
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*(sender.send(to(browser, clock)) for _ in range(20)))
    assert {(answer.verdict, answer.reason) for answer in answers} == {(Verdict.LATER, Reason.AWAY)}
    nobody = replace(to(browser, clock), to="http://127.0.0.1:1/x")
    assert (await sender.send(nobody)).reason is Reason.AWAY
    await sender.close()


async def test_a_browser_that_knows_another_key_refuses(
    sender: WebPushSender, push_service: PushService, clock: SteppedClock
) -> None:
    stranger = push_service.browser("another key")
    answer = await sender.send(to(stranger, clock))
    assert (answer.verdict, answer.reason) == (Verdict.NEVER, Reason.VAPID_REFUSED)


async def test_keys_that_are_none_and_addresses_that_are_not_allowed_are_gone(
    sender: WebPushSender, browser: Browser, clock: SteppedClock
) -> None:
    for wrong in (
        replace(to(browser, clock), p256dh="AAAA"),
        replace(to(browser, clock), auth=""),
        replace(to(browser, clock), to="http://10.0.0.1/push"),
    ):
        answer = await sender.send(wrong)
        assert (answer.verdict, answer.reason) == (Verdict.GONE, Reason.REFUSED)


def test_the_example_of_the_standard_is_a_subscription() -> None:
    # RFC 8291, section 5.
    p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    check_keys(p256dh, "BTBZMqHH6r4Tts7J_aSIgg")
    assert len(encrypt(b"When I grow up, I want to be a watermelon", p256dh, "BTBZMqHH6r4Tts7J_aSIgg")) == 144


@given(st.text(max_size=100), st.text(max_size=30))
def test_what_are_no_keys(p256dh: str, auth: str) -> None:
    with pytest.raises(BadKeys):
        check_keys(p256dh, auth)
