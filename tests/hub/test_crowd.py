"""Everybody in a room is written to at once; nobody is who has got the number of a socket that was in it."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from hub.crowd import FEW, Crowd
from hub.outlet import DaphneOutlet
from hub.ring import LONGEST, Ring
from tests.support.outlets import Protocol, Transport, read_now

MANY = FEW + 10
LIMIT = 200_000


@pytest.fixture(params=["all in one go", "one by one"])
def ring(request: pytest.FixtureRequest) -> Iterator[Ring | None]:
    opened = Ring.open() if request.param == "all in one go" else None
    if opened is None and request.param == "all in one go":
        pytest.skip("this system has no io_uring, or does not allow it")
    yield opened
    if opened is not None and opened.usable:
        opened.close()


class Room:
    """Many outlets on real sockets, and the clients at their other ends."""

    def __init__(self, ring: Ring | None, open_: ExitStack) -> None:
        pairs = [socket.socketpair() for _ in range(MANY)]
        self.sockets = [open_.enter_context(ours) for ours, _ in pairs]
        self.clients = [open_.enter_context(theirs) for _, theirs in pairs]
        for one in (*self.sockets, *self.clients):
            one.setblocking(False)
        self.protocols = [Protocol(Transport(ours)) for ours in self.sockets]
        self.outlets = [DaphneOutlet(protocol, LIMIT, ring) for protocol in self.protocols]
        self.crowd = Crowd(self.outlets, ring)

    def read(self) -> list[bytes]:
        return [read_now(client) for client in self.clients]


@pytest.fixture
def room(ring: Ring | None) -> Iterator[Room]:
    with ExitStack() as open_:
        yield Room(ring, open_)


def test_all_get_what_is_written_in_order(room: Room) -> None:
    assert len(room.crowd) == MANY
    for frames in (b"one", b"two", b"x" * LONGEST):
        assert room.crowd.write(frames) == []
    assert room.outlets[7].write(b"y")
    assert room.crowd.write(b"z") == []
    assert room.read() == [b"onetwo" + b"x" * LONGEST + (b"yz" if who == 7 else b"z") for who in range(MANY)]
    assert all(outlet.straight is not None for outlet in room.outlets)


def test_more_than_goes_out_in_one_go_arrives_too(room: Room) -> None:
    room.crowd.write(b"one")
    assert room.crowd.write(b"x" * (LONGEST + 1)) == []
    assert room.read() == [b"one" + b"x" * (LONGEST + 1)] * MANY


def test_who_takes_too_little_gets_the_rest_in_order_and_is_named_once_it_is_too_much(room: Room) -> None:
    room.sockets[3].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    room.crowd.write(b"-")
    said = [bytes([number]) * LONGEST for number in range(5)]
    read, slow = [b""] * MANY, bytearray()
    full = []
    for one in said:
        full.append(room.crowd.write(one))
        read = [
            before + room.clients[who].recv(1 << 20) if who != 3 else b"" for who, before in enumerate(read)
        ]
    assert full[0] == []
    assert full[-1] == [room.outlets[3]]
    whole = b"-" + b"".join(said)
    assert all(got == whole for who, got in enumerate(read) if who != 3)
    while got := read_now(room.clients[3]):
        slow += got
        room.protocols[3].transport.flush()
    assert whole.startswith(bytes(slow))
    assert len(slow) >= 3 * LONGEST

    assert room.crowd.write(b"and on") == []  # it is empty again, and straight
    assert read_now(room.clients[3]) == b"and on"
    assert room.outlets[3].straight is not None


def test_the_number_of_a_socket_that_closed_is_never_written_to(room: Room) -> None:
    room.crowd.write(b"one")
    room.read()
    stranger, heard = socket.socketpair()
    number = room.sockets[5].fileno()
    room.outlets[5].disturbed()  # as the protocol says when its connection is lost
    room.protocols[5].state = 1
    room.sockets[5].close()
    with stranger, heard:
        heard.setblocking(False)
        os.dup2(stranger.fileno(), number)  # the number is given out again
        assert room.crowd.write(b"two") == []
        assert read_now(heard) == b""
        os.close(number)
    assert [got for who, got in enumerate(room.read()) if who != 5] == [b"two"] * (MANY - 1)


def test_who_has_gone_hinders_nobody(room: Room) -> None:
    room.crowd.write(b"one")
    room.clients[0].close()
    assert room.crowd.write(b"two") == []
    assert [read_now(client) for client in room.clients[1:]] == [b"onetwo"] * (MANY - 1)
    assert room.protocols[0].transport.dataBuffer == b"two"  # where the transport finds out


@pytest.mark.parametrize("ring", ["all in one go"], indirect=True)
def test_a_ring_that_fails_is_done_without(room: Room, ring: Ring) -> None:
    room.crowd.write(b"one")
    ring.close()
    ring.usable = True  # as if nobody knew yet
    assert room.crowd.write(b"two") == []  # left to the transports
    assert not ring.usable
    for protocol in room.protocols:
        protocol.transport.flush()
    assert room.crowd.write(b"three") == []
    assert room.read() == [b"onetwothree"] * MANY
