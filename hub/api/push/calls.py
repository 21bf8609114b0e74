"""Pushes over HTTP: the calls and their types; taken into the table of `hub/api/contract.py`."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.api.call import PREFIX, Call, Who
from hub.api.shapes import TimeOfDay
from hub.protocol import Id
from hub.push.payload import LONGEST_TOKEN
from hub.push.trial import Permission, Trial
from rooms.errors import ErrorCode

ChannelName = Literal["push", "email", "sms"]


class PushKey(Struct):
    """The hub's public key, `applicationServerKey` of `PushManager.subscribe()`, in base64url."""

    key: str


class SubscriptionKeys(Struct):
    """What pushes to a browser are encrypted for (RFC 8291), in base64url."""

    p256dh: Annotated[str, Meta(max_length=200)]
    auth: Annotated[str, Meta(max_length=100)]


class NewSubscription(Struct):
    """A browser's subscription as `PushSubscription.toJSON()` gives it, or an app's FCM token."""

    endpoint: Annotated[str, Meta(max_length=2000)] | None = None
    keys: SubscriptionKeys | None = None
    token: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None


class SubscriptionRow(Struct):
    """A device that gets pushes: when its service last took one, and when it last acknowledged one.

    `here` tells whether it belongs to the sign-in that asks.
    """

    id: str
    agent: str
    created_at: str
    last_ok_at: str | None
    delivered_at: str | None
    here: bool


class Subscriptions(Struct):
    """My devices."""

    subscriptions: list[SubscriptionRow]


class SubscriptionPath(Struct):
    """A subscription."""

    subscription: Id


class NewTrial(Struct):
    """What the page knows: whether its browser may show notifications, and its own subscription."""

    permission: Permission | None = None
    subscription: Id | None = None


class NewReceipt(Struct):
    """The token of a push that arrived."""

    token: Annotated[str, Meta(max_length=LONGEST_TOKEN)]


class QuietHours(Struct, rename={"start": "from", "end": "to"}):
    """Hours of the day, past midnight where the second is the earlier."""

    start: TimeOfDay
    end: TimeOfDay


class Digest(Struct):
    """When what is not urgent comes gathered."""

    at: TimeOfDay


class ContactAnswer(Struct):
    """How I may be reached: addresses, quiet hours, digest, channels I left on, channels this hub has.

    `email_pending` and `phone_pending` wait for the code that was sent there.
    """

    email: str | None
    email_pending: str | None
    phone: str | None
    phone_pending: str | None
    quiet: QuietHours | None
    quiet_default: bool
    digest: Digest | None
    channels: list[ChannelName]
    available: list[ChannelName]


class ContactChange(Struct):
    """What I change of it; `"default"` takes the quiet hours of the hub again, null none at all.

    Another e-mail address or phone number is sent a code, and holds once that is told.
    """

    email: Annotated[str, Meta(max_length=254)] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    quiet: QuietHours | Literal["default"] | UnsetType | None = UNSET
    digest: Digest | UnsetType | None = UNSET
    channels: Annotated[list[ChannelName], Meta(max_length=3)] | UnsetType = UNSET


class AddressCode(Struct):
    """The code that was sent to my new e-mail address or phone number."""

    code: Annotated[str, Meta(max_length=20)]


_CHANGE: Final = (ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE)

PUSH_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="push_key",
        method="GET",
        path=f"{PREFIX}/push/key",
        summary="The key with which browsers subscribe to pushes",
        who=Who.ANYBODY,
        answer=PushKey,
    ),
    Call(
        name="push_subscriptions",
        method="GET",
        path=f"{PREFIX}/push/subscriptions",
        summary="My devices that get pushes",
        answer=Subscriptions,
    ),
    Call(
        name="push_subscribe",
        method="POST",
        path=f"{PREFIX}/push/subscriptions",
        summary="Let this browser or app get pushes; until it signs out",
        body=NewSubscription,
        answer=SubscriptionRow,
        status=201,
        also={200: "It was known already"},
        codes=_CHANGE,
        creates=True,
        keeps_itself=True,
    ),
    Call(
        name="push_unsubscribe",
        method="DELETE",
        path=f"{PREFIX}/push/subscriptions/{{subscription}}",
        summary="Let a device of mine get no more pushes",
        path_type=SubscriptionPath,
        status=204,
        codes=(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN),
    ),
    Call(
        name="push_test",
        method="POST",
        path=f"{PREFIX}/push/test",
        summary="Send my devices a push now, and say what is wrong where none arrives",
        body=NewTrial,
        answer=Trial,
        codes=(*_CHANGE, ErrorCode.RATE_LIMITED),
    ),
    Call(
        name="push_receipt",
        method="POST",
        path=f"{PREFIX}/push/receipts",
        summary="Acknowledge a push that arrived; its token is all that is needed",
        who=Who.ANYBODY,
        body=NewReceipt,
        status=204,
        codes=_CHANGE,
    ),
    Call(
        name="contact",
        method="GET",
        path=f"{PREFIX}/me/contact",
        summary="How I may be reached, and when",
        answer=ContactAnswer,
    ),
    Call(
        name="change_contact",
        method="PATCH",
        path=f"{PREFIX}/me/contact",
        summary="Change how I may be reached, and when; what is left out stays",
        body=ContactChange,
        answer=ContactAnswer,
        codes=(*_CHANGE, ErrorCode.RATE_LIMITED),
    ),
    Call(
        name="verify_email",
        method="POST",
        path=f"{PREFIX}/me/contact/email",
        summary="Show that the new e-mail address is mine, by the code that was sent there",
        body=AddressCode,
        answer=ContactAnswer,
        codes=_CHANGE,
    ),
    Call(
        name="verify_phone",
        method="POST",
        path=f"{PREFIX}/me/contact/phone",
        summary="Show that the new phone number is mine, by the code that was sent there",
        body=AddressCode,
        answer=ContactAnswer,
        codes=_CHANGE,
    ),
)
"""The calls of pushes."""
