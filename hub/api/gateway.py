"""The way of a request: who asks, from where, what exactly; then the handler; then the answer.

What every call has in common is here and only here: signing in, the check of the origin, decoding,
idempotency, failures as problem documents, headers and metrics.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hub.api.ask import Answer, Ask, Handler, Reply
from hub.api.bodies import decode_json, decode_strings, read_json, read_upload
from hub.api.call import COOKIE, Call, Who
from hub.api.headers import HEADERS
from hub.api.language import accepted
from hub.api.once import Once, key_of
from hub.api.problems import problem, refusal_of
from hub.metrics import Metrics
from hub.origins import is_our_origin
from hub.services import Services
from hub.signin.sign_ins import Signed
from hub.wording import SPOKEN, Wording
from rooms.errors import ErrorCode, Refusal, forbidden, not_found

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
UNKNOWN_ROUTE: Final = "none"

Endpoint = Callable[[Request], Awaitable[Response]]
Bound = Mapping[str, tuple[Call, Handler]]


class Gateway:
    """Makes endpoints of calls and their handlers."""

    def __init__(self, services: Services, wording: Wording, metrics: Metrics) -> None:
        self._services = services
        self._wording = wording
        self._metrics = metrics
        self._once = Once(services.idempotency, services.clock)

    def endpoint(self, path: str, calls: Bound) -> Endpoint:
        """Make the endpoint of a path: its calls by method."""

        async def serve(request: Request) -> Response:
            call, handler = calls["GET" if request.method == "HEAD" else request.method]
            began = self._services.clock.monotonic()
            response = await self._serve(call, handler, request)
            seconds = self._services.clock.monotonic() - began
            self._metrics.http(request.method, path, response.status_code, seconds)
            return response

        return serve

    async def failure(self, request: Request, error: Exception) -> Response:
        """Answer what no endpoint took: addresses and methods that do not exist, and other failures."""
        response = self._problem(error, request, None, UNKNOWN_ROUTE)
        self._metrics.http("any", UNKNOWN_ROUTE, response.status_code, 0.0)
        return response

    async def _serve(self, call: Call, handler: Handler, request: Request) -> Response:
        signed: Signed | None = None
        try:
            signed = await self._sign_in(call, request)
            return await self._handle(call, handler, request, signed)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:  # noqa: BLE001 - every failure is answered, and logged, in one place
            return self._problem(error, request, signed, call.path)

    async def _sign_in(self, call: Call, request: Request) -> Signed | None:
        """Find out who asks, and that no page of somebody else's asks with their cookie. Raises Refusal."""
        headers = request.headers
        unsafe = request.method not in SAFE
        if call.who is Who.ANYBODY:
            # Signing in sets a cookie: no other page may put a browser into an account of its own.
            if unsafe and "origin" in headers and not is_our_origin(headers, self._services.settings):
                raise forbidden("foreign_origin")
            return None
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._services.sign_ins.by_token(token.strip())
        secret = request.cookies.get(COOKIE)
        if call.who is Who.EITHER and not (secret and is_our_origin(headers, self._services.settings)):
            self._check_guest(request)
            return None
        if not secret:
            raise Refusal(ErrorCode.UNAUTHENTICATED, "sign_in_first")
        if unsafe and not is_our_origin(headers, self._services.settings):
            raise forbidden("foreign_origin")
        return await self._services.sign_ins.by_cookie(secret)

    def _check_guest(self, request: Request) -> None:
        """See that the page on which somebody asks who is not signed in may ask. Raises Refusal."""
        origin = request.headers.get("origin")
        settings = self._services.settings
        if origin is None or origin in settings.bot_origins or is_our_origin(request.headers, settings):
            return
        raise forbidden("foreign_origin")

    async def _handle(
        self, call: Call, handler: Handler, request: Request, signed: Signed | None
    ) -> Response:
        key = key_of(request) if call.creates else None
        path = self._path(call, request)
        query = decode_strings(
            dict(request.query_params) if request.scope["query_string"] else {}, call.query
        )
        language = self._language(request, signed)
        if call.upload:
            async with read_upload(request, self._services.settings.limits.file_bytes) as upload:
                ask = Ask(request, signed, path, query, upload, key, language)
                return await self._answer(call, handler, ask, upload.digest)
        content = b"" if call.body is None else await read_json(request)
        body = None if call.body is None else decode_json(content, call.body)
        return await self._answer(
            call, handler, Ask(request, signed, path, query, body, key, language), content
        )

    async def _answer(
        self, call: Call, handler: Handler, ask: Ask[Any, Any, Any], content: bytes | str
    ) -> Response:
        """Have a request answered; `content` is what the same again under the same key has to have."""
        if ask.key is None or ask.signed is None or call.keeps_itself:
            return _respond(call, await handler(ask))

        async def work() -> Response:
            return _respond(call, await handler(ask))

        return await self._once.run(ask.request, ask.person, ask.key, content, work)

    def _path(self, call: Call, request: Request) -> Any:
        """Decode the names in the path; one that cannot be is an address that does not exist."""
        try:
            return decode_strings(request.path_params, call.path_type)
        except Refusal as refusal:
            raise not_found("address") from refusal

    def _language(self, request: Request, signed: Signed | None) -> str:
        chosen = signed.person.locale if signed else accepted(request.headers.get("accept-language"), SPOKEN)
        return self._wording.language(chosen)

    def _problem(self, error: Exception, request: Request, signed: Signed | None, route: str) -> Response:
        response = problem(refusal_of(error, route), self._wording, self._language(request, signed))
        response.headers.update(HEADERS)
        return response


def _respond(call: Call, answer: Answer) -> Response:
    if isinstance(answer, Response):
        return answer
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    status = reply.status or call.status
    if reply.value is None:
        response = Response(status_code=status, headers={**HEADERS, **reply.headers})
    else:
        content = msgspec.json.encode(reply.value)
        response = Response(content, status, {**HEADERS, **reply.headers}, "application/json")
    if reply.finish is not None:
        reply.finish(response)
    return response
