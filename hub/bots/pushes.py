"""The chatbot's answers on the WebSocket: each part as a push to the connection that asked, or came back."""

import asyncio
from contextlib import aclosing
from typing import Final

from bots.parts import DataStatus, Error, encode
from hub import protocol as wire
from hub.bots.asking import Asked, Bots, bot_of, cid_in, run_of
from hub.bots.link import Answering, Lost
from hub.bots.words import BotWords
from hub.connections import Connection
from hub.frames import text_frame
from hub.tasks import Supervisor
from rooms.access import Access
from rooms.bots import PERSONS
from rooms.errors import Refusal, bad_request, not_found
from rooms.faq.scope import Bot
from rooms.ids import RoomId
from rooms.people import Person

BOTS: Final = tuple(Bot)


class RunPushes:
    """Asks for connections, and pushes what comes. All methods raise Refusal."""

    def __init__(self, bots: Bots, access: Access, words: BotWords, supervisor: Supervisor) -> None:
        self._bots = bots
        self._access = access
        self._words = words
        self._supervisor = supervisor

    async def ask(self, connection: Connection, command: wire.AskBot) -> wire.Result:
        """Ask; the parts follow the answer."""
        asked = Asked(
            text=command.text,
            cid=command.cid,
            conversation=command.conversation,
            entry=command.entry,
            locale=self._locale(connection),
        )
        return self._follow(connection, await self._bots.ask(_person(connection), command.bot, asked))

    async def resume(self, connection: Connection, command: wire.ResumeRun) -> wire.Result:
        """Go on with an answer; without the name of its bot each is tried."""
        person = _person(connection)
        after = -1 if command.i is None else command.i
        for bot in BOTS if command.bot is None else (bot_of(command.bot),):
            run, asked = await self._named(person, bot, command)
            try:
                answering = await self._bots.resume(person, bot, run, after, self._locale(connection))
            except Refusal as refusal:
                if command.bot is not None or refusal.reason not in {"no_run", "no_bot"}:
                    raise
                continue
            return self._follow(connection, answering, asked)
        raise not_found("run")

    async def _named(
        self, person: Person, bot: Bot, command: wire.ResumeRun
    ) -> tuple[str, wire.InRoom | None]:
        """Find which run is meant, and what it answers where that is a message."""
        match command:
            case wire.ResumeRun(run=str(run), room=None, seq=None):
                return run, None
            case wire.ResumeRun(run=None, room=str(name), seq=int(seq)):
                room = RoomId(name)
                await self._access.room(person.id, room)
                return run_of(person.id, cid_in(room, seq, PERSONS[bot])), wire.InRoom(room, seq)
        raise bad_request("run_or_message")

    async def stop(self, connection: Connection, command: wire.StopRun) -> wire.Result:
        """Stop an answer."""
        await self._bots.stop(_person(connection), command.run)
        return wire.Empty()

    def _follow(
        self, connection: Connection, answering: Answering, asked: wire.InRoom | None = None
    ) -> wire.Result:
        # The answer is on its way before the loop comes to this: the first part goes out after it.
        push = self._push(connection, answering, asked)
        asyncio.get_running_loop().call_soon(self._supervisor.once, "answer", push)
        return wire.RunTaken(answering.run, answering.conversation)

    async def _push(self, connection: Connection, answering: Answering, asked: wire.InRoom | None) -> None:
        run, number = answering.run, -1
        waiting = wire.RunPart(run, DataStatus())
        if asked is not None:
            waiting.room, waiting.seq = asked
        try:
            async with aclosing(answering.pieces()) as pieces:
                async for piece in pieces:
                    if connection.closed:
                        return
                    if piece.waiting:
                        connection.push(waiting)
                        continue
                    number = piece.first + len(piece.parts) - 1
                    frames = (
                        text_frame(wire.encode_part(run, piece.first + place, part, asked))
                        for place, part in enumerate(piece.parts)
                    )
                    connection.deliver(b"".join(frames))
        except (Lost, Refusal):
            failed = Error(self._words.say(self._locale(connection), "away"))
            connection.deliver(text_frame(wire.encode_part(run, number + 1, encode(failed).decode(), asked)))
        finally:
            answering.close()

    def _locale(self, connection: Connection) -> str:
        return connection.locale or self._words.default


def _person(connection: Connection) -> Person:
    if connection.signed is None:
        raise LookupError("not signed in")
    return connection.signed.person
