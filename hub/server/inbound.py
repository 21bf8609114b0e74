"""What clients mostly send, read at little cost: one small WebSocket frame, whole (RFC 6455 §5.2). Pure.

Autobahn reads frames as a machine with a state for each piece of one, in Python. Nearly all that comes
is a single short text frame or the answer to a ping, whole in one read; those are taken here, and
whatever else comes goes to Autobahn, which also decides about everything that is wrong.
"""

from typing import Final

TEXT: Final = 0x81
"""The first byte of a text frame that is final and has no extension bits."""
PONG: Final = 0x8A
PING: Final = b"\x89\x00"
"""A ping of a server, framed: without a payload."""

_MASKED: Final = 0x80
_MEDIUM: Final = _MASKED | 126


def lone_frame(data: bytes) -> tuple[int, bytes] | None:
    """Read bytes that are exactly one final, masked text or pong frame of less than 64 KiB.

    Returns the first byte (`TEXT` or `PONG`) and the payload without its mask; None for anything else.
    Whether text is UTF-8 is not looked at.
    """
    if len(data) < 6 or data[0] not in (TEXT, PONG):
        return None
    size = data[1]
    if size < _MASKED:
        return None
    if size < _MEDIUM:
        size, at = size - _MASKED, 2
    elif size == _MEDIUM and data[0] == TEXT and len(data) >= 8:
        size, at = int.from_bytes(data[2:4]), 4
        if size < 126:
            return None  # not in its shortest form
    else:
        return None
    if len(data) != at + 4 + size:
        return None
    key, masked = data[at : at + 4], data[at + 4 :]
    # The exclusive or of two long numbers is one step for the interpreter, whatever their length.
    mask = int.from_bytes((key * (size // 4 + 1))[:size])
    return data[0], (int.from_bytes(masked) ^ mask).to_bytes(size)
