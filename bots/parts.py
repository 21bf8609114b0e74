"""The parts of a streamed answer: the Vercel AI SDK UI message stream, version 1. Pure.

A part is one JSON object with a `type`. Clients hold them against strict schemas, so a part has exactly the
fields that the protocol names; what is ours travels in `data-…` parts, which it leaves to the application.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

HEADER: Final = "x-vercel-ai-ui-message-stream"
VERSION: Final = "v1"
TEXT: Final = "t0"
"""The id of an answer's text; further ones count on."""


class RunNames(Struct, frozen=True):
    """What the client needs to follow an answer, and to ask again in the same conversation."""

    run: str
    conversation: str
    bot: str


class Start(Struct, frozen=True, tag_field="type", tag="start", rename="camel"):
    """The answer begins."""

    message_id: str
    message_metadata: RunNames


class TextStart(Struct, frozen=True, tag_field="type", tag="text-start"):
    """A text begins."""

    id: str


class TextDelta(Struct, frozen=True, tag_field="type", tag="text-delta"):
    """The next piece of a text."""

    id: str
    delta: str


class TextEnd(Struct, frozen=True, tag_field="type", tag="text-end"):
    """A text is complete."""

    id: str


class SourceUrl(Struct, frozen=True, tag_field="type", tag="source-url", rename="camel"):
    """Where the answer stands: a page."""

    source_id: str
    url: str
    title: str


class SourceDocument(
    Struct, frozen=True, tag_field="type", tag="source-document", rename="camel", omit_defaults=True
):
    """Where the answer stands: an entry of the FAQ, or a page of a document."""

    source_id: str
    media_type: str
    title: str
    filename: str | None = None


class Confidence(Struct, frozen=True):
    """How sure the answer is: its band (`talk` is small talk), and a chance from 0 to 1."""

    band: Literal["sure", "unsure", "unknown", "talk"]
    score: float


class DataConfidence(Struct, frozen=True, tag_field="type", tag="data-confidence"):
    """How sure the answer is."""

    data: Confidence


class Suggestion(Struct, frozen=True):
    """A question that may have been meant; `id` is its entry's, to be named when it is asked."""

    id: str
    question: str


class DataSuggestions(Struct, frozen=True, tag_field="type", tag="data-suggestions"):
    """Questions that may have been meant, the likeliest first."""

    data: list[Suggestion]


class Handoff(Struct, frozen=True):
    """Who could take over: the responsible unit, and whether somebody is there now."""

    unit: str | None
    open: bool


class DataHandoff(Struct, frozen=True, tag_field="type", tag="data-handoff"):
    """A person could take over."""

    data: Handoff


class Waiting(Struct, frozen=True):
    """What the answer waits for."""

    state: Literal["waiting"] = "waiting"


class DataStatus(Struct, frozen=True, tag_field="type", tag="data-status"):
    """The answer is held up, and will go on by itself; passing, so it has no number."""

    data: Waiting = Waiting()
    transient: Literal[True] = True


class Error(Struct, frozen=True, tag_field="type", tag="error", rename="camel"):
    """The answer failed; the last part. The text is for people."""

    error_text: str


class Abort(Struct, frozen=True, tag_field="type", tag="abort"):
    """The answer was stopped; the last part."""

    reason: str


class Finish(Struct, frozen=True, tag_field="type", tag="finish"):
    """The answer is complete; the last part."""


Part = (
    Start
    | TextStart
    | TextDelta
    | TextEnd
    | SourceUrl
    | SourceDocument
    | DataConfidence
    | DataSuggestions
    | DataHandoff
    | DataStatus
    | Error
    | Abort
    | Finish
)

LAST: Final = (Error, Abort, Finish)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Part] = msgspec.json.Decoder(Part)


def encode(part: Part) -> bytes:
    """Write a part as JSON."""
    return _encoder.encode(part)


def decode(data: bytes | str) -> Part:
    """Read a part. Raises msgspec.DecodeError."""
    return _decoder.decode(data)
