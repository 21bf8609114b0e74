"""Files over HTTP: upload, and download with ranges."""

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from hub.api.ask import Ask, Handlers
from hub.api.bodies import Upload
from hub.api.headers import HEADERS
from hub.api.messenger import shapes
from hub.api.names import disposition, shown_type
from hub.api.problems import HttpRefusal
from hub.api.ranges import OutOfRange, range_applies, unchanged, wanted
from hub.api.shapes import Nothing
from hub.services import Services
from rooms.attachments import Attachments
from rooms.errors import ErrorCode, Refusal, bad_request, not_found
from rooms.events import FileRef
from rooms.ids import FileId
from storage.messenger.files import StoredFile


class Files:
    """Handlers of files."""

    def __init__(self, services: Services, attachments: Attachments) -> None:
        self._services = services
        self._attachments = attachments

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "upload": self.upload,
            "download": self.download,
        }

    async def upload(self, ask: Ask[Nothing, Nothing, Upload]) -> FileRef:
        """Keep a file for its owner to send. Raises Refusal(rate_limited)."""
        received, services = ask.body, self._services
        wait = await services.uploads.take(ask.person.id, services.clock.monotonic())
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_uploads", retry_after=round(wait, 3))
        file = await services.files.store(
            ask.person.id, received.name, received.media_type, received.chunks(), services.clock.now()
        )
        return file.ref

    async def download(self, ask: Ask[shapes.FilePath, Nothing, None]) -> Response:
        """Give a file, or a range of it, to somebody who may have it. Raises Refusal."""
        request = ask.request
        file = await self._services.files.get(FileId(ask.path.file))
        if file is None:
            raise not_found("file")
        await self._attachments.check(ask.person.id, file.id, file.owner, file.rooms)
        etag = f'"{file.id}"'  # a file never changes
        headers = HEADERS | {
            "Accept-Ranges": "bytes",
            # Kept, but asked for each time: who may have it can change.
            "Cache-Control": "private, no-cache",
            "Content-Disposition": disposition(file.name, file.type),
            "Content-Security-Policy": "sandbox",
            "ETag": etag,
        }
        if unchanged(request.headers.get("if-none-match"), etag):
            return Response(status_code=304, headers=headers)
        asked = request.headers.get("range") if range_applies(request.headers.get("if-range"), etag) else None
        try:
            part = wanted(asked, file.size)
        except OutOfRange as error:
            whole = {"Content-Range": f"bytes */{file.size}"}
            raise HttpRefusal(bad_request("bad_range"), status=416, headers=whole) from error
        start, end = part or (0, file.size)
        headers |= {"Content-Length": str(end - start), "Content-Type": shown_type(file.type)}
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        status = 200 if part is None else 206
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return StreamingResponse(self._content(file, start, end), status, headers)

    async def _content(self, file: StoredFile, start: int, end: int) -> AsyncIterator[bytes]:
        async for chunk in self._services.files.read(file, start, end):
            yield chunk
