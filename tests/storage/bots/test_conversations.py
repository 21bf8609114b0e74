import msgspec
import pytest

from rooms.conversations import MOST_TURNS, Conversation, Turn, Unstorable
from storage import migrations
from storage.bots.conversations import TOGETHER, MongoConversations
from storage.mongo import Mongo
from tests.support.clock import START, SteppedClock

TALK = Conversation(
    id="c1", bot="school", owner="v1", visitor=True, unit="u1", audience=("guardian",), locale="ko"
)


def turn(run: str, **more: object) -> Turn:
    return msgspec.structs.replace(
        Turn(run=run, question="급식비 언제 내요?", at=START, parts=("{}",), done_at=START), **more
    )


@pytest.fixture
async def store(own: Mongo) -> MongoConversations:
    await migrations.migrate(own)
    return MongoConversations(own, SteppedClock(), 180)


async def runs(store: MongoConversations, conversation: str = TALK.id) -> list[str]:
    found = await store.conversation(conversation)
    return [] if found is None else [turn.run for turn in found.turns]


async def test_turns_are_kept_once_whatever_comes_again(store: MongoConversations) -> None:
    other = msgspec.structs.replace(TALK, id="c2")
    await store.keep([])
    await store.keep([(TALK, turn("a1")), (other, turn("b1")), (TALK, turn("a2"))])
    kept = await store.conversation(TALK.id)
    assert kept == msgspec.structs.replace(TALK, turns=(turn("a1"), turn("a2")))
    await store.keep([(TALK, turn("a2", answer="다른 답")), (other, turn("b2")), (TALK, turn("a3"))])
    assert await runs(store) == ["a1", "a2", "a3"]
    assert await runs(store, "c2") == ["b1", "b2"], "what comes with one that is there already is kept too"
    assert await store.conversation(TALK.id) == msgspec.structs.replace(
        TALK, turns=(turn("a1"), turn("a2"), turn("a3"))
    )


async def test_what_a_model_writes_is_replaced_until_it_is_done(store: MongoConversations) -> None:
    await store.keep([(TALK, turn("a1", llm=True, done_at=None, answer="급식"))])
    await store.keep([(TALK, turn("a1", llm=True, answer="급식비는"))])
    await store.keep([(TALK, turn("a1", llm=True, answer="아니요"))])
    kept = await store.conversation(TALK.id)
    assert kept is not None
    assert [one.answer for one in kept.turns] == ["급식비는"]


async def test_a_conversation_that_is_full_takes_no_more(store: MongoConversations) -> None:
    await store.keep([(TALK, turn(f"a{number}")) for number in range(MOST_TURNS + 1)])
    assert await runs(store) == [f"a{number}" for number in range(MOST_TURNS)]


@pytest.mark.parametrize("talk", [TALK, msgspec.structs.replace(TALK, turns=(turn("a0"),))])
async def test_what_can_never_be_written_down_is_told(store: MongoConversations, talk: Conversation) -> None:
    with pytest.raises(Unstorable):
        await store.keep([(talk, turn("a1", answer="반쪽 \ud800"))])


async def test_a_conversation_that_would_be_too_large_is_told(store: MongoConversations) -> None:
    answer = "a" * 6 * 2**20
    await store.keep([(TALK, turn("a1", answer=answer))])
    await store.keep([(TALK, turn("a2", answer=answer))])
    for llm in (False, True):
        with pytest.raises(Unstorable):
            await store.keep([(TALK, turn("a3", answer=answer, llm=llm))])
    assert await runs(store) == ["a1", "a2"]


async def test_what_begins_is_stored_though_another_of_it_is_there(store: MongoConversations) -> None:
    many = [
        (msgspec.structs.replace(TALK, id=f"c{number}"), turn(f"b{number}")) for number in range(TOGETHER)
    ]
    await store.keep([many[2]])
    await store.keep([*many, (TALK, turn("a1"))])
    for conversation, kept in many[2:]:
        assert await store.conversation(conversation.id) == msgspec.structs.replace(
            conversation, turns=(kept,)
        )
    assert await runs(store) == ["b1", "a1"]
