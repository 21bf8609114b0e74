"""Files in GridFS, and who may have them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from msgspec import Struct

from rooms.events import FileRef
from rooms.ids import FileId, PersonId, RoomId, new_file_id
from storage import schema
from storage.mongo import Document, Mongo

CHUNK: Final = 256 * 1024


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
        self._bucket = mongo.bucket("content")

    async def store(
        self, owner: PersonId, name: str, media_type: str, chunks: AsyncIterator[bytes], now: datetime
    ) -> StoredFile:
        """Keep a file; nothing stays behind where `chunks` fails."""
        grid = self._bucket.open_upload_stream(name, chunk_size_bytes=CHUNK)
        size = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                await grid.write(chunk)
            await grid.close()
        except BaseException:
            await grid.abort()
            raise
        file = StoredFile(new_file_id(), name, size, media_type, owner, (), grid._id)  # noqa: SLF001 - motor has no other name for it
        await self._files.insert_one(
            {
                "_id": file.id,
                "name": name,
                "size": size,
                "type": media_type,
                "owner": owner,
                "rooms": [],
                "grid": file.grid,
                "created_at": now,
            }
        )
        return file

    async def get(self, file: FileId) -> StoredFile | None:
        """Read what is known of a file."""
        found = await self._files.find_one({"_id": file})
        return _file(found) if found else None

    async def read(self, file: StoredFile, start: int, end: int) -> AsyncIterator[bytes]:
        """Read the bytes from `start` up to, not including, `end`."""
        grid: Any = await self._bucket.open_download_stream(file.grid)
        grid.seek(start)
        left = end - start
        while left > 0:
            chunk: bytes = await grid.read(min(CHUNK, left))
            left -= len(chunk) or left
            yield chunk

    async def claim(self, owner: PersonId, room: RoomId, files: Sequence[FileId]) -> list[FileRef] | None:
        """Attach files of this owner to a room; None where one is not theirs or does not exist."""
        mine = {"_id": {"$in": list(files)}, "owner": owner}
        found = {document["_id"]: _file(document) async for document in self._files.find(mine)}
        if len(found) < len(files):
            return None
        await self._files.update_many(mine, {"$addToSet": {"rooms": room}})
        return [found[file].ref for file in files]


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
