"""One spelling for every content, and the hash over it: what evidence is made of. Pure.

The JSON Canonicalization Scheme (RFC 8785), restricted to what needs no rule for numbers: objects with
ASCII keys, lists, strings, true, false, null and whole numbers within ±(2**53 - 1).
"""

import hashlib
from typing import Any, Final

import msgspec

_encoder: Final = msgspec.json.Encoder(order="sorted")


def canonical(content: Any) -> bytes:
    """Write a content in its one spelling: UTF-8, keys sorted, no spaces, nothing escaped without need.

    The content must be within the restriction above. Text with lone surrogates raises
    UnicodeEncodeError, another type TypeError.
    """
    return _encoder.encode(content)


def sha256(data: bytes) -> str:
    """Hash bytes; 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(content: Any) -> str:
    """Hash a content over its canonical form."""
    return sha256(canonical(content))
