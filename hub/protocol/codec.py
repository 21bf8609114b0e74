"""Reading and writing frames: bytes in, values out, and the other way round."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from hub.protocol.answers import Fault, Result
from hub.protocol.chat import InRoom
from hub.protocol.commands import UNANSWERED, VERBS, Command, Verb
from hub.protocol.fields import MAX_INT
from hub.protocol.pushes import Push

SUBPROTOCOL: Final = "madang.v1"


class BrokenFrame(Exception):
    """The frame was not a JSON object: the connection ends (close code 4009)."""


class BadCommand(Exception):
    """The frame was an object but no valid command: an error answers it.

    `id` is the command's, or None where it had no usable one; `reason` names the sentence in
    the catalogues and `detail` what the decoder said.
    """

    def __init__(self, command: int | None, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.id = command
        self.reason = reason
        self.detail = detail


class _JustId(Struct):
    id: Any = None


_encoder = msgspec.json.Encoder()

_command = msgspec.json.Decoder(Command)

_just_id = msgspec.json.Decoder(_JustId)


def decode(data: bytes | str) -> tuple[int | None, str, Verb]:
    """Read one frame from a client.

    Returns the command's id (None only for verbs in `UNANSWERED`), the name of its verb and
    the verb. Raises BrokenFrame (close the connection) or BadCommand (answer with an error).
    """
    try:
        frame = _command.decode(data)
    except msgspec.ValidationError as error:
        raise _why(data, str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise BrokenFrame(str(error)) from None
    number = None if frame.id is UNSET else frame.id
    found: list[tuple[str, Any]] = [
        (name, verb) for name in VERBS if (verb := getattr(frame, name)) is not UNSET
    ]
    if len(found) != 1:
        raise BadCommand(number, "unknown_command" if not found else "several_commands")
    name, verb = found[0]
    if number is None and name not in UNANSWERED:
        raise BadCommand(None, "no_id")
    return number, name, verb


def _why(data: bytes | str, detail: str) -> BadCommand | BrokenFrame:
    try:
        number = _just_id.decode(data).id
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return BrokenFrame(str(error))
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MAX_INT:
        return BadCommand(number, "invalid_command", detail)
    return BadCommand(None, "invalid_command", detail)


def encode_answer(number: int, verb: str, result: Result) -> bytes:
    """Write the answer to command `number`."""
    return _encoder.encode({"id": number, verb: result})


def encode_error(number: int | None, fault: Fault) -> bytes:
    """Write the refusal of command `number`, or of a frame without a usable id."""
    if number is None:
        return _encoder.encode({"error": fault})
    return _encoder.encode({"id": number, "error": fault})


def encode_push(push: Push) -> bytes:
    """Write a push."""
    return _encoder.encode({"push": push})


def encode_part(run: str, number: int, part: str, message: InRoom | None = None) -> bytes:
    """Write the push of a part that is JSON already; `message` is what was asked, where that is one."""
    push = {"run": run, "i": number, "part": msgspec.Raw(part.encode())}
    return _encoder.encode({"push": push if message is None else push | message._asdict()})
