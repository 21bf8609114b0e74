"""The chatbot over HTTP: asking, going on, stopping, judging. Answers come as server-sent events."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from bots.parts import HEADER, VERSION, DataStatus, Error, encode
from hub.addresses import network_of
from hub.api.address import address_of
from hub.api.ask import Ask, Handlers
from hub.api.bots import shapes
from hub.api.bots.calls import SSE
from hub.api.bots.shapes import ResumeQuery
from hub.api.headers import HEADERS
from hub.api.shapes import Nothing
from hub.bots.asking import Asked, Bots, Guest, bot_of, conversation_of
from hub.bots.link import Answering, Lost
from hub.bots.visitors import Visitor, Visitors
from hub.bots.words import BotWords
from hub.services import Services
from rooms.bots import PERSONS
from rooms.errors import ErrorCode, Refusal
from rooms.events import iso
from rooms.people import Person

VISITOR: Final = "Madang-Visitor"
LAST_EVENT: Final = "Last-Event-ID"
BEAT_SECONDS: Final = 15.0
"""How long a stream may be silent before a comment shows that it lives."""
BEAT: Final = b": \n\n"
DONE: Final = b"data: [DONE]\n\n"
OURS: Final = re.compile(r"[ac][0-9a-hjkmnp-tv-z]{24}")
"""How runs and conversations are named here; any other name is a client's own."""

Path = shapes.BotPath | shapes.RunPath | shapes.ConversationPath

log = structlog.get_logger(__name__)


class BotApi:
    """Handlers of the chatbot's calls."""

    def __init__(self, services: Services, bots: Bots, visitors: Visitors, words: BotWords) -> None:
        self._services = services
        self._bots = bots
        self._visitors = visitors
        self._words = words

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "bot": self.bot,
            "chat": self.chat,
            "resume_chat": self.resume_chat,
            "stop_chat": self.stop_chat,
            "feedback": self.feedback,
            "conversation": self.conversation,
        }

    async def bot(self, ask: Ask[shapes.BotPath, shapes.BotQuery, None]) -> shapes.BotState:
        """Tell whether a bot answers, and what a chat opens with. Raises Refusal(not_found)."""
        bot = bot_of(ask.path.bot)
        who, visitor = self.who(ask, ask.query.unit)
        asker = await self._bots.asker(who, bot)
        fresh = visitor is not None and visitor.token != ask.request.headers.get(VISITOR)
        token = shapes.VisitorToken(visitor.token, iso(visitor.expires_at)) if visitor and fresh else None
        return shapes.BotState(
            bot,
            self._words.say(ask.language, f"bot_{bot}"),
            self._bots.link.here,
            visitor is None,
            PERSONS[bot] if visitor is None else None,
            token,
            list(await self._bots.opening(asker)),
            self._services.settings.limits.question_chars,
        )

    async def chat(self, ask: Ask[shapes.BotPath, Nothing, shapes.Question]) -> Response:
        """Ask. Raises Refusal."""
        body = ask.body
        who, visitor = self.who(ask, body.unit)
        told = last_event(ask.request)
        if told is not None:
            return self._stream(ask, visitor, await self._resume(ask, who, *told))
        text, earlier = shapes.text_of(body)
        asked = Asked(
            text=text,
            cid=body.cid,
            conversation=body.conversation,
            chat=body.id,
            entry=body.entry,
            earlier=earlier,
            locale=body.locale or ask.language,
        )
        return self._stream(ask, visitor, await self._bots.ask(who, ask.path.bot, asked))

    async def resume_chat(self, ask: Ask[shapes.RunPath, ResumeQuery, None]) -> Response:
        """Go on with an answer. Raises Refusal."""
        who, visitor = self.who(ask)
        run, after = ask.path.run, ask.query.after
        told = last_event(ask.request)
        if told is not None and told[0] == run:
            after = told[1]
        try:
            return self._stream(ask, visitor, await self._resume(ask, who, run, after))
        except Refusal as refusal:
            if refusal.code is not ErrorCode.NOT_FOUND or refusal.reason != "no_run":
                raise
        return await self._resume_chat_named(ask, who, visitor)

    async def stop_chat(self, ask: Ask[shapes.RunPath, Nothing, None]) -> None:
        """Stop an answer. Raises Refusal."""
        bot_of(ask.path.bot)
        who, _ = self.who(ask)
        await self._bots.stop(who, ask.path.run)

    async def feedback(self, ask: Ask[shapes.BotPath, Nothing, shapes.Judgement]) -> None:
        """Keep what somebody thinks of an answer. Raises Refusal."""
        who, _ = self.who(ask)
        body = ask.body
        await self._bots.judge(who, ask.path.bot, body.run, helpful=body.helpful, reason=body.reason)

    async def conversation(self, ask: Ask[shapes.ConversationPath, Nothing, None]) -> shapes.ConversationView:
        """Show a conversation again. Raises Refusal."""
        who, _ = self.who(ask)
        found = await self._bots.conversation(who, ask.path.bot, ask.path.conversation)
        turns = [
            shapes.TurnView(
                turn.run,
                turn.question,
                iso(turn.at),
                turn.done_at is not None,
                [msgspec.json.decode(part) for part in turn.parts],
                None
                if turn.feedback is None
                else shapes.FeedbackView(turn.feedback.helpful, turn.feedback.reason),
            )
            for turn in found.turns
        ]
        return shapes.ConversationView(found.id, found.bot, turns)

    async def _resume(self, ask: Ask[Any, Any, Any], who: Person | Guest, run: str, after: int) -> Answering:
        return await self._bots.resume(who, ask.path.bot, run, after, ask.language)

    async def _resume_chat_named(
        self, ask: Ask[shapes.RunPath, ResumeQuery, None], who: Person | Guest, visitor: Visitor | None
    ) -> Response:
        """Go on with what is under way in a conversation, by the client's own name for it or ours."""
        named = ask.path.run
        for name in (named, conversation_of(who.id, named)):
            try:
                return self._stream(ask, visitor, await self._resume(ask, who, name, -1))
            except Refusal as refusal:
                if refusal.reason != "no_run":
                    raise
        if OURS.fullmatch(named):
            # A conversation of theirs, or there is none of that name: which is refused.
            await self._bots.conversation(who, ask.path.bot, named)
        return Response(status_code=204, headers=HEADERS)

    def who(self, ask: Ask[Any, Any, Any], unit: str | None = None) -> tuple[Person | Guest, Visitor | None]:
        """Find out who asks: the person signed in, else the visitor by their token, or a new one."""
        if ask.signed is not None:
            return ask.person, None
        now = self._services.clock.now()
        token = ask.request.headers.get(VISITOR)
        visitor = self._visitors.read(token, now) if token else self._visitors.make(now)
        network = network_of(address_of(ask.request, self._services.settings))
        return Guest(visitor.id, network, unit), visitor

    def _stream(self, ask: Ask[Any, Any, Any], visitor: Visitor | None, answering: Answering) -> Response:
        fresh = visitor is not None and ask.request.headers.get(VISITOR) != visitor.token
        return EventStream(
            self._events(answering, ask.language), visitor.token if visitor and fresh else None
        )

    async def _events(self, answering: Answering, locale: str) -> AsyncIterator[tuple[bytes, bool]]:
        """Write an answer as server-sent events (HTML, section 9.2), and tell whether there will be more."""
        number = -1
        try:
            async with aclosing(answering.pieces(BEAT_SECONDS)) as pieces:
                async for piece in pieces:
                    number = piece.first + len(piece.parts) - 1
                    told = b"".join(
                        event(answering.run, piece.first + place, part)
                        for place, part in enumerate(piece.parts)
                    )
                    if piece.waiting:
                        told = b"data: " + encode(DataStatus()) + b"\n\n"
                    yield (told + DONE, False) if piece.last else (told or BEAT, True)
        except (Lost, Refusal):
            failed = encode(Error(self._words.say(locale, "away"))).decode()
            yield event(answering.run, number + 1, failed) + DONE, False
        finally:
            answering.close()


_HEADERS: Final = (
    *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
    (HEADER.encode(), VERSION.encode()),
    (b"x-accel-buffering", b"no"),
    (b"content-type", f"{SSE}; charset=utf-8".encode()),
)
"""What the head of every answer has."""


class EventStream(Response):
    """An answer in pieces, as they come, each with whether more will follow.

    Where the client has gone, Daphne cancels what is left of it.
    """

    def __init__(self, events: AsyncIterator[tuple[bytes, bool]], visitor: str | None) -> None:
        """Take the events, and the token that whoever asks gets, if it is a new one."""
        # Starlette would put the same headers together for every answer anew.
        self.status_code, self.background, self.raw_headers = 200, None, list(_HEADERS)
        if visitor is not None:
            self.raw_headers.append((VISITOR.lower().encode(), visitor.encode()))
        self._events = events

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece, more in self._events:
            await send({"type": "http.response.body", "body": piece, "more_body": more})


def event(run: str, number: int, part: str) -> bytes:
    """Write one part as an event."""
    return f"id: {run}:{number}\ndata: {part}\n\n".encode()


def last_event(request: Request) -> tuple[str, int] | None:
    """Read which part a client has last; None where it does not say, or not in our words."""
    run, colon, number = request.headers.get(LAST_EVENT, "").rpartition(":")
    return (run, int(number)) if colon and run and number.isdecimal() and len(number) < 9 else None
