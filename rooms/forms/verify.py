"""Whether a ledger's file is what the hub wrote, from the file alone. Pure.

Every line is held against its own hashes (`rooms.forms.reading`), then the chain is walked back from
its head: the link that its successor names belongs in its place; others there were added, and where
there is none, one was removed or rewritten. What a file alone cannot show is that it was cut off, or made
anew, together with its header: that takes a head known from elsewhere (`anchors`), or the office's key.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from rooms.forms.faults import Erased, Fault, FaultKind, Verdict
from rooms.forms.ledger import GENESIS, Head, Header, HeaderLine, chain_hash, signed_part
from rooms.forms.reading import Found, Lines
from rooms.forms.seal import is_signed

Advance = Callable[[int], None]

_EVERY: Final = 500
"""Lines after which progress is told."""


def verify(
    lines: Iterable[bytes],
    *,
    anchors: Sequence[Head] = (),
    key: str | None = None,
    advance: Advance = lambda _bytes: None,
) -> Verdict:
    """Look for everything that is wrong with a ledger's file.

    `lines` are those of the file, with or without their ends; `anchors` heads that were printed,
    published or stand in certificates; `key` the office's public key, from elsewhere than this file.
    `advance` is told how many bytes were read since the last time.
    """
    read, size = Lines(), 0
    for number, line in enumerate(lines, 1):
        read.take(number, line.removesuffix(b"\n"))
        size += len(line)
        if number % _EVERY == 0:
            advance(size)
            size = 0
    advance(size)
    header = read.header
    walk = Walk(
        read.links,
        header.ledger if header else None,
        {anchor.seq: anchor.hash for anchor in anchors if anchor.seq > 0},
    )
    faulty = {fault.line for fault in walk.faults}
    erased = tuple(_erased([found for found in walk.genuine if found.line not in faulty]))
    faults = [*read.faults, *walk.faults, *_content_faults(read, walk.genuine, erased, header)]
    if header is None:
        faults.append(Fault(FaultKind.NO_HEADER))
    signed = _signed(header, key)
    if signed is False or (key is not None and header is not None and signed is None):
        faults.append(Fault(FaultKind.SIGNATURE, line=1))
    return Verdict(
        header=header.ledger if header else None,
        links=len(read.links),
        sealed=sum(found.sealed for found in read.links),
        erased=erased,
        texts=len(read.texts),
        head=walk.genuine[-1].head if walk.genuine else Head(),
        proven=walk.proven,
        signed=signed,
        trusted=key is not None,
        anchored=walk.anchored,
        faults=tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.seq or 0))),
    )


class Walk:
    """A walk back along a chain that finds out which link belongs in each place.

    `known` holds the hashes of places that are known from elsewhere. `genuine` are the links that
    belong, ascending; `proven` is the first that follows from the head without a break.
    """

    def __init__(self, links: Iterable[Found], header: Header | None, known: Mapping[int, str]) -> None:
        self.faults: list[Fault] = []
        self.genuine: list[Found] = []
        self.anchored: Head | None = None
        self.proven: int | None = None
        self._form = header.form if header else None
        self._anchors = known
        self._known = ({header.head.seq: header.head.hash} if header else {}) | dict(known)
        self._places: dict[int, list[Found]] = {}
        self._twins: dict[int, list[Found]] = {}
        self._broken = False
        for found in links:
            self._sort_in(found)
        self._top = max(self._known or self._places, default=0)
        self._walk()
        self.genuine.reverse()
        self._tell_twins()
        self.faults += _moved(self.genuine)

    def _sort_in(self, found: Found) -> None:
        place = self._places.setdefault(found.seq, [])
        first = next((other for other in place if found.twin(other)), None)
        if first is None:
            place.append(found)
        else:
            self._twins.setdefault(first.line, [first]).append(found)

    def _tell_twins(self) -> None:
        """Name the repeated lines; of those that belong, the one that stands in order is the true one."""
        for index, found in enumerate(self.genuine):
            twins = self._twins.get(found.line)
            if twins is None:
                continue
            before = self.genuine[index - 1].line if index else 0
            after = [one.line for one in self.genuine[index + 1 : index + 2]]
            ordered = [one for one in twins if before < one.line and all(one.line < line for line in after)]
            self.genuine[index] = (ordered or twins)[0]
            twins.remove(self.genuine[index])
            twins.insert(0, self.genuine[index])
        for _, *repeated in self._twins.values():
            for found in repeated:
                self._fault(FaultKind.DUPLICATED, found)

    def _walk(self) -> None:
        place, wanted = self._top, None
        for seq in sorted(self._places, reverse=True):
            candidates = self._places[seq]
            if not 1 <= seq <= self._top:
                for extra in candidates:
                    self._fault(FaultKind.ADDED if extra.sound else FaultKind.CHANGED, extra)
                continue
            if seq < place:
                self._gap(seq + 1, place)
                wanted = None
            place = seq - 1
            wanted = self._step(candidates, self._known.get(seq, wanted))
        if place >= 1:
            self._gap(1, place)
        elif self.genuine and wanted not in {None, GENESIS}:
            self._fault(FaultKind.REWRITTEN, self.genuine[-1])

    def _step(self, candidates: Sequence[Found], wanted: str | None) -> str | None:
        """Find the link that belongs in a place and judge it; returns the hash its predecessor must have."""
        before = {one.hash for one in self._places.get(candidates[0].seq - 1, ()) if one.linked} or {GENESIS}
        found = max(
            candidates,
            key=lambda one: (one.linked and one.hash == wanted, one.sound, one.prev in before, -one.line),
        )
        for other in candidates:
            if other is not found:
                self._fault(FaultKind.ADDED if other.sound else FaultKind.CHANGED, other)
        self.genuine.append(found)
        if not found.linked:
            self._fault(FaultKind.CHANGED, found)
            explained = [one for one in before if self._explains(one, found, wanted)]
            self._broken = self._broken or not explained
            return explained[0] if explained else None
        if wanted is not None and found.hash != wanted:
            self._fault(FaultKind.REWRITTEN, found)
            self._broken = True
            return None
        if not found.whole:
            self._fault(FaultKind.CHANGED, found)
        if not self._broken:
            self.proven = found.seq
        if self.anchored is None and found.seq in self._anchors:
            self.anchored = found.head
        return found.prev

    def _explains(self, before: str, found: Found, wanted: str | None) -> bool:
        """Tell whether a link's hash, where its successor names it, is that after a certain predecessor."""
        return (
            self._form is not None
            and found.hash == wanted
            and chain_hash(self._form, found.seq, before, found.digest) == wanted
        )

    def _gap(self, first: int, last: int) -> None:
        kind = FaultKind.CUT_OFF if last == self._top else FaultKind.MISSING
        self.faults.append(Fault(kind, seq=first, to=last))
        self._broken = True

    def _fault(self, kind: FaultKind, found: Found) -> None:
        self.faults.append(Fault(kind, line=found.line, seq=found.seq))


def _moved(links: Sequence[Found]) -> Iterator[Fault]:
    """Name the fewest links that, were they elsewhere, would leave all in order (patience sorting)."""
    ends: list[int] = []
    lengths: list[int] = []
    for found in links:
        length = bisect_left(ends, found.line)
        ends[length : length + 1] = [found.line]
        lengths.append(length)
    want, before = len(ends) - 1, None
    for found, length in zip(reversed(links), reversed(lengths), strict=True):
        if length == want and (before is None or found.line < before):
            want, before = want - 1, found.line
        else:
            yield Fault(FaultKind.MOVED, line=found.line, seq=found.seq)


def _erased(links: Sequence[Found]) -> Iterator[Erased]:
    """List what links that are as they were written say of bodies that were erased before them."""
    done = 0
    for found in links:
        if found.erasure is None or not found.sound:
            continue
        to = min(found.erasure.until, found.seq - 1)
        if to > done:
            yield Erased(done + 1, to, found.seq, found.erasure.at, found.erasure.days)
            done = found.seq


def _content_faults(
    read: Lines, links: Iterable[Found], erased: Sequence[Erased], header: HeaderLine | None
) -> Iterator[Fault]:
    """Find bodies and texts that should be there, and texts that should not."""
    complete = header is not None and header.ledger.contents == "all"
    gone = max((one.to for one in erased), default=0)
    named = set()
    for found in links:
        if found.text is not None:
            named.add(found.text)
            if found.text not in read.texts:
                yield Fault(FaultKind.TEXT_MISSING, line=found.line, seq=found.seq, text=found.text[:64])
        if found.sealed and complete and found.seq > gone:
            yield Fault(FaultKind.BODY_MISSING, line=found.line, seq=found.seq)
    for text, line in read.texts.items():
        if text not in named and text not in read.spoilt:
            yield Fault(FaultKind.TEXT_ADDED, line=line, text=text)


def _signed(header: HeaderLine | None, key: str | None) -> bool | None:
    if header is None or header.signature is None:
        return None
    key = key or header.ledger.key
    return key is not None and is_signed(key, header.signature, signed_part(header.ledger))
