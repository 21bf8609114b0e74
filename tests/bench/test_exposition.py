import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from tests.bench.exposition import totals


def test_what_a_hub_tells_is_read_back() -> None:
    registry = CollectorRegistry()
    Counter("events", "Events", registry=registry).inc(1234)
    Counter("commands", "Commands", ("verb",), registry=registry).labels("send").inc()
    batch = Histogram("batch", "Batches", registry=registry, buckets=(1, 10))
    for size in (1, 8, 30):
        batch.observe(size)
    found = totals(generate_latest(registry).decode())
    assert found["events_total"] == 1234
    assert (found["batch_count"], found["batch_sum"]) == (3, 39)
    assert not [name for name in found if name.startswith(("commands", "batch_bucket"))]


@pytest.mark.parametrize("text", ["", "\n", "# HELP a A\n# TYPE a counter\n"])
def test_nothing_told_is_nothing(text: str) -> None:
    assert totals(text) == {}
