"""What happens to a question in the bot's process: it is taken or refused, answered, and written down."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from bots.answerer import REMEMBERED, Answerer, Question, Result, Say
from bots.keeper import Keeper
from bots.parts import Abort, Error, Part, RunNames, Start, TextEnd, TextStart, decode, encode
from bots.runs import Run, Runs
from bots.wire import Ask
from rooms.conversations import MOST_TURNS, Conversation, ConversationStore, Turn, following
from rooms.errors import ErrorCode, Refusal, not_found
from rooms.ports import Clock

REMEMBERED_CONVERSATIONS: Final = 10_000

Spawn = Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Runs a named coroutine as a task that somebody owns."""

log = structlog.get_logger(__name__)


class AskLimits(Struct, frozen=True, kw_only=True):
    """Answers that one person and all together may have under way, and the seconds one may take."""

    at_once: int = 2
    waiting: int = 1_000
    seconds: float = 60.0


class Known(Struct, frozen=True):
    """A conversation with its last turns, and how many it has."""

    conversation: Conversation
    turns: int


class Asking:
    """Takes questions. All methods that take one raise Refusal."""

    def __init__(
        self,
        answerer: Answerer,
        store: ConversationStore,
        keeper: Keeper,
        clock: Clock,
        say: Say,
        limits: AskLimits,
        spawn: Spawn,
    ) -> None:
        self._answerer = answerer
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._say = say
        self._limits = limits
        self._spawn = spawn
        self.runs = Runs(clock)
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def take(self, ask: Ask) -> Run:
        """Take a question, or find the answer that it goes on with; its parts come by and by."""
        run = self.runs.get(ask.run) or (self.runs.of_conversation(ask.run) if ask.question is None else None)
        if run is None and (ask.question is None or ask.after >= 0):
            run = await self._stored(ask)
        if run is not None:
            if run.owner != ask.owner or run.conversation.bot != ask.bot:
                raise not_found("run")
            return run
        if ask.question is None:
            raise not_found("run")
        self._check_room(ask.owner)
        conversation = await self._conversation(ask)
        if (other := self.runs.get(ask.run)) is not None:  # the same question came a second time meanwhile
            return other
        self._check_room(ask.owner)
        run = Run(ask.run, conversation)
        before = conversation.turns or tuple(
            Turn(run="", question=text, at=self._clock.now()) for text in ask.earlier[-REMEMBERED:]
        )
        question = Question(
            text=ask.question,
            who=ask.who,
            bot=ask.bot,
            locale=ask.locale,
            unit=ask.unit,
            entry=ask.entry,
            before=before,
            # Whoever has parts of it that are not stored, which no model wrote then, gets the same again.
            worded=ask.after < 0,
        )
        self._begin(run, self._answer(run, question, ask.stored))
        return run

    def stop(self, run: str, owner: str) -> None:
        """Stop an answer; one that has ended stays as it is. Raises Refusal."""
        found = self.runs.get(run)
        if found is None or found.owner != owner:
            raise not_found("run")
        if found.task is not None and not found.done:
            found.task.cancel()

    async def settle(self, owner: str) -> None:
        """Wait until what somebody was answered is stored, a second at most."""
        await self._keeper.settle(owner)

    def _begin(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        self.runs.begin(run)
        run.task = self._spawn(f"run {run.id}", work)

    def _check_room(self, owner: str) -> None:
        if self.runs.live(owner) >= self._limits.at_once:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_asks_at_once", retry_after=1.0)
        if len(self.runs) >= self._limits.waiting:
            raise Refusal(ErrorCode.UNAVAILABLE, "bot_busy", retry_after=3.0)

    async def _answer(self, run: Run, question: Question, stored: bool) -> None:
        """Work on a question to the end, whatever happens; the last part says how it ended."""
        began = self._clock.now()
        result = Result()
        if stored:
            # Whoever comes back before a model wrote a word finds what they asked.
            result.on_writing = lambda: self._keeper.later(
                run.conversation, self._turn(run, question, result, began, done=False)
            )
        try:
            async with asyncio.timeout(self._limits.seconds):
                async for part in self._answerer.answer(question, result):
                    # Not before there is something to follow: one message less on its way.
                    self._start(run)
                    written = _text(part)
                    if result.llm and stored:
                        # What a model wrote is nowhere else: nobody may have seen a part that is not stored.
                        ahead = self._turn(run, question, result, began, done=False, more=written)
                        await self._keeper.now(run.conversation, ahead)
                    run.add(written)
        except asyncio.CancelledError:
            self._end(run, Abort("stopped"))
        except TimeoutError:
            self._end(run, Error(self._say(question.locale, "too_long")))
        except Exception:
            log.exception("answering failed")
            self._end(run, Error(self._say(question.locale, "failed")))
        finally:
            turn = self._turn(run, question, result, began, done=True)
            self._remember(run.conversation, turn)
            if stored:
                self._keeper.later(run.conversation, turn)
            self.runs.end(run)

    def _start(self, run: Run) -> None:
        if not run.parts:
            run.add(_text(Start(run.id, RunNames(run.id, run.conversation.id, run.conversation.bot))))

    def _end(self, run: Run, part: Part) -> None:
        self._start(run)
        run.add(_text(part))

    async def _complete(self, run: Run, turn: Turn, ask: Ask) -> None:
        """Bring an answer to its end that was under way in a process that is no more."""
        parts = [decode(part) for part in run.parts]
        texts = sum(isinstance(part, TextStart) for part in parts)
        open_text = texts > sum(isinstance(part, TextEnd) for part in parts)
        question = Question(text=turn.question, who=ask.who, bot=ask.bot, locale=ask.locale)
        text: list[str] = []
        try:
            finishing = self._answerer.finish(question, turn.entries, open_text=open_text, said=texts > 0)
            async for part in finishing:
                run.add(_text(part))
                text.append(getattr(part, "delta", ""))
        except Exception:
            log.exception("completing an answer failed")
            run.add(_text(Error(self._say(ask.locale, "failed"))))
        finally:
            whole = msgspec.structs.replace(
                turn,
                parts=tuple(run.parts),
                answer=turn.answer + "".join(text),
                done_at=self._clock.now(),
            )
            self._keeper.later(run.conversation, whole)
            self.runs.end(run)

    async def _stored(self, ask: Ask) -> Run | None:
        """Find an answer in the store; one that was never finished is, now."""
        conversation = await self._store.of_run(ask.run)
        if conversation is None or not conversation.turns or conversation.owner != ask.owner:
            return None
        if (other := self.runs.get(ask.run)) is not None:
            return other
        turn = conversation.turns[0]
        run = Run(ask.run, conversation, turn.parts)
        if turn.done_at is None:
            self._begin(run, self._complete(run, turn, ask))
        else:
            run.end()
            self.runs.keep(run)
        return run

    async def _conversation(self, ask: Ask) -> Conversation:
        """Find the conversation that a question belongs to, or begin one. Raises Refusal."""
        name = ask.conversation
        while name is not None:
            known = self._known.get(name) or await self._read(name)
            if known is None:
                if name == ask.conversation and not ask.fresh:
                    raise not_found("conversation")
                break
            found = known.conversation
            if found.owner != ask.owner or found.bot != ask.bot:
                raise not_found("conversation")
            if known.turns < MOST_TURNS:
                return found
            name = following(name)
        return Conversation(
            # Of the run, so that a question that comes again after a crash finds its conversation.
            id=name or f"c{ask.run[1:]}",
            bot=ask.bot,
            owner=ask.owner,
            visitor=ask.visitor,
            unit=ask.unit,
            audience=tuple(sorted(ask.who.audience)),
            locale=ask.locale,
        )

    async def _read(self, conversation: str) -> Known | None:
        found = await self._store.conversation(conversation)
        return None if found is None else Known(_lean(found, found.turns), len(found.turns))

    def _remember(self, conversation: Conversation, turn: Turn) -> None:
        """Keep what follow-ups go back to."""
        known = self._known.pop(conversation.id, None) or Known(conversation, len(conversation.turns))
        lean = _lean(known.conversation, (*known.conversation.turns, turn))
        self._known[conversation.id] = Known(lean, known.turns + 1)
        if len(self._known) > REMEMBERED_CONVERSATIONS:
            self._known.popitem(last=False)

    def _turn(
        self,
        run: Run,
        question: Question,
        result: Result,
        began: datetime,
        *,
        done: bool,
        more: str | None = None,
    ) -> Turn:
        parts = (*run.parts, *(() if more is None else (more,)))
        return Turn(
            run=run.id,
            question=question.text,
            at=began,
            asked=result.asked if result.asked != question.text else "",
            band=result.band,
            score=result.score,
            entries=result.entries,
            answer="".join(result.text),
            parts=parts,
            llm=result.llm,
            done_at=self._clock.now() if done else None,
        )


def _lean(conversation: Conversation, turns: Sequence[Turn]) -> Conversation:
    last = tuple(msgspec.structs.replace(turn, parts=(), answer="") for turn in turns[-REMEMBERED:])
    return msgspec.structs.replace(conversation, turns=last)


def _text(part: Part) -> str:
    return encode(part).decode()
