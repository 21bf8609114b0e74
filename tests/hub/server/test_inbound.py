import os

from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from hub.server.inbound import PING, PONG, TEXT, lone_frame

payloads = st.one_of(st.binary(max_size=300), st.integers(0, 70_000).map(os.urandom))


def masked(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin=fin).serialize(mask=True)


@given(payloads)
@example(b"")
@example(bytes(125))
@example(bytes(126))
@example(bytes(65_535))
@example(bytes(65_536))
def test_a_whole_text_frame_is_read(payload: bytes) -> None:
    expected = (TEXT, payload) if len(payload) < 65_536 else None
    assert lone_frame(masked(Opcode.TEXT, payload)) == expected


@given(st.binary(max_size=125))
def test_a_whole_pong_is_read(payload: bytes) -> None:
    assert lone_frame(masked(Opcode.PONG, payload)) == (PONG, payload)


@given(payloads, st.data())
def test_a_part_and_more_than_one_are_left_alone(payload: bytes, data: st.DataObject) -> None:
    frame = masked(Opcode.TEXT, payload)
    assert lone_frame(frame[: data.draw(st.integers(0, len(frame) - 1))]) is None
    assert lone_frame(frame + frame) is None
    assert lone_frame(frame + b"\x81") is None


@given(st.binary(max_size=200))
def test_other_frames_are_left_alone(payload: bytes) -> None:
    for opcode in (Opcode.BINARY, Opcode.CONT):
        assert lone_frame(masked(opcode, payload)) is None
    assert lone_frame(masked(Opcode.PING, payload[:125])) is None
    assert lone_frame(masked(Opcode.CLOSE, b"\x03\xe8" + payload[:123])) is None
    assert lone_frame(masked(Opcode.TEXT, payload, fin=False)) is None
    compressed = masked(Opcode.TEXT, payload)
    assert lone_frame(bytes((compressed[0] | 0x40,)) + compressed[1:]) is None
    assert lone_frame(Frame(Opcode.TEXT, payload).serialize(mask=False)) is None


@given(st.binary(max_size=80))
def test_noise_never_fails(noise: bytes) -> None:
    for first in (b"", b"\x81", b"\x8a", b"\x81\xfe\x00\x05", b"\x8a\xfe\x00\x7e", b"\x81\xff"):
        lone_frame(first + noise)


def test_a_length_that_is_not_the_shortest_is_left_alone() -> None:
    assert lone_frame(b"\x81\xfe\x00\x05" + b"mask" + bytes(5)) is None


def test_the_ping_is_a_frame() -> None:
    assert Frame(Opcode.PING, b"").serialize(mask=False) == PING
