"""Which reading of a question in a conversation is answered: by itself, or with what was asked before. Pure.

By itself a question says best what is new in it, and with what was asked before which matter it is of. A sure
answer takes both: who asks 준비물은요? after 검정고시 wants neither the 준비물 of anything else nor to
hear once more when 검정고시 is.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from bots.entries import Entry
from bots.follow_up import Meant
from bots.retrieval.bands import Band
from bots.retrieval.retriever import Found, Hit

CLEAR: Final = 0.8
"""The chance to be right from which on what a question finds by itself stands, if its matter has that too."""
SHARE: Final = 0.7
"""Of the best score, from which on an entry counts as found too."""
OWN_SHARE: Final = 0.4
"""The same for an entry of the conversation's matter where the question names one of its own."""
LEAD: Final = 0.4
"""How much more what one reading found first has to be in the other, the other way round 0, to stand."""
_RANK: Final = {Band.SURE: 2, Band.UNSURE: 1, Band.UNKNOWN: 0}


class Read(NamedTuple):
    """What was found for a question as it was read; whether it was read as one of `two` matters."""

    found: Found
    said: str
    two: bool = False


class _Way(NamedTuple):
    """A question read with what was asked before.

    `shares` says of each hit which share of the best score it has. `best` is the entry that both readings
    have most of. `surely` says whether its first entry is sure and has what the question adds.
    """

    read: Read
    shares: Mapping[str, float]
    best: Entry
    surely: bool

    @property
    def first(self) -> Entry:
        """The first entry of this reading."""
        return self.read.found.hits[0].entry

    @property
    def known(self) -> bool:
        """Whether this reading has an answer to offer at all."""
        return self.read.found.band is not Band.UNKNOWN


def settle(alone: Read, meant: Meant, ways: Sequence[Found]) -> Read:
    """Choose among what a question found `alone` and in the ways it may be meant."""
    found = [Read(*one) for one in zip(ways, meant.ways, strict=True) if one[0].hits]
    if not found or not alone.found.hits:
        return alone
    by_itself = _shares(alone.found)

    def fits(way: _Way) -> tuple[bool, int, float]:
        surely = way.surely and way.best.id == way.first.id
        return surely, _RANK[way.read.found.band], by_itself.get(way.best.id, 0.0)

    way = max((_way(one, meant, by_itself) for one in found), key=fits)
    if alone.found.band is Band.SURE:
        return _beside_sure(alone, meant, way, by_itself)
    return _beside_unsure(alone, meant, way, by_itself)


def _beside_sure(alone: Read, meant: Meant, way: _Way, by_itself: Mapping[str, float]) -> Read:
    first = alone.found.hits[0].entry
    share = way.shares.get(first.id, 0.0)
    if not meant.own and not way.surely:
        # Who names no matter is of the one before.
        stands = way.known and share >= SHARE and meant.shared(first)
        return way.read._replace(found=alone.found) if stands else _offered(alone, way)
    if way.first.id == first.id:
        return way.read._replace(found=alone.found)
    if not way.surely:
        return alone
    if not meant.own:
        return way.read if share < SHARE else _offered(alone, way)
    lead = share - by_itself.get(way.first.id, 0.0)
    if lead >= LEAD:
        return alone
    return way.read if lead < 0 else _offered(alone, way)


def _beside_unsure(alone: Read, meant: Meant, way: _Way, by_itself: Mapping[str, float]) -> Read:
    found = alone.found
    supported = by_itself.get(way.best.id, 0.0) >= SHARE
    if way.surely and way.best.id == way.first.id and (meant.open or supported):
        return way.read._replace(found=msgspec.structs.replace(way.read.found, band=Band.SURE))
    if way.known and way.best.id == found.hits[0].entry.id and found.confidence >= CLEAR:
        return way.read._replace(found=msgspec.structs.replace(found, band=Band.SURE))
    if not way.known and found.band is Band.UNKNOWN:
        return way.read if meant.open else alone
    if meant.open or (supported and meant.held(way.best)):
        return _offered(alone, way)
    if way.known and meant.nouns and meant.held(way.first):
        return _offered(alone, way, alone_first=found.band is Band.UNSURE)
    return alone


def _way(read: Read, meant: Meant, by_itself: Mapping[str, float]) -> _Way:
    shares = _shares(read.found)
    least = OWN_SHARE if meant.own else SHARE
    best = max(
        (hit.entry for hit in read.found.hits if shares[hit.entry.id] >= least),
        key=lambda entry: by_itself.get(entry.id, 0.0) + shares[entry.id],
        default=read.found.hits[0].entry,
    )
    first = read.found.hits[0].entry
    surely = (read.found.band is Band.SURE and meant.held(first)) or _only(read.found, meant)
    return _Way(read, shares, best, surely)


def _only(found: Found, meant: Meant) -> bool:
    """Tell whether the first entry alone is, by its heading, of what was put in the place of another."""
    headed = [meant.headed(hit.entry) for hit in found.hits]
    return found.band is not Band.UNKNOWN and headed[0] and sum(headed) == 1


def _shares(found: Found) -> dict[str, float]:
    """Say of each hit which share of the best score it has."""
    top = max(hit.score for hit in found.hits) or 1.0
    return {hit.entry.id: hit.score / top for hit in found.hits}


def _offered(alone: Read, way: _Way, *, alone_first: bool = False) -> Read:
    """Offer what both readings found, first what they have most of."""
    mine, its = (hit.entry for hit in alone.found.hits), (hit.entry for hit in way.read.found.hits)
    first = next(mine)
    order = [first, way.first, *mine, *its] if alone_first else [way.best, way.first, first, *its]
    offered = {entry.id: Hit(entry, 1.0) for entry in order}
    together = way.read.found
    found = msgspec.structs.replace(
        together,
        hits=tuple(offered.values()),
        confidence=min(together.confidence, alone.found.confidence),
        band=Band.UNSURE,
    )
    return way.read._replace(found=found)
