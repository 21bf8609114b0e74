"""What the sample office announces, published through the same rules as everything else, only earlier.

`data/notices.toml` holds it. What was begun is kept by its key, so that a second run, or one after an
interruption, announces nothing twice.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from hub.bus import LocalBus
from hub.cli.demo_answers import Answering, Respondents
from hub.cli.demo_talk import PastClock, Unlimited, moment
from hub.notices.wiring import NoticeServices, wire_notices
from hub.services import Services
from rooms.delivery.channels import Channel, Outcome, Reason, State
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.content import Wish
from rooms.notices.model import Aim, Notice, NoticeKind, NoticeState, Recipient, Step, Translation, Who
from rooms.people import Person

AT_ONCE: Final = 2_000


class Correct(Struct, frozen=True, forbid_unknown_fields=True):
    """A later version."""

    at: str
    text: str
    note: str = ""


class SampleNotice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An announcement; see the file's first lines. `draft` leaves it unpublished."""

    key: str
    kind: NoticeKind
    by: str
    unit: str
    title: str
    text: str
    at: str = "1m"
    audience: tuple[Mapping[str, str], ...] = ()
    due: int | None = None
    urgent: bool = False
    confirm: bool = False
    draft: bool = False
    translations: Mapping[str, Translation] = {}
    form: Mapping[str, Any] | None = None
    follow_up: tuple[Step, ...] = ()
    answering: Answering | None = None
    correct: Correct | None = None
    opened: float = 0.0
    confirmed: float = 0.0
    delivered: float = 0.0


def read_notices() -> tuple[SampleNotice, ...]:
    """Read the file."""
    text = resources.files("hub.cli").joinpath("data", "notices.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["notice"], tuple[SampleNotice, ...])


class Announcer:
    """Publishes what the sample office announces, at the times it names."""

    def __init__(
        self, services: Services, people: Mapping[str, PersonId], units: Mapping[str, UnitId]
    ) -> None:
        self._services = services
        self._people = people
        self._units = units
        self._now = services.clock.now()
        self._clock = PastClock(self._now)
        self._notices = _wired(services, self._clock)
        self._respondents = Respondents(services, self._notices, self._clock)

    async def begin(self, sample: SampleNotice) -> NoticeId:
        """Write a draft."""
        self._clock.at = self._moment(sample.at)
        aims = sample.audience or ({"unit": sample.unit},)
        wish = Wish(
            audience=[Aim(self._units[aim["unit"]], Who(aim.get("who", "families"))) for aim in aims],
            title=sample.title,
            text=sample.text,
            translations=sample.translations,
            form=sample.form if sample.form is not None else UNSET,
            deadline=self._now + timedelta(days=sample.due) if sample.due is not None else UNSET,
            urgent=sample.urgent,
            confirm=sample.confirm,
            follow_up=sample.follow_up,
        )
        person = await self._person(sample.by)
        return (await self._notices.writing.draft(person, sample.kind, self._units[sample.unit], wish)).id

    async def publish(self, sample: SampleNotice, notice: NoticeId) -> None:
        """Publish a draft, correct it, and let a part of its families have it before them."""
        found = await self._notices.store.notice(notice)
        if sample.draft or found is None or found.state is not NoticeState.DRAFT:
            return
        person = await self._person(sample.by)
        self._clock.at = self._moment(sample.at)
        found = await self._notices.writing.publish(person, notice)
        await self._expand()
        await self._reach(sample, found)
        if sample.correct is not None:
            self._clock.at = self._moment(sample.correct.at)
            wish = Wish(text=sample.correct.text, note=sample.correct.note, silent=True)
            await self._notices.writing.change(person, notice, wish)
            await self._expand()

    async def answer(self, sample: SampleNotice, notice: NoticeId) -> None:
        """Let families answer the form of what was published."""
        if sample.answering is not None:
            author, after = await self._person(sample.by), self._moment(sample.at)
            spared = self._people["guardian"]
            await self._respondents.answer(author, notice, sample.answering, after, spared)

    async def _reach(self, sample: SampleNotice, notice: Notice) -> None:
        rows = await self._notices.recipients.page(notice.id, None, None, None, AT_ONCE)
        guardian = self._people["guardian"]
        at = self._clock.at + timedelta(minutes=3)
        told: list[Outcome] = []
        for place, row in enumerate(rows):
            part = (place * 0.618) % 1.0  # spreads evenly over the list, the same at every run
            told += _outcomes(notice, row, part < sample.delivered, at)
            self._clock.at = at + timedelta(minutes=1 + place % 240)
            if row.person == guardian:
                continue  # what is new is for whoever signs in
            if part < sample.opened:
                await self._notices.recipients.seen(notice.id, row.person, notice.version, self._clock.at)
            if part < sample.confirmed:
                await self._notices.recipients.confirmed(notice.id, row.person, self._clock.at)
        await self._notices.reach.told(told)
        # What would be pushed by now is past: nobody is to be woken by a sample.
        await self._services.delivering.outbox.withdraw(notice.id, Reason.EXPIRED, self._now)

    async def _expand(self) -> None:
        while await self._notices.expander.work():
            pass

    async def _person(self, login: str) -> Person:
        return await self._services.access.person(self._people[login])

    def _moment(self, at: str) -> datetime:
        return moment(at, self._now, self._services.settings.zone)


def _outcomes(notice: Notice, row: Recipient, delivered: bool, at: datetime) -> Sequence[Outcome]:
    if delivered:
        return [Outcome(notice.id, row.person, Channel.PUSH, "v1", State.DELIVERED, at)]
    reason = Reason.NO_SUBSCRIPTION
    return [Outcome(notice.id, row.person, Channel.PUSH, "v1", State.SKIPPED, at, reason)]


def _wired(services: Services, clock: PastClock) -> NoticeServices:
    """Put the rules of notices together at another time, where nobody hears."""
    return wire_notices(
        services.settings,
        services.mongo,
        clock,
        LocalBus(),
        services.people,
        services.files,
        Unlimited(),
        services.delivering,
    )
