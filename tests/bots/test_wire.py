import msgspec
import pytest

from bots import wire
from bots.entries import Audience, asker

ASK = wire.Ask(
    n=7,
    run="a1",
    owner="p1",
    bot="school",
    who=asker([Audience.GUARDIAN], ["u1"]),
    question="전학은요?",
    earlier=("급식비",),
)


@pytest.mark.parametrize(
    "message",
    [
        ASK,
        wire.Stop(1, "a1", "p1"),
        wire.Leave(2),
        wire.Cluster(3, ("가", "나")),
        wire.Status(4),
        wire.Openings(5, asker([Audience.GUARDIAN], ["u1"]), 4),
    ],
)
def test_requests_come_as_they_were_sent(message: wire.Request) -> None:
    data = wire.encode(message)
    (length,) = wire.LENGTH.unpack(data[:4])
    assert len(data) == 4 + length
    assert wire.read_request(data[4:]) == message


@pytest.mark.parametrize(
    "message",
    [
        wire.Taken(1, "a1", "c1"),
        wire.Pieces(1, 0, ('{"type":"finish"}',), last=True),
        wire.Refused(1, "unavailable", "bot_busy", 3.0),
        wire.Previewed(1, "sure", 0.9, (wire.Seen("e1", "전학", 1.0),)),
        wire.Clustered(1, ((0, 2), (1,))),
        wire.Opened(1, ("전학은요?",)),
    ],
)
def test_answers_come_as_they_were_sent(message: wire.Answer) -> None:
    assert wire.read_answer(wire.encode(message)[4:]) == message


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        wire.read_request(b"\xc1")
    with pytest.raises(msgspec.DecodeError):
        wire.read_request(wire.encode(wire.Done(1))[4:])
