import pytest

from hub.push.agency import AgencySender
from hub.push.outgoing import Outgoing
from hub.push.sending import Verdict
from rooms.delivery.channels import Reason, Urgency
from tests.hub.push.parcels import parcel
from tests.support.agency_service import SECRET, AgencyService
from tests.support.clock import SteppedClock

SITE = "https://talk.example.org"
PHONE = "010-1234-5678"


def sender_of(
    outgoing: Outgoing, agency: AgencyService, clock: SteppedClock, secret: str = SECRET
) -> AgencySender:
    return AgencySender(outgoing, f"{agency.url}/send", secret, "031-000-0000", SITE, clock)


async def test_an_agency_gets_a_signed_message_and_sends_it_once(
    outgoing: Outgoing, agency: AgencyService, clock: SteppedClock
) -> None:
    sender = sender_of(outgoing, agency, clock)
    one = parcel(clock, PHONE, urgency=Urgency.HIGH)
    for _ in range(3):  # as after crashes
        assert (await sender.send(one)).verdict is Verdict.TAKEN
    assert agency.sent == {
        one.id: {
            "id": one.id,
            "to": PHONE,
            "from": "031-000-0000",
            "title": one.title,
            "text": one.text,
            "url": SITE + one.url,
            "urgent": True,
            "receipt": "token",
        }
    }


async def test_with_another_key_nothing_is_sent(
    outgoing: Outgoing, agency: AgencyService, clock: SteppedClock
) -> None:
    answer = await sender_of(outgoing, agency, clock, "another key of theirs").send(parcel(clock, PHONE))
    assert (answer.verdict, answer.reason) == (Verdict.NEVER, Reason.REFUSED)
    assert agency.sent == {}


@pytest.mark.parametrize(
    ("said", "verdict", "reason", "asked"),
    [
        ((200, None), Verdict.TAKEN, None, None),
        ((409, None), Verdict.TAKEN, None, None),
        ((410, None), Verdict.GONE, Reason.GONE, None),
        ((429, "9"), Verdict.LATER, Reason.BUSY, 9.0),
        ((500, None), Verdict.LATER, Reason.AWAY, None),
        ((503, "60"), Verdict.LATER, Reason.AWAY, 60.0),
        ((400, None), Verdict.NEVER, Reason.REFUSED, None),
        ((302, None), Verdict.NEVER, Reason.REFUSED, None),
    ],
)
async def test_what_an_agency_says(
    outgoing: Outgoing,
    agency: AgencyService,
    clock: SteppedClock,
    said: tuple[int, str | None],
    verdict: Verdict,
    reason: Reason | None,
    asked: float | None,
) -> None:
    agency.answers = [said]
    answer = await sender_of(outgoing, agency, clock).send(parcel(clock, PHONE))
    assert (answer.verdict, answer.reason, answer.retry_after) == (verdict, reason, asked)


async def test_an_agency_that_is_away(outgoing: Outgoing, clock: SteppedClock) -> None:
    sender = AgencySender(outgoing, "http://127.0.0.1:1/send", SECRET, None, SITE, clock)
    assert (await sender.send(parcel(clock, PHONE))).reason is Reason.AWAY
    assert sender.origin(parcel(clock, PHONE)) == "http://127.0.0.1:1/send"
