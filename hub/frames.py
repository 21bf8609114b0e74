"""Bytes of a server's WebSocket frames (RFC 6455 §5.2): made once, written to every socket."""

import struct
from typing import Final

_FIN_TEXT: Final = 0x81
_SHORT: Final = 126
_MEDIUM: Final = 1 << 16


def text_frame(payload: bytes) -> bytes:
    """Frame UTF-8 text as one final, unmasked text frame.

    The payload must be valid UTF-8; nothing checks it here.
    """
    size = len(payload)
    if size < _SHORT:
        return bytes((_FIN_TEXT, size)) + payload
    if size < _MEDIUM:
        return struct.pack("!BBH", _FIN_TEXT, 126, size) + payload
    return struct.pack("!BBQ", _FIN_TEXT, 127, size) + payload
