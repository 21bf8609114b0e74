"""When which sign-in runs out: looked at in its second, so that no timer goes over all connections."""

import heapq
from datetime import datetime
from typing import Final

from hub.connections import Connection

WARN_SECONDS: Final = 60
"""How long before its end a client is told, so that it renews its sign-in."""


class Expiries:
    """Connections by the second in which they are to be warned, or closed. A gone one must be dropped."""

    def __init__(self) -> None:
        self._due: dict[int, set[Connection]] = {}
        self._seconds: list[int] = []

    def __len__(self) -> int:
        """Count the connections."""
        return sum(map(len, self._due.values()))

    def put(self, connection: Connection) -> None:
        """Note a connection whose `expires_at` is new, or that was warned."""
        self.drop(connection)
        if connection.expires_at is None:
            return
        second = int(connection.expires_at.timestamp()) - (0 if connection.warned else WARN_SECONDS)
        if second not in self._due:
            self._due[second] = set()
            heapq.heappush(self._seconds, second)
        self._due[second].add(connection)
        connection.looked_at = second

    def drop(self, connection: Connection) -> None:
        """Forget a connection."""
        if connection.looked_at is not None:
            self._due.get(connection.looked_at, set()).discard(connection)
            connection.looked_at = None

    def due(self, now: datetime) -> list[Connection]:
        """Take those whose second has begun; whoever is not done with is to be put back."""
        found: list[Connection] = []
        while self._seconds and self._seconds[0] <= now.timestamp():
            found += self._due.pop(heapq.heappop(self._seconds))
        for connection in found:
            connection.looked_at = None
        return found
