import pytest

from hub.push.settling import MOST_AT_ONCE, MOST_KEPT, Result, Settling
from rooms.delivery.channels import Channel, Outcome, Reason, State
from rooms.ids import PersonId
from storage.delivery.outbox import MongoOutbox, Settled
from storage.delivery.subscriptions import MongoSubscriptions
from storage.mongo import Mongo, PyMongoError
from tests.hub.push.stage import News
from tests.support.clock import START as NOW


def result(number: int) -> Result:
    outcome = Outcome("n1", PersonId(f"p{number}"), Channel.PUSH, "v1", State.SENT, NOW)
    return Result(Settled(f"n1:v1:p{number}:push", "t", State.SENT, NOW, Reason.READ), [outcome])


async def test_what_cannot_be_written_is_kept_up_to_a_bound_and_written_later(own: Mongo) -> None:
    news = News()
    settling = Settling(MongoOutbox(own), MongoSubscriptions(own), news)
    for number in range(MOST_KEPT + 1):
        settling.add(result(number))
    assert MOST_KEPT * 0.9 <= len(settling._waiting) <= MOST_KEPT
    # The oldest go: theirs are the leases that end first.
    assert settling._waiting[-1].settled.id == f"n1:v1:p{MOST_KEPT}:push"
    kept = len(settling._waiting)
    await settling.flush()
    assert settling._waiting == []
    assert len(news.outcomes) == kept


async def test_results_wait_while_the_database_is_away(own: Mongo) -> None:
    news = News()
    settling = Settling(MongoOutbox(own), MongoSubscriptions(own), news)
    for number in range(MOST_AT_ONCE + 1):
        settling.add(result(number))
    own.close()
    with pytest.raises(PyMongoError):
        await settling.flush()
    assert len(settling._waiting) == MOST_AT_ONCE + 1
