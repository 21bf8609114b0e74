from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from config.settings import Settings
from hub.cli import push
from hub.cli.findings import State
from rooms.delivery.channels import Channel
from rooms.delivery.outbox import Delivery
from rooms.ids import PersonId
from storage.delivery.outbox import MongoOutbox
from storage.mongo import connected
from tests.support.fcm_service import FcmService
from tests.support.mail_server import NAME, PASSWORD, mail_server


def test_the_push_key(tmp_path: Path) -> None:
    found = push.key(Settings(data=tmp_path))
    assert (found.state, found.found) == (State.OK, "will be made at the first start")
    assert not list(tmp_path.iterdir())
    (tmp_path / "push.key").write_text("short")
    (tmp_path / "push.key").chmod(0o600)
    assert push.key(Settings(data=tmp_path)).state is State.FAULT
    given = Settings(push_key="IQ9Ur0ykXoHS9gzfYX0aBjy9lvdrjx_PFUXmie9YRcY")
    assert push.key(given).state is State.OK
    plain = Settings(push_key=given.push_key, public_url="http://talk.example.org")
    assert push.key(plain).state is State.WARNING


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # of aiosmtpd, on loopback
async def test_the_mail_server() -> None:
    assert await push.mail(Settings()) == []

    async def states(url: str) -> list[State]:
        return [found.state for found in await push.mail(Settings(smtp_url=url, smtp_from="a@b"))]

    with mail_server(login=True) as server:
        right = server.url.replace("://", f"://{NAME}:{quote(PASSWORD, safe='')}@")
        assert await states(right) == [State.OK]
        (refused,) = await push.mail(
            Settings(smtp_url=server.url.replace("://", "://hub:guess@"), smtp_from="a@b")
        )
        assert refused.state is State.FAULT
        assert "guess" not in refused.found
    assert await states(right) == [State.FAULT]


async def test_fcm(tmp_path: Path) -> None:
    assert await push.fcm(Settings()) == []
    with FcmService() as service:
        account = service.account(tmp_path)
        settings = Settings(fcm_credentials=account, fcm_url=service.url)
        assert [found.state for found in await push.fcm(settings)] == [State.OK]
        service.refuse_grants = True
        (refused,) = await push.fcm(settings)
        assert (refused.state, "invalid_grant" in refused.found) == (State.FAULT, True)
    (missing,) = await push.fcm(Settings(fcm_credentials=tmp_path / "none.json"))
    assert missing.state is State.FAULT


async def test_whether_what_is_due_is_sent(mongod_url: str, database_name: str) -> None:
    now = datetime.now(UTC)
    settings = Settings(mongodb_url=mongod_url, mongodb_database=database_name)

    async def found() -> tuple[State, str]:
        (finding,) = await push.outbox(settings, lambda: now)
        return finding.state, finding.found

    assert await push.outbox(Settings(), lambda: now) == []
    assert await found() == (State.OK, "none waits")
    row = Delivery("n1:v1:p1:push", "n1", PersonId("p1"), Channel.PUSH, "v1", now, now + timedelta(days=1))
    async with connected(mongod_url, database_name) as mongo:
        await MongoOutbox(mongo).put([row], now)
    assert await found() == (State.OK, "1 are due")
    now += push.LATE + timedelta(seconds=1)
    state, text = await found()
    assert (state, "the first since 5 minutes" in text) == (State.WARNING, True)
