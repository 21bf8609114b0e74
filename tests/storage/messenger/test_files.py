import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from rooms.events import FileRef
from rooms.ids import FileId, PersonId, new_file_id, new_person_id, new_room_id
from storage import schema
from storage.messenger.files import CHUNK, MongoFiles, StoredFile
from storage.mongo import Mongo
from tests.support.clock import START


@pytest.fixture
def files(mongo: Mongo) -> MongoFiles:
    return MongoFiles(mongo)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def kept(files: MongoFiles, *parts: bytes, owner: PersonId | None = None) -> StoredFile:
    return await files.store(owner or new_person_id(), "사진.png", "image/png", chunks(*parts), START)


async def content(files: MongoFiles, file: StoredFile, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([part async for part in files.read(file, start, file.size if end is None else end)])


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
async def test_a_file_comes_back_as_it_was_stored(files: MongoFiles, size: int) -> None:
    data = os.urandom(size)
    owner = new_person_id()
    file = await kept(files, data[: size // 2], data[size // 2 :], owner=owner)
    assert (file.name, file.size, file.type, file.owner, file.rooms) == (
        "사진.png",
        size,
        "image/png",
        owner,
        (),
    )
    assert file.ref == FileRef(file.id, "사진.png", size, "image/png")
    assert await files.get(file.id) == file
    assert await content(files, file) == data


async def test_any_part_of_a_file_can_be_read(files: MongoFiles) -> None:
    data = os.urandom(2 * CHUNK + 100)
    file = await kept(files, data)
    for start, end in (
        (0, 1),
        (5, 5),
        (CHUNK - 1, CHUNK + 1),
        (CHUNK, 2 * CHUNK),
        (2 * CHUNK + 99, 2 * CHUNK + 100),
    ):
        assert await content(files, file, start, end) == data[start:end]
    parts = [part async for part in files.read(file, 0, file.size)]
    assert max(map(len, parts)) <= CHUNK


async def test_a_file_that_does_not_exist(files: MongoFiles) -> None:
    assert await files.get(new_file_id()) is None
    assert await files.get(FileId("")) is None


async def test_of_an_upload_that_broke_off_nothing_stays(files: MongoFiles, mongo: Mongo) -> None:
    name = f"broken {new_file_id()}"

    async def broken() -> AsyncIterator[bytes]:
        yield os.urandom(CHUNK * 2)
        raise ConnectionError("gone")

    before = await mongo["content.chunks"].count_documents({})
    with pytest.raises(ConnectionError):
        await files.store(new_person_id(), name, "text/plain", broken(), START)
    assert await mongo["content.files"].count_documents({"filename": name}) == 0
    assert await mongo["files"].count_documents({"name": name}) == 0
    assert await mongo["content.chunks"].count_documents({}) == before


async def test_only_the_owner_attaches_a_file(files: MongoFiles) -> None:
    anna, ben, room, other = new_person_id(), new_person_id(), new_room_id(), new_room_id()
    one, two = await kept(files, b"1", owner=anna), await kept(files, b"2", owner=anna)
    theirs = await kept(files, b"3", owner=ben)
    assert await files.claim(anna, room, [one.id, theirs.id]) is None
    assert await files.claim(anna, room, [one.id, new_file_id()]) is None
    assert await files.get(one.id) == one
    assert await files.claim(anna, room, [two.id, one.id]) == [two.ref, one.ref]
    assert await files.claim(anna, room, [two.id]) == [two.ref]
    assert await files.claim(anna, other, [two.id]) == [two.ref]
    found = [await files.get(file.id) for file in (one, two, theirs)]
    assert [file.rooms if file else None for file in found] == [(room,), (room, other), ()]


async def test_unsent_files_are_erased_with_all_they_hold(own: Mongo) -> None:
    files, owner = MongoFiles(own), new_person_id()
    unsent = await kept(files, os.urandom(CHUNK + 1), owner=owner)
    sent, later = await kept(files, b"x", owner=owner), await kept(files, b"y", owner=owner)
    await own["files"].update_one({"_id": later.id}, {"$set": {"created_at": START + timedelta(days=1)}})
    assert await files.claim(owner, new_room_id(), [sent.id]) is not None
    before = START + timedelta(seconds=1)
    assert sum(await asyncio.gather(*(files.erase_unsent(before) for _ in range(3)))) == 1
    assert await files.get(unsent.id) is None
    assert await own[schema.CHUNKS].distinct("files_id") == sorted([sent.grid, later.grid])
    assert await own[schema.CONTENTS].distinct("_id") == sorted([sent.grid, later.grid])
    assert await content(files, sent) == b"x"
    assert await files.erase_unsent(before) == 0


async def test_what_an_interrupted_process_left_half_erased_is_gone_for_people_and_erased(own: Mongo) -> None:
    files, owner = MongoFiles(own), new_person_id()
    half = await kept(files, b"x", owner=owner)
    await own["files"].update_one({"_id": half.id}, {"$set": {"erased": True}})
    assert await files.get(half.id) is None
    assert await files.claim(owner, new_room_id(), [half.id]) is None
    assert await files.erase_unsent(START + timedelta(seconds=1)) == 1
    assert await own[schema.CHUNKS].count_documents({}) == 0


async def test_a_file_is_either_sent_or_erased(own: Mongo) -> None:
    files, owner = MongoFiles(own), new_person_id()
    for _ in range(20):
        file, room = await kept(files, b"x", owner=owner), new_room_id()
        claimed, erased = await asyncio.gather(
            files.claim(owner, room, [file.id]), files.erase_unsent(START + timedelta(seconds=1))
        )
        assert (claimed is not None) == (erased == 0) == (await files.get(file.id) is not None)


async def test_the_unsent_are_found_without_looking_at_the_sent(own: Mongo) -> None:
    await schema.prepare(own)
    await own["files"].insert_many(
        [{"rooms": ["r"] if n % 10 else [], "created_at": START} for n in range(1_000)]
    )
    query = {"rooms": [], "created_at": {"$lt": START + timedelta(seconds=1)}}
    plan = await own["files"].find(query).explain()
    assert plan["executionStats"]["totalDocsExamined"] <= 110
