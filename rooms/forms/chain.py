"""The writer of ledgers: group commit for each form, one order, nothing twice.

Submissions to a form wait while a commit of this form is under way; then all that wait are chained and
written as one transaction, links and current answers together. So a thousand guardians who sign in the
same minute cost some dozens of commits. Two processes that append to one chain meet at the unique index
on (notice, seq): the later one reads the head again and goes on.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from rooms.errors import Refusal, conflict, forbidden
from rooms.forms.canonical import canonical
from rooms.forms.ledger import Head, link
from rooms.forms.ports import LedgerStore, Row, Sent
from rooms.forms.record import Act, Body, Current, Draft, Entry
from rooms.group_commit import Pauses, Pending, Waiting, first_of_each, take
from rooms.ids import NoticeId
from rooms.ports import Clock, LogUnavailable

REMEMBERED: Final = 1_000
"""Forms whose heads are kept in memory."""


class Written(msgspec.Struct, frozen=True):
    """A submission in its place; `repeated` when the same `cid` had been written before."""

    entry: Entry
    repeated: bool = False


Submission = Waiting[Draft, Sent, Written]
Start = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a task and owns it."""


@dataclass(slots=True)
class Queue:
    """What waits for the chain of one form; `task` keeps the one that writes it from being collected."""

    waiting: deque[Submission] = field(default_factory=deque)
    running: bool = False
    task: object = None


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
        self._start: Start = asyncio.ensure_future
        self._batch = batch
        self._pending: Pending[Draft, Sent, Written] = Pending(clock, capacity=capacity, patience=patience)
        self._queues: dict[NoticeId, Queue] = {}
        self._heads: OrderedDict[NoticeId, Head] = OrderedDict()

    def own(self, start: Start) -> None:
        """Let somebody own the tasks that write, from now on: one for each form that is being answered."""
        self._start = start

    @property
    def waiting(self) -> int:
        """How many submissions have no place yet."""
        return len(self._pending)

    async def append(self, draft: Draft) -> Written:
        """Give a submission its place. Raises Refusal.

        conflict: the same `cid` was sent with another content, or there is nothing to take back;
        forbidden: there is an answer that may not be changed; unavailable: try again, with the same
        `cid`. A sender who goes away meanwhile leaves the submission to be written.
        """
        waiting = self._pending.add(draft, _sent(draft))
        queue = self._queues.setdefault(draft.notice, Queue())
        queue.waiting.append(waiting)
        if not queue.running:
            queue.running = True
            queue.task = self._start(self._work(draft.notice, queue))
        return await waiting.done

    async def drain(self) -> None:
        """Wait until nothing waits any more."""
        await self._pending.idle()

    async def _work(self, notice: NoticeId, queue: Queue) -> None:
        """Write what waits for a form, until nothing does."""
        pauses = Pauses()
        batch: list[Submission] = []
        try:
            while queue.waiting:
                batch = take(queue.waiting, self._batch)
                again, clashed = await self._try(notice, batch)
                queue.waiting.extendleft(reversed(again))
                await pauses.after(clashed=clashed)
        finally:
            self._queues.pop(notice, None)
            for waiting in (*batch, *queue.waiting):  # none, unless the process ends
                self._pending.give_up(waiting)

    async def _try(self, notice: NoticeId, batch: Sequence[Submission]) -> tuple[list[Submission], bool]:
        """Write a batch, whatever comes; returns what must be tried again, and whether to pause before."""
        try:
            async with asyncio.timeout(self._pending.patience):
                return await self._commit(notice, batch)
        except (LogUnavailable, TimeoutError):
            self._heads.pop(notice, None)
            return self._pending.uncertain(batch), True
        except Exception as error:  # noqa: BLE001 - it belongs to those who sent
            self._heads.pop(notice, None)
            for waiting in batch:
                self._pending.settle(waiting, error)
            return [], False

    async def _commit(self, notice: NoticeId, batch: Sequence[Submission]) -> tuple[list[Submission], bool]:
        """Write a batch; returns what must be tried again, and whether to pause before."""
        fresh, twins = first_of_each(batch)
        head = self._heads.get(notice) or await self._store.head(notice)
        current = await self._store.current(notice, {waiting.draft.whose for waiting in fresh})
        rows: list[Row] = []
        placed: list[tuple[Submission, Entry]] = []
        for waiting in fresh:
            before = current.get(waiting.draft.whose)
            body = _placed(waiting.draft, before)
            if isinstance(body, Refusal):
                # What stands against it may be this very submission, sent before.
                known = await self._store.sent(notice, [waiting.key])
                self._pending.settle(waiting, _repeated(notice, waiting, known.get(waiting.key)) or body)
                continue
            content = canonical(body)
            made = link(notice, head, content)
            head = made.head
            draft = waiting.draft
            rows.append(
                Row(made, content, body.id, *waiting.key, draft.asked, draft.whose, body.text, body.files)
            )
            placed.append((waiting, Entry(notice, made, body)))
            current[waiting.draft.whose] = current_of(body, made.seq, waiting.draft.picks)
        if rows:
            changed = {row.whose for row in rows}
            clash = await self._store.append(notice, rows, [current[whose] for whose in changed])
            if clash is not None:
                self._heads.pop(notice, None)
                rest = [waiting for waiting, _ in placed]
                return [*(await self._repeats(notice, rest) if clash == "cid" else rest), *twins], True
        self._heads[notice] = head
        self._heads.move_to_end(notice)
        while len(self._heads) > REMEMBERED:
            self._heads.popitem(last=False)
        for waiting, entry in placed:
            self._pending.settle(waiting, Written(entry))
        return twins, False

    async def _repeats(self, notice: NoticeId, batch: Sequence[Submission]) -> list[Submission]:
        """Answer those that were written before; returns the others."""
        known = await self._store.sent(notice, [waiting.key for waiting in batch])
        rest = []
        for waiting in batch:
            outcome = _repeated(notice, waiting, known.get(waiting.key))
            if outcome is None:
                rest.append(waiting)
            else:
                self._pending.settle(waiting, outcome)
        return rest


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


def _sent(draft: Draft) -> Sent:
    """Tell what makes a submission unique for ever."""
    body = draft.body
    return ((body.clerk.id if body.clerk else body.signer.id), body.cid)


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


def _repeated(notice: NoticeId, waiting: Submission, row: Row | None) -> Written | Refusal | None:
    """Answer a submission by what its `cid` was written for before; None where it was not."""
    if row is None:
        return None
    if row.asked != waiting.draft.asked:
        return conflict("cid_reused")
    return Written(entry_of(notice, row), repeated=True)
