"""Asking the chatbot, for whoever is signed in and whoever is not: who may, how often, and as whom."""

import asyncio
import unicodedata
import uuid
from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from bots import wire
from bots.masking import mask
from config.limits import Limits
from hub.bots.link import Answering, BotLink
from rooms.composed import composed
from rooms.conversations import Conversation, ConversationStore, Feedback
from rooms.errors import ErrorCode, Refusal, bad_request, not_found, too_large
from rooms.faq.entries import Asker
from rooms.faq.scope import Bot, Scopes
from rooms.ids import PersonId, RoomId, UnitId, derived_id, new_cid
from rooms.messages import Limiter
from rooms.people import Person
from rooms.ports import Clock
from rooms.short_memory import ShortMemory

OPENING_SECONDS: Final = 1.0
"""How long a chat that opens waits for the questions that it opens with."""
VISITOR_SECONDS: Final = 30.0
VISITOR_PLACES: Final = 4_000
"""How long, and for how many schools, it is remembered what a visitor of one may see."""
REASON_CHARS: Final = 1_000
EARLIER: Final = 5
"""Questions of before that a client may bring along."""
_CONTROL: Final = frozenset({"Cc", "Cs"})
_BOTS: Final = {bot.value: bot for bot in Bot}


class Guest(Struct, frozen=True):
    """Somebody who is not signed in: the id in their token, where they ask from, the school they named."""

    id: str
    network: str
    unit: str | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """A question as it came.

    `cid` names it: the same again is the same run. `chat` is a client's own name for the conversation;
    `earlier` are questions of before, for a conversation that is not known here.
    """

    text: str
    cid: str | None = None
    conversation: str | None = None
    chat: str | None = None
    entry: str | None = None
    earlier: Sequence[str] = ()
    locale: str = "ko"


class Permits(Limiter, Protocol):
    """Counts questions, and can take it back."""

    async def give_back(self, key: str) -> None:
        """Count the last one no more that was taken."""


class Bots:
    """The way to the chatbot: everything that is asked of it goes through here. All methods raise Refusal."""

    def __init__(
        self,
        link: BotLink,
        scopes: Scopes,
        conversations: ConversationStore,
        per_person: Permits,
        per_address: Permits,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self.link = link
        self._scopes = scopes
        self.conversations = conversations
        self._per_person = per_person
        self._per_address = per_address
        self._clock = clock
        self._limits = limits
        self._visitors: ShortMemory[tuple[Bot, str], Asker] = ShortMemory(
            clock, seconds=VISITOR_SECONDS, most=VISITOR_PLACES
        )

    async def ask(self, who: Person | Guest, bot: str, asked: Asked, asker: Asker | None = None) -> Answering:
        """Ask; returns once the question is taken. `asker` narrows as what somebody asks."""
        name = bot_of(bot)
        asker = asker or await self.asker(who, name)
        text = self._question(asked.text)
        if not self.link.here:
            raise Refusal(ErrorCode.UNAVAILABLE, "bot_away", retry_after=2.0)
        run = run_of(who.id, asked.cid or new_cid())
        await self._take(who)
        conversation = asked.conversation
        if conversation is None and asked.chat is not None:
            conversation = conversation_of(who.id, asked.chat)
        question = wire.Ask(
            n=0,
            run=run,
            owner=who.id,
            bot=name,
            who=asker,
            question=text,
            conversation=conversation,
            fresh=asked.conversation is None,
            entry=asked.entry,
            earlier=tuple(mask(one[: self._limits.question_chars]) for one in asked.earlier[-EARLIER:]),
            locale=asked.locale,
            unit=who.unit if isinstance(who, Guest) else asker.home,
            visitor=isinstance(who, Guest),
        )
        try:
            return await self.link.ask(question)
        except Refusal as refusal:
            if refusal.temporary:  # it is to be asked again, and counts then
                await self._give_back(who)
            raise

    async def resume(
        self, who: Person | Guest, bot: str, run: str, after: int, locale: str = "ko"
    ) -> Answering:
        """Go on with an answer after part number `after`; `run` may also name a conversation of theirs."""
        name = bot_of(bot)
        return await self.link.ask(
            wire.Ask(
                n=0,
                run=run,
                owner=who.id,
                bot=name,
                who=await self.asker(who, name),
                after=after,
                locale=locale,
                visitor=isinstance(who, Guest),
            )
        )

    async def stop(self, who: Person | Guest, run: str) -> None:
        """Stop an answer."""
        await self.link.stop(run, who.id)

    async def conversation(self, who: Person | Guest, bot: str, conversation: str) -> Conversation:
        """Read a conversation of theirs."""
        await self.link.settle(who.id)
        found = await self.conversations.conversation(conversation)
        if found is None or found.owner != who.id or found.bot != bot_of(bot):
            raise not_found("conversation")
        return found

    async def judge(self, who: Person | Guest, bot: str, run: str, *, helpful: bool, reason: str) -> None:
        """Keep what they thought of an answer."""
        await self.link.settle(who.id)
        found = await self.conversations.of_run(run)
        if found is None or found.owner != who.id or found.bot != bot_of(bot):
            raise not_found("run")
        reason = composed(reason).strip()
        if len(reason) > REASON_CHARS:
            raise too_large("reason_too_long", limit=REASON_CHARS)
        await self.conversations.judge(run, Feedback(helpful, mask(_plain(reason)), self._clock.now()))

    async def asker(self, who: Person | Guest, bot: Bot) -> Asker:
        """Find out as what somebody asks."""
        if isinstance(who, Guest):
            return await self._visitor(bot, who.unit)
        return await self._scopes.of(who, bot)

    async def opening(self, asker: Asker) -> Sequence[str]:
        """Find the questions that a chat opens with; none where the bot does not tell them soon."""
        most = self._limits.opening_questions
        if not most:
            return ()
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                return await self.link.opening(asker, most)
        except (Refusal, TimeoutError):
            return ()

    async def _visitor(self, bot: Bot, unit: str | None) -> Asker:
        if unit is None:
            return await self._scopes.visitor(bot)
        found = self._visitors.get((bot, unit))
        if found is None:
            found = await self._scopes.visitor(bot, UnitId(unit))
            self._visitors.put((bot, unit), found)
        return found

    def _question(self, text: str) -> str:
        """Check a question, and mask what is personal in it."""
        if len(text) > 4 * self._limits.question_chars:
            raise too_large("question_too_long", limit=self._limits.question_chars)
        text = _plain(composed(text)).strip()
        if len(text) > self._limits.question_chars:
            raise too_large("question_too_long", limit=self._limits.question_chars)
        text = mask(text)
        if not text.strip():
            raise bad_request("empty_question")
        return text

    async def _take(self, who: Person | Guest) -> None:
        now = self._clock.monotonic()
        wait = await self._per_person.take(who.id, now)
        if wait is None and isinstance(who, Guest):
            wait = await self._per_address.take(who.network, now)
            if wait is not None:
                await self._per_person.give_back(who.id)
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_asks", retry_after=round(wait, 3))

    async def _give_back(self, who: Person | Guest) -> None:
        await self._per_person.give_back(who.id)
        if isinstance(who, Guest):
            await self._per_address.give_back(who.network)


def bot_of(name: str) -> Bot:
    """Read the name of a bot. Raises Refusal(not_found)."""
    try:
        return _BOTS[name]
    except KeyError:
        raise not_found("bot") from None


def run_of(owner: str, cid: str) -> str:
    """Name the run of a question: the same for the same person and `cid`, and not to be guessed by others."""
    return derived_id("a", f"run {owner} {cid.lower()}")


def cid_in(room: RoomId, seq: int, bot: PersonId) -> str:
    """Name what a chatbot makes of a message in a room: the question, and the one answer to it."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{room} {seq} {bot}"))


def conversation_of(owner: str, chat: str) -> str:
    """Name the conversation that a client has its own name for."""
    return derived_id("c", f"conversation {owner} {chat}")


def _plain(text: str) -> str:
    """Make spaces of control characters."""
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(char) in _CONTROL and char != "\n" else char for char in text)
