"""What every bus keeps to. A test class inherits it and gives the fixture `bus`, not yet started."""

import asyncio

import pytest
from structlog.testing import capture_logs

from hub.bus import Bus
from tests.support.waiting import PATIENCE


class Box:
    """A handler that keeps what comes, in order."""

    def __init__(self) -> None:
        self.all: list[tuple[str, bytes]] = []
        self._fresh: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    def __call__(self, topic: str, data: bytes) -> None:
        self.all.append((topic, data))
        self._fresh.put_nowait((topic, data))

    async def next(self) -> tuple[str, bytes]:
        """Wait for the next message that was not asked for yet."""
        async with asyncio.timeout(PATIENCE):
            return await self._fresh.get()

    async def until(self, message: tuple[str, bytes]) -> None:
        """Wait for this message."""
        while await self.next() != message:
            pass


class BusContract:
    async def test_what_is_subscribed_comes_before_publish_returns(self, bus: Bus) -> None:
        box = Box()
        await bus.start(box)
        await bus.subscribe(["r:1", "r:2"])
        bus.publish("r:2", b"a")
        bus.publish("r:1", b"b")
        assert box.all == [("r:2", b"a"), ("r:1", b"b")]

    async def test_nothing_else_comes(self, bus: Bus) -> None:
        box = Box()
        await bus.start(box)
        await bus.subscribe(["r:1"])
        bus.publish("r:2", b"a")
        bus.publish("r:11", b"a")
        bus.publish("R:1", b"a")
        bus.publish("r:*", b"a")
        assert box.all == []

    async def test_unsubscribing_ends_it_and_subscribing_again_resumes(self, bus: Bus) -> None:
        box = Box()
        await bus.start(box)
        await bus.subscribe(["r:1"])
        bus.unsubscribe(["r:1"])
        bus.publish("r:1", b"a")
        await bus.subscribe(["r:1"])
        bus.publish("r:1", b"b")
        bus.unsubscribe(["r:1"])
        bus.publish("r:1", b"c")
        assert box.all == [("r:1", b"b")]

    async def test_subscribing_is_not_counted(self, bus: Bus) -> None:
        box = Box()
        await bus.start(box)
        await bus.subscribe(["r:1", "r:1"])
        await bus.subscribe(["r:1"])
        bus.publish("r:1", b"a")
        bus.unsubscribe(["r:1", "r:0"])
        bus.publish("r:1", b"b")
        assert box.all == [("r:1", b"a")]

    async def test_subscribing_to_nothing_returns(self, bus: Bus) -> None:
        await bus.start(Box())
        await bus.subscribe([])
        await bus.subscribe(topic for topic in ())
        bus.unsubscribe([])

    async def test_ten_thousand_come_in_order(self, bus: Bus) -> None:
        box = Box()
        await bus.start(box)
        await bus.subscribe(["r:0", "r:1", "r:2"])
        sent = [(f"r:{number % 3}", str(number).encode()) for number in range(10_000)]
        for topic, data in sent:
            bus.publish(topic, data)
        assert box.all == sent
        assert bus.dropped == 0

    @pytest.mark.parametrize("data", [b"", b"\r\n$-1\r\n", bytes(range(256)), b"x" * 2**20])
    async def test_bytes_stay_as_they_are(self, bus: Bus, data: bytes) -> None:
        box = Box()
        await bus.start(box)
        await bus.subscribe(["방:하나 \r\n*"])
        bus.publish("방:하나 \r\n*", data)
        assert box.all == [("방:하나 \r\n*", data)]

    async def test_what_a_handler_publishes_waits_until_it_has_returned(self, bus: Bus) -> None:
        seen: list[str] = []

        def handler(topic: str, data: bytes) -> None:
            seen.append(f"begin {data.decode()}")
            if data == b"1":
                bus.publish(topic, b"2")
                bus.publish(topic, b"3")
            seen.append(f"end {data.decode()}")

        await bus.start(handler)
        await bus.subscribe(["r:1"])
        bus.publish("r:1", b"1")
        assert seen == ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]

    async def test_a_handler_that_unsubscribes_gets_nothing_more(self, bus: Bus) -> None:
        seen: list[bytes] = []

        def handler(topic: str, data: bytes) -> None:
            seen.append(data)
            bus.publish(topic, b"2")
            bus.unsubscribe([topic])

        await bus.start(handler)
        await bus.subscribe(["r:1"])
        bus.publish("r:1", b"1")
        assert seen == [b"1"]

    async def test_a_handler_that_fails_is_logged_and_called_again(self, bus: Bus) -> None:
        seen: list[bytes] = []

        def handler(_topic: str, data: bytes) -> None:
            seen.append(data)
            if data == b"1":
                raise RuntimeError("broken")

        await bus.start(handler)
        await bus.subscribe(["r:1"])
        with capture_logs() as logs:
            bus.publish("r:1", b"1")
            bus.publish("r:1", b"2")
        assert seen == [b"1", b"2"]
        assert [(entry["event"], entry["topic"]) for entry in logs] == [("bus handler failed", "r:1")]

    async def test_publishing_before_the_start_and_after_the_end_is_harmless(self, bus: Bus) -> None:
        box = Box()
        bus.publish("r:1", b"a")
        await bus.start(box)
        await bus.subscribe(["r:1"])
        await bus.close()
        bus.publish("r:1", b"b")
        await bus.subscribe(["r:2"])
        bus.unsubscribe(["r:1"])
        assert box.all == []

    async def test_it_is_healthy_once_started_and_closes_twice(self, bus: Bus) -> None:
        await bus.start(Box())
        assert bus.healthy
        await bus.close()
        await bus.close()

    async def test_closing_before_the_start_is_harmless(self, bus: Bus) -> None:
        await bus.close()
