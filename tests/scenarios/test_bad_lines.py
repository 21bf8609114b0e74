"""Handshakes and bytes that no WebSocket client would send: refused, and nobody else notices."""

import random
import struct
from collections.abc import Iterable

import pytest
from websockets.exceptions import InvalidStatus

from tests.scenarios.bystander import culprit, quiet, untouched
from tests.scenarios.lines import CLOSE, CUT, PING, PING_COMMAND, TEXT, frame, handshake, line_to, signed_in
from tests.support.conformance import Conformance
from tests.support.hub_process import HubProcess
from tests.support.school import Pupil
from tests.support.wire import wire

__all__ = ["culprit", "quiet", "untouched"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROKEN: dict[str, tuple[Iterable[bytes], int]] = {
    # Against RFC 6455 itself: its own codes, §7.4.1.
    "a text that is not UTF-8": ([frame(TEXT, b'{"id":1,"ping":"\xff"}')], 1007),
    "half a character": ([frame(TEXT, '{"id":1,"ping":"가'.encode()[:-1])], 1007),
    "a surrogate in UTF-8": ([frame(TEXT, b'{"id":1,"ping":"\xed\xa0\x80"}')], 1007),
    "a frame without a mask": ([frame(TEXT, PING_COMMAND, mask=False)], 1002),
    "a reserved bit": ([frame(0xC1, PING_COMMAND)], 1002),
    "a reserved kind of frame": ([frame(0x83, PING_COMMAND)], 1002),
    "a continuation of nothing": ([frame(0x80, PING_COMMAND)], 1002),
    "a text within a text": ([frame(0x01, b'{"id":'), frame(TEXT, b"1}")], 1002),
    "a ping in pieces": ([frame(0x09, b"a")], 1002),
    "a ping that is too long": ([frame(PING, b"a" * 126)], 1002),
    "a close code that does not exist": ([frame(CLOSE, struct.pack("!H", 1005))], 1002),
    "a close of one byte": ([frame(CLOSE, b"a")], 1002),
    # Against our wire.
    "a length of 2 to the 62": ([frame(TEXT, b"", size=2**62)], 4009),
    "a length of 100,000 of which nothing comes": ([frame(TEXT, b"", size=100_000)], 4009),
    "pieces that are too much together": (
        [frame(0x01, b"a" * 40_000), frame(0x00, b"a" * 20_000), frame(0x80, b"a" * 20_000)],
        4009,
    ),
    "binary in pieces": ([frame(0x02, b"{"), frame(0x80, b"}")], 4009),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_frames_close_the_line(name: str, strict: HubProcess, culprit: Pupil) -> None:
    frames, code = BROKEN[name]
    async with signed_in(strict, culprit) as line:
        for one in frames:
            await line.say(one)
        assert await line.ended() == code


async def test_a_command_in_pieces_is_a_command(strict: HubProcess, culprit: Pupil) -> None:
    async with signed_in(strict, culprit) as line:
        await line.say(frame(0x01, b'{"id":1'))
        await line.say(frame(PING, b"in between"))
        await line.say(frame(0x80, b',"ping":{}}'))
        answers = await line.reader.readexactly(2 + len("in between") + 2 + len(PING_COMMAND))
        assert answers == b"\x8a\x0ain between" + bytes((TEXT, len(PING_COMMAND))) + PING_COMMAND


HANDSHAKES: dict[str, bytes] = {
    "no key": handshake(Sec_WebSocket_Key=None),
    "a key that is none": handshake(Sec_WebSocket_Key="x"),
    "no version": handshake(Sec_WebSocket_Version=None),
    "version 8": handshake(Sec_WebSocket_Version="8"),
    "no host": handshake(Host=None),
    "another subprotocol": handshake(Sec_WebSocket_Protocol="graphql-ws"),
    "a subprotocol that is not ASCII": handshake(Sec_WebSocket_Protocol="가"),
    "subprotocols twice": handshake(Sec_WebSocket_Protocol="madang.v1, madang.v1"),
    "an origin that is none": handshake(Origin="http://"),
    "a port that is none": handshake(Origin="http://a:b"),
    "no connection": handshake(Connection=None),
    "a host that is none": handshake(Host="a:b"),
    "another path": handshake().replace(b"/ws ", b"/ws/x "),
    "a path that is not UTF-8": handshake().replace(b"/ws ", b"/ws%FF "),
    "a POST": handshake().replace(b"GET", b"POST", 1),
    "a cookie and no origin": handshake(Cookie="madang_session=x"),
    "a cookie from elsewhere": handshake(Cookie="madang_session=x", Origin="https://evil.example"),
    "a cookie from null": handshake(Cookie="madang_session=x", Origin="null"),
    "a cookie from a name like ours": handshake(
        Cookie="madang_session=x", Origin="http://127.0.0.1.evil.example"
    ),
}


@pytest.mark.parametrize("name", HANDSHAKES)
async def test_a_handshake_that_is_not_ours_is_refused_before_it_is_one(
    name: str, strict: HubProcess
) -> None:
    async with line_to(strict) as line:
        await line.say(HANDSHAKES[name])
        assert 400 <= await line.status() < 500


async def test_a_good_cookie_counts_only_from_a_page_of_ours(
    strict: HubProcess, culprit: Pupil, conformance: Conformance
) -> None:
    cookie = {"Cookie": f"madang_session={culprit.secret}"}
    for origin in (None, "https://evil.example", "null", f"https://127.0.0.1:{strict.port + 1}"):
        with pytest.raises(InvalidStatus) as refused:
            await wire(strict.ws, headers=cookie, origin=origin).__aenter__()
        assert refused.value.response.status_code == 403
    async with wire(strict.ws, headers=cookie, origin=strict.url, trace=conformance.trace) as line:
        await line.command("open")
    # Nobody else's page knows a token, so with one the page does not matter.
    for origin in ("https://evil.example", "null"):
        async with wire(strict.ws, culprit.token(), origin=origin, trace=conformance.trace) as line:
            await line.command("open")


POST = b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

NOISE: dict[str, bytes] = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512),
    "zeros": bytes(70_000),
    "random bytes": random.Random(7).randbytes(70_000),
    "an endless line": b"GET /" + b"a" * 200_000,
    "an endless header": b"GET /ws HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000,
    "10,000 headers": b"GET /ws HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 10_000,
    "HTTP 0.9": b"GET /ws\r\n",
    "HTTP 9.9": b"GET /ws HTTP/9.9\r\nHost: a\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length that is none": POST + b"Content-Length: 0x10\r\n\r\n{}",
    "a length and chunks": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "broken chunks": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunks below 0": POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
    "an unknown encoding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "a path that is not ASCII": b"GET /api/v1/\xea\xb0\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a query that is not ASCII": b"GET /api/v1/search?q=\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL in the path": b"GET /api/v1/a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL in a header": b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "a name of a header that is not ASCII": b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n\xff: b\r\n\r\n",
    "a header without a name": b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "a method that is none": b"G\0T /api/v1/me HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method that nobody knows": b"SHOUT /api/v1/me HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("name", NOISE)
async def test_noise_is_refused_or_cut_off(name: str, strict: HubProcess) -> None:
    async with line_to(strict) as line:
        try:
            await line.say(NOISE[name])
            line.writer.write_eof()
        except OSError:
            return  # cut off while it was still talking
        status = await line.status()
        assert status == CUT or 400 <= status < 500
