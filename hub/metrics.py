"""What Prometheus is told about this hub, at `/metrics`.

Several workers answer on one listening socket, so a scrape reaches any of them. Series of each
worker's own, told apart by a label, would come and go from scrape to scrape, and counters would
seem to start again. So the workers keep their numbers in memory-mapped files of one folder and
whoever is asked adds them all up: prometheus-client's multiprocess mode, the usual way for forked
servers. `hub/worker_metrics.py` prepares that folder before the first import of the library; where
it did not, this process is alone and tells its own numbers.
"""

import os
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from hub.worker_metrics import FOLDER

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

MOST_WAITING: Final = 1_000
"""Commits, and requests, that wait to be handed over, which is done once a second."""

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_EVENTS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Metrics:
    """The hub's counters, gauges and histograms; each method costs about a microsecond.

    `registry` is one of its own where left out. Of one registry make one.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        own = CollectorRegistry() if registry is None else registry
        self._registry = own
        self._connections = Gauge(
            "madang_connections", "Open WebSocket connections", registry=own, multiprocess_mode="livesum"
        )
        self._present = Gauge(
            "madang_present_people",
            "People with a connection, counted once for each process",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._rooms = Gauge(
            "madang_subscribed_rooms",
            "Rooms somebody is subscribed to, counted once for each process",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._waiting = Gauge(
            "madang_log_waiting", "Events that wait to be stored", registry=own, multiprocess_mode="livesum"
        )
        self._commands = Counter(
            "madang_commands", "Commands by verb and outcome", ("verb", "outcome"), registry=own
        )
        self._appended = Counter("madang_events_appended", "Events added to room logs", registry=own)
        self._batch = Histogram(
            "madang_commit_events", "Events in one group commit", registry=own, buckets=_EVENTS
        )
        self._commit = Histogram(
            "madang_commit_seconds", "Duration of one group commit", registry=own, buckets=_SECONDS
        )
        self._pages = Counter(
            "madang_pages_read", "Pages of room logs that were read from the database", registry=own
        )
        self._deliveries = Counter("madang_deliveries", "Frames handed to connections", registry=own)
        self._gaps = Counter("madang_gaps_filled", "Gaps that were read from the log", registry=own)
        self._dropped = Counter("madang_bus_dropped", "Wake-ups the bus had no room for", registry=own)
        self._slow = Counter(
            "madang_slow_closes", "Connections closed because they took too little", registry=own
        )
        self._requests = Counter(
            "madang_http_requests", "HTTP requests", ("method", "route", "status"), registry=own
        )
        self._request = Histogram(
            "madang_http_seconds", "Duration of HTTP requests", ("route",), registry=own, buckets=_SECONDS
        )
        self._pushes = Counter(
            "madang_pushes",
            "Pushes, mails and SMS by channel and outcome",
            ("channel", "outcome"),
            registry=own,
        )
        self._push_waiting = Gauge(
            "madang_push_waiting", "Deliveries that are due", registry=own, multiprocess_mode="livemax"
        )
        self._push_lag = Gauge(
            "madang_push_lag_seconds",
            "How long the delivery has waited that waits longest",
            registry=own,
            multiprocess_mode="livemax",
        )
        self._by_outcome: dict[tuple[str, str], int] = {}
        self._commits: list[tuple[int, float]] = []
        self._answered: list[tuple[str, str, int, float]] = []
        self._totals = dict.fromkeys((self._deliveries, self._gaps, self._dropped), 0)
        self._shared = FOLDER in os.environ
        if not self._shared:
            ProcessCollector(registry=own)

    def connected(self, count: int) -> None:
        """Note how many connections are open in this process."""
        self._connections.set(count)

    def command(self, verb: str, outcome: str) -> None:
        """Count a command; `outcome` is `ok` or an error code."""
        key = (verb, outcome)
        self._by_outcome[key] = self._by_outcome.get(key, 0) + 1

    def committed(self, events: int, seconds: float) -> None:
        """Count one group commit."""
        self._commits.append((events, seconds))
        if len(self._commits) >= MOST_WAITING:
            self._hand_over()

    def pages_read(self, count: int) -> None:
        """Count pages of room logs that the database is asked for."""
        self._pages.inc(count)

    def slow_close(self) -> None:
        """Count a connection that was closed as too slow."""
        self._slow.inc()

    def http(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an HTTP request; `route` is the template of its path."""
        self._answered.append((method, route, status, seconds))
        if len(self._answered) >= MOST_WAITING:
            self._hand_over()

    def pushed(self, channel: str, outcome: str) -> None:
        """Count an attempt to deliver; `outcome` is a state, or `retried`."""
        self._pushes.labels(channel, outcome).inc()

    def pushes_wait(self, count: int, seconds: float) -> None:
        """Note how many deliveries are due, and for how long the first has been."""
        self._push_waiting.set(count)
        self._push_lag.set(seconds)

    def sample(
        self, *, deliveries: int, gaps: int, dropped: int, people: int, rooms: int, waiting: int
    ) -> None:
        """Take over what this process counts by itself, for example once a second.

        The first three are totals since its start, the others the numbers of now.
        """
        self._hand_over()
        totals = {self._deliveries: deliveries, self._gaps: gaps, self._dropped: dropped}
        for counter, total in totals.items():
            counter.inc(total - self._totals[counter])
        self._totals = totals
        self._present.set(people)
        self._rooms.set(rooms)
        self._waiting.set(waiting)

    def _hand_over(self) -> None:
        """Give the library what was counted since: its locks cost more than the rest of a message's count."""
        counted, self._by_outcome = self._by_outcome, {}
        for (verb, outcome), count in counted.items():
            self._commands.labels(verb, outcome).inc(count)
        commits, self._commits = self._commits, []
        self._appended.inc(sum(events for events, _ in commits))
        for events, seconds in commits:
            self._batch.observe(events)
            self._commit.observe(seconds)
        answered, self._answered = self._answered, []
        for method, route, status, seconds in answered:
            self._requests.labels(method, route, str(status)).inc()
            self._request.labels(route).observe(seconds)

    def render(self) -> bytes:
        """Write everything in Prometheus' text format (`CONTENT_TYPE`)."""
        self._hand_over()
        if not self._shared:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library has no types there
        return generate_latest(together)
