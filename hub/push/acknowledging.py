"""Receipts of devices: what makes "delivered" a fact. Many come at once, so they are written together."""

from collections.abc import Collection

from hub.push.payload import Receipt
from rooms.delivery.channels import Kind, Outcome, State
from rooms.delivery.ports import Outcomes
from rooms.ports import Clock
from storage.delivery.outbox import MongoOutbox
from storage.delivery.subscriptions import MongoSubscriptions
from storage.together import Together


class Acknowledging:
    """Takes receipts; the same may come twice."""

    def __init__(
        self, outbox: MongoOutbox, subscriptions: MongoSubscriptions, outcomes: Outcomes, clock: Clock
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._outcomes = outcomes
        self._clock = clock
        self._together: Together[Receipt, bool] = Together(self._note)

    async def take(self, receipt: Receipt) -> None:
        """Note that a device has a delivery; it is stored when this returns. Raises PyMongoError."""
        await self._together.one(receipt)

    async def _note(self, receipts: Collection[Receipt]) -> dict[Receipt, bool]:
        now = self._clock.now()
        rows = await self._outbox.delivered({receipt.delivery for receipt in receipts}, now)
        outcomes = [
            Outcome(row.about, row.person, row.channel, row.what, State.DELIVERED, now)
            for row in rows
            if row.kind is Kind.SHOW and not row.is_digest
        ]
        if outcomes:
            await self._outcomes.told(outcomes)
        devices = {receipt.subscription: now for receipt in receipts if receipt.subscription}
        await self._subscriptions.delivered(devices)
        return dict.fromkeys(receipts, True)
