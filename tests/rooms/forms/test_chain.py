"""The writer of ledgers over the real database."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest
from typing_extensions import override

from hub.tasks import Supervisor
from rooms.errors import ErrorCode
from rooms.forms.canonical import canonical, digest
from rooms.forms.chain import Chains
from rooms.forms.ledger import Header, header_line, link_line
from rooms.forms.ports import Row
from rooms.forms.record import Act, Current, Draft
from rooms.forms.verify import verify
from rooms.ids import NoticeId, new_notice_id
from rooms.ports import LogUnavailable
from storage.forms.ledgers import MongoForms
from storage.mongo import Mongo
from tests.support.clock import SteppedClock
from tests.support.core import refused
from tests.support.submissions import submission


@pytest.fixture
def store(mongo: Mongo) -> MongoForms:
    return MongoForms(mongo)


async def export(store: MongoForms, notice: NoticeId) -> list[bytes]:
    """Write the ledger as a file; all of these submissions name the text of zeros."""
    head = await store.head(notice)
    lines = [header_line(Header(form=notice, title="", head=head, made_at=""), None)]
    return [*lines, *[link_line(row.link, row.body) async for row in store.chain(notice, head.seq)]]


async def test_many_at_once_are_one_chain(store: MongoForms) -> None:
    notice = new_notice_id()
    chains = [Chains(store, SteppedClock(), batch=25) for _ in range(2)]
    drafts = [submission(notice, f"p{n}") for n in range(120)]
    written = await asyncio.gather(*(chains[n % 2].append(draft) for n, draft in enumerate(drafts)))
    assert sorted(one.entry.link.seq for one in written) == list(range(1, 121))
    lines = await export(store, notice)
    verdict = verify(lines)
    assert verdict.head == await store.head(notice)
    assert {fault.kind.value for fault in verdict.faults} == {"text_missing"}
    current = await store.answers(notice)
    assert {one.signer: one.seq for one in current} == {
        one.entry.body.signer.id: one.entry.link.seq for one in written
    }
    assert chains[0].waiting == chains[1].waiting == 0


async def test_the_order_of_a_signer_is_that_of_their_submissions(store: MongoForms) -> None:
    notice = new_notice_id()
    chains = Chains(store, SteppedClock())
    answers = [{"trip": "agree" if n % 2 else "disagree"} for n in range(10)]
    written = await asyncio.gather(*(chains.append(submission(notice, answers=one)) for one in answers))
    assert [one.entry.body.answers for one in written] == answers
    assert [one.entry.body.act for one in written] == [Act.ANSWER] + [Act.CHANGE] * 9
    assert [one.entry.body.before for one in written] == [None, *range(1, 10)]
    (current,) = await store.answers(notice)
    assert (current.seq, current.picks, current.holds) == (10, answers[-1], True)


async def test_withdrawing_and_answering_again(store: MongoForms) -> None:
    notice = new_notice_id()
    chains = Chains(store, SteppedClock())
    withdraw = submission(notice, act=Act.WITHDRAW, answers={})
    await refused(chains.append(withdraw), ErrorCode.CONFLICT, "nothing_to_withdraw")
    first = await chains.append(submission(notice))
    taken = await chains.append(withdraw)
    assert (taken.entry.body.act, taken.entry.body.before) == (Act.WITHDRAW, first.entry.link.seq)
    assert not (await store.answers(notice))[0].holds
    twice = submission(notice, act=Act.WITHDRAW)
    await refused(chains.append(twice), ErrorCode.CONFLICT, "nothing_to_withdraw")
    again = await chains.append(submission(notice, change=False))
    assert (again.entry.body.act, again.entry.body.before) == (Act.ANSWER, 2)
    await refused(chains.append(submission(notice, change=False)), ErrorCode.FORBIDDEN, "no_change")
    assert (await store.head(notice)).seq == 3


async def test_a_repeated_submission_gets_the_first_answer(store: MongoForms) -> None:
    notice = new_notice_id()
    draft = submission(notice, change=False)
    chains, others = Chains(store, SteppedClock()), Chains(store, SteppedClock())
    first, twin = await asyncio.gather(chains.append(draft), chains.append(draft))
    assert (first.repeated, twin.repeated) == (False, True)
    assert twin.entry == first.entry
    await chains.append(submission(notice, "p2"))
    again = await others.append(draft)
    assert (again.repeated, again.entry) == (True, first.entry)
    other = submission(notice, cid=draft.body.cid, answers={"trip": "disagree"})
    await refused(chains.append(other), ErrorCode.CONFLICT, "cid_reused")
    assert (await store.head(notice)).seq == 2


class Failing(MongoForms):
    """A store that does not answer some times, before or after it wrote."""

    before = 0
    after = 0

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self.tried = asyncio.Event()

    @override
    async def append(self, notice: NoticeId, rows: Sequence[Row], current: Sequence[Current]) -> str | None:
        if self.before:
            self.before -= 1
            self.tried.set()
            raise LogUnavailable("before")
        outcome = await super().append(notice, rows, current)
        if self.after:
            self.after -= 1
            raise LogUnavailable("after")
        return outcome


async def test_a_store_that_fails_loses_nothing_and_doubles_nothing(mongo: Mongo) -> None:
    store, notice = Failing(mongo), new_notice_id()
    chains = Chains(store, SteppedClock())
    store.before, store.after = 1, 1
    written = await asyncio.gather(*(chains.append(submission(notice, f"p{n}")) for n in range(5)))
    assert {one.entry.link.seq for one in written} == {1, 2, 3, 4, 5}
    assert (await store.head(notice)).seq == 5
    assert await store.head(notice) == verify(await export(store, notice)).head


async def test_who_waits_too_long_is_told_so(mongo: Mongo) -> None:
    clock, store, notice = SteppedClock(), Failing(mongo), new_notice_id()
    chains = Chains(store, clock, patience=5.0)
    store.before = 1_000_000
    waiting = asyncio.ensure_future(chains.append(submission(notice)))
    await store.tried.wait()
    clock.advance(5.0)
    await refused(waiting, ErrorCode.UNAVAILABLE, "log_unavailable")
    await chains.drain()
    store.before = 0
    assert (await chains.append(submission(notice))).entry.link.seq == 1


async def test_there_is_a_bound_to_what_waits(mongo: Mongo) -> None:
    notice = new_notice_id()
    chains = Chains(MongoForms(mongo), SteppedClock(), capacity=2)
    waiting = [asyncio.ensure_future(chains.append(submission(notice, f"p{n}"))) for n in range(2)]
    await asyncio.sleep(0)
    await refused(chains.append(submission(notice, "p3")), ErrorCode.UNAVAILABLE, "log_busy")
    await asyncio.gather(*waiting)
    assert chains.waiting == 0
    await chains.append(submission(notice, "p3"))


async def test_who_owns_the_tasks_may_end_them_and_senders_are_told(mongo: Mongo) -> None:
    store, notice = Failing(mongo), new_notice_id()
    chains, supervisor = Chains(store, SteppedClock()), Supervisor()
    chains.own(partial(supervisor.once, "ledger"))
    assert (await chains.append(submission(notice))).entry.link.seq == 1
    store.before = 1_000_000
    waiting = asyncio.ensure_future(chains.append(submission(notice, "p2")))
    await store.tried.wait()
    assert len(supervisor) == 1
    await supervisor.close(5.0)
    await refused(waiting, ErrorCode.UNAVAILABLE, "log_unavailable")
    assert (len(supervisor), chains.waiting) == (0, 0)


async def test_a_sender_who_goes_away_is_written_all_the_same(store: MongoForms) -> None:
    notice = new_notice_id()
    chains = Chains(store, SteppedClock())
    gone = asyncio.ensure_future(chains.append(submission(notice)))
    await asyncio.sleep(0)
    gone.cancel()
    await chains.drain()
    assert (await store.head(notice)).seq == 1
    assert chains.waiting == 0


async def test_what_was_hashed_is_kept_to_the_byte(store: MongoForms) -> None:
    notice = new_notice_id()
    odd: Draft = submission(notice, answers={"note": '따옴표 " 와 \\ 와 줄\n바꿈 😀 \u2028', "a": "agree"})
    written = await Chains(store, SteppedClock()).append(odd)
    row = await store.row(notice, written.entry.body.id)
    assert row is not None
    assert row.body == canonical(written.entry.body)
    assert written.entry.link.digest == digest(written.entry.body)
    assert await store.row(new_notice_id(), written.entry.body.id) is None
