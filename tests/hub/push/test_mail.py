import asyncio
from urllib.parse import quote

import pytest

from hub.push.mail import CONNECTIONS, MailSender
from hub.push.sending import Verdict
from rooms.delivery.channels import Reason
from tests.hub.push.parcels import parcel
from tests.support.clock import SteppedClock
from tests.support.mail_server import NAME, PASSWORD, MailServer, mail_server
from tests.support.waiting import PATIENCE

SITE = "https://talk.example.org"
ANNA = "anna@example.org"


def sender_of(server: MailServer, clock: SteppedClock, login: str = "") -> MailSender:
    url = server.url.replace("://", f"://{login}@") if login else server.url
    return MailSender(url, "hub@school.example", "마당", SITE, clock, PATIENCE)


async def test_a_mail_as_people_read_it(clock: SteppedClock) -> None:
    with mail_server() as server:
        sender = sender_of(server, clock)
        one = parcel(clock, ANNA, title="현장체험학습\r\nBcc: all@example.org 안내")
        assert (await sender.send(one)).verdict is Verdict.TAKEN
        await sender.send(one)
        await sender.close()
        ((to, mail), (_, again)) = server.mails
    assert to == ANNA
    assert mail["Subject"] == "현장체험학습 Bcc: all@example.org 안내"
    assert "Bcc" not in mail
    assert (mail["To"], mail["Auto-Submitted"]) == (ANNA, "auto-generated")
    assert mail["From"].addresses[0].display_name == "마당"
    assert mail.get_content().splitlines() == [one.text, "", f"{SITE}{one.url}"]
    assert mail["Message-ID"] == again["Message-ID"]


async def test_connections_are_few_and_kept(clock: SteppedClock) -> None:
    with mail_server() as server:
        sender = sender_of(server, clock)
        answers = await asyncio.gather(*(sender.send(parcel(clock, ANNA, id=f"n{n}")) for n in range(40)))
        assert {answer.verdict for answer in answers} == {Verdict.TAKEN}
        await sender.close()
        assert len(server.mails) == 40
        assert server.connections <= CONNECTIONS


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # of aiosmtpd, on loopback
async def test_the_login_of_the_settings(clock: SteppedClock) -> None:
    with mail_server(login=True) as server:
        right = sender_of(server, clock, f"{NAME}:{quote(PASSWORD, safe='')}")
        assert (await right.send(parcel(clock, ANNA))).verdict is Verdict.TAKEN
        await right.reach()
        await right.close()
        wrong = sender_of(server, clock, f"{NAME}:guess")
        answer = await wrong.send(parcel(clock, ANNA))
        assert (answer.verdict, answer.reason, answer.everybody) == (Verdict.LATER, Reason.REFUSED, True)
        assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("to_recipients", "to_data", "verdict", "reason"),
    [
        (["550 No such user"], [], Verdict.GONE, Reason.GONE),
        (["450 Mailbox busy"], [], Verdict.LATER, Reason.BUSY),
        (["554 No"], [], Verdict.NEVER, Reason.REFUSED),
        ([], ["451 Local error"], Verdict.LATER, Reason.AWAY),
        ([], ["554 Spam"], Verdict.NEVER, Reason.REFUSED),
    ],
)
async def test_what_the_server_says(
    clock: SteppedClock, to_recipients: list[str], to_data: list[str], verdict: Verdict, reason: Reason
) -> None:
    with mail_server() as server:
        sender = sender_of(server, clock)
        server.to_recipients, server.to_data = to_recipients, to_data
        answer = await sender.send(parcel(clock, ANNA))
        assert (answer.verdict, answer.reason) == (verdict, reason)
        # And the connection goes on.
        assert (await sender.send(parcel(clock, ANNA))).verdict is Verdict.TAKEN
        assert server.connections == 1
        await sender.close()


async def test_a_server_that_went_away_and_came_back(clock: SteppedClock) -> None:
    with mail_server() as server:
        sender = sender_of(server, clock)
        await sender.send(parcel(clock, ANNA))
    assert (await sender.send(parcel(clock, ANNA))).reason is Reason.AWAY
    await sender.close()


@pytest.mark.parametrize("address", ["", "anna", "anna@", "a@b\r\nBcc: c@d", "a@b, c@d", "안나@@x"])
async def test_what_is_no_address_gets_nothing(clock: SteppedClock, address: str) -> None:
    with mail_server() as server:
        sender = sender_of(server, clock)
        answer = await sender.send(parcel(clock, address))
        assert (answer.verdict, answer.reason) == (Verdict.GONE, Reason.NO_ADDRESS)
        assert server.mails == []
        await sender.close()
