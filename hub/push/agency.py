"""Agencies that take HTTP, for SMS or 알림톡: one signed request for each message.

Signed as Standard Webhooks has it: `webhook-id` is the same on every attempt, so that an agency that got it
before does not send it again; `webhook-signature` is `v1,` and the base64 of the HMAC-SHA256 over
`{id}.{timestamp}.{body}` under the shared key. The body is

    {"id", "to", "from", "title", "text", "url", "urgent", "receipt"}

and an agency that knows when the message arrived may post `{"token": receipt}` to /api/v1/push/receipts.
"""

import base64
import hmac
from http import HTTPStatus
from typing import Final

import msgspec
from typing_extensions import override

from hub.push.outgoing import TOO_MANY, HttpAnswer, Outgoing, Unreached
from hub.push.sending import TAKEN, Answer, Parcel, Sender, Verdict
from rooms.delivery.channels import Reason, Urgency
from rooms.ports import Clock

_AGAIN: Final = frozenset({TOO_MANY, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


class AgencySender(Sender):
    """Sends over an agency. `site` is the hub's own address, for links; `outgoing` is given over to it."""

    def __init__(
        self, outgoing: Outgoing, url: str, secret: str, sender: str | None, site: str, clock: Clock
    ) -> None:
        self._outgoing = outgoing
        self._url = url
        self._secret = secret.encode()
        self._sender = sender
        self._site = site
        self._clock = clock

    @override
    async def send(self, parcel: Parcel) -> Answer:
        """Hand one message over."""
        body = msgspec.json.encode(
            {
                "id": parcel.id,
                "to": parcel.to,
                "from": self._sender,
                "title": parcel.title,
                "text": parcel.text,
                "url": self._site + parcel.url,
                "urgent": parcel.urgency is Urgency.HIGH,
                "receipt": parcel.token,
            }
        )
        moment = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": parcel.id,
            "webhook-timestamp": moment,
            "webhook-signature": signature(self._secret, parcel.id, moment, body),
        }
        try:
            return judge(await self._outgoing.post(self._url, headers, body))
        except Unreached as error:
            return Answer(Verdict.LATER, Reason.AWAY, detail=str(error))

    @override
    def origin(self, parcel: Parcel) -> str:
        """Name the agency."""
        return self._url

    @override
    async def close(self) -> None:
        """Close all connections."""
        await self._outgoing.close()


def signature(secret: bytes, id_: str, moment: str, body: bytes) -> str:
    """Sign a request."""
    signed = hmac.digest(secret, f"{id_}.{moment}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()


def judge(answer: HttpAnswer) -> Answer:
    """Say what an answer of an agency means."""
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES or answer.status == HTTPStatus.CONFLICT:
        return TAKEN  # a conflict: it has this id already
    if answer.status == HTTPStatus.GONE:
        return Answer(Verdict.GONE, Reason.GONE, detail=answer.detail)
    if answer.status in _AGAIN or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reason = Reason.BUSY if answer.status == TOO_MANY else Reason.AWAY
        everybody = answer.retry_after is not None
        return Answer(Verdict.LATER, reason, answer.retry_after, everybody, answer.detail)
    return Answer(Verdict.NEVER, Reason.REFUSED, detail=answer.detail)
