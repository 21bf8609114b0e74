"""How a form stands with everybody: fresh while that is cheap, and made once for all who ask."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from typing_extensions import override

from rooms.forms.book import FRESH_SECONDS, REST, Book
from rooms.forms.chain import Chains
from rooms.forms.record import Current
from rooms.ids import NoticeId, PersonId
from rooms.notices.access import Level, NoticeAccess, Standing
from rooms.notices.leaving import Leaving
from storage.forms.ledgers import MongoForms
from storage.mongo import Mongo, connected
from storage.notices.notices import MongoNotices
from storage.notices.recipients import MongoRecipients
from storage.org.guardians import MongoGuardians
from storage.org.people import MongoPeople
from storage.org.pupils import MongoPupils
from tests.support.clock import SteppedClock
from tests.support.consent import CHILDREN, MOTHER, make_family, publish
from tests.support.emptied import migrated
from tests.support.office import build_office
from tests.support.submissions import submission


class Slow(MongoForms):
    """A store that takes its time, and counts how often it is asked for all answers."""

    def __init__(self, mongo: Mongo, clock: SteppedClock, seconds: float) -> None:
        super().__init__(mongo)
        self._clock = clock
        self._seconds = seconds
        self.asked = 0

    @override
    async def answers(self, notice: NoticeId) -> list[Current]:
        self.asked += 1
        self._clock.advance(self._seconds)
        return await super().answers(notice)


@dataclass(frozen=True)
class Desk:
    """Somebody of the staff before a form that their office sent out."""

    book: Book
    store: Slow
    chains: Chains
    clock: SteppedClock
    standing: Standing
    mother: PersonId
    child: PersonId

    async def answered(self) -> int:
        return (await self.book.of_office(self.standing)).tally.complete

    async def sign(self) -> None:
        await self.chains.append(submission(self.standing.notice.id, self.mother, student=self.child))


@pytest.fixture
async def mongo(mongod_url: str, emptied_database: str) -> AsyncIterator[Mongo]:
    async with connected(mongod_url, emptied_database) as handle:
        await migrated(handle)
        yield handle


async def desk(mongo: Mongo, seconds: float) -> Desk:
    office, clock = await build_office(mongo), SteppedClock()
    await make_family(office)
    notices, people, store = MongoNotices(mongo), MongoPeople(mongo), Slow(mongo, clock, seconds)
    recipients, cares = MongoRecipients(mongo), MongoGuardians(mongo)
    access = NoticeAccess(notices, recipients, people, cares)
    leaving = Leaving(recipients, MongoPupils(mongo), people, cares, clock)
    notice = await notices.notice(await publish(office))
    assert notice is not None
    return Desk(
        Book(access, leaving, store, people, clock),
        store,
        Chains(store, clock),
        clock,
        Standing(notice, Level.ADMINISTRATOR),
        office.people[MOTHER],
        office.people[CHILDREN[0]],
    )


async def test_a_sheet_is_made_again_when_somebody_answered(mongo: Mongo) -> None:
    at = await desk(mongo, 0.0)
    assert [await at.answered() for _ in range(3)] == [0, 0, 0]
    assert at.store.asked == 1
    await at.sign()
    assert await at.answered() == 1
    at.clock.advance(FRESH_SECONDS)
    await at.answered()
    assert at.store.asked == 3


async def test_one_that_takes_long_is_shown_for_some_times_as_long(mongo: Mongo) -> None:
    at = await desk(mongo, 2.0)
    assert await asyncio.gather(*(at.answered() for _ in range(5))) == [0] * 5
    assert at.store.asked == 1  # those who ask meanwhile wait for it
    await at.sign()
    at.clock.advance(2.0 * REST - 0.1)
    assert await at.answered() == 0
    at.clock.advance(0.2)
    assert await at.answered() == 1
    assert at.store.asked == 2
