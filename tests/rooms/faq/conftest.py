"""The FAQ desk over the shared database; each test has an office of its own."""

import pytest

from rooms.faq.content import FaqLimits
from rooms.faq.desk import FaqDesk
from storage.faq.desks import MongoFaqDesks
from storage.faq.entries import MongoFaq
from storage.mongo import Mongo
from tests.support.core import clock_of_today
from tests.support.database import mongo, office, shared_database

__all__ = ["mongo", "office", "shared_database"]


@pytest.fixture
def store(mongo: Mongo) -> MongoFaq:
    return MongoFaq(mongo)


@pytest.fixture
def units(mongo: Mongo) -> MongoFaqDesks:
    return MongoFaqDesks(mongo)


@pytest.fixture
def desk(store: MongoFaq, units: MongoFaqDesks) -> FaqDesk:
    return FaqDesk(store, units, clock_of_today(), FaqLimits(answer_chars=1_000, aliases=3))
