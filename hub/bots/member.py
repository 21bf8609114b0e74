"""The chatbot as a member of the messenger: written to, or mentioned in a group, it answers in the room.

Here it is heard that a message is for it, and how many it answers at once; `replies.py` gives the answer.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress

from bots.masking import mask
from hub.bots.link import busy
from hub.bots.notes import Notes
from hub.bots.replies import Message, Replies
from hub.bots.voice import Voice
from hub.tasks import Supervisor
from hub.wording import Wording
from rooms.bots import Unanswered, spoken_to
from rooms.errors import Refusal
from rooms.events import Appended, MessageBody
from rooms.ids import PersonId
from rooms.model import Seat
from rooms.ports import Clock
from storage.mongo import PyMongoError


class BotMember:
    """Answers messages that are for a chatbot. `heard` and `wording` are to be told of every message."""

    def __init__(
        self,
        replies: Replies,
        notes: Notes,
        voice: Voice,
        supervisor: Supervisor,
        wording: Wording,
        clock: Clock,
        locale: str,
    ) -> None:
        self._replies = replies
        self._notes = notes
        self._voice = voice
        self._supervisor = supervisor
        self._wording = wording
        self._clock = clock
        self._locale = locale
        notes.take = self.take_over

    def heard(self, seat: Seat, body: MessageBody, queued: Awaitable[Appended]) -> Awaitable[Appended]:
        """Hear of a message; returns the awaitable of its place. Costs nothing where it is for no chatbot."""
        called = spoken_to(seat.room, seat.member.person, body)
        return self._answered(called, seat, body, queued) if called else queued

    def wording(self, seat: Seat, text: str, mentions: Sequence[str]) -> str:
        """Mask what is personal in what is said to a chatbot, before it is stored."""
        called = spoken_to(seat.room, seat.member.person, MessageBody(text, mentions=mentions))
        return mask(text) if called else text

    def take_over(self, one: Unanswered) -> None:
        """Answer a message that was left by the process that heard of it."""
        self._notes.begin(one, noted=True)
        self._supervisor.once("bot-answer", self._work(one, None))

    async def _answered(
        self, called: Sequence[PersonId], seat: Seat, body: MessageBody, queued: Awaitable[Appended]
    ) -> Appended:
        landed = await queued
        for bot in () if landed.repeated else called:
            person = seat.member.person
            one = Unanswered(seat.room.id, landed.seq, bot, person, self._clock.now())
            if self._notes.full:
                sentence = self._wording.sentence(self._locale, busy())
                self._supervisor.once("bot-busy", self._voice.say(bot, seat, sentence, landed.seq))
                continue
            self._notes.begin(one)
            self._supervisor.once("bot-answer", self._work(one, Message(seat, body)))
        return landed

    async def _work(self, one: Unanswered, message: Message | None) -> None:
        """Answer; what cannot be answered now, as the database is away or this process ends, is left."""
        typing = asyncio.ensure_future(self._voice.type(one.bot, one.room))
        left = False
        try:
            await self._replies.give(one, message)
        except (asyncio.CancelledError, PyMongoError):
            left = True
            raise
        except Refusal as refusal:
            left = refusal.temporary  # else another process has answered it
        finally:
            (self._notes.leave if left else self._notes.settle)(one)
            typing.cancel()
            with suppress(asyncio.CancelledError):
                await typing
