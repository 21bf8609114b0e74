"""Ledgers of some length, as the hub would write them, to be tampered with."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from rooms.forms.canonical import canonical
from rooms.forms.ledger import (
    Head,
    Header,
    Link,
    header_line,
    link,
    link_line,
    signed_part,
    text_hash,
    text_line,
)
from rooms.forms.record import Erasure
from rooms.forms.seal import Seal

FORM = "n0123456789ab"
SEAL = Seal("the key of an office, for tests")
TEXTS = [
    {"notice": FORM, "version": version, "language": language, "title": title, "text": "현장체험학습"}
    for version, language, title in [(1, "ko", "동의서"), (1, "en", "Consent"), (2, "ko", "동의서 (수정)")]
]


def body(number: int) -> dict[str, Any]:
    """Make what a link holds: about a kilobyte, as real ones have."""
    return {
        "act": "answer",
        "at": f"2026-11-23T09:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "answers": {"trip": "agree" if number % 3 else "disagree", "note": "김치 알레르기가 있어요. " * 4},
        "how": {"address": "192.0.2.1", "agent": "Mozilla/5.0 (Linux; Android 16) " * 3, "session": "s" * 13},
        "student": {"id": f"p{number:012}", "name": "장하늘", "unit": "물빛초등학교 1학년 1반"},
        "signer": {"id": f"p{number:012}", "name": "장보호", "kind": "guardian", "relation": "부모"},
        "salt": f"{number:032x}",
        "text": text_hash(TEXTS[number % len(TEXTS)]),
        "version": 1,
    }


@dataclass(frozen=True)
class Ledger:
    """The lines of a file: the header, texts, and links; and what they were made of."""

    lines: tuple[bytes, ...]
    links: tuple[Link, ...]
    bodies: tuple[bytes, ...]

    @property
    def head(self) -> Head:
        return self.links[-1].head if self.links else Head()

    @property
    def first(self) -> int:
        """The line of link 1."""
        return len(self.lines) - len(self.links)

    def at(self, seq: int) -> int:
        """Find the line of a link."""
        return self.first + seq - 1


@cache
def ledger(count: int, *, signed: bool = True) -> Ledger:
    """Make a ledger."""
    return chain([canonical(body(number)) for number in range(1, count + 1)], signed=signed)


def erasure(until: int) -> bytes:
    """Make what a link holds that says until where contents were erased."""
    return canonical(Erasure(at="2027-11-23T09:00:00.000Z", until=until, days=365, salt="0" * 32))


def chain(
    bodies: Sequence[bytes],
    *,
    signed: bool = True,
    own: frozenset[int] | None = None,
    gone: frozenset[int] = frozenset(),
) -> Ledger:
    """Chain bodies; `own` are the places whose bodies are shown, None for all; `gone` were erased."""
    links: list[Link] = []
    head = Head()
    for content in bodies:
        links.append(link(FORM, head, content))
        head = links[-1].head
    shown = [
        None if one.seq in gone or (own is not None and one.seq not in own) else content
        for one, content in zip(links, bodies, strict=True)
    ]
    named = {msgspec.json.decode(content).get("text") for content in shown if content is not None}
    texts = sorted(text_line(text) for text in TEXTS if text_hash(text) in named)
    header = Header(
        form=FORM,
        title="현장체험학습 동의서",
        head=head,
        made_at="2026-11-23T10:00:00.000Z",
        contents="all" if own is None else "own",
        key=SEAL.key if signed else None,
    )
    signature = SEAL.sign(signed_part(header)) if signed else None
    lines = [header_line(header, signature), *texts, *map(link_line, links, shown)]
    return Ledger(tuple(lines), tuple(links), tuple(bodies))


def relink(made: Ledger, seq: int, content: bytes) -> bytes:
    """Write the line of a link anew with another body, in its place, fitting its own hashes."""
    before = Head(seq - 1, made.links[seq - 1].prev)
    return link_line(link(FORM, before, content), content)
