"""What stands in a certificate, before it is laid out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from hub.forms.values import shown_answer, shown_time
from hub.wording.forms import FormWords, Words
from rooms.events import iso
from rooms.forms.evidence import Certified
from rooms.forms.fields import PRIVACY, Agree, Field, Form, Signature
from rooms.forms.record import Act, Body, StoredFile

WAYS = frozenset({"password", "oidc", "token"})


class Heading(Struct, frozen=True):
    """A heading; the first level is the title."""

    text: str
    level: int = 2


class Paragraph(Struct, frozen=True):
    """Text, each line of it by itself."""

    text: str
    small: bool = False


class Pairs(Struct, frozen=True):
    """Names and what they stand for; `code` where these are hashes."""

    rows: Sequence[tuple[str, str]]
    code: bool = False


class Drawn(Struct, frozen=True):
    """A signature: strokes on the canvas of `rooms.forms.answers`."""

    strokes: Sequence[Sequence[int]]


Block = Heading | Paragraph | Pairs | Drawn


def blocks(told: Certified, words: FormWords, zone: ZoneInfo) -> list[Block]:
    """Write all that a certificate has to tell, in one language of the interface."""
    say, body = words.certificate, told.entry.body
    return [
        Heading(say["title"], 1),
        Paragraph(say["lead"]),
        Pairs(list(_what(told, say, zone))),
        *_later(told, say, zone),
        Heading(say["identified"]),
        Pairs(list(_how(body, say, zone))),
        Heading(say["answers"]),
        *_answers(told, words),
        Heading(say["shown"]),
        Paragraph(str(told.shown["title"])),
        Paragraph(str(told.shown["text"])),
        *_merged(body, say),
        Heading(say["evidence"]),
        Pairs(list(_evidence(told, say, zone)), code=True),
        Paragraph(say["check"], small=True),
        Paragraph(
            f"madang ledger verify FILE --head {told.entry.link.head} --head {told.head.head}"
            f" --key {told.head.key}",
            small=True,
        ),
    ]


def _what(told: Certified, say: Words, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    body = told.entry.body
    signer = body.signer
    yield say["notice"], str(told.shown["title"])
    yield say["version"], f"{body.version} · {body.language}"
    if told.shown["files"]:
        yield say["files"], ", ".join(str(file["name"]) for file in told.shown["files"])
    yield say["student"], f"{body.student.name} ({body.student.unit})"
    yield say["signer"], signer.name
    if signer.kind == "guardian":
        yield say["relation"], signer.relation or "–"
    yield say["act"], say[body.act]
    yield say["at"], shown_time(body.at, zone)
    if body.clerk is not None:
        yield say["clerk"], body.clerk.name
        yield say["paper"], _files(body.paper)
    if body.reason:
        yield say["reason"], body.reason


def _later(told: Certified, say: Words, zone: ZoneInfo) -> Iterator[Block]:
    if told.later is not None:
        withdrawn = told.later.body.act is Act.WITHDRAW
        at, seq = shown_time(told.later.body.at, zone), told.later.link.seq
        yield Paragraph(say["withdrawn_later" if withdrawn else "changed_later"].format(at=at, seq=seq))


def _how(body: Body, say: Words, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    how = body.how
    if body.clerk is not None:
        yield say["identified"], say["on_paper"]
    yield say["identified" if body.clerk is None else "clerk"], say[how.way if how.way in WAYS else "unknown"]
    if how.signed_in_at:
        yield say["signed_in_at"], shown_time(how.signed_in_at, zone)
    yield say["session"], how.session
    yield say["address"], how.address
    yield say["agent"], how.agent


def _answers(told: Certified, words: FormWords) -> Iterator[Block]:
    """Each item by itself: what was asked, what was to be known of it, what was answered."""
    if told.entry.body.act is Act.WITHDRAW:
        yield Paragraph(words.answers["none"])
        return
    form = msgspec.convert(told.shown["form"], Form)
    for field in form.fields:
        value = told.entry.body.answers.get(field.id)
        yield Pairs(list(_asked(field, value, words)))
        if isinstance(field, Signature) and value is not None and "drawn" in value:
            yield Drawn(value["drawn"])


def _asked(field: Field, value: Any, words: FormWords) -> Iterator[tuple[str, str]]:
    yield field.label, shown_answer(field, value, words)
    if isinstance(field, Agree) and field.privacy is not None:
        yield words.privacy["matter"], words.privacy[field.privacy.matter]
        for name in PRIVACY:
            if text := getattr(field.privacy, name):
                yield words.privacy[name], text


def _merged(body: Body, say: Words) -> Iterator[Block]:
    if body.merge:
        yield Heading(say["merged"])
        yield Pairs(list(body.merge))


def _evidence(told: Certified, say: Words, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    link, body, head = told.entry.link, told.entry.body, told.head
    codes: Mapping[str, str] = {
        "submission": body.id,
        "seq": str(link.seq),
        "text": body.text,
        "digest": link.digest,
        "prev": link.prev,
        "hash": link.hash,
        "head": str(head.head),
        "head_at": f"{shown_time(head.at, zone)} ({head.at})",
        "key": head.key,
        "signature": head.signature,
    }
    for name, code in codes.items():
        yield say[name], code


def _files(files: Sequence[StoredFile]) -> str:
    return ", ".join(f"{file.name} (SHA-256 {file.sha256})" for file in files)


def made_at(told: Certified, say: Words, zone: ZoneInfo) -> str:
    """Tell when a certificate was made."""
    return say["made"].format(at=shown_time(iso(told.made_at), zone))
