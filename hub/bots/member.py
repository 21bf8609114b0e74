"""The chatbot as a member of the messenger: written to, or mentioned in a group, it answers in the room.

While it works it is shown as typing, and the sender's connections get the parts as they come; what it said
ends as one ordinary message. In a group it answers only from what every member may see.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import aclosing, suppress
from typing import Final

from bots.masking import mask
from hub.bots.asking import Asked, Bots, cid_in
from hub.bots.link import Lost
from hub.bots.listeners import Listeners
from hub.bots.said import Said
from hub.bots.voice import Voice
from hub.bots.words import BotWords
from hub.protocol import InRoom
from hub.tasks import Supervisor
from hub.wording import Wording
from rooms.bots import BOTS, spoken_to
from rooms.errors import ErrorCode, Refusal
from rooms.events import Appended, MessageBody
from rooms.ids import PersonId
from rooms.model import Room, Seat
from rooms.people import Person
from rooms.ports import PeopleStore

AT_ONCE: Final = 200
"""Messages that are answered at once; more of them are left without an answer."""


class BotMember:
    """Answers messages that are for a chatbot. `heard` and `wording` are to be told of every message."""

    def __init__(
        self,
        bots: Bots,
        people: PeopleStore,
        listeners: Listeners,
        voice: Voice,
        supervisor: Supervisor,
        wording: Wording,
        words: BotWords,
        text_chars: int,
    ) -> None:
        self._bots = bots
        self._people = people
        self._listeners = listeners
        self._voice = voice
        self._supervisor = supervisor
        self._wording = wording
        self._words = words
        self._text_chars = text_chars
        self._under_way = 0

    def heard(self, seat: Seat, body: MessageBody, queued: Awaitable[Appended]) -> Awaitable[Appended]:
        """Hear of a message; returns the awaitable of its place. Costs nothing where it is for no chatbot."""
        called = spoken_to(seat.room, seat.member.person, body)
        return self._answered(called, seat, body, queued) if called else queued

    def wording(self, seat: Seat, text: str, mentions: Sequence[str]) -> str:
        """Mask what is personal in what is said to a chatbot, before it is stored."""
        called = spoken_to(seat.room, seat.member.person, MessageBody(text, mentions=mentions))
        return mask(text) if called else text

    async def _answered(
        self, called: Sequence[PersonId], seat: Seat, body: MessageBody, queued: Awaitable[Appended]
    ) -> Appended:
        landed = await queued
        for bot in () if landed.repeated else called:
            if self._under_way < AT_ONCE:
                self._under_way += 1
                self._supervisor.once("bot-answer", self._work(bot, seat, body, landed.seq))
        return landed

    async def _work(self, bot: PersonId, seat: Seat, body: MessageBody, seq: int) -> None:
        typing = asyncio.ensure_future(self._voice.type(bot, seat.room))
        try:
            person = await self._people.person(seat.member.person)
            if person is not None:
                text = await self._text(bot, seat.room, person, body, seq)
                await self._voice.say(bot, seat, text, seq)
        finally:
            self._under_way -= 1
            typing.cancel()
            with suppress(asyncio.CancelledError):
                await typing

    async def _text(self, bot: PersonId, room: Room, person: Person, body: MessageBody, seq: int) -> str:
        """Find what to say to a message; a refusal is said in the words for it."""
        locale = person.locale or self._words.default
        asked = body.text.replace(f"@{self._words.say(locale, f'bot_{BOTS[bot]}')}", " ").replace("@", " ")
        try:
            asker = await self._listeners.asker(bot, room, person)
            if asker is None:
                return self._words.say(locale, "room_mixed")
            answering = await self._bots.ask(
                person,
                BOTS[bot],
                Asked(text=asked, cid=cid_in(room.id, seq, bot), chat=f"room {room.id}", locale=locale),
                asker,
            )
        except Refusal as refusal:
            if refusal.code is ErrorCode.NOT_FOUND:
                return self._words.say(locale, "room_not_yours")
            return self._wording.sentence(locale, refusal)
        said = Said()
        try:
            async with aclosing(answering.pieces()) as pieces:
                async for piece in pieces:
                    said.take(piece.parts)
                    self._voice.show(person.id, InRoom(room.id, seq), answering.run, piece)
        except (Lost, Refusal):
            said.failed = self._words.say(locale, "away")
        finally:
            answering.close()
        return said.written(self._words, locale, self._text_chars)
