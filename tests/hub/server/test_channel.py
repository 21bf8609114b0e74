"""Requests that come all at once are read in turn, each as a whole, in the order of its connection."""

import asyncio

from hub.server.channel import HELD, HubChannel, Reading


class Recorded(HubChannel):
    """A channel that notes what it reads, and when; without a transport."""

    def __init__(self, name: str, reading: Reading, seen: list[tuple[str, bytes]]) -> None:
        super().__init__()
        self._name = name
        self._seen = seen
        self.factory = self
        self.reading = reading

    def read(self, data: bytes) -> None:
        self._seen.append((self._name, data))


async def test_one_is_read_in_each_turn_and_no_byte_is_lost_or_late() -> None:
    reading, seen = Reading(), list[tuple[str, bytes]]()
    one, two, three, four = (Recorded(name, reading, seen) for name in "1234")
    one.dataReceived(b"a")
    assert seen == [("1", b"a")], "who comes alone does not wait"
    two.dataReceived(b"b")
    three.dataReceived(b"c")
    four.dataReceived(b"d" * (HELD + 1))
    assert seen[1:] == [("4", b"d" * (HELD + 1))], "what is long is not kept"
    three.dataReceived(b"e")
    assert seen[2:] == [("3", b"ce")], "more of a connection comes after what waits of it"
    one.dataReceived(b"f")
    await asyncio.sleep(0)
    assert seen[3:] == [("2", b"b")]
    await asyncio.sleep(0)
    assert seen[4:] == [("1", b"f")]
    await asyncio.sleep(0)
    two.dataReceived(b"g")
    assert seen[5:] == [("2", b"g")], "all have read, so nobody waits"


async def test_what_waits_is_read_before_a_connection_is_lost() -> None:
    reading, seen = Reading(), list[tuple[str, bytes]]()
    one, two = (Recorded(name, reading, seen) for name in "12")
    one.dataReceived(b"a")
    two.dataReceived(b"b")
    two.connectionLost()
    assert seen == [("1", b"a"), ("2", b"b")]


async def test_who_comes_to_talk_does_not_wait_so_that_all_who_do_share_what_is_asked_for_them() -> None:
    reading, seen = Reading(), list[tuple[str, bytes]]()
    one, two, three = (Recorded(name, reading, seen) for name in "123")
    one.dataReceived(b"POST")
    two.dataReceived(b"GET / HTTP/1.1")
    three.dataReceived(b"GET /ws HTTP/1.1")
    assert seen == [("1", b"POST"), ("3", b"GET /ws HTTP/1.1")]


async def test_what_fails_ends_its_connection_alone() -> None:
    reading, seen, aborted = Reading(), list[tuple[str, bytes]](), list[str]()

    class Failing(Recorded):
        def read(self, data: bytes) -> None:
            raise ValueError(data)

        def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
            aborted.append(self._name)

    one, two, three = Recorded("1", reading, seen), Failing("2", reading, seen), Recorded("3", reading, seen)
    two.transport = two
    for channel in (one, two, three):
        channel.dataReceived(b"a")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (seen, aborted) == ([("1", b"a"), ("3", b"a")], ["2"])
