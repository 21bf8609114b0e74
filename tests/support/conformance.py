"""Holds what goes over the wire and over HTTP against the descriptions that we publish of both.

Here the schemas are closed: a field that the hub sends and the description does not name is a fault.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from hub.docs import asyncapi, openapi

Schema = dict[str, Any]


class Conformance:
    """Collects frames and HTTP exchanges; `faults` tells what does not conform.

    The same bytes are judged once, and only when asked: a test that measures time is not slowed down.
    """

    def __init__(self) -> None:
        self._wire = _wire()
        self._frames: dict[tuple[str, bytes], None] = {}
        self._judged = 0
        self.frames = 0
        self._http = _http()
        self._exchanges: list[str] = []

    def trace(self, direction: str, frame: bytes) -> None:
        """Take a frame; the `trace` of a client. `direction` is "sent" or "received", as a client sees it."""
        self.frames += 1
        self._frames.setdefault((direction, frame))

    def exchange(
        self, operation: tuple[str, str], status: int, media: str, sent: bytes | None, received: bytes
    ) -> None:
        """Take an HTTP exchange: (method, path template) of the description, and both bodies."""
        self._exchanges += self._http_faults(operation, status, media, sent, received)

    def faults(self) -> list[str]:
        """Judge what came since the last call."""
        fresh = list(self._frames)[self._judged :]
        self._judged += len(fresh)
        found = [fault for direction, frame in fresh for fault in self._frame_faults(direction, frame)]
        found += self._exchanges
        self._exchanges = []
        return found

    @property
    def distinct(self) -> int:
        """How many different frames were judged."""
        return self._judged

    def _frame_faults(self, direction: str, frame: bytes) -> list[str]:
        content = json.loads(frame)
        name = message_of(direction, content)
        if name is None:
            return [f"{direction} a frame that is not described: {_short(frame)}"]
        return [
            f"{direction} a frame that is no {name}: {fault}; {_short(frame)}"
            for fault in self._wire.faults(f"#/components/messages/{name}/payload", content)
        ]

    def _http_faults(
        self, operation: tuple[str, str], status: int, media: str, sent: bytes | None, received: bytes
    ) -> list[str]:
        method, path = operation
        where = f"{method} {path} → {status}"
        described = self._http.document["paths"].get(path, {}).get(method.lower())
        if described is None:
            return [f"{where}: not described"]
        base = f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method.lower()}"
        found = []
        if sent is not None and 200 <= status < 300 and "requestBody" in described:
            target = f"{base}/requestBody/content/application~1json/schema"
            found += [f"{where}, request: {fault}" for fault in self._http.faults(target, json.loads(sent))]
        response = described["responses"].get(str(status))
        if response is None:
            return [*found, f"{where}: this status is not described"]
        contents = response.get("content", {})
        if not contents:
            return [*found, *([f"{where}: a body where none is described"] if received else [])]
        if media not in contents:
            return [*found, f"{where}: {media or 'no content'} is not described"]
        if media.endswith("json"):
            target = f"{base}/responses/{status}/content/{media.replace('/', '~1')}/schema"
            found += [f"{where}: {fault}" for fault in self._http.faults(target, json.loads(received))]
        return found


def message_of(direction: str, content: Any) -> str | None:
    """Name the message of the AsyncAPI document that a frame should be."""
    if not isinstance(content, dict):
        return None
    if direction == "sent":
        verbs = [key for key in content if key != "id"]
        return f"command.{verbs[0]}" if len(verbs) == 1 else None
    if "push" in content:
        kinds = [key for key in content["push"] if key in asyncapi.PUSH_NAMES.values()]
        return f"push.{kinds[0]}" if len(kinds) == 1 else None
    keys = [key for key in content if key != "id"]
    return f"answer.{keys[0]}" if len(keys) == 1 else None


def closed(schema: Any) -> Any:
    """Copy a schema, with no further fields allowed where its fields are named."""
    if isinstance(schema, Mapping):
        copied = {key: closed(value) for key, value in schema.items()}
        if copied.get("type") == "object" and "properties" in copied:
            copied.setdefault("additionalProperties", False)
        return copied
    return [closed(one) for one in schema] if isinstance(schema, list) else deepcopy(schema)


class _Judge:
    """Validates against parts of a document."""

    def __init__(self, document: Schema) -> None:
        self.document = document
        resource = Resource.from_contents(closed(document), default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:description", resource)
        self._validators: dict[str, Validator] = {}

    def faults(self, pointer: str, content: Any) -> list[str]:
        validator = self._validators.get(pointer)
        if validator is None:
            validator = Draft202012Validator({"$ref": f"urn:description{pointer}"}, registry=self._registry)
            self._validators[pointer] = validator
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(content)]


@cache
def _wire() -> _Judge:
    return _Judge(asyncapi.document("test"))


@cache
def _http() -> _Judge:
    return _Judge(openapi.document("test"))


def _short(frame: bytes) -> str:
    text = frame.decode()
    return text if len(text) <= 400 else text[:400] + "…"
