"""Erasing answers when they have been kept for as long as was said, so that their chain still verifies.

A link is hashed over the digest of its body, and a body carries a random salt: without the body nobody can
tell from the digest what it said, and the chain holds as it did. A further link says until where bodies were
erased, when, and after how many days; so a file tells what was erased by the rule from what somebody took
out of it. With the bodies go the current answers, the hash over what was asked for, who signed and sent,
and the files. A form whose answers are erased takes no more of them.
"""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog

from rooms.events import iso
from rooms.forms.canonical import canonical
from rooms.forms.ledger import link
from rooms.forms.ports import FormFiles, LedgerStore, Row
from rooms.forms.record import Body, Erasure, SubmissionId
from rooms.ids import NoticeId, PersonId
from rooms.notices.model import Notice
from rooms.ports import Clock, LogUnavailable

EVERY_SECONDS: Final = 3_600.0
AT_ONCE: Final = 100
"""Forms of which answers are erased in one run."""
NOBODY: Final = (PersonId(""), PersonId(""))

log = structlog.get_logger(__name__)


class KeptForms(Protocol):
    """Notices with forms, by how long their answers are kept."""

    async def set_kept(self, days: int) -> None:
        """Reckon until when answers are kept, of forms that are out and have not been reckoned."""

    async def kept_until(self, now: datetime, limit: int) -> list[Notice]:
        """List forms whose answers have been kept for long enough."""

    async def keep(self, notice: NoticeId, until: datetime) -> None:
        """Keep the answers of a form for longer."""

    async def erasing(self, notice: NoticeId, answers: int) -> None:
        """Keep of how many students there are answers that are about to be erased, unless that is kept."""

    async def erased(self, notice: NoticeId, at: datetime) -> None:
        """Close a form for good: its answers are erased."""


class Retention:
    """Erases answers. Every process may run it: what is done twice changes nothing.

    `days` are those after the deadline (without one: the publication) and the last entry, 0 for ever; a
    notice may name fewer.
    """

    def __init__(
        self, notices: KeptForms, store: LedgerStore, files: FormFiles, clock: Clock, days: int
    ) -> None:
        self._notices = notices
        self._store = store
        self._files = files
        self._clock = clock
        self._days = days

    async def run(self) -> None:
        """Look every hour, for ever."""
        while True:
            try:
                await self.sweep()
            except LogUnavailable as error:
                log.warning("erasing answers put off", reason=str(error)[:300])
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Erase what has been kept for long enough; returns of how many forms. Raises LogUnavailable."""
        await self._notices.set_kept(self._days)
        now, erased = self._clock.now(), 0
        for notice in await self._notices.kept_until(now, AT_ONCE):
            days = notice.keep_days or self._days
            last = await self._last(notice.id)
            if last is not None and last + timedelta(days=days) > now:
                await self._notices.keep(notice.id, last + timedelta(days=days))
                continue
            answers = await self._store.answers(notice.id)
            await self._notices.erasing(notice.id, len({one.student for one in answers if one.holds}))
            await self.erase(notice.id, days)
            await self._notices.erased(notice.id, now)
            await self.erase(notice.id, days)  # what came while the form was still open
            log.info("answers erased", notice=notice.id, days=days)
            erased += 1
        return erased

    async def erase(self, notice: NoticeId, days: int) -> None:
        """Erase all answers to a form; whoever is writing one in this moment has it erased as well.

        After a crash it is called again: a link that says what is erased already is followed by none.
        """
        while (until := await self._store.readable(notice)) is not None:
            if not await self._declared(notice, until) and not await self._declare(notice, until, days):
                continue  # somebody wrote a link meanwhile
            await self._files.erase(notice, await self._store.files(notice, until))
            await self._store.erase(notice, until)

    async def _declared(self, notice: NoticeId, until: int) -> bool:
        """Tell whether a link after these says that they are erased."""
        head = await self._store.head(notice)
        row = (await self._store.rows(notice, [head.seq])).get(head.seq)
        if row is None or row.whose != NOBODY:
            return False
        return msgspec.json.decode(row.body, type=Erasure).until >= until

    async def _declare(self, notice: NoticeId, until: int, days: int) -> bool:
        """Write the link that says until where bodies are erased; False where another was first."""
        head = await self._store.head(notice)
        at = iso(self._clock.now())
        body = canonical(Erasure(at=at, until=head.seq, days=days, salt=secrets.token_hex(16)))
        made = link(notice, head, body)
        id_ = SubmissionId(f"{notice}-{made.seq}")
        row = Row(made, body, id_, PersonId(""), id_, "", NOBODY, "")
        return await self._store.append(notice, [row], []) is None and head.seq >= until

    async def _last(self, notice: NoticeId) -> datetime | None:
        """Find when the last entry was made; None where there is none that can be read."""
        seq = await self._store.readable(notice)
        row = (await self._store.rows(notice, [seq])).get(seq) if seq is not None else None
        return None if row is None else datetime.fromisoformat(msgspec.json.decode(row.body, type=Body).at)
