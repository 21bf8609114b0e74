"""What the hub's processes and the bot's process say to each other: pure, bytes in and values out.

A message is four bytes of length, most significant first, and so many bytes of MessagePack. Every request
has a number of its sender's choosing, which its answers carry. Nothing here loads a library of the bot's.
"""

import struct
from typing import Final

import msgspec
from msgspec import Struct

from bots.entries import Asker, Entry

LENGTH: Final = struct.Struct("!I")
REQUEST_BYTES: Final = 4 * 2**20
"""The longest request: thousands of questions to be clustered; a question asked has a few kilobytes."""
ANSWER_BYTES: Final = 16 * 2**20


class Ask(Struct, frozen=True, kw_only=True, tag="ask"):
    """Answer a question, or go on with the answer to one; answered with `Taken` and `Pieces`, or `Refused`.

    `question` is masked; None goes on with `run` and asks nothing. `after` is the last part that is there
    already. `owner` may see the run, nobody else. `fresh` lets a conversation be new that was named. `entry`
    is the entry that was chosen among suggestions; `earlier` what the client says was asked before, for a
    conversation that is not known. `stored` is False for a question that leaves no trace.
    """

    n: int
    run: str
    owner: str
    bot: str
    who: Asker
    question: str | None = None
    conversation: str | None = None
    fresh: bool = False
    after: int = -1
    entry: str | None = None
    earlier: tuple[str, ...] = ()
    locale: str = "ko"
    unit: str | None = None
    visitor: bool = False
    stored: bool = True


class Stop(Struct, frozen=True, tag="stop"):
    """Stop an answer; answered with `Done`, or `Refused`."""

    n: int
    run: str
    owner: str


class Leave(Struct, frozen=True, tag="leave"):
    """Send no more pieces of the answer that request `n` began; it goes on. Not answered."""

    n: int


class Preview(Struct, frozen=True, tag="preview"):
    """Say what would be found; answered with `Previewed`.

    `draft` is looked for too, in place of the published entry of its id, by this request alone.
    """

    n: int
    question: str
    who: Asker
    limit: int = 5
    draft: Entry | None = None


class Cluster(Struct, frozen=True, tag="cluster"):
    """Put questions that ask for the same together; answered with `Clustered`."""

    n: int
    questions: tuple[str, ...]


class Openings(Struct, frozen=True, tag="openings"):
    """Say which questions, at most so many, a chat of `who` opens with; answered with `Opened`."""

    n: int
    who: Asker
    most: int


class Settle(Struct, frozen=True, tag="settle"):
    """Wait until what `owner` was answered is stored; answered with `Done`, at the latest after a second."""

    n: int
    owner: str


class Status(Struct, frozen=True, tag="status"):
    """Say how the bot is; answered with `Standing`."""

    n: int


Request = Ask | Stop | Leave | Preview | Cluster | Openings | Settle | Status


class Taken(Struct, frozen=True, tag="taken"):
    """The question was taken, or the answer is known; its parts follow."""

    n: int
    run: str
    conversation: str


class Pieces(Struct, frozen=True, tag="pieces"):
    """Parts of an answer as JSON, from the number `first` on; after the `last` of them nothing follows."""

    n: int
    first: int
    parts: tuple[str, ...]
    last: bool


class Refused(Struct, frozen=True, tag="refused"):
    """A request was refused; `code` and `reason` are those of `rooms.errors.Refusal`."""

    n: int
    code: str
    reason: str
    retry_after: float | None = None


class Done(Struct, frozen=True, tag="done"):
    """A request was carried out."""

    n: int


class Seen(Struct, frozen=True, array_like=True):
    """An entry that was found: its id, its title or question, and its score (1 is the best of all legs)."""

    entry: str
    title: str
    score: float


class Previewed(Struct, frozen=True, tag="previewed"):
    """What would be found, best first; how sure the first is (0 to 1), and the band that makes."""

    n: int
    band: str
    score: float
    hits: tuple[Seen, ...]


class Clustered(Struct, frozen=True, tag="clustered"):
    """Questions by number, those that ask for the same together, the largest group first."""

    n: int
    groups: tuple[tuple[int, ...], ...]


class Opened(Struct, frozen=True, tag="opened"):
    """The questions that a chat opens with."""

    n: int
    questions: tuple[str, ...]


class Standing(Struct, frozen=True, tag="standing"):
    """How the bot is: whether it answers, of how many entries, with the dense leg or without it yet.

    `trouble` names what an administrator should know, empty where all is well; of a model that had to prove
    itself, `found` is its share of the aliases and `words` that of the words alone. `bytes` is its memory.
    """

    n: int
    ready: bool
    entries: int
    dense: bool
    model: str
    revision: int
    runs: int
    trouble: str = ""
    found: float = 0.0
    words: float = 0.0
    bytes: int = 0


Answer = Taken | Pieces | Refused | Done | Previewed | Clustered | Opened | Standing

_encoder = msgspec.msgpack.Encoder()
_request: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode(message: Request | Answer) -> bytes:
    """Write a message with its length before it."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


def read_request(body: bytes) -> Request:
    """Read a request without its length. Raises msgspec.DecodeError."""
    return _request.decode(body)


def read_answer(body: bytes) -> Answer:
    """Read an answer without its length. Raises msgspec.DecodeError."""
    return _answer.decode(body)
