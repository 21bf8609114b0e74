"""The AsyncAPI 3.0 description of the wire, made from the types that decode and encode it. Pure.

Seen from the hub, as AsyncAPI wants it: it *receives* commands and replies to them, and *sends* pushes.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from hub import protocol as wire
from hub.docs.schemas import Schema, schemas
from rooms.errors import CloseCode

CLOSES: Final[dict[int, str]] = {
    1002: "A frame broke the WebSocket protocol (RFC 6455): without a mask, of a reserved kind, a text "
    "within a text. The client is at fault; come back after 5 s, once.",
    1007: "A text was not UTF-8. The client is at fault; come back after 5 s, once.",
    CloseCode.BYE: "Bye. The client stays away.",
    CloseCode.DRAINING: "This process is going. Come back after the hint of `drain`, with jitter.",
    CloseCode.TOO_SLOW: "Too many bytes are unsent. Come back and resume by `seq`.",
    CloseCode.BAD_FRAME: "A frame was not JSON, not an object, too large, or too many were refused. "
    "Come back after 5 s, once.",
    CloseCode.NOT_SIGNED_IN: "Not signed in, or no longer. Sign in.",
    CloseCode.SIGNED_OUT: "Signed out by an administrator. The client stays away.",
    CloseCode.TOO_MANY: "Too many connections or frames. Come back, with jitter, after the seconds that "
    "the reason of the close names, or after 5 s where it names none.",
}
PUSH_NAMES: Final[dict[type[Struct], str]] = {
    wire.RoomEvents: "events",
    wire.ReadMoved: "read",
    wire.TypingPush: "typing",
    wire.Joined: "joined",
    wire.Left: "left",
    wire.PresencePush: "presence",
    wire.RunPart: "run",
    wire.NoticePush: "notice",
    wire.Notify: "notify",
    wire.Drain: "drain",
}
_CHANNEL: Final = "#/channels/live"


def command_name(verb: str) -> str:
    """Name the message of a command."""
    return f"command.{verb}"


def answer_name(verb: str) -> str:
    """Name the message of an answer; `error` is that of every refusal."""
    return f"answer.{verb}"


def push_name(push: type[Struct]) -> str:
    """Name the message of a push."""
    return f"push.{PUSH_NAMES[push]}"


def document(version: str) -> Schema:
    """Make the description; `version` is this program's."""
    verbs = _verbs()
    told, components = schemas([wire.Fault, *verbs.values(), *wire.ANSWERS.values(), *wire.PUSHES])
    messages: dict[str, Schema] = {"answer.error": _error(told)}
    operations: dict[str, Schema] = {}
    for verb, command in verbs.items():
        answered = verb in wire.ANSWERS
        messages[command_name(verb)] = _message(
            f"`{verb}`", command, _numbered(told, verb, command, needs_id=verb not in wire.UNANSWERED)
        )
        operations[command_name(verb)] = _operation("receive", command, [command_name(verb)])
        if answered:
            answer = wire.ANSWERS[verb]
            messages[answer_name(verb)] = _message(
                f"The answer to `{verb}`", answer, _numbered(told, verb, answer, needs_id=True)
            )
        # What is not answered can still be refused.
        answers = [*([answer_name(verb)] if answered else []), "answer.error"]
        operations[command_name(verb)]["reply"] = {
            "channel": {"$ref": _CHANNEL},
            "messages": [_of_channel(name) for name in answers],
        }
    for push in wire.PUSHES:
        payload = {"type": "object", "properties": {"push": told[push]}, "required": ["push"]}
        messages[push_name(push)] = _message(f"Push: {PUSH_NAMES[push]}", push, payload)
        operations[push_name(push)] = _operation("send", push, [push_name(push)])
    return {
        "asyncapi": "3.0.0",
        "info": _info(version),
        "defaultContentType": "application/json",
        "channels": {"live": _channel(messages)},
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "httpApiKey", "in": "cookie", "name": "madang_session"},
            },
        },
    }


def _verbs() -> dict[str, type[Struct]]:
    """Read the verbs and their types off the command."""
    found: dict[str, type[Struct]] = {}
    for field in msgspec.structs.fields(wire.Command):
        if field.name != "id":
            found[field.name] = next(kind for kind in field.type.__args__ if kind is not msgspec.UnsetType)
    return found


def _info(version: str) -> Schema:
    return {
        "title": "Madang",
        "version": version,
        "description": (
            "The live wire of Madang, version 1: one JSON object per text frame, on the subprotocol "
            f"`{wire.SUBPROTOCOL}`. A frame with `id` is a command or its answer, one without is a push. "
            "Unknown fields and unknown pushes are to be ignored. Of each room a client gets every event "
            "once, in the order of its `seq`, without a gap."
        ),
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _channel(messages: dict[str, Schema]) -> Schema:
    codes = "\n".join(f"- {int(code)}: {meaning}" for code, meaning in CLOSES.items())
    return {
        "address": "/ws",
        "title": "The live connection",
        "description": (
            "Sign in with the session cookie, with `Authorization: Bearer TOKEN`, or with `auth` as the "
            "first frame.\n\n"
            "The handshake is answered with HTTP 403, before there is a WebSocket and so without a close "
            "code, where the path is another one, where subprotocols are offered and "
            f"`{wire.SUBPROTOCOL}` is not among them, or where it brings a cookie and its `Origin` is "
            "missing or not one of the hub's: its address, or a further one that the hub is set to. "
            "Without a cookie any `Origin` will do. Coming back does not help.\n\n"
            f"What the close codes mean:\n\n{codes}"
        ),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "properties": {
                        "Authorization": {"type": "string", "description": "`Bearer` and a token."},
                        "Sec-WebSocket-Protocol": {
                            "type": "string",
                            "description": f"Optional; where it is there, it names `{wire.SUBPROTOCOL}`.",
                            "examples": [wire.SUBPROTOCOL],
                        },
                        "Origin": {
                            "type": "string",
                            "description": "One of the hub's, where the session cookie is sent.",
                        },
                    },
                },
                "bindingVersion": "0.1.0",
            }
        },
        "x-close-codes": {str(int(code)): meaning for code, meaning in CLOSES.items()},
    }


def _numbered(told: dict[type, Schema], verb: str, content: type[Struct], *, needs_id: bool) -> Schema:
    return {
        "type": "object",
        "properties": {"id": {"type": "integer", "minimum": 1, "maximum": wire.MAX_INT}, verb: told[content]},
        "required": ["id", verb] if needs_id else [verb],
    }


def _error(told: dict[type, Schema]) -> Schema:
    payload = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 1, "maximum": wire.MAX_INT},
            "error": told[wire.Fault],
        },
        "required": ["error"],
    }
    return _message("A refusal; without `id` where the frame had no usable one", wire.Fault, payload)


def _message(title: str, content: type[Struct], payload: Schema) -> Schema:
    return {"title": title, "summary": _summary(content), "payload": payload}


def _operation(action: str, content: type[Struct], messages: list[str]) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": _CHANNEL},
        "summary": _summary(content),
        "messages": [_of_channel(name) for name in messages],
    }


def _of_channel(message: str) -> dict[str, Any]:
    return {"$ref": f"{_CHANNEL}/messages/{message}"}


def _summary(content: type[Struct]) -> str:
    return (content.__doc__ or "").split("\n", 1)[0]
