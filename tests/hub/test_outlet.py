"""Bytes go straight to the socket while they can, and in order through the transport's buffer otherwise."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.frames import text_frame
from hub.outlet import AsgiOutlet, DaphneOutlet, payloads, write_all
from rooms.errors import CloseCode
from tests.support.outlets import Protocol, Transport, read_now


@dataclass
class Line:
    """An outlet, and the client at the other end."""

    outlet: DaphneOutlet
    protocol: Protocol
    transport: Transport
    client: socket.socket

    def read(self) -> bytes:
        return read_now(self.client)


@pytest.fixture
def line() -> Iterator[Line]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    transport = Transport(ours)
    protocol = Protocol(transport)
    with ours, theirs:
        yield Line(DaphneOutlet(protocol, 100_000), protocol, transport, theirs)


def test_bytes_go_straight_to_the_socket(line: Line) -> None:
    assert line.outlet.write(b"one")
    assert line.outlet.straight is not None
    assert write_all([line.outlet], b"two") == []
    assert line.read() == b"onetwo"
    assert line.transport.dataBuffer == b""


def test_what_the_socket_does_not_take_waits_and_what_follows_stays_behind_it(line: Line) -> None:
    first, second = b"a" * 60_000, b"b" * 10
    assert write_all([line.outlet], first) == []
    assert line.outlet.unsent > 0
    assert line.outlet.straight is None
    assert write_all([line.outlet], second) == []
    read = line.read()
    while line.transport.dataBuffer:
        line.transport.flush()
        read += line.read()
    assert read + line.read() == first + second
    assert line.outlet.write(b"c")
    assert line.read() == b"c"


def test_an_outlet_that_holds_too_much_takes_no_more_and_says_so(line: Line) -> None:
    line.transport.dataBuffer = b"x" * 99_000
    assert line.outlet.write(b"y" * 1_000)
    assert not line.outlet.write(b"z")
    assert write_all([line.outlet], b"z") == [line.outlet]
    assert line.outlet.unsent == 100_000


def test_one_frame_larger_than_the_limit_goes_out_where_nothing_waits(line: Line) -> None:
    assert line.outlet.write(b"x" * 200_000)
    assert line.outlet.unsent > 100_000


def test_after_a_close_began_nothing_is_written(line: Line) -> None:
    assert line.outlet.write(b"one")
    line.outlet.disturbed()  # as the protocol says when it writes the close
    line.outlet.close(CloseCode.DRAINING)
    assert line.protocol.closed == [int(CloseCode.DRAINING)]
    assert write_all([line.outlet], b"two") == []
    assert line.read() == b"one"
    line.outlet.close(CloseCode.DRAINING)
    assert len(line.protocol.closed) == 1


def test_a_client_that_has_gone_hinders_nobody(line: Line) -> None:
    assert line.outlet.write(b"one")
    line.client.close()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        other = DaphneOutlet(Protocol(Transport(ours)), 100_000)
        assert write_all([line.outlet, other], b"two") == []
        assert theirs.recv(10) == b"two"


@pytest.mark.parametrize("stays", [None, RuntimeError("the handler is closed")])
@pytest.mark.parametrize("fault", [RuntimeError("the handler is closed"), ValueError("fd is -1")])
@pytest.mark.parametrize("straight", [True, False])
def test_a_connection_that_the_loop_has_given_up_is_cut_off_and_hinders_nobody(
    line: Line, straight: bool, fault: Exception, stays: Exception | None
) -> None:
    """Faults as uvloop and Python's own loop name them; either may not let go of it either."""
    if straight:
        assert line.outlet.write(b"one")
        line.client.close()  # the socket takes no more, so it is left to the transport
    else:
        line.transport.dataBuffer = b"waiting"
    line.transport.fault, line.transport.stays = fault, stays
    ours, theirs = socket.socketpair()
    with ours, theirs:
        other = DaphneOutlet(Protocol(Transport(ours)), 100_000)
        assert write_all([line.outlet, other], b"two") == []
        assert theirs.recv(10) == b"two"
    assert line.transport.aborted == 1
    line.outlet.close(CloseCode.DRAINING)
    assert line.transport.aborted == 2, "which Twisted does once"


def test_under_tls_all_goes_through_the_transport(line: Line) -> None:
    line.transport.TLS = True  # type: ignore[attr-defined]  # as Twisted marks it
    outlet = DaphneOutlet(line.protocol, 100_000)
    assert outlet.write(b"secret")
    assert outlet.straight is None
    assert (line.read(), line.transport.dataBuffer) == (b"", b"secret")


async def test_on_another_server_frames_are_queued_up_to_the_limit_and_sent_in_order() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    outlet = AsgiOutlet(send, 100)
    one, two = text_frame(b'"one"'), text_frame(b'"' + b"x" * 200 + b'"')
    assert write_all([outlet], one + two) == []
    assert write_all([outlet], one) == [outlet]
    assert outlet.unsent == len(one) + len(two)
    outlet.close(CloseCode.DRAINING)
    assert outlet.write(one)
    await outlet.run()
    assert [message.get("text") or message["code"] for message in sent] == [
        '"one"',
        '"' + "x" * 200 + '"',
        int(CloseCode.DRAINING),
    ]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_payloads_are_what_was_framed(size: int) -> None:
    payload = b"x" * size
    assert payloads(text_frame(payload) + text_frame(b"{}")) == [payload, b"{}"]
