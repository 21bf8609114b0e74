"""What every sender takes and gives: one interface for Web Push, FCM, mail and agencies."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from rooms.delivery.channels import Kind, Reason, Urgency


class Parcel(Struct, frozen=True):
    """One thing to send to one address.

    `id` is the same on every attempt, so that who gets it twice can tell; `topic` names what a newer
    one replaces; `payload` is what a service worker or an app reads (`hub/push/payload.py`). `to` is an
    e-mail address, a phone number or an FCM token; Web Push has its endpoint there, and its keys beside.
    """

    id: str
    to: str
    topic: str
    kind: Kind
    urgency: Urgency
    expires_at: datetime
    title: str
    text: str
    url: str
    token: str
    payload: bytes
    p256dh: str = ""
    auth: str = ""


class Verdict(StrEnum):
    """What a service said: it took it, the address is gone, it never will take this, or not now."""

    TAKEN = "taken"
    GONE = "gone"
    NEVER = "never"
    LATER = "later"


class Answer(Struct, frozen=True):
    """A service's answer; `retry_after` is in seconds, where it asked for that.

    `everybody` tells that it is the service as a whole that wants to be left alone, not this address.
    `detail` is for logs and for whoever tests their device; no secrets are in it.
    """

    verdict: Verdict
    reason: Reason | None = None
    retry_after: float | None = None
    everybody: bool = False
    detail: str = ""


TAKEN = Answer(Verdict.TAKEN)


class Sender(Protocol):
    """A way to send. `send` never raises for what a service or the network does; it ends in bounded time."""

    async def send(self, parcel: Parcel) -> Answer:
        """Send one parcel."""

    def origin(self, parcel: Parcel) -> str:
        """Name the service that would get it, for those who wait until it is back."""

    async def close(self) -> None:
        """Let go of all connections."""
