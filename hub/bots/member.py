"""The chatbot as a member of the messenger: written to, or mentioned in a group, it answers in the room.

While it works it is shown as typing, and the sender's connections get the parts as they come; what it said
ends as one ordinary message. In a group it answers only from what every member may see.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Final

from bots.parts import (
    Abort,
    DataSuggestions,
    Error,
    SourceDocument,
    SourceUrl,
    Suggestion,
    TextDelta,
    TextEnd,
    decode,
)
from hub import protocol as wire
from hub.bots.asking import Asked, Bots, cid_in
from hub.bots.link import Lost, Piece
from hub.bots.words import BotWords
from hub.connections import Connections
from hub.frames import text_frame
from hub.tasks import Supervisor
from hub.wakeups import BusWakeups
from hub.wording import Wording
from rooms.bots import BOTS, common, spoken_to
from rooms.errors import ErrorCode, Refusal, not_found
from rooms.events import Appended, MessageBody, draft
from rooms.faq.entries import Asker
from rooms.faq.scope import Scopes
from rooms.ids import PersonId
from rooms.log import RoomLog
from rooms.model import Room, RoomKind, Seat
from rooms.people import Person
from rooms.ports import LogUnavailable, PeopleStore, RoomStore

LISTENERS: Final = 200
"""Members of a group up to which it is found out what all may see; in larger ones it does not answer."""
TYPING_SECONDS: Final = 3.0
AT_ONCE: Final = 200
"""Messages that are answered at once; more of them are left without an answer."""


@dataclass(slots=True)
class _Said:
    """What an answer comes to, part by part."""

    text: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    stopped: bool = False
    failed: str | None = None

    def take(self, parts: Sequence[str]) -> None:
        """Take the next parts."""
        for part in map(decode, parts):
            match part:
                case TextDelta(_, delta):
                    self.text.append(delta)
                case TextEnd():
                    self.text.append("\n")
                case SourceUrl(_, url, title):
                    self.sources.append(f"{title} {url}")
                case SourceDocument(_, _, title):
                    self.sources.append(title)
                case DataSuggestions(offered):
                    self.suggestions = offered
                case Abort():
                    self.stopped = True
                case Error(text):
                    self.failed = text
                case _:
                    continue


class BotMember:
    """Answers messages that are for a chatbot. `heard` is to be told of every message."""

    def __init__(
        self,
        bots: Bots,
        scopes: Scopes,
        rooms: RoomStore,
        people: PeopleStore,
        log: RoomLog,
        wakeups: BusWakeups,
        connections: Connections,
        supervisor: Supervisor,
        wording: Wording,
        words: BotWords,
        text_chars: int,
    ) -> None:
        self._bots = bots
        self._scopes = scopes
        self._rooms = rooms
        self._people = people
        self._log = log
        self._wakeups = wakeups
        self._connections = connections
        self._supervisor = supervisor
        self._wording = wording
        self._words = words
        self._text_chars = text_chars
        self._under_way = 0

    def heard(self, seat: Seat, body: MessageBody, queued: Awaitable[Appended]) -> Awaitable[Appended]:
        """Hear of a message; returns the awaitable of its place. Costs nothing where it is for no chatbot."""
        called = spoken_to(seat.room, seat.member.person, body)
        return self._answered(called, seat, body, queued) if called else queued

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
        typing = asyncio.ensure_future(self._type(bot, seat.room))
        try:
            person = await self._people.person(seat.member.person)
            if person is not None:
                text = await self._text(bot, seat.room, person, body, seq)
                await self._say(bot, seat, text, seq)
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
            asker = await self._asker(bot, room, person)
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
        said = _Said()
        try:
            async with aclosing(answering.pieces()) as pieces:
                async for piece in pieces:
                    said.take(piece.parts)
                    self._show(person.id, room, answering.run, piece)
        except (Lost, Refusal):
            said.failed = self._words.say(locale, "away")
        finally:
            answering.close()
        return self._written(said, locale)

    async def _asker(self, bot: PersonId, room: Room, person: Person) -> Asker | None:
        """Find as what is asked: in a group as what all its members are. Raises Refusal."""
        own = await self._scopes.of(person, BOTS[bot])
        if room.kind is RoomKind.DIRECT:
            return own
        members = await self._rooms.members(room.id, limit=LISTENERS + 1)
        if len(members) > LISTENERS:
            return None
        others = [member.person for member in members if member.person not in BOTS]
        people = await self._people.people(others)
        if len(people) < len(others):
            raise not_found("person")
        askers = [own]
        for other in people.values():
            try:
                askers.append(await self._scopes.of(other, BOTS[bot]))
            except Refusal:
                return None
        return common(askers)

    def _written(self, said: _Said, locale: str) -> str:
        """Write an answer as one message."""
        if said.failed is not None and not said.text:
            return said.failed
        lines = ["".join(said.text).strip()]
        if said.stopped:
            return f"{lines[0]}\n\n{self._words.say(locale, 'room_stopped')}" if lines[0] else ""
        if said.sources:
            names = ", ".join(dict.fromkeys(said.sources))
            lines += ["", self._words.say(locale, "room_source", names=names)]
        lines += [f"{number}. {one.question}" for number, one in enumerate(said.suggestions, 1)]
        if said.failed is not None:
            lines += ["", said.failed]
        return "\n".join(lines)[: self._text_chars].strip()

    def _show(self, person: PersonId, room: Room, run: str, piece: Piece) -> None:
        """Let whoever asked see the parts as they come; everybody has the message in the end."""
        frames = b"".join(
            text_frame(wire.encode_part(run, piece.first + place, part, room.id))
            for place, part in enumerate(piece.parts)
        )
        for connection in self._connections.of(person):
            if frames and room.id in connection.rooms:
                connection.deliver(frames)

    async def _say(self, bot: PersonId, seat: Seat, text: str, seq: int) -> None:
        """Say it in the room, once, if the chatbot is still in it."""
        member = await self._rooms.member(seat.room.id, bot)
        if not text or member is None or member.left:
            return
        group = seat.room.kind is not RoomKind.DIRECT
        body = MessageBody(
            text, reply_to=seq if group else None, mentions=[seat.member.person] if group else []
        )
        with suppress(LogUnavailable):
            await self._log.append(draft(seat.room.id, bot, cid_in(seat.room.id, seq, bot), body))

    async def _type(self, bot: PersonId, room: Room) -> None:
        while True:
            self._wakeups.typing(room.id, bot)
            await asyncio.sleep(TYPING_SECONDS)
