from collections.abc import AsyncIterator

import pytest
from gridfs import GridFSBucket
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient

from rooms.ids import PersonId, new_room_id
from storage import migrations
from storage.files import BATCH, CHUNK, MongoFiles, StoredFile, _batches
from storage.mongo import Mongo, connected
from tests.support.clock import START
from tests.support.emptied import emptied_database, kept_database

__all__ = ["emptied_database", "kept_database"]

OWNER = PersonId("p1")


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


@pytest.fixture
async def mongo(mongod_url: str, emptied_database: str) -> AsyncIterator[Mongo]:
    async with connected(mongod_url, emptied_database) as handle:
        await migrations.migrate(handle)
        yield handle


@pytest.fixture
def files(mongo: Mongo) -> MongoFiles:
    return MongoFiles(mongo)


async def content(files: MongoFiles, file: StoredFile, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in files.read(file, start, end)])


SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, BATCH * CHUNK, BATCH * CHUNK + 5, 3 * BATCH * CHUNK - 7]


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_read_as_it_was_written(files: MongoFiles, size: int) -> None:
    whole = bytes(number % 251 for number in range(size))
    cut = [whole[at : at + 100_003] for at in range(0, size, 100_003)]
    file = await files.store(OWNER, "a.bin", "x/y", pieces(*cut), START)
    assert (file.size, file.owner, file.rooms) == (size, OWNER, ())
    assert await files.get(file.id) == file
    for start in {0, 1, CHUNK - 1, CHUNK, size // 2, size}:
        for end in {start, start + 1, CHUNK, CHUNK + 1, size}:
            if start <= end <= size:
                assert await content(files, file, start, end) == whole[start:end]


async def test_others_find_it_where_gridfs_has_files(
    files: MongoFiles, mongo: Mongo, mongo_client: MongoClient[dict[str, object]]
) -> None:
    whole = bytes(5 * CHUNK + 3)
    file = await files.store(OWNER, "a.bin", "x/y", pieces(whole), START)
    bucket = GridFSBucket(mongo_client[mongo.name], bucket_name="content")
    with bucket.open_download_stream(file.grid) as stream:
        assert stream.filename == "a.bin"
        assert stream.read() == whole


async def test_nothing_stays_behind_of_a_file_that_did_not_come_through(
    files: MongoFiles, mongo: Mongo
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(BATCH * CHUNK + 1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await files.store(OWNER, "a.bin", "x/y", broken(), START)
    for collection in ("files", "content.files", "content.chunks"):
        assert await mongo[collection].count_documents({}) == 0


async def test_a_file_is_attached_by_its_owner_alone(files: MongoFiles) -> None:
    mine = await files.store(OWNER, "a.txt", "text/plain", pieces(b"a"), START)
    theirs = await files.store(PersonId("p2"), "b.txt", "text/plain", pieces(b"b"), START)
    room = new_room_id()
    assert await files.claim(OWNER, room, [mine.id, theirs.id]) is None
    assert (await files.get(mine.id)) == mine
    assert await files.claim(OWNER, room, [mine.id]) == [mine.ref]
    assert await files.claim(OWNER, room, [mine.id]) == [mine.ref]
    attached = await files.get(mine.id)
    assert attached is not None
    assert attached.rooms == (room,)


@given(st.lists(st.integers(0, 3 * CHUNK), max_size=8))
async def test_chunks_are_full_but_the_last(sizes: list[int]) -> None:
    found = [batch async for batch in _batches(pieces(*(bytes(size) for size in sizes)))]
    chunks = [len(chunk) for batch in found for chunk in batch]
    assert sum(chunks) == sum(sizes)
    assert all(size == CHUNK for size in chunks[:-1])
    assert all(0 < size <= CHUNK for size in chunks)
    assert all(len(batch) <= BATCH for batch in found)
