"""The ledger of a form: every answer, change and withdrawal as a link of a hash chain. Pure.

A link is hashed in two steps:

    digest = SHA-256(canonical(body))
    hash   = SHA-256(canonical({"digest": …, "form": …, "prev": …, "seq": …}))

`prev` is the hash of the link before, 64 zeros for the first. So a link can be shown without its body:
whoever may see their own answers only can still follow the whole chain. Bodies carry a random `salt`,
because what is answered could be guessed from its digest otherwise.

A ledger travels as JSON Lines, each line in canonical form (`rooms.forms.canonical`):

    {"ledger": {…}, "signature": …}            once, first: see `Header`
    {"hash": …, "text": {…}}                   each text that was shown, in the order of their hashes
    {"body": {…}, "digest": …, "hash": …, "prev": …, "seq": 1}       each link; `body` is left out
                                                                      of those that are not one's own
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import UNSET, Raw, Struct, UnsetType
from typing_extensions import override

from rooms.forms.canonical import canonical, sha256

FORMAT: Final = 1
GENESIS: Final = "0" * 64
"""What stands before the first link."""


class Head(Struct, frozen=True):
    """The end of a chain: its last `seq` (0 where nothing was answered yet) and that link's hash."""

    seq: int = 0
    hash: str = GENESIS

    @override
    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


class Link(Struct, frozen=True):
    """A link of the chain; `digest` is that of its body, `hash` its own."""

    seq: int
    prev: str
    digest: str
    hash: str

    @property
    def head(self) -> Head:
        """The end of a chain that ends with this link."""
        return Head(self.seq, self.hash)


class Header(Struct, frozen=True, kw_only=True):
    """What a ledger's file says of itself.

    `form` is the notice, `head` the end of the chain, `made_at` when the file was made (UTC),
    `contents` whether it has all bodies or those of one person; `key` the office's public key.
    """

    format: int = FORMAT
    form: str
    title: str
    head: Head
    made_at: str
    contents: Literal["all", "own"] = "all"
    key: str | None = None


class HeaderLine(Struct, frozen=True):
    """The first line of a file; `signature` is over the canonical form of `ledger`."""

    ledger: Header
    signature: str | None = None


class TextLine(Struct, frozen=True):
    """A text as it was shown, and its hash."""

    hash: str
    text: Raw


class LinkLine(Struct, frozen=True, kw_only=True):
    """A link with its body, or without."""

    body: Raw | UnsetType = UNSET
    digest: str
    hash: str
    prev: str
    seq: int


def chain_hash(form: str, seq: int, prev: str, digest: str) -> str:
    """Hash a link, of a form and digests that need no escaping in JSON; the same as over `canonical`."""
    return sha256(
        b'{"digest":"%b","form":"%b","prev":"%b","seq":%d}'
        % (digest.encode(), form.encode(), prev.encode(), seq)
    )


def link(form: str, head: Head, body: bytes) -> Link:
    """Make the link that follows a head; `body` is in canonical form."""
    seq, found = head.seq + 1, sha256(body)
    return Link(seq, head.hash, found, chain_hash(form, seq, head.hash, found))


def header_line(header: Header, signature: str | None) -> bytes:
    """Write the first line of a file."""
    return canonical(HeaderLine(header, signature)) + b"\n"


def text_line(text: Mapping[str, Any]) -> bytes:
    """Write the line of a text as it was shown."""
    content = canonical(text)
    return canonical(TextLine(sha256(content), Raw(content))) + b"\n"


def link_line(found: Link, body: bytes | None) -> bytes:
    """Write the line of a link; `body` is in canonical form, None where it is not to be shown."""
    shown = UNSET if body is None else Raw(body)
    line = LinkLine(body=shown, digest=found.digest, hash=found.hash, prev=found.prev, seq=found.seq)
    return canonical(line) + b"\n"


def signed_part(header: Header) -> bytes:
    """Give what the signature of a file is over."""
    return canonical(header)


def text_hash(text: Mapping[str, Any]) -> str:
    """Hash a text as it was shown."""
    return sha256(canonical(text))
