"""Files, stored the way GridFS has them, and who may have them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from bson import ObjectId
from msgspec import Struct

from rooms.events import FileRef
from rooms.ids import FileId, PersonId, RoomId, new_file_id
from storage import schema
from storage.mongo import Document, Mongo

CHUNK: Final = 256 * 1024
BATCH: Final = 4
"""Chunks that are on their way at once: the driver's own GridFS holds up to 48 MB of each file."""


_KEPT: Final[Document] = {"erased": {"$exists": False}}


class StoredFile(Struct, frozen=True):
    """A file; `size` in bytes, `rooms` those whose members may have it besides its owner."""

    id: FileId
    name: str
    size: int
    type: str
    owner: PersonId
    rooms: tuple[RoomId, ...]
    grid: ObjectId

    @property
    def ref(self) -> FileRef:
        """The file as a message shows it."""
        return FileRef(self.id, self.name, self.size, self.type)


class MongoFiles:
    """`rooms.ports.FileStore`, and the bytes."""

    def __init__(self, mongo: Mongo) -> None:
        self._files = mongo[schema.FILES]
        self._contents = mongo[schema.CONTENTS]
        self._chunks = mongo[schema.CHUNKS]

    async def store(
        self, owner: PersonId, name: str, media_type: str, pieces: AsyncIterator[bytes], now: datetime
    ) -> StoredFile:
        """Keep a file; nothing stays behind where `pieces` fails."""
        grid, size, count = ObjectId(), 0, 0
        try:
            async for batch in _batches(pieces):
                await self._chunks.insert_many(
                    [{"files_id": grid, "n": count + n, "data": chunk} for n, chunk in enumerate(batch)]
                )
                count += len(batch)
                size += sum(map(len, batch))
            file = StoredFile(new_file_id(), name, size, media_type, owner, (), grid)
            await self._contents.insert_one(
                {"_id": grid, "length": size, "chunkSize": CHUNK, "uploadDate": now, "filename": name}
            )
            await self._files.insert_one(
                {
                    "_id": file.id,
                    "name": name,
                    "size": size,
                    "type": media_type,
                    "owner": owner,
                    "rooms": [],
                    "grid": grid,
                    "created_at": now,
                }
            )
        except BaseException:
            await asyncio.shield(self._discard(grid))
            raise
        return file

    async def _discard(self, grid: ObjectId) -> None:
        await self._chunks.delete_many({"files_id": grid})
        await self._contents.delete_one({"_id": grid})

    async def get(self, file: FileId) -> StoredFile | None:
        """Read what is known of a file."""
        found = await self._files.find_one({"_id": file} | _KEPT)
        return _file(found) if found else None

    async def read(self, file: StoredFile, start: int, end: int) -> AsyncIterator[bytes]:
        """Read the bytes from `start` up to, not including, `end`."""
        if start >= end:
            return
        first, last = start // CHUNK, (end - 1) // CHUNK
        asked = {"files_id": file.grid, "n": {"$gte": first, "$lte": last}}
        async for document in self._chunks.find(asked).sort("n", 1).batch_size(BATCH):
            place = document["n"] * CHUNK
            yield bytes(document["data"])[max(0, start - place) : end - place]

    async def claim(self, owner: PersonId, room: RoomId, files: Sequence[FileId]) -> list[FileRef] | None:
        """Attach files of this owner to a room; None where one is not theirs or does not exist."""
        mine = {"_id": {"$in": list(files)}, "owner": owner} | _KEPT
        found = {document["_id"]: _file(document) async for document in self._files.find(mine)}
        if len(found) < len(files):
            return None
        claimed = await self._files.update_many(mine, {"$addToSet": {"rooms": room}})
        if claimed.matched_count < len(found):  # one was erased in between
            return None
        return [found[file].ref for file in files]

    async def erase_unsent(self, before: datetime) -> int:
        """Erase the files that were stored before a moment and never claimed; returns how many.

        Several processes may do it at once, and one that is interrupted is finished by the next.
        """
        return await self._erase({"rooms": [], "created_at": {"$lt": before}})

    async def release(self, room: RoomId, files: Sequence[FileId]) -> int:
        """Take files from a room, and erase those that are in no other; returns how many were erased."""
        given = {"_id": {"$in": list(files)}}
        await self._files.update_many(given, {"$pull": {"rooms": room}})
        return await self._erase(given | {"rooms": []})

    async def _erase(self, unsent: Document) -> int:
        count = 0
        async for found in self._files.find(unsent, {"grid": 1}).batch_size(100):
            # Marked first: from here on nobody can claim it any more.
            marked = await self._files.update_one(
                {"_id": found["_id"], "rooms": []}, {"$set": {"erased": True}}
            )
            if marked.matched_count:
                await self._discard(found["grid"])
                erased = await self._files.delete_one({"_id": found["_id"]})
                count += erased.deleted_count
        return count


async def _batches(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Cut a content into chunks, all but the last of them full, some at a time."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK * BATCH:
            yield [bytes(waiting[at : at + CHUNK]) for at in range(0, CHUNK * BATCH, CHUNK)]
            del waiting[: CHUNK * BATCH]
    if waiting:
        yield [bytes(waiting[at : at + CHUNK]) for at in range(0, len(waiting), CHUNK)]


def _file(document: Document) -> StoredFile:
    return StoredFile(
        document["_id"],
        document["name"],
        document["size"],
        document["type"],
        document["owner"],
        tuple(document["rooms"]),
        document["grid"],
    )
