"""Pushes over HTTP: subscribing, trying, acknowledging, and how somebody may be reached."""

from msgspec import UNSET, UnsetType

from config.secret import ensure_secret_key
from hub.api.ask import Ask, Handlers, Reply
from hub.api.push.calls import (
    AddressCode,
    ContactAnswer,
    ContactChange,
    Digest,
    NewReceipt,
    NewSubscription,
    NewTrial,
    PushKey,
    QuietHours,
    SubscriptionPath,
    SubscriptionRow,
    Subscriptions,
)
from hub.api.shapes import Nothing
from hub.push.fcm import SCHEME
from hub.push.outgoing import NotAllowed, check_url
from hub.push.trial import Trial, Trying
from hub.push.verifying import Verifying
from hub.push.webpush import BadKeys, check_keys
from hub.services import Services
from hub.wording import Wording
from rooms.delivery.channels import Channel
from rooms.delivery.contact import Contact, is_email, is_phone
from rooms.delivery.hours import Quiet, read_minute, write_minute
from rooms.errors import ErrorCode, Refusal, bad_request, forbidden, not_found
from rooms.events import iso
from storage.delivery.contacts import Wishes
from storage.delivery.subscriptions import Keys, Subscription


class Push:
    """Handlers of pushes."""

    def __init__(self, services: Services, wording: Wording) -> None:
        self._services = services
        self._delivering = delivering = services.delivering
        self._trying = Trying(
            delivering.subscriptions,
            delivering.contacts,
            delivering.receipts,
            delivering.rules,
            wording,
            services.clock,
        )
        self._verifying = Verifying(
            delivering.contacts,
            lambda channel: (
                delivering.senders.mail if channel is Channel.EMAIL else delivering.senders.agency
            ),
            services.mail_codes,
            wording,
            services.clock,
            ensure_secret_key(services.settings),
        )

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "push_key": self.key,
            "push_subscriptions": self.subscriptions,
            "push_subscribe": self.subscribe,
            "push_unsubscribe": self.unsubscribe,
            "push_test": self.test,
            "push_receipt": self.receipt,
            "contact": self.contact,
            "change_contact": self.change_contact,
            "verify_email": self.verify_email,
            "verify_phone": self.verify_phone,
        }

    async def key(self, _ask: Ask[Nothing, Nothing, None]) -> PushKey:
        """Give the key that browsers subscribe with."""
        return PushKey(self._delivering.signatures.public_key)

    async def subscriptions(self, ask: Ask[Nothing, Nothing, None]) -> Subscriptions:
        """List the devices of who asks."""
        person = ask.person.id
        rows = (await self._delivering.subscriptions.of([person])).get(person, [])
        return Subscriptions(
            [_row(row, ask.who.session) for row in sorted(rows, key=lambda row: row.created_at)]
        )

    async def subscribe(self, ask: Ask[Nothing, Nothing, NewSubscription]) -> Reply:
        """Keep a subscription of the browser or app that asks. Raises Refusal."""
        endpoint, keys = self._checked(ask.body)
        kept, new = await self._delivering.subscriptions.add(
            ask.person.id,
            ask.who.session,
            endpoint,
            keys,
            self._delivering.signatures.public_key,
            ask.request.headers.get("user-agent", ""),
            self._services.clock.now(),
            self._services.settings.limits.subscriptions,
        )
        return Reply(_row(kept, ask.who.session), 201 if new else 200)

    async def unsubscribe(self, ask: Ask[SubscriptionPath, Nothing, None]) -> None:
        """Forget a subscription of who asks. Raises Refusal(not_found)."""
        if not await self._delivering.subscriptions.remove(ask.person.id, ask.path.subscription):
            raise not_found("subscription")

    async def test(self, ask: Ask[Nothing, Nothing, NewTrial]) -> Trial:
        """Send a push to all devices of who asks, and tell what came of it. Raises Refusal(rate_limited)."""
        now = self._services.clock.monotonic()
        if (wait := await self._services.push_tests.take(ask.person.id, now)) is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_push_tests", retry_after=wait)
        return await self._trying.run(
            ask.person.id,
            self._delivering.senders,
            ask.language,
            ask.body.permission,
            ask.body.subscription,
        )

    async def receipt(self, ask: Ask[Nothing, Nothing, NewReceipt]) -> None:
        """Note that a push arrived. Raises Refusal(bad_request) for a token that is not ours."""
        receipt = self._delivering.receipts.read(ask.body.token)
        if receipt is None:
            raise bad_request("bad_receipt")
        await self._delivering.acknowledging.take(receipt)

    async def contact(self, ask: Ask[Nothing, Nothing, None]) -> ContactAnswer:
        """Tell how who asks may be reached."""
        return self._contact(await self._delivering.contacts.one(ask.person.id))

    async def change_contact(self, ask: Ask[Nothing, Nothing, ContactChange]) -> ContactAnswer:
        """Change how who asks may be reached. Raises Refusal."""
        changed = await self._delivering.contacts.change(ask.person.id, _wishes(ask.body))
        for channel, address in ((Channel.EMAIL, ask.body.email), (Channel.SMS, ask.body.phone)):
            if isinstance(address, str):
                changed = await self._verifying.ask(ask.person.id, channel, address, ask.language)
        return self._contact(changed)

    async def verify_email(self, ask: Ask[Nothing, Nothing, AddressCode]) -> ContactAnswer:
        """Take the code of a new e-mail address. Raises Refusal(bad_request)."""
        return self._contact(await self._verifying.take(ask.person.id, Channel.EMAIL, ask.body.code))

    async def verify_phone(self, ask: Ask[Nothing, Nothing, AddressCode]) -> ContactAnswer:
        """Take the code of a new phone number. Raises Refusal(bad_request)."""
        return self._contact(await self._verifying.take(ask.person.id, Channel.SMS, ask.body.code))

    def _checked(self, body: NewSubscription) -> tuple[str, Keys | None]:
        """See that something can be sent to a subscription. Raises Refusal."""
        if body.token is not None and body.endpoint is None:
            if self._services.settings.fcm_credentials is None:
                raise bad_request("no_app_pushes")
            return SCHEME + body.token, None
        if body.endpoint is None or body.keys is None:
            raise bad_request("bad_subscription")
        try:
            check_keys(body.keys.p256dh, body.keys.auth)
        except BadKeys as error:
            raise bad_request("bad_subscription") from error
        try:
            check_url(body.endpoint, self._services.settings.push_networks)
        except NotAllowed as error:
            raise forbidden("push_service_not_allowed") from error
        return body.endpoint, Keys(body.keys.p256dh, body.keys.auth)

    def _contact(self, contact: Contact) -> ContactAnswer:
        quiet = contact.quiet
        return ContactAnswer(
            contact.email,
            contact.pending,
            contact.phone,
            contact.pending_phone,
            QuietHours(write_minute(quiet.start), write_minute(quiet.end)) if quiet is not None else None,
            contact.quiet_default,
            Digest(write_minute(contact.digest)) if contact.digest is not None else None,
            [channel.value for channel in Channel if channel in contact.channels],
            [channel.value for channel in Channel if channel in self._delivering.rules.channels],
        )


def _wishes(change: ContactChange) -> Wishes:
    """Read what somebody changes. Raises Refusal(bad_request)."""
    if isinstance(change.email, str) and not is_email(change.email):
        raise bad_request("bad_email")
    if isinstance(change.phone, str) and not is_phone(change.phone):
        raise bad_request("bad_phone")
    quiet: Quiet | UnsetType | None = UNSET
    if isinstance(change.quiet, QuietHours):
        quiet = Quiet(read_minute(change.quiet.start), read_minute(change.quiet.end))
    elif change.quiet is None:
        quiet = None
    digest: int | UnsetType | None = UNSET
    if isinstance(change.digest, Digest):
        digest = read_minute(change.digest.at)
    elif change.digest is None:
        digest = None
    return Wishes(
        email=None if change.email is None else UNSET,
        phone=None if change.phone is None else UNSET,
        quiet=quiet,
        quiet_default=change.quiet == "default",
        digest=digest,
        channels=UNSET
        if isinstance(change.channels, UnsetType)
        else frozenset(Channel(name) for name in change.channels),
    )


def _row(row: Subscription, session: str) -> SubscriptionRow:
    return SubscriptionRow(
        row.id,
        row.agent,
        iso(row.created_at),
        None if row.last_ok_at is None else iso(row.last_ok_at),
        None if row.delivered_at is None else iso(row.delivered_at),
        row.session == session,
    )
