"""The office's signature on the heads of ledgers: Ed25519 (RFC 8032). Pure.

A chain shows that nothing within it was changed; it cannot show that it was not made anew as a whole, or
cut off at its end, by somebody who holds the database. What was signed, printed or sent to families
before can.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Seal:
    """Signs with the office's key, which is made of a secret text."""

    def __init__(self, secret: str) -> None:
        seed = hashlib.sha256(b"madang ledger key\n" + secret.encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = _text(self._key.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> str:
        """Sign bytes; base64url without padding, as the public `key` is."""
        return _text(self._key.sign(data))


def is_signed(key: str, signature: str, data: bytes) -> bool:
    """Tell whether a signature over these bytes was made with the private half of a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key)).verify(_bytes(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
