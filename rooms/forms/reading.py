"""The lines of a ledger's file, each held against its own hashes. Pure."""

import re
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from rooms.forms.canonical import canonical, sha256
from rooms.forms.faults import Fault, FaultKind
from rooms.forms.ledger import FORMAT, Head, HeaderLine, LinkLine, TextLine, chain_hash
from rooms.forms.record import Erasure

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_FORM: Final = re.compile(r"[0-9a-z]{1,40}")

_header: Final = msgspec.json.Decoder(HeaderLine)
_text: Final = msgspec.json.Decoder(TextLine)
_link: Final = msgspec.json.Decoder(LinkLine)
_any: Final = msgspec.json.Decoder()


class Found(Struct, frozen=True):
    """A link as it stands in a file.

    `linked` says that its hash is that of its place, its `prev` and its digest; `whole` that the rest
    of the line fits the digest. `sealed` says that its body is not there; `text` is the hash of the text
    that its body names; `erasure` what it says of bodies that were erased.
    """

    line: int
    seq: int
    prev: str
    digest: str
    hash: str
    linked: bool
    whole: bool
    sealed: bool
    text: str | None
    erasure: Erasure | None = None

    @property
    def head(self) -> Head:
        """The end of a chain that ends here."""
        return Head(self.seq, self.hash)

    @property
    def sound(self) -> bool:
        """Whether it fits its own hashes."""
        return self.linked and self.whole

    def twin(self, other: "Found") -> bool:
        """Tell whether another line says the same."""
        return (self.hash, self.prev, self.digest, self.sound) == (
            other.hash,
            other.prev,
            other.digest,
            other.sound,
        )


class Lines:
    """Takes the lines of a file one by one; what each is by itself stands in the attributes."""

    def __init__(self) -> None:
        self.header: HeaderLine | None = None
        self.links: list[Found] = []
        self.texts: dict[str, int] = {}
        self.spoilt: set[str] = set()
        self.faults: list[Fault] = []
        self._form: str | None = None
        self._last_text = ""

    def take(self, number: int, line: bytes) -> None:
        """Read a line, counted from 1, without its end."""
        try:
            if line.startswith(b'{"ledger":'):
                self._take_header(number, line)
            elif line.startswith(b'{"hash":'):
                self._take_text(number, line)
            else:
                self._take_link(number, line)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._fault(FaultKind.UNREADABLE, number)

    def _take_header(self, number: int, line: bytes) -> None:
        found = _header.decode(line)
        header = found.ledger
        form, head = header.form, header.head
        readable = header.format == FORMAT and _FORM.fullmatch(form) and _HASH.fullmatch(head.hash)
        if not readable or head.seq < 0 or number != 1 or canonical(found) != line:
            self._fault(FaultKind.UNREADABLE, number)
            return
        self.header, self._form = found, form

    def _take_text(self, number: int, line: bytes) -> None:
        found = _text.decode(line)
        content = bytes(found.text)
        whole = canonical(found) == line and canonical(_any.decode(content)) == content
        if not whole or sha256(content) != found.hash:
            self.faults.append(Fault(FaultKind.TEXT_CHANGED, line=number, text=found.hash[:64]))
            self.spoilt.add(found.hash)
        elif found.hash <= self._last_text:
            self.faults.append(Fault(FaultKind.TEXT_ADDED, line=number, text=found.hash))
        self._last_text = max(self._last_text, found.hash)
        self.texts.setdefault(found.hash, number)

    def _take_link(self, number: int, line: bytes) -> None:
        found = _link.decode(line)
        text: str | None = None
        erasure: Erasure | None = None
        whole = canonical(found) == line
        if found.body is not UNSET:
            body = bytes(found.body)
            content = _any.decode(body)
            whole = whole and sha256(body) == found.digest and canonical(content) == body
            named = content.get("text") if isinstance(content, dict) else None
            text = named if isinstance(named, str) else None
            if isinstance(content, dict) and content.get("act") == "erase":
                erasure = msgspec.convert(content, Erasure)
        plain = _HASH.fullmatch(found.prev) is not None and _HASH.fullmatch(found.digest) is not None
        linked = plain and (
            self._form is None or chain_hash(self._form, found.seq, found.prev, found.digest) == found.hash
        )
        place = (number, found.seq, found.prev, found.digest, found.hash)
        self.links.append(Found(*place, linked, whole, found.body is UNSET, text, erasure))

    def _fault(self, kind: FaultKind, line: int) -> None:
        self.faults.append(Fault(kind, line=line))
