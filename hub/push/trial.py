"""A push that somebody sends themselves, and what is wrong where none arrives.

It goes past the outbox, to all their devices at once, whatever the hours: so that what the services say
can be told. What a server cannot know, such as a permission, the page says.
"""

import asyncio
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from hub.push.fcm import SCHEME
from hub.push.payload import Receipts, payload_of
from hub.push.preparing import FEED, Senders
from hub.push.sending import Answer, Parcel, Verdict
from hub.wording import Wording
from rooms.delivery.channels import Channel, Reason, Urgency
from rooms.delivery.contact import Contact
from rooms.delivery.hours import after_quiet, write_minute
from rooms.delivery.outbox import Delivery, Rules, delivery_id
from rooms.delivery.ports import Content
from rooms.ids import PersonId
from rooms.ports import Clock
from storage.delivery.contacts import MongoContacts
from storage.delivery.subscriptions import MongoSubscriptions, Subscription

TRIAL: Final = "test"
TTL: Final = timedelta(minutes=5)


class Permission(StrEnum):
    """What the page knows of its browser."""

    GRANTED = "granted"
    DENIED = "denied"
    DEFAULT = "default"
    UNSUPPORTED = "unsupported"


class Code(StrEnum):
    """What was found; the texts in the catalogues have these names."""

    SENT = "sent"
    NO_SUBSCRIPTION = "no_subscription"
    NOT_THIS_DEVICE = "not_this_device"
    PERMISSION_DENIED = "permission_denied"
    PERMISSION_MISSING = "permission_missing"
    UNSUPPORTED = "unsupported"
    VAPID_REFUSED = "vapid_refused"
    AWAY = "push_service_away"
    BUSY = "push_service_busy"
    EXPIRED = "expired"
    REFUSED = "refused"
    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    SWITCHED_OFF = "push_switched_off"


_OF_REASON: Final = {
    Reason.VAPID_REFUSED: Code.VAPID_REFUSED,
    Reason.AWAY: Code.AWAY,
    Reason.BUSY: Code.BUSY,
    Reason.GONE: Code.EXPIRED,
}
_OF_PERMISSION: Final = {
    Permission.DENIED: Code.PERMISSION_DENIED,
    Permission.DEFAULT: Code.PERMISSION_MISSING,
    Permission.UNSUPPORTED: Code.UNSUPPORTED,
}


class Finding(Struct, frozen=True):
    """What was found, for programs and for people."""

    code: Code
    text: str


class Device(Struct, frozen=True):
    """What became of the test on one device; `code` and `text` say why where it failed."""

    id: str
    agent: str
    state: str
    code: Code | None = None
    text: str | None = None


class Trial(Struct, frozen=True):
    """The result; `ok` where a push is on its way to this device and nothing is known to stop it."""

    ok: bool
    findings: list[Finding]
    devices: list[Device]


class Trying:
    """Sends tests."""

    def __init__(
        self,
        subscriptions: MongoSubscriptions,
        contacts: MongoContacts,
        receipts: Receipts,
        rules: Rules,
        wording: Wording,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._contacts = contacts
        self._receipts = receipts
        self._rules = rules
        self._wording = wording
        self._clock = clock

    async def run(
        self,
        person: PersonId,
        senders: Senders,
        language: str,
        permission: Permission | None,
        here: str | None,
    ) -> Trial:
        """Send a test to all devices of a person; `here` is the subscription of the page that asks."""
        devices = (await self._subscriptions.of([person])).get(person, [])
        contact = await self._contacts.one(person)
        answers = await asyncio.gather(*(self._send(person, device, senders, language) for device in devices))
        await self._learn(devices, answers)
        told = [
            self._device(device, answer, language) for device, answer in zip(devices, answers, strict=True)
        ]
        codes = self._codes(told, contact, permission, here)
        return Trial(
            ok=any(device.state == TRIAL_SENT for device in told) and codes[0] not in _STOPS,
            findings=[self._finding(code, contact, language) for code in codes],
            devices=told,
        )

    async def _send(self, person: PersonId, device: Subscription, senders: Senders, language: str) -> Answer:
        sender = senders.apps if device.endpoint.startswith(SCHEME) else senders.browsers
        if sender is None:
            return Answer(Verdict.NEVER, Reason.NOT_SET_UP)
        now = self._clock.now()
        content = Content(
            self._wording.push(language, "test_title"), self._wording.push(language, "test_text"), FEED
        )
        what = secrets.token_hex(4)
        row = Delivery(
            delivery_id(TRIAL, what, person, Channel.PUSH), TRIAL, person, Channel.PUSH, what, now, now + TTL
        )
        token = self._receipts.issue(row.id, device.id)
        return await sender.send(
            Parcel(
                row.id,
                device.endpoint,
                row.topic,
                row.kind,
                Urgency.HIGH,
                row.expires_at,
                content.title,
                content.text,
                content.url,
                token,
                payload_of(row, content, token, now),
                device.keys.p256dh if device.keys is not None else "",
                device.keys.auth if device.keys is not None else "",
            )
        )

    async def _learn(self, devices: list[Subscription], answers: list[Answer]) -> None:
        """Keep what the services said: a device that is gone is forgotten here as everywhere."""
        told = list(zip(devices, answers, strict=True))
        now = self._clock.now()
        took = [device.id for device, answer in told if answer.verdict is Verdict.TAKEN]
        await self._subscriptions.worked(took, now)
        gone = {device.id: device.endpoint for device, answer in told if answer.verdict is Verdict.GONE}
        await self._subscriptions.remove_dead(gone)

    def _device(self, device: Subscription, answer: Answer, language: str) -> Device:
        if answer.verdict is Verdict.TAKEN:
            return Device(device.id, device.agent, TRIAL_SENT)
        code = Code.REFUSED if answer.reason is None else _OF_REASON.get(answer.reason, Code.REFUSED)
        return Device(device.id, device.agent, "failed", code, self._wording.push(language, code))

    def _codes(
        self, devices: list[Device], contact: Contact, permission: Permission | None, here: str | None
    ) -> list[Code]:
        """List what was found, the most telling first: what is wrong here, elsewhere, then wishes."""
        codes: list[Code] = []
        if permission in _OF_PERMISSION:
            codes.append(_OF_PERMISSION[permission])
        if not devices:
            codes.append(Code.NO_SUBSCRIPTION)
        elif here is not None and all(device.id != here for device in devices):
            codes.append(Code.NOT_THIS_DEVICE)
        mine = sorted(devices, key=lambda device: device.id != here)
        codes += [device.code for device in mine if device.code is not None]
        if any(device.state == TRIAL_SENT for device in devices):
            codes.append(Code.SENT)
        if Channel.PUSH not in contact.channels:
            codes.append(Code.SWITCHED_OFF)
        if self._quiet_until(contact) is not None:
            codes.append(Code.QUIET_HOURS)
        if contact.digest is not None:
            codes.append(Code.DIGEST)
        return list(dict.fromkeys(codes))

    def _quiet_until(self, contact: Contact) -> str | None:
        now = self._clock.now()
        until = after_quiet(now, contact.quiet, self._rules.zone)
        return None if until == now else f"{until.astimezone(self._rules.zone):%H:%M}"

    def _finding(self, code: Code, contact: Contact, language: str) -> Finding:
        params: dict[str, str] = {}
        if code is Code.QUIET_HOURS:
            params["until"] = self._quiet_until(contact) or ""
        if code is Code.DIGEST and contact.digest is not None:
            params["at"] = write_minute(contact.digest)
        return Finding(code, self._wording.push(language, code, **params))


TRIAL_SENT: Final = "sent"
_STOPS: Final = frozenset(
    {
        Code.NO_SUBSCRIPTION,
        Code.NOT_THIS_DEVICE,
        Code.PERMISSION_DENIED,
        Code.PERMISSION_MISSING,
        Code.UNSUPPORTED,
        Code.VAPID_REFUSED,
        Code.AWAY,
        Code.BUSY,
        Code.EXPIRED,
        Code.REFUSED,
    }
)
"""Findings that, where they come first, mean that nothing will show here."""
