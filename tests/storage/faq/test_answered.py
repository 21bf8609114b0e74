"""What was answered surely, as the openings of chats count it."""

from datetime import datetime, timedelta
from typing import Any

from rooms.faq.asked import Answered
from storage.faq.asked import CONVERSATIONS, MongoFaqAsked
from storage.mongo import Mongo
from tests.support.clock import START


def turn(question: str, band: str = "sure", at: datetime = START, **more: Any) -> dict[str, Any]:
    return {"question": question, "band": band, "at": at, "entries": ["e1"], **more}


async def talk(mongo: Mongo, owner: str, *turns: dict[str, Any], at: datetime = START) -> None:
    await mongo[CONVERSATIONS].insert_one({"owner": owner, "updated_at": at, "turns": list(turns)})


async def test_sure_answers_count_once_for_each_person_in_the_latest_conversations(mongo: Mongo) -> None:
    asked = MongoFaqAsked(mongo)
    before = START - timedelta(weeks=5)
    await talk(
        mongo, "p1", turn("전학은요?"), turn("전학은요?"), turn("음", "unsure"), turn("아", entries=[])
    )
    await talk(mongo, "p2", turn("틀렸어요", feedback={"helpful": False}), turn("전학", at=before))
    await talk(mongo, "p3", turn("전학은요?"), at=before)
    since = START - timedelta(weeks=4)
    one = Answered(entry="e1", question="전학은요?", owner="p1")
    assert await asked.answered(since, 100) == [one]
    late = START + timedelta(minutes=1)
    await talk(mongo, "p4", turn("전학은요?"), turn("그럼 서류는요?"), at=late)
    assert {heard.owner for heard in await asked.answered(since, 3)} == {"p1", "p4"}
    [newest] = await asked.answered(since, 1)
    assert newest.owner == "p4", "the latest conversation, and one turn of it"
