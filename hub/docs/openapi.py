"""The OpenAPI 3.1 description of the HTTP API, made from its table of calls. Pure."""

from collections.abc import Sequence
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from hub.api.contract import CALLS, COMMON, COOKIE, STATUS, Call, Who
from hub.api.shapes import Nothing, Problem
from hub.docs.parameters import TAGS, meaning_of, tag_of
from hub.docs.schemas import Schema, schemas
from rooms.errors import ErrorCode

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
EVENTS: Final = "text/event-stream"
KEY: Final[Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A UUID or the like, made for this request: repeated, it gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
VISITOR: Final[Schema] = {
    "name": "Madang-Visitor",
    "in": "header",
    "required": False,
    "description": "The token of somebody who is not signed in, as an earlier answer gave it in this header.",
    "schema": {"type": "string", "maxLength": 1024},
}
LAST_EVENT: Final[Schema] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The id of the last event that came, as browsers send it: the stream goes on after it.",
    "schema": {"type": "string"},
}
_SECURITY: Final[dict[Who, list[dict[str, list[str]]]]] = {
    Who.ANYBODY: [],
    Who.SIGNED_IN: [{"bearer": []}, {"cookie": []}],
    Who.EITHER: [{"bearer": []}, {"cookie": []}, {}],
}


def document(version: str, calls: Sequence[Call] = CALLS) -> Schema:
    """Make the description; `version` is this program's."""
    types = [Problem, *(kind for call in calls for kind in _types(call))]
    told, components = schemas(types)
    paths: dict[str, Schema] = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, told)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Madang",
            "version": version,
            "description": (
                "The HTTP API of Madang. Errors are problem documents (RFC 9457) with a stable `code`. "
                "Requests that change something and use the cookie need an `Origin` of ours."
            ),
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": told_of} for name, told_of in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _types(call: Call) -> list[Any]:
    bodies = [kind for kind in (call.body, call.answer) if kind is not None]
    return [*bodies, *(_present(field.type) for field in (*_fields(call.path_type), *_fields(call.query)))]


def _fields(params: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return () if params is Nothing else msgspec.structs.fields(params)


def _present(kind: Any) -> Any:
    """Take None out of a parameter's type: it stands for its absence."""
    options = [option for option in get_args(kind) if option is not type(None)]
    return options[0] if type(None) in get_args(kind) and len(options) == 1 else kind


def _operation(call: Call, told: dict[Any, Schema]) -> Schema:
    described: Schema = {
        "operationId": call.name,
        "summary": call.summary,
        "tags": [tag_of(call.path)],
        "security": _SECURITY[call.who],
    }
    parameters = [
        *(_parameter(call, "path", field, told) for field in _fields(call.path_type)),
        *(_parameter(call, "query", field, told) for field in _fields(call.query)),
        *([KEY] if call.creates else []),
        *([VISITOR] if call.who is Who.EITHER else []),
        *([LAST_EVENT] if call.safe and call.media == EVENTS else []),
    ]
    if parameters:
        described["parameters"] = parameters
    if call.upload:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": _UPLOAD}}
    elif call.body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": told[call.body]}}}
    described["responses"] = _responses(call, told)
    return described


_UPLOAD: Final[Schema] = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        "required": ["file"],
    }
}


def _parameter(call: Call, place: str, field: msgspec.structs.FieldInfo, told: dict[Any, Schema]) -> Schema:
    schema = dict(told[_present(field.type)])
    described: Schema = {"name": field.encode_name, "in": place, "required": field.required}
    meaning = schema.pop("description", None) or meaning_of(call.name, field.encode_name)
    if meaning is not None:
        described["description"] = meaning
    return described | {"schema": schema}


def _responses(call: Call, told: dict[Any, Schema]) -> Schema:
    success = _content(call, told)
    found: Schema = {str(call.status): {"description": call.summary} | success}
    contents: dict[int, Schema] = {304: {}, 416: _problem(told)}
    for status, meaning in call.also.items():
        found[str(status)] = {"description": meaning} | contents.get(status, success)
    if call.upload or call.body is not None:
        found["415"] = {"description": "The body is of another type"} | _problem(told)
    codes: dict[str, list[ErrorCode]] = {}
    for code in dict.fromkeys((*COMMON, *call.codes)):
        codes.setdefault(str(STATUS[code]), []).append(code)
    for refused, known in codes.items():
        said = ", ".join(f"`{code}`" for code in known)
        response = found.setdefault(refused, {"description": f"Refused: {said}"})
        response["content"] = response.get("content", {}) | {PROBLEM: {"schema": told[Problem]}}
    return dict(sorted(found.items()))


def _problem(told: dict[Any, Schema]) -> Schema:
    return {"content": {PROBLEM: {"schema": told[Problem]}}}


def _content(call: Call, told: dict[Any, Schema]) -> Schema:
    if call.media is not None:
        return {"content": {call.media: {"schema": {"type": "string"}}}}
    if call.answer is not None:
        return {"content": {JSON: {"schema": told[call.answer]}}}
    return {}
