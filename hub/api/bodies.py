"""Reading what a request carries: JSON up to a bound, or one file."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message
from typing_extensions import override

from hub.api.names import clean_media_type, clean_name
from hub.api.problems import HttpRefusal
from rooms.errors import Refusal, bad_request, too_large

JSON_BYTES: Final = 256 * 1024
FORM_BYTES: Final = 16 * 1024
"""What a form may weigh besides the file in it: boundaries, headers, a field or two."""
PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received; `digest` is the SHA-256 of name, type and content."""

    name: str
    media_type: str
    size: int
    digest: str
    _file: UploadFile

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the content in pieces."""
        await self._file.seek(0)
        while piece := await self._file.read(PIECE):
            yield piece


async def read_json(request: Request) -> bytes:
    """Read a JSON body. Raises Refusal: too_large, or bad_request with status 415."""
    _expect(request, "application/json")
    return await _read(request, JSON_BYTES)


def decode_json(data: bytes, into: type[Any]) -> Any:
    """Decode a JSON body. Raises Refusal(bad_request) that says where it does not fit."""
    try:
        return msgspec.json.decode(data, type=into)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise bad_request("invalid_body", detail=str(error)) from error


def decode_strings(values: dict[str, Any], into: type[Any]) -> Any:
    """Decode what an address says. Raises Refusal(bad_request)."""
    try:
        return msgspec.convert(values, into, strict=False)
    except msgspec.ValidationError as error:
        raise bad_request("invalid_query", detail=str(error)) from error


@asynccontextmanager
async def read_upload(request: Request, most: int) -> AsyncIterator[Upload]:
    """Read a form with one file of at most `most` bytes. Raises Refusal."""
    _expect(request, "multipart/form-data")
    refusal = too_large("file_too_large", limit=most)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most + FORM_BYTES:
        raise refusal
    bounded = Request(request.scope, _bounded(request, most + FORM_BYTES, refusal))
    try:
        async with aclosing(bounded.stream()) as stream:
            form = await _WholeForm(
                request.headers, stream, max_files=1, max_fields=10, max_part_size=FORM_BYTES
            ).parse()
    except MultiPartException as error:
        raise bad_request("bad_upload") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise bad_request("file_missing")
        if (file.size or 0) > most:
            raise refusal
        name = clean_name(file.filename or "")
        media_type = clean_media_type(file.content_type or "", name)
        yield Upload(name, media_type, file.size or 0, await _digest(file, f"{name}\n{media_type}\n"), file)
    finally:
        await form.close()


class _WholeForm(MultiPartParser):
    """Starlette's parser, which takes a form without its end too, in any codec, and leaves its files open."""

    _ended = False

    @override
    def on_headers_finished(self) -> None:
        # RFC 7578 knows no parameter for another charset, and some of Python's codecs only fail.
        self._charset = "utf-8"
        super().on_headers_finished()

    @override
    def on_end(self) -> None:
        self._ended = True

    @override
    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("the form has no end")
        return form


async def _read(request: Request, most: int) -> bytes:
    data, more = b"", True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        data += message.get("body", b"")
        if len(data) > most:
            raise too_large("body_too_large", limit=most)
        more = message.get("more_body", False)
    return data


def _bounded(request: Request, most: int, refusal: Refusal) -> Any:
    """Receive a body until it is too large."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > most:
            raise refusal
        return message

    return receive


def _expect(request: Request, media_type: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise HttpRefusal(bad_request("unsupported_media_type", expected=media_type), status=415)


async def _digest(file: UploadFile, start: str) -> str:
    digest = hashlib.sha256(start.encode())
    await file.seek(0)
    while piece := await file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
