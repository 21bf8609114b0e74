"""Commands that are not acknowledged yet: each keeps its `cid`, so that it happens once.

One command of a room is on its way at a time: so a room's order holds even where the hub refuses
one for a while, or a connection ends between two.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from hub.client.items import Lost, Refused
from hub.protocol import Sent

FAILURES: Final = 5
"""Temporary refusals of one command by a failing hub before its caller is told."""
PATIENT: Final = frozenset({"rate_limited", "unavailable", "unauthenticated"})
"""Refusals that pass in time, tried without end; without a sign-in the next connection resends."""
LONGEST_WAIT: Final = 20.0
CAPACITY: Final = 10_000

Request = Callable[[str, dict[str, Any]], asyncio.Future[Any]]
"""Sends a command on the present connection: (verb, body). Its future raises Refused or Lost."""


class Entry:
    """A command and the future its caller awaits."""

    __slots__ = ("body", "cid", "done", "failures", "flying", "room", "tries", "verb")

    def __init__(self, verb: str, room: str, body: dict[str, Any], cid: str) -> None:
        self.verb = verb
        self.room = room
        self.body = body
        self.cid = cid
        self.done: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(asyncio.Future.exception)  # its caller may have gone
        self.flying = False
        self.failures = 0
        self.tries = 0


class Outbox:
    """Sends what is added, in the order of each room, until the hub acknowledges or refuses it."""

    def __init__(self) -> None:
        self._rooms: dict[str, deque[Entry]] = {}
        self._entries: dict[str, Entry] = {}
        self._paused: dict[str, asyncio.TimerHandle] = {}
        self._request: Request | None = None
        self.resent = 0

    def add(self, verb: str, room: str, body: dict[str, Any], cid: str | None = None) -> Entry:
        """Queue a command behind the others of its room.

        A `cid` that waits already is the same command again: it is not queued twice. Raises
        ValueError where its content differs, Refused where too many wait.
        """
        cid = str(uuid.uuid4()) if cid is None else cid.lower()
        known = self._entries.get(cid)
        if known is not None:
            if (known.verb, known.room, known.body) != (verb, room, body):
                raise ValueError(f"cid {cid} waits already, with another content")
            return known
        if len(self._entries) >= CAPACITY:
            raise Refused("rate_limited", "too many commands wait", temporary=True, retry_after=1.0)
        entry = self._entries[cid] = Entry(verb, room, body, cid)
        self._rooms.setdefault(room, deque()).append(entry)
        self._pump(room)
        return entry

    def resume(self, request: Request) -> None:
        """Begin to send on a new connection."""
        self._request = request
        for room in list(self._rooms):
            self._pump(room)

    def pause(self) -> None:
        """Stop sending: the connection has gone. What was on its way counts as unsent."""
        self._request = None

    def give_up(self, reason: Exception) -> None:
        """Fail everything that waits."""
        self.pause()
        for timer in self._paused.values():
            timer.cancel()
        self._paused.clear()
        entries, self._entries = self._entries, {}
        self._rooms.clear()
        for entry in entries.values():
            entry.done.set_exception(reason)

    def _pump(self, room: str) -> None:
        waiting = self._rooms.get(room)
        if waiting is None or self._request is None or room in self._paused:
            return
        entry = waiting[0]
        if entry.flying:
            return
        entry.flying = True
        entry.tries += 1
        self.resent += entry.tries > 1
        answer = self._request(entry.verb, {"room": room, "cid": entry.cid, **entry.body})
        answer.add_done_callback(partial(self._answered, entry))

    def _answered(self, entry: Entry, answer: asyncio.Future[Any]) -> None:
        entry.flying = False
        error: BaseException | None = Lost("cancelled") if answer.cancelled() else answer.exception()
        if self._entries.get(entry.cid) is not entry:  # given up
            return
        if error is None:
            self._settle(entry, answer.result())
        elif isinstance(error, Lost):
            return  # the next connection resends it
        elif isinstance(error, Refused):
            self._refused(entry, error)
        else:
            self._settle(entry, error)
        self._pump(entry.room)

    def _refused(self, entry: Entry, error: Refused) -> None:
        entry.failures += 1
        if error.code in PATIENT or (error.temporary and entry.failures < FAILURES):
            backoff = min(LONGEST_WAIT, 2.0 ** (entry.failures - 1))
            wait = backoff if error.retry_after is None else error.retry_after
            loop = asyncio.get_running_loop()
            self._paused[entry.room] = loop.call_later(wait, self._unpause, entry.room)
            return
        self._settle(entry, error)

    def _unpause(self, room: str) -> None:
        del self._paused[room]
        self._pump(room)

    def _settle(self, entry: Entry, outcome: Sent | BaseException) -> None:
        del self._entries[entry.cid]
        waiting = self._rooms[entry.room]
        waiting.remove(entry)
        if not waiting:
            del self._rooms[entry.room]
        if isinstance(outcome, BaseException):
            entry.done.set_exception(outcome)
        else:
            entry.done.set_result(outcome)
