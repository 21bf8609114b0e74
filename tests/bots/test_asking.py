"""Questions with a language model that words the answers: nobody gets one half of this and one of that."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from bots import keeper as keeper_module
from bots.answerer import Answerer, Question
from bots.asking import Asking, AskLimits
from bots.entries import Asker, Entry
from bots.keeper import Keeper
from bots.parts import Handoff
from bots.retrieval.bands import Band
from bots.retrieval.morphemes import Morphemes
from bots.runs import Run
from bots.small_talk import SmallTalk
from bots.wire import Ask
from bots.writer import Writer, WriterSettings
from hub.bots.words import BotWords
from rooms.conversations import Conversation, Turn
from tests.bots.test_alarms import NURSE, Finding
from tests.bots.test_keeper import TALK, Store, turn
from tests.support.clock import SteppedClock
from tests.support.llm_server import HANG, LlmServer, llm_server
from tests.support.waiting import eventually

SAYS = BotWords().say
STORED = "보건실로 오시면 보호자가 적은 대로 약을 먹여요."
WORDED = "보건실로 오시면 약을 먹여요. [1]"
ASK = Ask(n=1, run="r1", owner="p1", bot="school", who=Asker(), question="약을 먹여 주나요?")


class Away(Store):
    """A store that keeps nothing until it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.back = True
        self.tries = asyncio.Semaphore(0)
        self.before: Conversation | None = None
        self.turns: list[Turn] = []

    async def of_run(self, _run: str) -> Conversation | None:
        return self.before

    async def keep(self, kept: Sequence[tuple[Conversation, Turn]]) -> None:
        self.tries.release()
        if not self.back:
            raise ConnectionError("away")
        await super().keep(kept)
        self.turns += [turn for _, turn in kept]


class Remembering(Finding):
    """An engine that still has the entry which it finds."""

    def entry(self, entry: str | None, *_: object) -> Entry | None:
        found = self._found.hits[0].entry
        return found if entry == found.id else None


class Stage:
    """Questions, with a model behind them and a store before them."""

    def __init__(self, asking: Asking, store: Away, llm: LlmServer) -> None:
        self.asking = asking
        self.store = store
        self.llm = llm

    async def ask(self, **other: Any) -> Run:
        return await self.asking.take(msgspec.structs.replace(ASK, **other))


@asynccontextmanager
async def staged(morphemes: Morphemes) -> AsyncIterator[Stage]:
    async def hand(_question: Question) -> Handoff:
        return Handoff("school", open=True)

    tasks: list[asyncio.Task[None]] = []

    def spawn(_name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    async with llm_server() as llm:
        llm.script = [WORDED]
        writer = Writer(WriterSettings(url=llm.url, model="m"))
        store = Away()
        keeper = Keeper(store)
        spawn("keeper", keeper.run())
        answerer = Answerer(
            Remembering(morphemes, Band.SURE, msgspec.structs.replace(NURSE, answer=STORED)),
            SAYS,
            hand,
            SmallTalk(),
            writer,
        )
        asking = Asking(answerer, store, keeper, SteppedClock(), SAYS, AskLimits(), spawn)
        try:
            yield Stage(asking, store, llm)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await writer.close()


def text(run: Run) -> str:
    return "".join(msgspec.json.decode(part).get("delta", "") for part in run.parts)


async def end(run: Run) -> None:
    over = False
    while not over:
        _, over = await run.after(len(run.parts) - 1)


async def test_what_a_model_writes_is_not_shown_before_it_is_stored(
    monkeypatch: pytest.MonkeyPatch, morphemes: Morphemes
) -> None:
    monkeypatch.setattr(keeper_module, "PATIENCE", 0.0)
    monkeypatch.setattr(keeper_module, "LONGEST_PAUSE", 0.01)
    async with staged(morphemes) as stage:
        stage.store.back = False
        run = await stage.ask()
        for _ in range(3):
            await stage.store.tries.acquire()
        assert text(run) == ""
        stage.store.back = True
        await end(run)
        assert text(run) == WORDED
        assert len(stage.llm.asked) == 1


async def test_a_question_is_found_again_before_the_model_has_written_a_word(morphemes: Morphemes) -> None:
    async with staged(morphemes) as stage:
        stage.llm.script = [HANG]
        run = await stage.ask()
        await eventually(lambda: stage.llm.asked, what="the model is asked")
        await stage.asking.settle(ASK.owner)
        (kept,) = stage.store.turns
        assert (kept.run, kept.question, kept.done_at) == (run.id, ASK.question, None)
        assert list(kept.parts) == run.parts
        assert text(run) == ""
        # The process that worked on it dies, and another goes on with what was stored.
        stage.asking.stop(run.id, ASK.owner)
        await end(run)
    async with staged(morphemes) as stage:
        stage.store.before = msgspec.structs.replace(TALK, turns=(kept,))
        again = await stage.ask(question=None, after=len(kept.parts) - 1)
        await end(again)
        assert text(again) == STORED


async def test_an_answer_that_is_not_stored_goes_on_with_what_does_not_change(morphemes: Morphemes) -> None:
    async with staged(morphemes) as stage:
        run = await stage.ask(after=2)
        await end(run)
        assert text(run) == STORED
    assert stage.llm.asked == []


async def test_an_answer_that_broke_off_and_whose_entry_is_gone_has_failed(morphemes: Morphemes) -> None:
    async with staged(morphemes) as stage:
        said = ('{"type":"text-start","id":"t1"}', '{"type":"text-delta","id":"t1","delta":"보건실로"}')
        broken = msgspec.structs.replace(turn(ASK.run), entries=("gone",), parts=said, llm=True)
        stage.store.before = msgspec.structs.replace(TALK, turns=(broken,))
        run = await stage.ask(question=None, after=1)
        await end(run)
    parts = [msgspec.json.decode(part) for part in run.parts[len(said) :]]
    assert [part["type"] for part in parts] == ["text-end", "error"]
    assert parts[-1]["errorText"] == SAYS("ko", "interrupted_for_good")
