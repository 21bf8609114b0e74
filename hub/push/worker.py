"""The worker: leases what is due, sends it, and notes what became of it. Every process may run one.

A row belongs to whoever leased it. A process that dies leaves its leases to run out, and what it had under
way is sent again by another, under the same id and the same topic: push services replace, agencies and
mail programs recognise, service workers do not show twice.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from hub.metrics import Metrics
from hub.push.origins import Origins
from hub.push.preparing import Job, Preparing, Target
from hub.push.sending import Answer, Verdict
from hub.push.settling import Result, Settling
from hub.push.take_back import close_row
from rooms.delivery.backoff import pause
from rooms.delivery.channels import Kind, Outcome, Reason, State
from rooms.ports import Clock
from storage.delivery.outbox import Leased, MongoOutbox, Settled
from storage.mongo import PyMongoError, plainly

BATCH: Final = 100
LOOK_SECONDS: Final = 5.0
"""How often rows are looked for that nobody told of: those whose process died, or that another made."""
SOON_SECONDS: Final = 0.1
"""How long rows are left alone that are due and were not to be had: another worker is taking them."""
AWAY_SECONDS: Final = 5.0
"""How long the worker waits where MongoDB does not answer, or a source of rows fails."""
CLOSE_SECONDS: Final = 2.0
SAMPLE_SECONDS: Final = 15.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, for how long, how often: `concurrency` requests under way, durations in seconds."""

    concurrency: int
    timeout: float
    lease: float
    attempts: int


class Worker:
    """Sends. `run` never ends; `once` is for tests and benchmarks."""

    def __init__(
        self,
        outbox: MongoOutbox,
        preparing: Preparing,
        settling: Settling,
        clock: Clock,
        metrics: Metrics,
        pace: Pace,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._preparing = preparing
        self._settling = settling
        self._clock = clock
        self._metrics = metrics
        self._pace = pace
        self._spread = spread
        self._origins = Origins()
        self._gate = asyncio.Semaphore(pace.concurrency)
        self._held: dict[str, Leased] = {}
        self._batches: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._sampled = -SAMPLE_SECONDS

    def wake(self) -> None:
        """Look at once: something may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due, for ever; when cancelled, give back what was not begun."""
        settling = asyncio.create_task(self._settling.run())
        try:
            while True:
                await self._step()
        finally:
            for task in self._batches:
                task.cancel()
            settling.cancel()
            with contextlib.suppress(PyMongoError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await asyncio.gather(*self._batches, settling, return_exceptions=True)
                    await self._give_back()

    async def once(self) -> int:
        """Send one batch of what is due, wait until that is noted, and return how many rows it had."""
        leased = await self._lease(BATCH)
        await self._send(leased)
        await self._settling.flush()
        await self._close_overtaken()
        return len(leased)

    async def _step(self) -> None:
        """Lease a batch when there is room for one; wait where there is neither room nor work."""
        self._wake.clear()
        room = 2 * self._pace.concurrency - len(self._held)
        leased: list[Leased] = []
        rest = LOOK_SECONDS
        if room > 0:
            try:
                leased = await self._lease(min(BATCH, room))
                await self._close_overtaken()
                await self._sample()
                rest = LOOK_SECONDS if leased else await self.until_due()
            except PyMongoError as error:
                log.warning("pushes wait for the database", reason=plainly(error))
                await asyncio.sleep(AWAY_SECONDS)
                return
        if leased:
            task = asyncio.create_task(self._send_or_log(leased))
            self._batches.add(task)
            task.add_done_callback(self._batches.discard)
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._wake.wait()

    async def until_due(self) -> float:
        """Tell for how many seconds there is nothing to do, as far as is known."""
        moment = await self._outbox.next_due()
        longest = LOOK_SECONDS * (0.5 + self._spread() / 2)
        if moment is None:
            return longest
        left = (moment - self._clock.now()).total_seconds()
        return min(longest, max(left, SOON_SECONDS * (0.5 + self._spread())))

    async def _sample(self) -> None:
        """Tell now and then how much waits, and for how long."""
        if self._clock.monotonic() - self._sampled < SAMPLE_SECONDS:
            return
        self._sampled = self._clock.monotonic()
        now = self._clock.now()
        count, since = await self._outbox.waiting(now)
        self._metrics.pushes_wait(count, 0.0 if since is None else (now - since).total_seconds())

    async def _lease(self, limit: int) -> list[Leased]:
        now = self._clock.now()
        until = now + timedelta(seconds=self._pace.lease)
        leased = await self._outbox.claim(limit, now, until, secrets.token_hex(8))
        self._held |= {one.row.id: one for one in leased}
        return leased

    async def _send_or_log(self, leased: Sequence[Leased]) -> None:
        try:
            await self._send(leased)
        except PyMongoError as error:
            log.warning("a batch of pushes waits for its lease", reason=plainly(error), rows=len(leased))
        except Exception:
            log.exception("a batch of pushes failed", rows=len(leased))
        # Where it was cancelled, what is held still is given back.
        for one in leased:
            self._held.pop(one.row.id, None)

    async def _send(self, leased: Sequence[Leased]) -> None:
        ends = self._clock.monotonic() + self._pace.lease - self._pace.timeout
        jobs = await self._preparing.jobs(leased)
        await asyncio.gather(*(self._do(job, ends) for job in jobs))

    async def _do(self, job: Job, ends: float) -> None:
        """Send one row to all its devices, and take the result."""
        if not job.targets:
            self._settle(job, [])
        else:
            answers = await asyncio.gather(*(self._try(target, ends) for target in job.targets))
            self._settle(job, list(zip(job.targets, answers, strict=True)))
        self._held.pop(job.leased.row.id, None)
        if len(self._held) <= self._pace.concurrency:
            self._wake.set()

    async def _try(self, target: Target, ends: float) -> Answer | None:
        """Send to one address; None where it was not tried: no time left, or its service is left alone."""
        origin = target.sender.origin(target.parcel)
        async with self._gate:
            now = self._clock.monotonic()
            if now >= ends or self._origins.held(origin, now):
                return None
            answer = await target.sender.send(target.parcel)
            now = self._clock.monotonic()
        if answer.verdict is not Verdict.LATER:
            self._origins.took(origin)
        elif answer.everybody:
            self._origins.hold(origin, now, answer.retry_after or AWAY_SECONDS)
        else:
            self._origins.failed(origin, now)
        return answer

    def _settle(self, job: Job, sent: Sequence[tuple[Target, Answer | None]]) -> None:
        result = self._judge(job, sent)
        self._metrics.pushed(job.leased.row.channel, _said(result.settled))
        self._settling.add(result)

    def _judge(self, job: Job, sent: Sequence[tuple[Target, Answer | None]]) -> Result:
        """Say what all answers together mean for a row: it goes on for the devices that failed for now."""
        leased, now = job.leased, self._clock.now()
        took = [target for target, answer in sent if answer is not None and answer.verdict is Verdict.TAKEN]
        done = (*leased.done, *(target.subscription.id for target in took if target.subscription))
        tried = any(answer is not None for _, answer in sent)
        state, reason, again = self._end(job, sent, bool(took or leased.done))
        if took and job.leased.row.is_digest:
            again = None  # what it gathered ends with it: nothing is left for further devices
        if again is not None:
            again_at = now + timedelta(seconds=again)
            attempts = leased.attempts + tried
            if attempts >= self._pace.attempts or again_at >= leased.row.expires_at:
                state, again = (State.SENT if done or took else State.FAILED), None
        settled = Settled(
            leased.row.id,
            leased.lease,
            State.WAITING if again is not None else state,
            now,
            reason,
            None if again is None else now + timedelta(seconds=again),
            tried=tried,
            done=done,
        )
        result = Result(settled)
        if took or again is None:
            self._tell(result, job, state if not took else State.SENT, reason if not took else None)
        result.worked = [target.subscription.id for target in took if target.subscription]
        for target, answer in sent:
            if target.subscription is None or answer is None:
                continue
            if answer.verdict is Verdict.GONE:
                result.dead[target.subscription.id] = target.subscription.endpoint
            elif answer.verdict is Verdict.NEVER:
                result.failed = [*result.failed, target.subscription.id]
        return result

    def _end(
        self, job: Job, sent: Sequence[tuple[Target, Answer | None]], has_it: bool
    ) -> tuple[State, Reason | None, float | None]:
        """Give the end of a row, its reason, and the seconds until the next attempt if there is one."""
        if not sent:
            return job.state, job.reason, None
        answers = [answer for _, answer in sent]
        later = [answer for answer in answers if answer is None or answer.verdict is Verdict.LATER]
        if later:
            attempts = job.leased.attempts + 1
            waits = [
                self._left_alone(target)
                if answer is None
                else max(pause(attempts, answer.retry_after, self._spread()), self._left_alone(target))
                for target, answer in sent
                if answer is None or answer.verdict is Verdict.LATER
            ]
            reason = next((answer.reason for answer in later if answer is not None), Reason.AWAY)
            return (State.SENT if has_it else State.FAILED), reason, min(waits)
        if has_it:
            return State.SENT, None, None
        refused = [answer.reason for answer in answers if answer is not None and answer.reason is not None]
        return State.FAILED, next((one for one in refused if one is not Reason.GONE), Reason.GONE), None

    def _left_alone(self, target: Target) -> float:
        held = self._origins.held(target.sender.origin(target.parcel), self._clock.monotonic())
        return held * (1 + self._spread() / 10)

    def _tell(self, result: Result, job: Job, state: State, reason: Reason | None) -> None:
        row, at = job.leased.row, result.settled.at
        if row.kind is Kind.CLOSE:
            return
        if not row.is_digest:
            result.outcomes = [Outcome(row.about, row.person, row.channel, row.what, state, at, reason)]
            return
        sent = state is State.SENT
        result.gathered = dict(job.left_out)
        if sent:
            result.gathered |= {item.id: Reason.IN_DIGEST for item in job.items}
        # What a failed digest leaves falls due by itself, and is told of then.
        rows = [(item, State.SENT, None) for item in job.items] if sent else []
        left_out = [(item, State.SKIPPED, job.left_out[item.id]) for item in job.left_out_rows]
        result.outcomes = [
            Outcome(item.about, item.person, item.channel, item.what, said, at, why)
            for item, said, why in [*rows, *left_out]
        ]

    async def _close_overtaken(self) -> None:
        """Take back what was sent while it was being withdrawn."""
        if self._settling.overtaken:
            rows, self._settling.overtaken = self._settling.overtaken, []
            now = self._clock.now()
            await self._outbox.put([close_row(row.about, row.person, row.what, now) for row in rows], now)

    async def _give_back(self) -> None:
        await self._settling.flush()
        now = self._clock.now()
        held, self._held = self._held, {}
        back = [
            Settled(one.row.id, one.lease, State.WAITING, now, again_at=now, tried=False)
            for one in held.values()
        ]
        await self._outbox.settle(back)


def _said(settled: Settled) -> str:
    return "retried" if settled.again_at is not None else str(settled.state)
