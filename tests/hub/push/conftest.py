"""The services outside, real and on loopback, and what the senders need to reach them."""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network

import pytest

from config.settings import Settings
from hub.push.outgoing import Outgoing
from hub.push.vapid import Signatures, ensure_push_key
from storage.mongo import Mongo, connected
from tests.support.agency_service import AgencyService
from tests.support.clock import SteppedClock
from tests.support.core import clock_of_today
from tests.support.emptied import emptied_database, kept_database, migrated
from tests.support.fcm_service import FcmService
from tests.support.push_service import PushService
from tests.support.waiting import PATIENCE

__all__ = ["emptied_database", "kept_database"]

LOOPBACK = (ip_network("127.0.0.0/8"),)
KEY = "IQ9Ur0ykXoHS9gzfYX0aBjy9lvdrjx_PFUXmie9YRcY"
"""Anybody's: the private key of the example in RFC 8291, appendix A."""


@pytest.fixture
async def own(mongod_url: str, database_name: str) -> AsyncIterator[Mongo]:
    """Give an empty database with its indexes."""
    async with connected(mongod_url, database_name) as handle:
        await migrated(handle)
        yield handle


@pytest.fixture
def database_name(emptied_database: str) -> str:
    return emptied_database


@pytest.fixture
def clock() -> SteppedClock:
    return clock_of_today()


@pytest.fixture
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@pytest.fixture
def fcm_service() -> Iterator[FcmService]:
    with FcmService() as service:
        yield service


@pytest.fixture
def agency() -> Iterator[AgencyService]:
    with AgencyService() as service:
        yield service


@pytest.fixture
async def outgoing(clock: SteppedClock) -> AsyncIterator[Outgoing]:
    pool = Outgoing(LOOPBACK, clock, most=50, seconds=PATIENCE)
    yield pool
    await pool.close()


@pytest.fixture
def signatures(clock: SteppedClock) -> Signatures:
    return Signatures(ensure_push_key(Settings(push_key=KEY)), "mailto:hub@example.org", clock)
