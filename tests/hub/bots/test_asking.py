"""What a question costs: a permit of its minute, unless it is refused for the moment."""

import asyncio
from pathlib import Path

from bots.wire import Refused
from config.limits import Limits
from hub.bots.asking import Asked, Guest
from rooms.errors import ErrorCode
from tests.support.bot_peer import Peer, peer_in
from tests.support.core import refused
from tests.support.inside import hub_inside
from tests.support.waiting import eventually

WHO = Guest("v1", "192.0.2.1")
QUESTION = Asked(text="전학은 어떻게 해요?")


async def refuse(peer: Peer, code: ErrorCode, reason: str) -> None:
    asked = await peer.asked()
    peer.say(Refused(asked.n, code, reason))


async def test_a_question_that_is_refused_for_the_moment_costs_no_permit(
    mongod_url: str, database_name: str, tmp_path: Path
) -> None:
    limits = Limits(asks_per_minute=1, asks_per_address=1)
    async with (
        hub_inside(mongod_url, database_name, tmp_path, limits=limits) as hub,
        peer_in(tmp_path / "bots") as peer,
    ):
        bots = hub.services.bots
        await eventually(lambda: bots.link.here, what="the chatbot is there")
        for code, reason in (
            (ErrorCode.RATE_LIMITED, "too_many_asks_at_once"),
            (ErrorCode.UNAVAILABLE, "bot_busy"),
            (ErrorCode.NOT_FOUND, "no_conversation"),  # which will not be taken later either, and counts
        ):
            asking = refused(bots.ask(WHO, "school", QUESTION), code, reason)
            await asyncio.gather(asking, refuse(peer, code, reason))
        await refused(bots.ask(WHO, "school", QUESTION), ErrorCode.RATE_LIMITED, "too_many_asks")
        # Nor does what the address may not ask any more cost the person who asks.
        other = Guest("v2", WHO.network)
        await refused(bots.ask(other, "school", QUESTION), ErrorCode.RATE_LIMITED, "too_many_asks")
        taken = asyncio.ensure_future(bots.ask(Guest("v2", "192.0.2.2"), "school", QUESTION))
        peer.answer(await peer.asked(), "이렇게요.")
        (await taken).close()
