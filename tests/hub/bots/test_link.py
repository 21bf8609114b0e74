"""The way to the chatbot, with a peer at its other end that says what the chatbot's process would."""

import asyncio
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
import uvloop

from bots import address, wire
from bots.entries import Audience, asker
from hub.bots import link as link_module
from hub.bots.awaited import Awaited
from hub.bots.backlog import Backlog
from hub.bots.link import SEARCHED, Answering, BotLink, Lost
from rooms.errors import ErrorCode, Refusal
from tests.support.bot_peer import Peer, peer_in
from tests.support.waiting import PATIENCE, eventually

MOST = 3
ASK = wire.Ask(n=0, run="a1", owner="p1", bot="school", who=asker([Audience.GUARDIAN]), question="전학")


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with peer_in(tmp_path) as made:
        yield made


@pytest.fixture
async def link(peer: Peer, tmp_path: Path) -> AsyncIterator[BotLink]:
    made = BotLink(tmp_path, requests=2, backlog=MOST)
    running = asyncio.ensure_future(made.run())
    await made.there()
    yield made
    running.cancel()
    await asyncio.wait([running])


def piece(n: int, number: int, *, last: bool = False) -> wire.Pieces:
    return wire.Pieces(n, number, (f"part {number}",), last)


def test_more_than_fits_is_cut_off_and_told() -> None:
    backlog = Backlog(2)
    assert backlog.put(wire.Done(1))
    assert backlog.put(wire.Done(2))
    assert not backlog.put(wire.Done(3))
    assert len(backlog) == 2
    assert not backlog.put(wire.Done(4))


async def test_who_takes_too_slowly_has_every_part_once_all_the_same(peer: Peer, link: BotLink) -> None:
    asking = asyncio.ensure_future(link.ask(ASK))
    first = await peer.requests.get()
    peer.say(wire.Taken(first.n, "a1", "c1"))
    answering = await asking
    peer.say(*(piece(first.n, number) for number in range(MOST + 2)))
    left = await peer.requests.get()
    assert left == wire.Leave(first.n), "what does not fit is not sent any more"

    async def taken() -> list[tuple[int, str]]:
        return [
            (piece.first + place, part)
            async for piece in answering.pieces()
            for place, part in enumerate(piece.parts)
        ]

    taking = asyncio.ensure_future(taken())
    again = await peer.requests.get()
    assert isinstance(again, wire.Ask)
    assert (again.run, again.after) == ("a1", MOST - 1)
    whole = tuple(f"part {number}" for number in range(MOST, MOST + 5))
    peer.say(wire.Taken(again.n, "a1", "c1"), wire.Pieces(again.n, MOST, whole, last=True))
    assert await taking == [(number, f"part {number}") for number in range(MOST + 5)]


def test_who_meets_a_bot_that_dies_waits_for_the_next(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the hub: it tells of ends sooner
        runner.run(_answered_by_the_next(tmp_path))


async def _answered_by_the_next(folder: Path) -> None:
    peer, path = Peer(), address.socket_path(folder)
    address.prepare(path)
    link = BotLink(folder, requests=2, backlog=MOST)
    running = asyncio.ensure_future(link.run())
    async with await asyncio.start_unix_server(peer.line, path):
        await link.there()
        asking = asyncio.ensure_future(link.ask(ASK))
        first = await peer.requests.get()
        peer.say(wire.Taken(first.n, "a1", "c1"), piece(first.n, 0))
        answering = await asking

        async def taken() -> list[str]:
            return [part async for piece in answering.pieces() for part in piece.parts]

        taking = asyncio.ensure_future(taken())
    path.unlink(missing_ok=True)
    peer.cut()
    await asyncio.to_thread(_die, path, 40)
    async with asyncio.timeout(30), await asyncio.start_unix_server(peer.line, path):
        again = await peer.requests.get()
        assert isinstance(again, wire.Ask)
        peer.say(wire.Taken(again.n, "a1", "c1"), piece(again.n, 1, last=True))
        assert await taking == ["part 0", "part 1"]
        running.cancel()
        await asyncio.wait([running])


def _die(path: Path, lines: int) -> None:
    """Take so many lines and end them at once, as the system does for a process that is being killed."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)
        for _ in range(lines):
            listening.accept()[0].close()
    path.unlink()


async def test_an_answer_that_a_bot_dies_of_each_time_is_given_up(
    peer: Peer, link: BotLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "RECOVER_SECONDS", 0.5)
    asking = asyncio.ensure_future(link.ask(ASK))
    first = await peer.asked()
    peer.say(wire.Taken(first.n, "a1", "c1"), piece(first.n, 0))
    answering = await asking

    async def taken() -> None:
        async for _ in answering.pieces():
            pass

    async def dies_of_it() -> None:
        peer.cut()
        while True:
            again = await peer.asked()
            peer.say(wire.Taken(again.n, "a1", "c1"))
            peer.cut()

    dying = asyncio.ensure_future(dies_of_it())
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Lost):
            await taken()
    dying.cancel()


async def test_no_more_requests_than_allowed_are_under_way(peer: Peer, link: BotLink) -> None:
    asking = [asyncio.ensure_future(link.ask(ASK)) for _ in range(2)]
    taken = [await peer.requests.get() for _ in asking]
    with pytest.raises(Refusal) as refused:
        await link.ask(ASK)
    assert (refused.value.code, refused.value.reason) == (ErrorCode.UNAVAILABLE, "bot_busy")
    peer.say(*(wire.Refused(request.n, "not_found", "no_run") for request in taken))
    await asyncio.wait(asking)
    assert {one.exception().__class__ for one in asking} == {Refusal}

    async def free() -> bool:
        settling = asyncio.ensure_future(link.settle("p1"))
        settle = await peer.requests.get()
        peer.say(wire.Done(settle.n))
        await settling
        return settle == wire.Settle(settle.n, "p1")

    await eventually(free, what="the place of a request that ended is free")


async def test_a_request_that_is_too_long_ends_no_line(peer: Peer, link: BotLink) -> None:
    most = "가" * (wire.REQUEST_BYTES // 3)
    for _ in range(3):  # more than may be under way
        with pytest.raises(Refusal) as refused:
            await link.cluster([most])
        assert refused.value.code is ErrorCode.TOO_LARGE
        with pytest.raises(Refusal):
            link.begin(msgspec.structs.replace(ASK, question=most))
    asking = asyncio.ensure_future(link.cluster([most[: -wire.REQUEST_BYTES // 100]]))
    first = await peer.requests.get()
    peer.say(wire.Clustered(first.n, ((0,),)))
    assert (await asking).groups == ((0,),)


async def test_a_crowd_of_questions_is_looked_for_few_at_once_in_its_order(
    peer: Peer, tmp_path: Path
) -> None:
    link = BotLink(tmp_path, requests=SEARCHED + 3, backlog=MOST)
    running = asyncio.ensure_future(link.run())
    await link.there()
    asks = [msgspec.structs.replace(ASK, run=f"a{number}") for number in range(SEARCHED + 3)]
    asking = [asyncio.ensure_future(link.ask(ask)) for ask in asks]
    sent = [await peer.requests.get() for _ in range(SEARCHED)]
    with pytest.raises(Refusal) as refused:
        await link.ask(ASK)
    assert refused.value.reason == "bot_busy", "those who wait for their turn count"
    assert peer.requests.empty(), "the others wait"

    asking[SEARCHED].cancel()  # which takes nobody's turn
    peer.say(
        wire.Taken(sent[0].n, "a0", "c0"), piece(sent[0].n, 0), wire.Refused(sent[1].n, "not_found", "no_run")
    )
    later = [await peer.requests.get() for _ in range(2)]
    assert [one.run for one in (*sent, *later) if isinstance(one, wire.Ask)] == [
        ask.run for ask in asks if ask is not asks[SEARCHED]
    ]

    running.cancel()  # the bot goes away: nobody waits for a turn any more
    await asyncio.wait([running])
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(ended[0], Answering)
    assert {one.__class__ for one in ended[SEARCHED + 1 :]} == {Refusal}


async def test_a_bot_that_is_late_is_hurried_by_a_question_and_by_the_desk(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "Awaited", partial(Awaited, late_seconds=0.01))
    hurried = asyncio.Queue[None]()
    link = BotLink(tmp_path, requests=2, backlog=MOST, hurry=lambda: hurried.put_nowait(None))
    running = asyncio.ensure_future(link.run())
    await link.there()

    async def hurries() -> None:
        while not hurried.empty():
            hurried.get_nowait()
        for _ in range(2):
            await hurried.get()

    async with asyncio.timeout(PATIENCE):
        asking = asyncio.ensure_future(link.ask(ASK))
        first = await peer.requests.get()
        peer.say(wire.Taken(first.n, "a1", "c1"))
        await asking
        await hurries()
        peer.say(piece(first.n, 0))
        await eventually(lambda: not link._awaited.looking, what="it looks no more")
        looking = asyncio.ensure_future(link.status())
        await hurries()
        looking.cancel()
        await asyncio.wait([looking])
        await eventually(lambda: not link._awaited.looking, what="it looks no more")
    running.cancel()
    await asyncio.wait([running])
