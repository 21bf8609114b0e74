"""What families of the sample office answer to its forms, through the same rules as everything else.

Every answer has a `cid` made from its place, and whoever has answered is passed over, so that a second
run, or one after an interruption, answers nothing twice.
"""

import uuid
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

import msgspec
from msgspec import Struct

from hub.cli.demo_talk import PastClock, Unlimited
from hub.forms.wiring import wire_forms
from hub.notices.wiring import NoticeServices
from hub.services import Services
from rooms.forms.fields import Files, Signature
from rooms.forms.record import Act, How
from rooms.forms.shown import form_of, text_hashes
from rooms.forms.submissions import Given
from rooms.ids import FileId, NoticeId, PersonId
from rooms.notices.model import Notice, RecipientKind
from rooms.people import Person
from storage.forms.ledgers import MongoForms

AT_ONCE: Final = 2_000
APART: Final = timedelta(minutes=7)
"""Time between one answer and the next."""
HOW: Final = How(address="192.0.2.1", agent="Madang sample office", session="", way="", signed_in_at="")
"""From an address that is kept for examples (RFC 5737)."""

_NAMESPACE: Final = uuid.UUID("8f9f1d0a-6a55-4a27-9a0e-4b8c1f6f0c52")
_STROKE: Final = ((90, 210), (190, 120), (240, 260), (330, 130), (410, 250), (520, 160), (640, 230))


class Answering(Struct, frozen=True, forbid_unknown_fields=True):
    """How families answer a form.

    `part` of those asked give one of `answers` in turn (signatures and files are added); the first
    `changed` of them think better of it, the next `withdrawn` take their answer back. `paper` of the
    others signed on paper, which the author enters.
    """

    part: float
    answers: tuple[Mapping[str, Any], ...]
    changed: int = 0
    withdrawn: int = 0
    paper: int = 0


class Respondents:
    """Answers as families do, at the times that a clock is set to."""

    def __init__(self, services: Services, notices: NoticeServices, clock: PastClock) -> None:
        self._services = services
        self._notices = notices
        self._clock = clock
        self._store = MongoForms(services.mongo)
        self._forms = wire_forms(
            services.settings, services.mongo, clock, services.people, services.files, notices, Unlimited()
        )

    async def answer(
        self, author: Person, notice: NoticeId, answering: Answering, after: datetime, spared: PersonId
    ) -> None:
        """Let families answer the form of a notice, from a moment on; `spared` has it to do still."""
        found = await self._notices.store.notice(notice)
        if found is None:
            raise LookupError(f"{notice} was announced and is gone")
        asked = await self._asked(found, spared)
        by_hand = [one for place, one in enumerate(asked) if (place * 0.618) % 1.0 < answering.part]
        on_paper = [one for one in asked if one not in by_hand][: answering.paper]
        changed = by_hand[: answering.changed]
        withdrawn = by_hand[answering.changed :][: answering.withdrawn]
        turns = len(answering.answers)
        steps = [
            *((whose, answering.answers[place % turns], None) for place, whose in enumerate(by_hand)),
            *((whose, answering.answers[place % turns], author) for place, whose in enumerate(on_paper)),
            *((whose, answering.answers[(place + 1) % turns], None) for place, whose in enumerate(changed)),
            *((whose, None, None) for whose in withdrawn),
        ]
        for place, ((signer, student), answers, clerk) in enumerate(steps):
            self._clock.at = after + (place + 1) * APART
            cid = str(uuid.uuid5(_NAMESPACE, f"{notice}/{place}"))
            sender = clerk or signer
            if (sender.id, cid) not in await self._store.sent(notice, [(sender.id, cid)]):
                given = await self._given(found, signer, student, answers, clerk)
                given = msgspec.structs.replace(given, cid=cid)
                await self._forms.submissions.submit(sender, notice, given, HOW)
        await self._forms.chains.drain()

    async def _asked(self, notice: Notice, spared: PersonId) -> list[tuple[Person, PersonId]]:
        """List for each student that is asked for a guardian who may sign."""
        rows = await self._notices.recipients.page(notice.id, None, None, None, AT_ONCE)
        found: dict[PersonId, Person] = {}
        for row in rows:
            if not row.signs or row.kind is not RecipientKind.GUARDIAN or row.person == spared:
                continue
            person = await self._services.access.person(row.person)
            reading = await self._notices.access.reading(person, notice)
            if reading is not None and reading.answerable:
                found.setdefault(reading.answerable[0], person)
        return [(person, student) for student, person in found.items()]

    async def _given(
        self,
        notice: Notice,
        signer: Person,
        student: PersonId,
        answers: Mapping[str, Any] | None,
        clerk: Person | None,
    ) -> Given:
        """Fill in the form for a student; without answers, take back what was answered."""
        if answers is None:
            return Given(student=student, act=Act.WITHDRAW)
        current = notice.current
        form = form_of(current)
        files, full = [], dict(answers)
        for field in form.fields if form is not None else ():
            if isinstance(field, Signature):
                full[field.id] = _signature(field, signer)
            elif isinstance(field, Files):
                full[field.id] = [await self._scan(signer if clerk is None else clerk)]
        if clerk is not None:
            files = [await self._scan(clerk)]
        return Given(
            student=student,
            version=current.version,
            text_hash=text_hashes(notice.id, current)[current.language],
            answers=full,
            on_paper_for=None if clerk is None else signer.id,
            files=files,
        )

    async def _scan(self, owner: Person) -> FileId:
        data = (resources.files("hub.cli") / "data" / "scan.png").read_bytes()

        async def pieces() -> AsyncIterator[bytes]:
            yield data

        stored = self._services.files.store(owner.id, "견본.png", "image/png", pieces(), self._clock.now())
        return (await stored).id


def _signature(field: Signature, signer: Person) -> dict[str, Any]:
    """Sign as somebody: every other one draws."""
    turn = zlib.crc32(signer.id.encode())
    if "typed" in field.ways and (turn % 2 or "drawn" not in field.ways):
        return {"typed": signer.name}
    points = [(x + turn % 60, y + turn // 60 % 90) for x, y in _STROKE]
    return {"drawn": [[one for point in points for one in point]]}
