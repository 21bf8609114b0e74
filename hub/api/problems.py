"""Failures over HTTP: problem documents (RFC 9457), each with a stable code and a sentence for people."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from msgspec import UNSET, UnsetType
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.api.call import STATUS
from hub.api.shapes import Problem
from hub.wording import Wording
from rooms.errors import ErrorCode, Refusal, bad_request, not_found
from rooms.forms.faulty import FieldRefusal
from rooms.ports import LogUnavailable
from storage.mongo import PyMongoError

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class HttpRefusal(Refusal):
    """A refusal with a status of its own, or with headers."""

    def __init__(
        self,
        refusal: Refusal,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(refusal.code, refusal.reason, retry_after=refusal.retry_after, **refusal.params)
        self.status = status
        self.headers = headers or {}


def refusal_of(error: Exception, route: str) -> Refusal:
    """Tell as a refusal what went wrong; what nobody foresaw is logged, and not told."""
    match error:
        case Refusal():
            return error
        case HTTPException():
            return _of_starlette(error)
        case LogUnavailable() | PyMongoError():
            log.warning("database did not answer", route=route, reason=str(error)[:300])
            return Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0)
        case _:
            log.error("request failed", route=route, exc_info=error)
            return Refusal(ErrorCode.INTERNAL, "internal", retry_after=5.0)


def problem(refusal: Refusal, wording: Wording, language: str) -> Response:
    """Write a refusal as a problem document."""
    status = STATUS[refusal.code]
    headers: dict[str, str] = {"Cache-Control": "no-store", "Content-Language": language}
    if isinstance(refusal, HttpRefusal):
        status = refusal.status or status
        headers |= refusal.headers
    if refusal.code is ErrorCode.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after)))
    document = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=wording.sentence(language, refusal),
        code=refusal.code,
        temporary=refusal.temporary,
        retry_after=refusal.retry_after,
        fields=_fields(refusal, wording, language),
    )
    return Response(msgspec.json.encode(document), status, headers, MEDIA_TYPE)


def _fields(refusal: Refusal, wording: Wording, language: str) -> dict[str, str] | UnsetType:
    if not isinstance(refusal, FieldRefusal):
        return UNSET
    return {name: wording.sentence(language, why) for name, why in refusal.fields.items()}


def _of_starlette(error: HTTPException) -> Refusal:
    """Say in our words what Starlette refuses: addresses and methods that do not exist, broken forms."""
    headers: dict[str, Any] = dict(error.headers or {})
    match error.status_code:
        case 404:
            refusal = not_found("address")
        case 405:
            refusal = bad_request("method_not_allowed")
        case _:
            refusal = bad_request("bad_request")
    return HttpRefusal(refusal, status=error.status_code, headers=headers)
