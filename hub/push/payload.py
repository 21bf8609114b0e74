"""What a service worker or an app reads of a push, and the token with which it acknowledges it.

Both are described in the README, for whoever writes another client.
"""

import base64
import binascii
import hmac
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from hub.push.webpush import MOST_PAYLOAD
from hub.signin.proofs import derive_key
from rooms.delivery.channels import Kind
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Content

VERSION: Final = 1
MAC_BYTES: Final = 16
LONGEST_TOKEN: Final = 400
MOST_TITLE: Final = 120
ELLIPSIS: Final = "…"


class Payload(Struct, frozen=True, omit_defaults=True):
    """The JSON in a push. `id` is the same on every attempt, `tag` that of the notification it is about.

    `url` is a path of the hub. `token` acknowledges (`POST /push/receipts`). `at` is when it was sent.
    """

    v: int
    id: str
    kind: str
    tag: str
    topic: str
    title: str
    body: str
    url: str
    at: str
    token: str
    urgent: bool = False
    notice: str | None = None
    room: str | None = None
    items: int | None = None


class Receipt(Struct, frozen=True):
    """What a token names: a delivery and, where it went to a device, its subscription."""

    delivery: str
    subscription: str


class Receipts:
    """Makes and reads tokens; `secret` is the hub's secret key. They hold for ever, and only acknowledge."""

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "push receipts")

    def issue(self, delivery: str, subscription: str = "") -> str:
        """Make the token of a delivery to a device."""
        named = f"{delivery} {subscription}".encode()
        return f"{_write(named)}.{_write(self._mac(named))}"

    def read(self, token: str) -> Receipt | None:
        """Tell what a token names; None for one that is not ours."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            delivery, _, subscription = _read(token.partition(".")[0]).decode().partition(" ")
        except (binascii.Error, ValueError):
            return None
        ours = hmac.compare_digest(token, self.issue(delivery, subscription))
        return Receipt(delivery, subscription) if ours else None

    def _mac(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, "sha256")[:MAC_BYTES]


def payload_of(
    row: Delivery, content: Content, token: str, at: datetime, *, about: str = "", items: int | None = None
) -> bytes:
    """Write the payload of a row, cut so that it fits a push.

    `about` is what it is about where that is not the row's own: the one notice of a digest.
    """
    about = about or row.about
    whole = Payload(
        VERSION,
        row.id,
        row.kind,
        about,
        row.topic,
        shorten(content.title, MOST_TITLE) if row.kind is Kind.SHOW else "",
        content.text if row.kind is Kind.SHOW else "",
        content.url,
        at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        token,
        content.urgent,
        about if about.startswith("n") else None,
        about if about.startswith("r") else None,
        items,
    )
    encoded = msgspec.json.encode(whole)
    body = whole.body
    while len(encoded) > MOST_PAYLOAD and body:
        # What is over is in bytes, of which a character of Hangul has three.
        body = body[: max(0, len(body) - max(1, (len(encoded) - MOST_PAYLOAD) // 6))]
        encoded = msgspec.json.encode(msgspec.structs.replace(whole, body=body.rstrip() + ELLIPSIS))
    return encoded


def shorten(text: str, most: int) -> str:
    """Bring text into one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + ELLIPSIS


def _write(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
