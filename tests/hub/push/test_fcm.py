import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.push.fcm import BadAccount, FcmSender, read_account
from hub.push.outgoing import Outgoing, Unreached
from hub.push.sending import Verdict
from rooms.delivery.channels import Kind, Reason, Urgency
from tests.hub.push.parcels import parcel
from tests.support.clock import SteppedClock
from tests.support.fcm_service import FcmService


@pytest.fixture
async def sender(
    outgoing: Outgoing, fcm_service: FcmService, clock: SteppedClock, tmp_path: Path
) -> AsyncIterator[FcmSender]:
    fcm_service.apps.add("app1")
    made = FcmSender(outgoing, read_account(fcm_service.account(tmp_path)), fcm_service.url + "/", clock)
    yield made
    await made.close()


async def test_an_app_gets_what_a_browser_would_and_a_newer_one_replaces_it(
    sender: FcmSender, fcm_service: FcmService, clock: SteppedClock
) -> None:
    answers = await asyncio.gather(*(sender.send(parcel(clock, "fcm:app1")) for _ in range(10)))
    assert {answer.verdict for answer in answers} == {Verdict.TAKEN}
    assert fcm_service.asked == 1  # one access token for all
    message = fcm_service.messages[0]
    assert json.loads(message["data"]["madang"])["title"] == "현장체험학습 안내"
    assert message["notification"]["title"] == "현장체험학습 안내"
    assert message["android"]["collapse_key"] == message["android"]["notification"]["tag"] == "n1"
    assert (message["android"]["ttl"], message["android"]["priority"]) == ("7200s", "NORMAL")
    assert message["apns"]["headers"]["apns-collapse-id"] == "n1"


async def test_what_is_taken_back_shows_nothing_and_what_is_urgent_wakes(
    sender: FcmSender, fcm_service: FcmService, clock: SteppedClock
) -> None:
    await sender.send(parcel(clock, "fcm:app1", kind=Kind.CLOSE, urgency=Urgency.HIGH))
    (message,) = fcm_service.messages
    assert "notification" not in message
    assert message["android"]["priority"] == "HIGH"
    assert message["apns"]["headers"]["apns-priority"] == "10"


@pytest.mark.parametrize(
    ("said", "verdict", "reason", "asked"),
    [
        ((404, "UNREGISTERED", None), Verdict.GONE, Reason.GONE, None),
        ((403, "SENDER_ID_MISMATCH", None), Verdict.GONE, Reason.GONE, None),
        ((429, "QUOTA_EXCEEDED", "60"), Verdict.LATER, Reason.BUSY, 60.0),
        ((503, "UNAVAILABLE", "5"), Verdict.LATER, Reason.AWAY, 5.0),
        ((500, "INTERNAL", None), Verdict.LATER, Reason.AWAY, None),
        ((400, "INVALID_ARGUMENT", None), Verdict.NEVER, Reason.REFUSED, None),
    ],
)
async def test_what_fcm_says(
    sender: FcmSender,
    fcm_service: FcmService,
    clock: SteppedClock,
    said: tuple[int, str, str | None],
    verdict: Verdict,
    reason: Reason,
    asked: float | None,
) -> None:
    fcm_service.answers = [said]
    answer = await sender.send(parcel(clock, "fcm:app1"))
    assert (answer.verdict, answer.reason, answer.retry_after) == (verdict, reason, asked)
    assert answer.everybody == (asked is not None)


async def test_an_app_that_was_removed_is_gone(sender: FcmSender, clock: SteppedClock) -> None:
    assert (await sender.send(parcel(clock, "fcm:nobody"))).verdict is Verdict.GONE


async def test_an_access_token_is_renewed_before_its_end_and_where_it_is_refused(
    sender: FcmSender, fcm_service: FcmService, clock: SteppedClock
) -> None:
    await sender.send(parcel(clock, "fcm:app1"))
    clock.advance(3600 - 121)
    await sender.send(parcel(clock, "fcm:app1"))
    assert fcm_service.asked == 1
    fcm_service.grants.clear()
    assert (await sender.send(parcel(clock, "fcm:app1"))).verdict is Verdict.LATER
    assert (await sender.send(parcel(clock, "fcm:app1"))).verdict is Verdict.TAKEN
    assert fcm_service.asked == 2


async def test_without_an_access_token_everybody_waits(
    sender: FcmSender, fcm_service: FcmService, clock: SteppedClock
) -> None:
    fcm_service.refuse_grants = True
    answer = await sender.send(parcel(clock, "fcm:app1"))
    assert (answer.verdict, answer.everybody) == (Verdict.LATER, True)
    assert "invalid_grant" in answer.detail
    with pytest.raises(Unreached, match="invalid_grant"):
        await sender.reach()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"project_id": 1}', None])
def test_a_file_that_is_no_service_account(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "fcm.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadAccount, match=r"fcm\.json"):
        read_account(file)


def test_a_key_that_is_none_is_no_service_account(tmp_path: Path) -> None:
    file = tmp_path / "fcm.json"
    fields = dict.fromkeys(("project_id", "client_email", "token_uri"), "x") | {"private_key": "no pem"}
    file.write_text(json.dumps(fields))
    with pytest.raises(BadAccount, match="no service account"):
        read_account(file)
