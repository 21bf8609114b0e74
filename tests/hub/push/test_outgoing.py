import asyncio
import socket
from ipaddress import ip_network

import pytest
from aiohttp import web
from typing_extensions import override

from hub.push.outgoing import (
    LONGEST_URL,
    MOST_ANSWER_BYTES,
    NotAllowed,
    Outgoing,
    Unreached,
    _allowed,
    _GuardedResolver,
    check_url,
)
from tests.hub.push.conftest import LOOPBACK
from tests.support.clock import SteppedClock
from tests.support.served import Served
from tests.support.waiting import PATIENCE


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com:443/wpush/v2/x",
        "https://web.push.apple.com/Q" + "x" * (LONGEST_URL - 28),
    ],
)
def test_push_services_are_allowed(url: str) -> None:
    check_url(url, ())


@pytest.mark.parametrize(
    "url",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://me:secret@fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://8.8.8.8/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://127.1/x",
        "https://127.0.0.1./x",
        "https://2130706433/x",
        "https://0x7f.0x1/x",
        "http://localhost/x",
        "http://127.0.0.1:27017/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "//example.org/x",
        "https:///x",
        "https://[::1/x",
        "https://example.org/한글",
        "https://example.org/a b",
        "https://example.org/\r\nX: y",
        "https://example.org:99999/",
        "https://web.push.apple.com/" + "x" * LONGEST_URL,
        "",
    ],
)
def test_what_browsers_may_not_have_us_call(url: str) -> None:
    with pytest.raises(NotAllowed):
        check_url(url, ())


def test_networks_of_the_settings_are_allowed_by_their_addresses() -> None:
    networks = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    for url in (
        "http://127.0.0.1:9000/x",
        "http://localhost:9000/x",
        "https://127.0.0.5:1/",
        "http://[fd00::1]/",
    ):
        check_url(url, networks)
    for url in ("http://10.0.0.1/x", "http://[::1]/x", "http://push.example.org/"):
        with pytest.raises(NotAllowed):
            check_url(url, networks)


@pytest.mark.parametrize("name", ["localhost", "2130706433", "0x7f.1", "127.1"])
async def test_a_name_that_leads_inside_leads_nowhere(name: str) -> None:
    with pytest.raises(OSError, match="no address that may be used"):
        await _GuardedResolver(()).resolve(name, 443)
    assert (await _GuardedResolver(LOOPBACK).resolve(name, 443, socket.AF_INET))[0]["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "64:ff9b::a01:203", "64:ff9b:1::a01:203", "::7f00:1", "fec0::1", "2002:7f00:1::"],
)
def test_an_address_inside_that_is_wrapped_in_one_of_ipv6_is_not_allowed(address: str) -> None:
    assert not _allowed(address, ())


def test_a_gateway_between_ipv6_and_ipv4_leads_to_the_public_internet() -> None:
    assert _allowed("64:ff9b::808:808", ())


async def test_the_name_is_checked_where_it_is_connected_to(clock: SteppedClock) -> None:
    # https and its usual port, so the address alone tells nothing.
    pool = Outgoing((), clock, most=1, seconds=PATIENCE)
    try:
        with pytest.raises(Unreached, match="no address that may be used"):
            await pool.post("https://localhost/x", {}, b"")
        with pytest.raises(NotAllowed):
            await pool.post("https://127.0.0.1/x", {}, b"")
    finally:
        await pool.close()


class Odd(Served):
    """Answers as no push service should."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self.under_way = 0
        self.most = 0

    @override
    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.paths.append(request.path)
        match request.path:
            case "/moved":
                return web.Response(status=307, headers={"Location": "/elsewhere"})
            case "/endless":
                response = web.StreamResponse()
                await response.prepare(request)
                try:
                    while True:
                        await response.write(b"x" * MOST_ANSWER_BYTES)
                except ConnectionError:
                    return response
            case "/packed":
                return web.Response(body=b"\x1f\x8b" + b"x" * 50, headers={"Content-Encoding": "gzip"})
            case _:
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                await asyncio.sleep(0)
                self.under_way -= 1
                return web.Response(status=201, headers={"Set-Cookie": "a=b"})


async def test_no_redirect_is_followed_and_no_answer_is_endless_or_unpacked(
    outgoing: Outgoing,
) -> None:
    with Odd() as odd:
        assert (await outgoing.post(f"{odd.url}/moved", {}, b"")).status == 307
        assert odd.paths == ["/moved"]
        answer = await outgoing.post(f"{odd.url}/endless", {}, b"")
        assert (answer.status, len(answer.body)) == (200, MOST_ANSWER_BYTES)
        assert len(answer.detail) < 300
        assert (await outgoing.post(f"{odd.url}/packed", {}, b"")).body.startswith(b"\x1f\x8b")


async def test_no_more_requests_at_once_than_allowed(clock: SteppedClock) -> None:
    pool = Outgoing(LOOPBACK, clock, most=3, seconds=PATIENCE)
    try:
        with Odd() as odd:
            await asyncio.gather(*(pool.post(f"{odd.url}/{n}", {}, b"") for n in range(50)))
            assert len(odd.paths) == 50
            assert odd.most <= 3
    finally:
        await pool.close()
