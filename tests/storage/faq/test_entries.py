import asyncio
from datetime import UTC, date, datetime

import pytest

from rooms.faq import records
from rooms.faq.content import Content
from rooms.faq.desk import Clash
from rooms.faq.entries import Audience, Scope, Source
from rooms.faq.records import Act, Record, Write
from rooms.ids import PersonId, UnitId, new_id
from storage import migrations
from storage.faq.entries import MongoFaq
from storage.mongo import Mongo

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEEPER = PersonId("p1")


def out(title: str, entry: str | None = None) -> Write:
    made = records.new(
        entry or new_id("q"), UnitId("u1"), Scope.OFFICE, Content(title=title, answer="답"), KEEPER, NOW
    )
    return Write(record=replaced(records.published(made, KEEPER, NOW), 1), act=Act.PUBLISHED)


def replaced(record: Record, version: int) -> Record:
    import msgspec

    return msgspec.structs.replace(record, version=version)


@pytest.fixture
async def store(own: Mongo) -> MongoFaq:
    await migrations.migrate(own)
    return MongoFaq(own)


async def test_what_comes_out_is_followed_in_order(store: MongoFaq) -> None:
    empty = await store.published(0)
    assert (empty.entries, empty.revision, empty.more) == ([], 0, False)
    assert await store.write([out("하나", "q1"), out("둘", "q2")]) == [1, 2]
    [record] = (await store.records(["q1"])).values()
    draft = records.saved(record, Content(title="하나, 고침", answer="답"), KEEPER, NOW)
    assert await store.write([Write(record=draft)]) == [1], "what is only saved takes no number"
    first = await store.published(0)
    assert [entry.title for entry in first.entries] == ["하나", "둘"], "what is being written is not out"
    assert first.revision == 2
    changed = records.published(draft, KEEPER, NOW)
    [two] = (await store.records(["q2"])).values()
    assert await store.write([
        Write(record=changed, act=Act.PUBLISHED),
        Write(record=records.withdrawn(two, KEEPER, NOW), act=Act.WITHDRAWN),
    ]) == [3, 4]  # fmt: skip
    second = await store.published(2)
    assert [(entry.id, entry.title, entry.revision) for entry in second.entries] == [("q1", "하나, 고침", 3)]
    assert (second.withdrawn, second.revision) == (["q2"], 4)
    assert (await store.published(4)).entries == []
    page = await store.published(0, limit=1)
    assert ([entry.id for entry in page.entries], page.revision, page.more) == (["q1"], 3, True)
    rest = await store.published(page.revision, limit=1)
    assert (rest.withdrawn, rest.revision) == (["q2"], 4)


async def test_everything_of_an_entry_comes_back(store: MongoFaq) -> None:
    content = Content(
        title="제목",
        question="질문",
        aliases=("하나", "둘"),
        answer="답",
        audience=frozenset({Audience.STAFF, Audience.STUDENT}),
        topic="급식",
        valid_from=date(2026, 3, 2),
        valid_until=date(2027, 2, 28),
        source=Source(title="안내서", document="d1", page=7),
        language="ko-KR",
    )
    made = records.new("q1", UnitId("u9"), Scope.SCHOOL, content, None, NOW)
    await store.write([Write(record=made)])
    assert (await store.records(["q1", "q2"])) == {"q1": made}
    await store.write([Write(record=records.published(made, KEEPER, NOW), act=Act.PUBLISHED)])
    [entry] = (await store.published(0)).entries
    assert entry.unit == "u9"
    assert {name: getattr(entry, name) for name in content.__struct_fields__} == {
        name: getattr(content, name) for name in content.__struct_fields__
    }


async def test_a_batch_is_written_whole_or_not_at_all(store: MongoFaq) -> None:
    await store.write([out("하나", "q1")])
    with pytest.raises(Clash) as clash:
        await store.write([out("둘", "q2"), out("하나 다시", "q1")])
    assert clash.value.entries == ("q1",)
    [record] = (await store.records(["q1"])).values()
    stale = replaced(record, 7)
    with pytest.raises(Clash):
        await store.write([out("셋", "q3"), Write(record=stale, act=Act.WITHDRAWN)])
    assert set(await store.records(["q1", "q2", "q3"])) == {"q1"}
    assert (await store.published(0)).revision == 1, "no number was taken"
    assert len(await store.past("q1", None, 10)) == 1


async def test_whoever_follows_misses_nothing_while_many_publish(store: MongoFaq) -> None:
    """Revisions are committed in their order, so that following by the last one seen skips none."""
    seen: list[str] = []
    done = asyncio.Event()

    async def follow() -> None:
        revision = 0
        while True:
            last = done.is_set()
            found = await store.published(revision, limit=3)
            seen.extend(entry.id for entry in found.entries)
            assert found.revision >= revision
            revision = found.revision
            if last and not found.more:
                return

    follower = asyncio.create_task(follow())
    writes = [[out(f"{n}-{k}") for k in range(2)] for n in range(12)]
    revisions = await asyncio.gather(*(store.write(some) for some in writes))
    done.set()
    await follower
    assert sorted(number for some in revisions for number in some) == list(range(1, 25))
    assert sorted(seen) == sorted(write.record.id for some in writes for write in some)


async def test_another_generation_says_read_all_anew(store: MongoFaq) -> None:
    await store.write([out("하나")])
    before = (await store.published(1)).generation
    assert await store.reindex() == before + 1
    after = await store.published(1)
    assert (after.generation, after.revision) == (before + 1, 1)
    assert await store.out() == 1
    assert await store.out(frozenset({UnitId("u2")})) == 0
