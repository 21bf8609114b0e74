"""The writer of ledgers: group commit for each form, one order, nothing twice.

Submissions to a form wait while a commit of this form is under way; then all that wait are chained and
written as one transaction, links and current answers together. So a thousand guardians who sign in the
same minute cost some dozens of commits. Two processes that append to one chain meet at the unique index
on (notice, seq): the later one reads the head again and goes on.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from rooms.errors import ErrorCode, Refusal, conflict, forbidden
from rooms.forms.canonical import canonical
from rooms.forms.ledger import Head, link
from rooms.forms.ports import LedgerStore, Row, Sent
from rooms.forms.record import Act, Body, Current, Draft, Entry
from rooms.ids import NoticeId
from rooms.ports import Clock, LogUnavailable

FIRST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 1.0
REMEMBERED: Final = 1_000
"""Forms whose heads are kept in memory."""


class Written(msgspec.Struct, frozen=True):
    """A submission in its place; `repeated` when the same `cid` had been written before."""

    entry: Entry
    repeated: bool = False


@dataclass(slots=True)
class Waiting:
    """A draft and the future its sender awaits; `give_up` is a monotonic time."""

    draft: Draft
    done: asyncio.Future[Written]
    give_up: float
    settled: bool = False

    @property
    def sent(self) -> Sent:
        """What makes this submission unique for ever."""
        body = self.draft.body
        return ((body.clerk.id if body.clerk else body.signer.id), body.cid)


@dataclass(slots=True)
class Queue:
    """What waits for the chain of one form."""

    waiting: deque[Waiting] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Chains:
    """Appends to the ledgers of all forms; see the module's docstring.

    `patience` bounds, in seconds, how long a submission waits for a store that does not answer;
    `capacity` how many may wait at all, `batch` how many are written at once.
    """

    def __init__(
        self,
        store: LedgerStore,
        clock: Clock,
        *,
        batch: int = 200,
        capacity: int = 10_000,
        patience: float = 20.0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._batch = batch
        self._capacity = capacity
        self._patience = patience
        self._queues: dict[NoticeId, Queue] = {}
        self._heads: OrderedDict[NoticeId, Head] = OrderedDict()
        self._count = 0

    @property
    def waiting(self) -> int:
        """How many submissions have no place yet."""
        return self._count

    async def append(self, draft: Draft) -> Written:
        """Give a submission its place. Raises Refusal.

        conflict: the same `cid` was sent with another content, or there is nothing to take back;
        forbidden: there is an answer that may not be changed; unavailable: try again, with the same
        `cid`. A sender who goes away meanwhile leaves the submission to be written.
        """
        if self._count >= self._capacity:
            raise Refusal(ErrorCode.UNAVAILABLE, "log_busy", retry_after=1.0)
        done: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(draft.notice, Queue())
        queue.waiting.append(Waiting(draft, done, self._clock.monotonic() + self._patience))
        self._count += 1
        if queue.task is None:
            queue.task = asyncio.ensure_future(self._work(draft.notice, queue))
        return await done

    async def drain(self) -> None:
        """Wait until nothing waits any more."""
        while tasks := [queue.task for queue in self._queues.values() if queue.task is not None]:
            await asyncio.wait(tasks)

    async def _work(self, notice: NoticeId, queue: Queue) -> None:
        """Write what waits for a form, until nothing does."""
        pause = 0.0
        batch: list[Waiting] = []
        try:
            while queue.waiting:
                batch = [queue.waiting.popleft() for _ in range(min(self._batch, len(queue.waiting)))]
                again = await self._try(notice, batch)
                queue.waiting.extendleft(reversed(again))
                pause = min(max(FIRST_PAUSE, pause * 2), LONGEST_PAUSE) if again else 0.0
                if again:
                    await asyncio.sleep(pause)
        finally:
            self._queues.pop(notice, None)
            for waiting in (*batch, *queue.waiting):  # none, unless the process ends
                self._settle(waiting, Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0))

    async def _try(self, notice: NoticeId, batch: Sequence[Waiting]) -> list[Waiting]:
        """Write a batch, whatever comes; returns what must be tried again."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._commit(notice, batch)
        except (LogUnavailable, TimeoutError):
            self._heads.pop(notice, None)
            return self._uncertain(batch)
        except Exception as error:  # noqa: BLE001 - it belongs to those who sent
            self._heads.pop(notice, None)
            for waiting in batch:
                self._settle(waiting, error)
            return []

    async def _commit(self, notice: NoticeId, batch: Sequence[Waiting]) -> list[Waiting]:
        """Write a batch; returns what must be tried again."""
        fresh, twins = _first_of_each(batch)
        head = self._heads.get(notice) or await self._store.head(notice)
        current = await self._store.current(notice, {waiting.draft.whose for waiting in fresh})
        rows: list[Row] = []
        placed: list[tuple[Waiting, Entry]] = []
        for waiting in fresh:
            before = current.get(waiting.draft.whose)
            body = _placed(waiting.draft, before)
            if isinstance(body, Refusal):
                # What stands against it may be this very submission, sent before.
                known = await self._store.sent(notice, [waiting.sent])
                self._settle(waiting, _repeated(notice, waiting, known.get(waiting.sent)) or body)
                continue
            content = canonical(body)
            made = link(notice, head, content)
            head = made.head
            draft = waiting.draft
            rows.append(
                Row(made, content, body.id, *waiting.sent, draft.asked, draft.whose, body.text, body.files)
            )
            placed.append((waiting, Entry(notice, made, body)))
            current[waiting.draft.whose] = current_of(body, made.seq, waiting.draft.picks)
        if rows:
            changed = {row.whose for row in rows}
            clash = await self._store.append(notice, rows, [current[whose] for whose in changed])
            if clash is not None:
                self._heads.pop(notice, None)
                rest = [waiting for waiting, _ in placed]
                return [*(await self._repeats(notice, rest) if clash == "cid" else rest), *twins]
        self._heads[notice] = head
        self._heads.move_to_end(notice)
        while len(self._heads) > REMEMBERED:
            self._heads.popitem(last=False)
        for waiting, entry in placed:
            self._settle(waiting, Written(entry))
        return twins

    async def _repeats(self, notice: NoticeId, batch: Sequence[Waiting]) -> list[Waiting]:
        """Answer those that were written before; returns the others."""
        known = await self._store.sent(notice, [waiting.sent for waiting in batch])
        rest = []
        for waiting in batch:
            outcome = _repeated(notice, waiting, known.get(waiting.sent))
            if outcome is None:
                rest.append(waiting)
            else:
                self._settle(waiting, outcome)
        return rest

    def _uncertain(self, batch: Sequence[Waiting]) -> list[Waiting]:
        """Keep what may be tried again, the outcome being unknown; give up on what waited too long."""
        now = self._clock.monotonic()
        again = [waiting for waiting in batch if not waiting.settled and waiting.give_up > now]
        for waiting in batch:
            if waiting.give_up <= now:
                self._settle(waiting, Refusal(ErrorCode.UNAVAILABLE, "log_unavailable", retry_after=2.0))
        return again

    def _settle(self, waiting: Waiting, outcome: Written | Exception) -> None:
        if waiting.settled:
            return
        waiting.settled = True
        self._count -= 1
        if waiting.done.done():  # its sender has gone
            return
        if isinstance(outcome, Exception):
            waiting.done.set_exception(outcome)
        else:
            waiting.done.set_result(outcome)


def entry_of(notice: NoticeId, row: Row) -> Entry:
    """Read a link and its body."""
    return Entry(notice, row.link, msgspec.json.decode(row.body, type=Body))


def current_of(body: Body, seq: int, picks: Mapping[str, Any]) -> Current:
    """Tell where an answer stands after a link."""
    return Current(
        student=body.student.id,
        signer=body.signer.id,
        kind=body.signer.kind,
        seq=seq,
        id=body.id,
        act=body.act,
        at=datetime.fromisoformat(body.at),
        version=body.version,
        picks=picks,
    )


def _placed(draft: Draft, before: Current | None) -> Body | Refusal:
    """Complete a body for its place after an earlier answer, or tell what stands against it."""
    body = draft.body
    if body.act is Act.WITHDRAW:
        if before is None or not before.holds:
            return conflict("nothing_to_withdraw")
        return msgspec.structs.replace(body, before=before.seq)
    if before is None or not before.holds:
        return msgspec.structs.replace(body, act=Act.ANSWER, before=before.seq if before else None)
    if not draft.change:
        return forbidden("no_change")
    return msgspec.structs.replace(body, act=Act.CHANGE, before=before.seq)


def _repeated(notice: NoticeId, waiting: Waiting, row: Row | None) -> Written | Refusal | None:
    """Answer a submission by what its `cid` was written for before; None where it was not."""
    if row is None:
        return None
    if row.asked != waiting.draft.asked:
        return conflict("cid_reused")
    return Written(entry_of(notice, row), repeated=True)


def _first_of_each(batch: Sequence[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """Split off submissions whose `cid` stands in the same batch already: they are answered next time."""
    seen: set[Sent] = set()
    first: list[Waiting] = []
    twins: list[Waiting] = []
    for waiting in batch:
        (twins if waiting.sent in seen else first).append(waiting)
        seen.add(waiting.sent)
    return first, twins
