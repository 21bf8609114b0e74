"""A chatbot's reply to a message of a room, which waits for a while where the chatbot is not there.

It may be starting, or being started again: its answer then comes as soon as it is there, to the message as
it is by then, and from what its readers may see by then. Only after a bound it says that it is not there.
While it works it is shown as typing, and the sender's connections get the parts as they come, or that they
are held up; what it said ends as one message. In a group it answers only from what every member may see.
"""

import asyncio
from contextlib import aclosing, nullcontext, suppress
from typing import Final

import msgspec
from msgspec import Struct

from hub.bots.asking import Asked, Bots, cid_in, run_of
from hub.bots.lines import Lines
from hub.bots.link import Answering, Lost
from hub.bots.listeners import Listeners
from hub.bots.notes import Notes
from hub.bots.said import Said
from hub.bots.voice import TYPING_SECONDS, Voice
from hub.bots.words import BotWords
from hub.protocol import InRoom
from hub.wording import Wording
from rooms.access import Access
from rooms.bots import BOTS, Unanswered, spoken_to
from rooms.errors import ErrorCode, Refusal
from rooms.events import MessageBody
from rooms.history import History
from rooms.model import Seat
from rooms.people import Person
from rooms.ports import LogStore

AWAY: Final = "bot_away"
LATER: Final = frozenset({AWAY, "bot_busy", "too_many_asks_at_once"})
"""Refusals after which whoever waits for the chatbot goes on waiting."""
STAYS_SECONDS: Final = 0.2
"""A process that is being killed takes lines yet, and ends them at once: one that stays so long is alive."""
TRIES: Final = 3
"""How often a message is given to a chatbot that goes away with it each time."""


class Message(Struct, frozen=True):
    """What was said, and by whom in which room."""

    seat: Seat
    body: MessageBody


class Replies:
    """Gives answers.

    What is asked while the chatbot is away waits `patience` seconds, if it is `expected` or was ever there.
    """

    def __init__(
        self,
        bots: Bots,
        access: Access,
        log: LogStore,
        history: History,
        listeners: Listeners,
        voice: Voice,
        notes: Notes,
        lines: Lines,
        wording: Wording,
        words: BotWords,
        text_chars: int,
        patience: float,
        *,
        expected: bool,
    ) -> None:
        self._bots = bots
        self._access = access
        self._log = log
        self._history = history
        self._listeners = listeners
        self._voice = voice
        self._notes = notes
        self._lines = lines
        self._wording = wording
        self._words = words
        self._text_chars = text_chars
        self._patience = patience
        self._expected = expected

    async def give(self, one: Unanswered, message: Message | None) -> None:
        """Answer a message; None where another process left it, which may have answered or begun to.

        Returns once the answer is a message of the room, or none is due. Raises Refusal where it could not
        be stored, PyMongoError.
        """
        left = message is None
        waits = left or not self._bots.link.here or one.person in self._lines
        if waits:
            self._notes.hurry(one)
            message = None  # it may be another by then
        async with self._lines.place(one.person) if waits else nullcontext(True) as may_wait:
            try:
                person = await self._access.person(one.person)
            except Refusal:
                return
            locale = person.locale or self._words.default
            if left and await self._log.find(one.room, one.bot, cid_of(one)):
                return
            asked = await self._asked(one, person, locale, message, may_wait=may_wait, left=left)
            if asked is None:
                return
            message, answer = asked
            text = answer if isinstance(answer, str) else await self._read_out(one, locale, answer)
            await self._voice.say(one.bot, message.seat, text, one.seq)

    async def _asked(
        self,
        one: Unanswered,
        person: Person,
        locale: str,
        message: Message | None,
        *,
        may_wait: bool,
        left: bool,
    ) -> tuple[Message, Answering | str] | None:
        """Ask, as soon as the chatbot is there; gives a sentence where it is not in time.

        None where the message is none any more, or not for the chatbot.
        """
        patient = may_wait and (self._expected or self._bots.link.known)
        deadline = asyncio.get_running_loop().time() + (self._patience if patient else 0.0)
        tries = TRIES
        while True:
            async with nullcontext() if message else self._lines.turns:
                message = message or await self._message(one)
                if message is None:
                    return None
                here = self._bots.link.here
                try:
                    return message, await self._ask(one, person, locale, message, left=left)
                except Refusal as refusal:
                    refused = refusal
            tries -= here
            if not tries or not await self._later(one, refused, deadline):
                if refused.code is ErrorCode.NOT_FOUND:
                    return message, self._words.say(locale, "room_not_yours")
                return message, self._wording.sentence(locale, refused)
            message = None

    async def _later(self, one: Unanswered, refused: Refusal, deadline: float) -> bool:
        """Wait until it may be asked again; False where that is of no use, or does not come in time."""
        if refused.reason not in LATER or asyncio.get_running_loop().time() >= deadline:
            return False
        self._notes.hurry(one)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                if refused.reason != AWAY:
                    await asyncio.sleep(refused.retry_after or 1.0)
                    return True
                while True:
                    if not self._bots.link.here:
                        self._hold_up(one)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(TYPING_SECONDS):
                            await self._bots.link.there()
                    await asyncio.sleep(STAYS_SECONDS)
                    if self._bots.link.here:
                        return True
        return False

    async def _message(self, one: Unanswered) -> Message | None:
        """Read a message as it is now; None where it was recalled, or is not for the chatbot any more."""
        try:
            seat = await self._access.room(one.person, one.room)
            found = await self._access.message(seat, one.seq)
        except Refusal:
            return None
        (event,) = await self._history.readable(one.room, [found])
        body = msgspec.convert(event.body, MessageBody)
        if (event.state and event.state.recalled) or one.bot not in spoken_to(seat.room, one.person, body):
            return None
        return Message(seat, body)

    async def _ask(
        self, one: Unanswered, person: Person, locale: str, message: Message, *, left: bool
    ) -> Answering | str:
        """Ask, or go on with the answer that another process had begun. Raises Refusal."""
        bot, room = BOTS[one.bot], message.seat.room
        if left:
            try:
                return await self._bots.resume(person, bot, run_of(one.person, cid_of(one)), -1, locale)
            except Refusal as refusal:
                if refusal.code is not ErrorCode.NOT_FOUND:
                    raise
        asker = await self._listeners.asker(one.bot, room, person)
        if asker is None:
            return self._words.say(locale, "room_mixed")
        name = self._words.say(locale, f"bot_{bot}")
        text = message.body.text.replace(f"@{name}", " ").replace("@", " ")
        asked = Asked(text=text, cid=cid_of(one), chat=f"room {room.id}", locale=locale)
        return await self._bots.ask(person, bot, asked, asker)

    async def _read_out(self, one: Unanswered, locale: str, answering: Answering) -> str:
        """Read an answer to its end, and let whoever asked see it come."""
        said = Said()
        try:
            async with aclosing(answering.pieces()) as pieces:
                async for piece in pieces:
                    if piece.waiting:
                        self._hold_up(one)
                        continue
                    said.take(piece.parts)
                    self._voice.show(one.person, InRoom(one.room, one.seq), answering.run, piece)
        except (Lost, Refusal):
            said.failed = self._words.say(locale, "away")
        finally:
            answering.close()
        return said.written(self._words, locale, self._text_chars)

    def _hold_up(self, one: Unanswered) -> None:
        self._voice.hold_up(one.person, InRoom(one.room, one.seq), run_of(one.person, cid_of(one)))


def cid_of(one: Unanswered) -> str:
    """Name the question that a message is, and the one answer to it."""
    return cid_in(one.room, one.seq, one.bot)
