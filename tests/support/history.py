"""Judges a run: what was sent, acknowledged and seen, against what the log holds.

Each rule that a run broke is one line that names who, where and what, so that a failure can be
traced without running it again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rooms.events import Event


@dataclass
class Sending:
    """A message on its way; times are seconds on one monotonic clock."""

    sender: str
    cid: str
    text: str
    began: float
    seq: int | None = None
    ended: float | None = None


@dataclass
class Seen:
    """An event as a receiver got it."""

    seq: int
    cid: str
    at: float


@dataclass
class History:
    """What happened in one room."""

    sendings: dict[tuple[str, str], Sending] = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    contradictions: list[str] = field(default_factory=list)

    def begins(self, sender: str, cid: str, text: str, now: float) -> None:
        """Note that somebody is about to send a message, for the first time or again."""
        self.sendings.setdefault((sender, cid), Sending(sender, cid, text, now))

    def acknowledged(self, sender: str, cid: str, seq: int, now: float) -> None:
        """Note an acknowledgement; a second one must name the same place."""
        sending = self.sendings[sender, cid]
        if sending.seq is None:
            sending.seq, sending.ended = seq, now
        elif sending.seq != seq:
            self.contradictions.append(
                f"acknowledged twice, differently: {cid} of {sender} at {sending.seq}, later at {seq}"
            )

    def sees(self, receiver: str, event: Event, now: float) -> None:
        """Note that a receiver got an event."""
        self.seen[receiver].append(Seen(event.seq, event.cid, now))

    @property
    def acknowledgements(self) -> int:
        """How many messages were acknowledged."""
        return sum(sending.seq is not None for sending in self.sendings.values())

    def latencies(self, after: int = 0) -> list[float]:
        """List, over all receivers, the seconds from a message's first sending to its arrival, ascending.

        Only messages behind the place `after` in the log count.
        """
        began = {sending.cid: sending.began for sending in self.sendings.values()}
        return sorted(
            one.at - began[one.cid]
            for seen in self.seen.values()
            for one in seen
            if one.cid in began and one.seq > after
        )

    def violations(self, log: Sequence[Event], *, complete: bool = True, first: int = 1) -> list[str]:
        """List the rules that the run broke; `log` is the room's, read afterwards, ascending.

        `complete` asks that every receiver saw everything from `first` on, to the end of the log.
        """
        return [
            *self.contradictions,
            *_of_log(log),
            *self._of_sendings(log),
            *_of_time(log, self.sendings.values()),
            *(
                line
                for receiver, seen in self.seen.items()
                for line in _of_receiver(receiver, seen, log, complete=complete, first=first)
            ),
        ]

    def _of_sendings(self, log: Sequence[Event]) -> Iterable[str]:
        places = {(event.by, event.cid): event for event in log}
        for sending in self.sendings.values():
            event = places.get((sending.sender, sending.cid))
            who = f"{sending.cid} of {sending.sender}"
            if sending.seq is None:
                continue
            if event is None:
                yield f"lost: {who} was acknowledged at {sending.seq} and is not in the log"
            elif event.seq != sending.seq:
                yield f"moved: {who} was acknowledged at {sending.seq} and stands at {event.seq}"
            elif event.body.get("text") != sending.text:
                yield f"altered: {who} at {event.seq} has another text"
        for event in log:
            if event.kind == "message" and (event.by, event.cid) not in self.sendings:
                yield f"invented: {event.seq} is {event.cid} of {event.by}, which nobody sent"


def _of_log(log: Sequence[Event]) -> Iterable[str]:
    for place, event in enumerate(log, 1):
        if event.seq != place:
            yield f"hole: the log has {event.seq} where {place} belongs"
            break
    places: dict[tuple[str, str], int] = {}
    for event in log:
        first = places.setdefault((event.by, event.cid), event.seq)
        if first != event.seq:
            yield f"doubled: {event.cid} of {event.by} stands at {first} and at {event.seq}"


def _of_time(log: Sequence[Event], sendings: Iterable[Sending]) -> Iterable[str]:
    """Whatever was acknowledged before another message was sent must stand before it."""
    times = {(sending.sender, sending.cid): sending for sending in sendings}
    latest: Sending | None = None
    for event in log:
        sending = times.get((event.by, event.cid))
        if sending is None:
            continue
        if latest is not None and sending.ended is not None and sending.ended < latest.began:
            yield (
                f"order: {sending.cid} at {event.seq} was acknowledged {latest.began - sending.ended:.3f} s "
                f"before {latest.cid}, which stands before it, was sent"
            )
        if latest is None or sending.began > latest.began:
            latest = sending


def _of_receiver(
    receiver: str, seen: Sequence[Seen], log: Sequence[Event], *, complete: bool, first: int
) -> Iterable[str]:
    cids = {event.seq: event.cid for event in log}
    last = first - 1
    for one in seen:
        if one.seq <= last:
            yield f"repeated: {receiver} saw {one.seq} after {last}"
            continue
        if one.seq > last + 1:
            yield f"skipped: {receiver} saw {one.seq} right after {last}"
        if cids.get(one.seq) != one.cid:
            yield f"differs: {receiver} saw {one.cid} at {one.seq}, where the log has {cids.get(one.seq)}"
        last = one.seq
    if complete and log and last != log[-1].seq:
        yield f"unfinished: {receiver} saw up to {last} of {log[-1].seq}"


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """Give the value that `share` (0 to 1) of the ascending values do not exceed; nan of none."""
    if not sorted_values:
        return float("nan")
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
