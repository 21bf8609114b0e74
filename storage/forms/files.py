"""Files that belong to answers: kept with the form they were handed in to, and hashed."""

import hashlib
from collections.abc import Sequence

from rooms.forms.record import StoredFile
from rooms.ids import FileId, NoticeId, PersonId, RoomId
from storage.errors import available
from storage.messenger.files import MongoFiles


class MongoFormFiles:
    """`rooms.forms.ports.FormFiles`."""

    def __init__(self, files: MongoFiles) -> None:
        self._files = files

    async def take(
        self, owner: PersonId, notice: NoticeId, files: Sequence[str]
    ) -> tuple[StoredFile, ...] | None:
        """Keep files of this owner with a form, and hash them; None where one is not theirs or is gone."""
        ids = [FileId(file) for file in files]
        # A form stands where rooms do: what names it is erased with nobody's unsent files.
        if await self._files.claim(owner, RoomId(notice), ids) is None:
            return None
        return tuple([await self._hashed(file) for file in ids])

    @available
    async def erase(self, notice: NoticeId, files: Sequence[FileId]) -> None:
        """Erase files that were kept with a form; those that are elsewhere too are kept there."""
        await self._files.release(RoomId(notice), files)

    async def _hashed(self, file: FileId) -> StoredFile:
        found = await self._files.get(file)
        if found is None:
            raise LookupError(f"{file} was claimed and is gone")
        content = hashlib.sha256()
        async for piece in self._files.read(found, 0, found.size):
            content.update(piece)
        return StoredFile(found.id, found.name, found.size, found.type, content.hexdigest())
