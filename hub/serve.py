"""Serving: one address, one process or several on it, and an orderly end.

Several workers have a listening socket each (SO_REUSEPORT), and the kernel deals connections out.
On one shared socket whoever wakes first takes a whole burst of them, and connections here last.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop

from bots.storing import Storing
from config.settings import Settings
from hub.bots.keeper import BotKeeper
from hub.huge_pages import ask_for_huge_pages
from hub.wording import Wording
from hub.worker_metrics import forget_worker, shared_metrics
from storage.mongo import plainly

BACKLOG: Final = 4096
RESTART_SECONDS: Final = 1.0
COLLECT_AFTER: Final = (20_000, 20, 50)
"""Objects, and then collections of the generation below, after which the garbage collector looks."""

log = structlog.get_logger(__name__)


def listen(host: str, port: int, workers: int = 1) -> socket.socket:
    """Make the listening socket; for several workers one that only holds the address for theirs.

    Raises OSError where the address is taken or not ours.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # Without SO_REUSEPORT first: with it, a second hub would share the address instead of being refused.
    listening = _bound(family, address, shared=False, backlog=BACKLOG)
    if workers == 1:
        return listening
    address = listening.getsockname()
    listening.close()
    return _bound(family, address, shared=True, backlog=None)


def _bound(family: int, address: Any, *, shared: bool, backlog: int | None) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
        if backlog is not None:
            made.listen(backlog)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


def serve(
    settings: Settings,
    mongodb_url: str,
    listening: socket.socket,
    ready: Callable[[], None],
    config: Path | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. `ready` is called once connections are taken.

    The chatbot's process runs beside; `config` is the file that the settings were read from.
    """
    storing = Storing.make()
    with BotKeeper(settings, mongodb_url, config, storing) as bot:
        if settings.workers == 1:
            bot.watch()
            return run_worker(settings, mongodb_url, listening, ready, storing)
        with shared_metrics():
            return _run_workers(settings, mongodb_url, listening, ready, bot)


def run_worker(
    settings: Settings,
    mongodb_url: str,
    listening: socket.socket,
    ready: Callable[[], None],
    storing: Storing | None = None,
) -> int:
    """Serve in this process."""
    # Importing Daphne installs Twisted's reactor and its loop, which forks must not share; the loop is of
    # the policy's making.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    from daphne.server import twisted_loop as loop  # noqa: PLC0415

    from hub import app  # noqa: PLC0415
    from hub.server.daphne import HubServer  # noqa: PLC0415

    asyncio.set_event_loop(loop)
    try:
        hub = loop.run_until_complete(app.start(settings, mongodb_url, storing))
    except Exception as error:  # noqa: BLE001 - whatever it is, the person at the terminal gets one line
        log.critical("cannot start", reason=plainly(error))
        return 1
    server = HubServer(
        hub.asgi,
        [listening],
        hub.drain,
        unsent_bytes=settings.limits.unsent_bytes,
        frame_bytes=settings.limits.frame_bytes,
        file_bytes=settings.limits.file_bytes,
        knows=hub.services.sign_ins.knows,
        give_way=hub.services.messages_first.give_way,
        ring=hub.ring,
        wording=Wording(settings.locale),
        ping_seconds=settings.ping_seconds,
        dead_seconds=settings.dead_seconds,
    )
    settle_memory()
    loop.call_soon(ready)
    server.run()
    loop.run_until_complete(hub.close())
    return 0


def settle_memory() -> None:
    """Put what stays into huge pages, and keep the garbage collector away from it and from all connections.

    What a hub makes is nearly all freed by counting references. By default the collector would go over all of
    ten thousand connections again and again, for half a second each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    ask_for_huge_pages()


def _run_workers(
    settings: Settings,
    mongodb_url: str,
    listening: socket.socket,
    ready: Callable[[], None],
    bot: BotKeeper,
) -> int:
    """Fork the workers, start dead ones and the chatbot again, pass on the order to stop."""
    workers: dict[int, int] = {}
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for number in range(settings.workers):
        workers[_fork(settings, mongodb_url, listening, ready if number == 0 else _quiet, bot)] = number
    bot.start()
    while workers:
        try:
            worker, status = os.wait()
        except InterruptedError:
            continue
        if worker == bot.pid:
            bot.ended(status)
            continue
        number = workers.pop(worker)
        forget_worker(worker)
        if not stopping:
            log.error("worker died, starting another", worker=worker, status=status)
            time.sleep(RESTART_SECONDS)
            if not stopping:
                workers[_fork(settings, mongodb_url, listening, _quiet, bot)] = number
    return 0


def _fork(
    settings: Settings,
    mongodb_url: str,
    listening: socket.socket,
    ready: Callable[[], None],
    bot: BotKeeper,
) -> int:
    sys.stdout.flush()
    worker = os.fork()
    if worker:
        return worker
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent passes Ctrl-C on as SIGTERM
    bot.let_go()
    code = 1
    try:
        with _bound(listening.family, listening.getsockname(), shared=True, backlog=BACKLOG) as own:
            code = run_worker(settings, mongodb_url, own, ready, bot.storing)
    except Exception:
        log.exception("worker failed")
    finally:
        sys.stdout.flush()
        os._exit(code)


def _quiet() -> None:
    pass
