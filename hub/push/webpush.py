"""Web Push: encrypted for one browser (RFC 8291), signed (RFC 8292), handed to its service (RFC 8030)."""

import base64
import binascii
from http import HTTPStatus
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from pywebpush import WebPusher
from typing_extensions import override

from hub.push.outgoing import TOO_MANY, HttpAnswer, NotAllowed, Outgoing, Unreached
from hub.push.sending import TAKEN, Answer, Parcel, Sender, Verdict
from hub.push.vapid import Signatures, origin_of
from rooms.delivery.channels import Reason
from rooms.ports import Clock

ENCODING: Final = "aes128gcm"
MOST_PAYLOAD: Final = 3_000
"""Bytes before encryption. RFC 8291, section 4, leaves 3,993; less passes everywhere."""
POINT_BYTES: Final = 65
SECRET_BYTES: Final = 16
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_VAPID: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class WebPushSender(Sender):
    """Sends to browsers. `outgoing` is given over to it."""

    def __init__(self, outgoing: Outgoing, signatures: Signatures, clock: Clock) -> None:
        self._outgoing = outgoing
        self._signatures = signatures
        self._clock = clock

    @override
    async def send(self, parcel: Parcel) -> Answer:
        """Encrypt, sign and post one push."""
        left = int((parcel.expires_at - self._clock.now()).total_seconds())
        try:
            body = encrypt(parcel.payload, parcel.p256dh, parcel.auth)
            headers = {
                "Authorization": self._signatures.header(parcel.to),
                "Content-Encoding": ENCODING,
                "Content-Type": "application/octet-stream",
                "TTL": str(max(0, left)),
                "Topic": parcel.topic,
                "Urgency": parcel.urgency,
            }
            answer = await self._outgoing.post(parcel.to, headers, body)
        except (BadKeys, NotAllowed) as error:
            return Answer(Verdict.GONE, Reason.REFUSED, detail=str(error))
        except Unreached as error:
            return Answer(Verdict.LATER, Reason.AWAY, detail=str(error))
        if answer.status in _VAPID:
            self._signatures.forget(parcel.to)
        return judge(answer)

    @override
    def origin(self, parcel: Parcel) -> str:
        """Name the push service."""
        return origin_of(parcel.to)

    @override
    async def close(self) -> None:
        """Close all connections."""
        await self._outgoing.close()


class BadKeys(ValueError):
    """Keys of a subscription that nothing can be encrypted for."""


def check_keys(p256dh: str, auth: str) -> None:
    """See that a payload can be encrypted for these keys (RFC 8291, section 3). Raises BadKeys."""
    try:
        point, secret = _decode(p256dh), _decode(auth)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except (ValueError, binascii.Error) as error:
        raise BadKeys("no public key of the curve P-256") from error
    if len(point) != POINT_BYTES or len(secret) != SECRET_BYTES:
        raise BadKeys(f"the secret has {len(secret)} bytes, not {SECRET_BYTES}")


def encrypt(payload: bytes, p256dh: str, auth: str) -> bytes:
    """Encrypt a payload for one browser, in one record (RFC 8291, section 4). Raises BadKeys."""
    subscription = {"endpoint": "", "keys": {"p256dh": p256dh, "auth": auth}}
    try:
        body: bytes = WebPusher(subscription).encode(payload, ENCODING)["body"]
    except Exception as error:  # the libraries have no exception of their own for keys that are none
        raise BadKeys(f"{type(error).__name__}: {error}"[:200]) from error
    return body


def judge(answer: HttpAnswer) -> Answer:
    """Say what an answer of a push service means (RFC 8030, sections 5 and 8.4; RFC 8292, section 4.2)."""
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return TAKEN
    if answer.status in _GONE:
        return Answer(Verdict.GONE, Reason.GONE, detail=answer.detail)
    if answer.status in _VAPID:
        return Answer(Verdict.NEVER, Reason.VAPID_REFUSED, detail=answer.detail)
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Answer(Verdict.NEVER, Reason.TOO_LARGE, detail=answer.detail)
    if (
        answer.status in {TOO_MANY, HTTPStatus.REQUEST_TIMEOUT}
        or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        reason = Reason.BUSY if answer.status == TOO_MANY else Reason.AWAY
        return Answer(Verdict.LATER, reason, answer.retry_after, answer.everybody, answer.detail)
    return Answer(Verdict.NEVER, Reason.REFUSED, detail=answer.detail)


def _decode(text: str) -> bytes:
    return base64.b64decode(
        text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True
    )
