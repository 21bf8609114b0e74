"""The chatbot's process: everything that it is made of is put together here.

It is not part of the command line, whose import takes longer than the rest: the bot is to answer within
seconds. `hub/bots/keeper.py` starts it with the pipe whose end tells that the hub has gone.
"""

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from typing import Final

import structlog
import uvloop

from bots.address import socket_path
from bots.answerer import Answerer
from bots.asking import Asking, AskLimits
from bots.engine import LiveEngine
from bots.keeper import Keeper
from bots.openings import Openings
from bots.process import BotServer
from bots.retrieval.embedder import WORDS_ALONE
from bots.small_talk import SmallTalk
from bots.storing import GivingWay, Storing, go_on
from bots.writer import Writer, WriterSettings
from config import logging
from config.reading import load
from config.settings import Settings
from hub.bots import idle_group
from hub.bots.entries import Following
from hub.bots.handoff import Handing
from hub.bots.keeper import PAUSE, STORING
from hub.bots.opening import Ranking
from hub.bots.priority import step_back
from hub.bots.words import BotWords
from hub.tasks import Supervisor
from storage.bots.conversations import MongoConversations
from storage.mongo import connect

DRAIN_SECONDS: Final = 3.0
FOLLOW_SECONDS: Final = 1.0
KEEP_SECONDS: Final = 600.0
"""How often it is looked whether what is indexed is to be saved: many entries take seconds, and the disk."""
WRITING: Final = 0.75
"""Of the time that an answer may take, what a language model has; the rest is for the stored answer."""
SWITCH_SECONDS: Final = 0.001
"""How long a searching thread keeps the interpreter while the event loop wants it."""

log = structlog.get_logger(__name__)


class BotClock:
    """Real time."""

    def now(self) -> datetime:
        """Return the time of day, in UTC, in milliseconds as MongoDB keeps it."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()


def main() -> int:
    """Run the bot until SIGTERM, or until the hub that started it has gone; returns the exit code.

    With `--tied` standard input is the pipe of the hub that started it. After `--storing` comes the
    descriptor of what it shares with that hub.
    """
    if "--tied" in sys.argv:
        threading.Thread(target=_end_with_parent, args=(os.dup(0),), daemon=True).start()
    if PAUSE in sys.argv:
        time.sleep(float(sys.argv[sys.argv.index(PAUSE) + 1]))
    settings = load(os.environ)
    logging.configure(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    if settings.mongodb_url is None:
        log.critical("the chatbot needs the address of the database; madang serve gives it")
        return 2
    try:
        uvloop.run(run(settings, settings.mongodb_url))
    except asyncio.CancelledError:
        return 0
    except Exception:
        log.exception("the chatbot ended")
        return 1
    return 0


async def run(settings: Settings, mongodb_url: str) -> None:
    """Load, then serve until SIGTERM."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the hub passes Ctrl-C on
    began, clock = time.monotonic(), BotClock()
    mongo = connect(mongodb_url, settings.mongodb_database)
    folder = settings.data / "bots"

    def today() -> date:
        return datetime.now(settings.zone).date()

    engine = LiveEngine(folder, settings.embedding_model, today, _giving_way())
    supervisor, requests = Supervisor(), Supervisor()
    store = MongoConversations(mongo, clock, settings.conversation_days)
    keeper, writer = Keeper(store), make_writer(settings)
    following = Following(mongo, engine)
    answerer = Answerer(
        engine, BotWords(settings.locale).say, Handing(mongo, clock, settings).hand, SmallTalk(), writer
    )
    limits = settings.limits
    asking = Asking(
        answerer,
        store,
        keeper,
        clock,
        BotWords(settings.locale).say,
        AskLimits(at_once=limits.asks_at_once, waiting=limits.asks_waiting, seconds=settings.answer_seconds),
        requests.start,
    )
    openings = Openings(engine)
    ranking = Ranking(mongo, engine, openings, clock, settings.zone, limits.opening_turns)
    server = BotServer(asking, engine, openings, requests.start)
    try:
        await asyncio.gather(engine.warm_up(), following.read())
        await following.fill()
        server.revision = following.revision
        group = idle_group.join()  # but not before: people wait for it
        step_back(apart=group is not None)
        log.info("chatbot ready", entries=len(engine), seconds=round(time.monotonic() - began, 2))
        gc.freeze()
        supervisor.spawn("keeper", keeper.run)
        if group is not None:
            supervisor.spawn("idle group", group.keep)
        dense = settings.embedding_model != WORDS_ALONE
        supervisor.once("complete", _complete(engine, began, dense=dense))
        supervisor.spawn("index", partial(_keep, engine))
        supervisor.spawn("openings", ranking.run)
        supervisor.spawn("entries", partial(following.run, FOLLOW_SECONDS, server))
        await server.serve(socket_path(folder))
    finally:
        # What is under way ends with a last part each, which is stored before the rest may end.
        await requests.close(DRAIN_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await keeper.drain()
        await supervisor.close(DRAIN_SECONDS)
        if writer is not None:
            await writer.close()
        engine.close()
        mongo.close()


def make_writer(settings: Settings) -> Writer | None:
    """Make the way to the language model, where one is named."""
    if settings.llm_url is None or settings.llm_model is None:
        return None
    return Writer(
        WriterSettings(
            url=settings.llm_url,
            model=settings.llm_model,
            key=settings.llm_key,
            first_seconds=settings.llm_first_seconds,
            stall_seconds=settings.llm_stall_seconds,
            whole_seconds=WRITING * settings.answer_seconds,
            chars=settings.llm_chars,
        )
    )


def _giving_way() -> Callable[[], None]:
    if STORING not in sys.argv:
        return go_on
    return GivingWay(Storing(int(sys.argv[sys.argv.index(STORING) + 1])))


async def _complete(engine: LiveEngine, began: float, *, dense: bool) -> None:
    if dense:
        await engine.join_dense()
    await engine.prepare()
    gc.freeze()  # what was prepared stays
    if engine.dense:
        log.info("chatbot complete", model=engine.model, seconds=round(time.monotonic() - began, 2))


async def _keep(engine: LiveEngine) -> None:
    while True:
        await engine.keep()
        await asyncio.sleep(KEEP_SECONDS)


def _end_with_parent(pipe: int) -> None:
    """End at once when the hub has gone, however it went: its end of the pipe is closed then."""
    while os.read(pipe, 64):
        pass
    # Whoever is asked to stop in good order has SIGTERM first; there is nobody left to answer.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
