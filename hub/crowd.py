"""A crowd: everybody who is live in one room here, written to at once."""

from collections.abc import Iterable
from typing import Final

from hub.outlet import Outlet, write_all
from hub.ring import LONGEST, Ring

FEW: Final = 20
"""Up to this many are written to one by one: what a call for all costs is saved by no fewer."""


class Crowd:
    """Some outlets, for as long as nobody comes or goes.

    With a ring what is written goes to the sockets of all with a few calls, past the outlets. A socket's
    number is used only for as long as the ring's revision stays as it was when it was looked up: it may be
    somebody else's after.
    """

    __slots__ = ("_others", "_outlets", "_revision", "_ring", "_straight", "_ways")

    def __init__(self, outlets: Iterable[Outlet], ring: Ring | None) -> None:
        self._outlets = tuple(outlets)
        self._ring = ring if len(self._outlets) > FEW else None
        self._revision = -1
        self._straight: list[Outlet] = []
        self._others: list[Outlet] = []
        self._ways = memoryview(b"")

    def __len__(self) -> int:
        """Count them."""
        return len(self._outlets)

    def write(self, frames: bytes) -> list[Outlet]:
        """Write the same frames to all; returns those that are too full for them."""
        ring = self._ring
        if ring is None or not ring.usable or len(frames) > LONGEST:
            return write_all(self._outlets, frames)
        if self._revision != ring.revision:
            self._look_up(ring)
        others = self._others
        for place, sent in ring.send(self._ways, frames):
            self._straight[place].rest(frames[sent:])
        return write_all(others, frames) if others else []

    def _look_up(self, ring: Ring) -> None:
        """Find out who can be written to straight now, and on which socket."""
        self._revision = ring.revision
        self._straight, self._others, sockets = [], [], []
        for outlet in self._outlets:
            straight = outlet.straight
            if straight is None:
                self._others.append(outlet)
            else:
                self._straight.append(outlet)
                sockets.append(straight.fileno())
        self._ways = ring.ways(sockets)
