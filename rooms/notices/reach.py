"""How far a notice has come with those it is for, and who has it before them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from rooms.delivery.channels import Outcome
from rooms.errors import bad_request, forbidden
from rooms.ids import NoticeId, PersonId
from rooms.notices.access import NoticeAccess, Reading
from rooms.notices.model import NoticeState, Recipient
from rooms.notices.ports import NoticeWakeups, RecipientPages
from rooms.people import Person
from rooms.ports import Clock


class ReachStore(RecipientPages, Protocol):
    """Recipients, for those who follow what becomes of a notice."""

    async def add(self, rows: Sequence[Recipient]) -> int:
        """Store rows."""

    async def seen(self, notice: NoticeId, person: PersonId, version: int, at: datetime) -> bool:
        """Note that somebody has a version before them; returns whether that is new."""

    async def confirmed(self, notice: NoticeId, person: PersonId, at: datetime) -> bool:
        """Note that somebody confirmed; returns whether that is new."""

    async def answered(self, notice: NoticeId, people: Collection[PersonId], at: datetime | None) -> int:
        """Note that people's part is answered, or (None) no longer; returns for how many that is new."""

    async def told(self, outcomes: Sequence[Outcome]) -> set[NoticeId]:
        """Note how it went on channels; returns the notices concerned."""


class TakingBack(Protocol):
    """Takes pushes back."""

    async def read(self, about: str, person: PersonId, session: str | None, what: str) -> None:
        """Take back from a person what they have read by now, but on the device they read it on."""


class Reach:
    """Takes note of what becomes of notices. `told` makes it `rooms.delivery.ports.Outcomes`."""

    def __init__(
        self,
        access: NoticeAccess,
        rows: ReachStore,
        taking_back: TakingBack,
        wakeups: NoticeWakeups,
        clock: Clock,
    ) -> None:
        self._access = access
        self._rows = rows
        self._taking_back = taking_back
        self._wakeups = wakeups
        self._clock = clock

    async def seen(
        self, person: Person, notice: NoticeId, version: int, *, confirm: bool, session: str | None = None
    ) -> Reading:
        """Note that somebody has a version of a notice before them, and, with `confirm`, says so.

        What still waits to be pushed is not sent, and what other devices than that of their sign-in
        (`session`) show of it is taken back. Raises Refusal.
        """
        reading = await self._access.for_reading(person, notice)
        found = reading.notice
        if found.shown(version) is None:
            raise bad_request("no_such_version")
        if confirm and not found.confirm:
            raise forbidden("no_confirmation_wanted")
        now = self._clock.now()
        if not reading.stored:
            await self._rows.add([reading.recipient])
        fresh = await self._rows.seen(notice, person.id, version, now)
        if confirm and found.state is NoticeState.PUBLISHED:
            fresh |= await self._rows.confirmed(notice, person.id, now)
        if fresh:
            await self._taking_back.read(notice, person.id, session, f"s{version}")
            self._wakeups.reached(notice)
        return await self._access.for_reading(person, notice)

    async def answered(self, notice: NoticeId, people: Collection[PersonId], *, whole: bool) -> None:
        """Note that nothing more is expected of people (`whole`), or that something is again."""
        now = self._clock.now()
        if await self._rows.answered(notice, people, now if whole else None):
            self._wakeups.reached(notice)

    async def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of what became of deliveries."""
        mine = [outcome for outcome in outcomes if outcome.about.startswith("n")]
        for notice in await self._rows.told(mine) if mine else ():
            self._wakeups.reached(notice)
