"""What can be wrong with a ledger's file, by name. Pure."""

from enum import StrEnum

from msgspec import Struct

from rooms.forms.ledger import Head, Header


class FaultKind(StrEnum):
    """Kinds of faults; `madang ledger verify` has a sentence for each."""

    UNREADABLE = "unreadable"
    NO_HEADER = "no_header"
    SIGNATURE = "signature"
    CHANGED = "changed"
    REWRITTEN = "rewritten"
    MISSING = "missing"
    CUT_OFF = "cut_off"
    ADDED = "added"
    DUPLICATED = "duplicated"
    MOVED = "moved"
    BODY_MISSING = "body_missing"
    TEXT_CHANGED = "text_changed"
    TEXT_MISSING = "text_missing"
    TEXT_ADDED = "text_added"


class Fault(Struct, frozen=True, omit_defaults=True):
    """Something wrong, and where.

    `line` counts from 1. `seq` names the link, `to` the last of a stretch of links. A link that was
    rewritten fits its own hash but is not the one that was there. `text` is the hash of a text.
    """

    kind: FaultKind
    line: int | None = None
    seq: int | None = None
    to: int | None = None
    text: str | None = None


class Erased(Struct, frozen=True):
    """Bodies from `first` to `to` were erased `at` a time, after so many `days`, as link `seq` says."""

    first: int
    to: int
    seq: int
    at: str
    days: int


class Verdict(Struct, frozen=True, kw_only=True):
    """What a look at a ledger's file showed.

    `links` were read, `sealed` of them without their bodies, `texts` were shown; `erased` tells which of the
    sealed ones were erased by the rule, as the chain itself says. `head` is that of
    the links in the file. From `proven` on (None: nowhere) they follow from the head without a break; what
    stands before hangs together by itself at best. `signed` is None where there is no signature, else
    whether it is good, with the key that was given or, `trusted` false, with the one the file itself
    names. `anchored` is the last of the heads known from elsewhere that the chain has in its place.
    """

    header: Header | None
    links: int
    sealed: int
    erased: tuple[Erased, ...]
    texts: int
    head: Head
    proven: int | None
    signed: bool | None
    trusted: bool
    anchored: Head | None
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults
