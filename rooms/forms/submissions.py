"""Answering a form: check who, until when, on what text, and what; then write it into the ledger."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from rooms.errors import ErrorCode, Refusal, bad_request, conflict, forbidden, not_found, too_large
from rooms.events import iso
from rooms.forms.answers import check_answers, files_of
from rooms.forms.canonical import digest
from rooms.forms.chain import Chains, Written, entry_of
from rooms.forms.fields import Agree, Choice, Form, Limits
from rooms.forms.ports import FormFiles, LedgerStore
from rooms.forms.record import (
    Act,
    Body,
    Clerk,
    Current,
    Draft,
    How,
    Signer,
    StoredFile,
    new_submission_id,
)
from rooms.forms.shown import again, form_of, text_hashes
from rooms.forms.standing import settled
from rooms.forms.who import Pupil, pupils_of
from rooms.ids import NoticeId, PersonId, is_cid, new_cid
from rooms.messages import Limiter
from rooms.notices.access import Level, NoticeAccess
from rooms.notices.leaving import Leaving
from rooms.notices.model import Notice, NoticeState, Version
from rooms.people import Person
from rooms.ports import Clock, PeopleStore

REASON_CHARS: Final = 500


class Given(Struct, frozen=True, kw_only=True):
    """What was sent; `files` is the scan of a paper that `on_paper_for` signed."""

    student: PersonId
    act: Act = Act.ANSWER
    version: int = 0
    text_hash: str = ""
    answers: Mapping[str, Any] = {}
    cid: str | None = None
    on_paper_for: PersonId | None = None
    files: Sequence[str] = ()
    reason: str = ""

    @property
    def asked(self) -> str:
        """A hash over what was asked for."""
        return digest(msgspec.structs.replace(self, cid=None))


class Merges(Protocol):
    """Mail merges of notices."""

    async def merged(
        self, notice: NoticeId, students: Sequence[PersonId]
    ) -> dict[PersonId, Mapping[str, str]]:
        """Read the rows of a notice's mail merge for these students; others are left out."""


class Told(Protocol):
    """Hears whose part in a notice is done (`rooms.notices.reach.Reach`)."""

    async def answered(self, notice: NoticeId, people: Collection[PersonId], *, whole: bool) -> None:
        """Note that nothing more is expected of people (`whole`), or that something is again."""


class Place(Struct, frozen=True):
    """A notice, and for whom and as whom it is answered."""

    notice: Notice
    form: Form
    pupil: Pupil
    signer: Signer
    clerk: Clerk | None


class Submissions:
    """Takes answers, changes and withdrawals."""

    def __init__(
        self,
        access: NoticeAccess,
        leaving: Leaving,
        chains: Chains,
        store: LedgerStore,
        people: PeopleStore,
        merges: Merges,
        files: FormFiles,
        told: Told,
        limiter: Limiter,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._access = access
        self._leaving = leaving
        self._chains = chains
        self._store = store
        self._people = people
        self._merges = merges
        self._files = files
        self._told = told
        self._limiter = limiter
        self._clock = clock
        self._limits = limits

    async def submit(self, person: Person, notice: NoticeId, given: Given, how: How) -> Written:
        """Write an answer, a change of one, or its withdrawal into the ledger. Raises Refusal.

        Whoever answers must have the right to consent for the student today, or enter as staff what
        somebody with that right signed on paper. After the deadline only withdrawals and papers are
        taken. The text must be the one that is shown now, so that nobody signs what they did not see.
        A refusal changes nothing; the same submission may be sent again.
        """
        cid = given.cid or new_cid()
        if not is_cid(cid):
            raise bad_request("bad_cid")
        await self._count(person)
        place = await self._place(person, notice, given)
        sent = (person.id, cid.lower())
        if (known := (await self._store.sent(notice, [sent])).get(sent)) is not None:
            if known.asked != given.asked:
                raise conflict("cid_reused")
            return Written(entry_of(notice, known), repeated=True)
        if given.act is Act.WITHDRAW:
            draft = await self._withdrawal(place, given, how, cid.lower())
        else:
            draft = await self._answer(person, place, given, how, cid.lower())
        written = await self._chains.append(draft)
        await self.settle(place.notice, place.pupil.student.id)
        return written

    async def _count(self, person: Person) -> None:
        wait = await self._limiter.take(person.id, self._clock.monotonic())
        if wait is not None:
            raise Refusal(ErrorCode.RATE_LIMITED, "too_many_submissions", retry_after=round(wait, 3))

    async def _place(self, person: Person, notice: NoticeId, given: Given) -> Place:
        """Find out who answers for whom, and that they may. Raises Refusal."""
        withdraws = given.act is Act.WITHDRAW
        if given.on_paper_for is None:
            found = await self._for_family(person, notice, given)
            signer_id, clerk, units = person.id, None, None
        else:
            standing = await self._access.for_staff(person, notice, Level.HOMEROOM)
            found, signer_id, clerk = standing.notice, given.on_paper_for, Clerk(person.id, person.name)
            units = standing.units
            if found.state is NoticeState.WITHDRAWN and not withdraws:
                raise conflict("notice_withdrawn")
        form = form_of(found.current)
        if form is None:
            raise bad_request("notice_without_form")
        if found.erased_at is not None:
            raise conflict("answers_erased")
        if clerk is None and not withdraws and await self._leaving.left_by(found, [given.student]):
            raise conflict("no_longer_asked")
        pupil = (await pupils_of(self._people, [given.student])).get(given.student)
        if pupil is None or not pupil.within(units):
            raise not_found("person")
        signer = await self._signer(signer_id, given.student, consents=not withdraws)
        if signer is None or (clerk is not None and not await self._addressed(found, given.student)):
            raise not_found("person")
        if not withdraws:
            check_signer(form, signer)
        return Place(found, form, pupil, signer, clerk)

    async def _for_family(self, person: Person, notice: NoticeId, given: Given) -> Notice:
        """Load a notice for somebody who answers it; to take an answer back it is enough to see it."""
        if given.act is not Act.WITHDRAW:
            return (await self._access.for_answering(person, notice, given.student)).notice
        reading = await self._access.for_reading(person, notice)
        if given.student not in reading.students:
            raise not_found("notice")
        return reading.notice

    async def _signer(self, signer: PersonId, student: PersonId, *, consents: bool) -> Signer | None:
        found = (await self._people.people([signer])).get(signer)
        if found is None:
            return None
        if signer == student:
            return Signer(signer, found.name, "student")
        cares = await self._store.cares([student])
        care = next((one for one in cares if one.guardian == signer and one.consents >= consents), None)
        return None if care is None else Signer(signer, found.name, "guardian", care.relation)

    async def _addressed(self, notice: Notice, student: PersonId) -> bool:
        return bool(await self._store.addressed(notice.id, student))

    async def _answer(self, person: Person, place: Place, given: Given, how: How, cid: str) -> Draft:
        notice, form, current = place.notice, place.form, place.notice.current
        language = shown_language(notice, current, given)
        now = self._clock.now()
        if place.clerk is None and notice.deadline is not None and now > notice.deadline:
            raise forbidden("answers_closed")
        before = await self._before(place)
        change = form.change or (before is not None and again(notice, before.version))
        if before is not None and before.holds and not change:
            raise forbidden("no_change")
        answers = check_answers(form, given.answers, self._limits)
        paper = await self._paper(person, place, given)
        files = {name: await self._take(person, notice, ids) for name, ids in files_of(form, answers).items()}
        answers |= {name: [msgspec.to_builtins(file) for file in taken] for name, taken in files.items()}
        merged = await self._merges.merged(notice.id, [given.student]) if notice.merge else {}
        body = Body(
            id=new_submission_id(),
            act=Act.ANSWER,
            at=iso(now),
            cid=cid,
            student=place.pupil.student,
            signer=place.signer,
            version=current.version,
            language=language,
            text=given.text_hash,
            merge=tuple(sorted(merged.get(given.student, {}).items())),
            answers=answers,
            reason=self._reason(given),
            clerk=place.clerk,
            paper=paper,
            how=how,
            salt=secrets.token_hex(16),
        )
        picks = {
            field.id: answers[field.id]
            for field in form.fields
            if isinstance(field, Agree | Choice) and field.id in answers
        }
        return Draft(notice.id, body, given.asked, picks, change)

    async def _withdrawal(self, place: Place, given: Given, how: How, cid: str) -> Draft:
        """Take back what was answered, however late: the law asks for it (개인정보 보호법, article 37)."""
        before = await self._before(place)
        row = await self._store.row(place.notice.id, before.id) if before is not None else None
        if row is None:
            raise conflict("nothing_to_withdraw")
        answered = entry_of(place.notice.id, row).body
        body = Body(
            id=new_submission_id(),
            act=Act.WITHDRAW,
            at=iso(self._clock.now()),
            cid=cid,
            student=place.pupil.student,
            signer=place.signer,
            version=answered.version,
            language=answered.language,
            text=answered.text,
            merge=answered.merge,
            answers={},
            reason=self._reason(given),
            clerk=place.clerk,
            paper=(),
            how=how,
            salt=secrets.token_hex(16),
        )
        return Draft(place.notice.id, body, given.asked)

    async def _before(self, place: Place) -> Current | None:
        whose = (place.pupil.student.id, place.signer.id)
        return (await self._store.current(place.notice.id, [whose])).get(whose)

    async def _paper(self, person: Person, place: Place, given: Given) -> tuple[StoredFile, ...]:
        if place.clerk is None:
            if given.files:
                raise bad_request("scan_without_paper")
            return ()
        if not given.files:
            raise bad_request("scan_missing")
        return await self._take(person, place.notice, given.files)

    async def _take(self, person: Person, notice: Notice, ids: Sequence[str]) -> tuple[StoredFile, ...]:
        if len(ids) > self._limits.files:
            raise too_large("answer_files", limit=self._limits.files)
        taken = await self._files.take(person.id, notice.id, list(dict.fromkeys(ids)))
        if taken is None:
            raise not_found("file")
        return taken

    def _reason(self, given: Given) -> str:
        reason = given.reason.strip()
        if len(reason) > REASON_CHARS:
            raise too_large("withdrawal_reason_too_long", limit=REASON_CHARS)
        return reason

    async def settle(self, notice: Notice, student: PersonId) -> None:
        """Tell whose part is done now and whose is not: of everybody who was asked about this student."""
        form = form_of(notice.current)
        if form is None:
            return
        people = await self._store.addressed(notice.id, student)
        students = {one for addressed in people for one in addressed.students}
        answers = await self._store.answers_of(notice.id, students)
        cares = await self._store.cares(students)
        left = await self._leaving.left_by(notice, students)
        people = [addressed for addressed in people if not left.issuperset(addressed.students)]
        done = settled(notice, form, people, answers, cares, left)
        for whole in (True, False):
            told = [addressed.person for addressed in people if (addressed.person in done) == whole]
            if told:
                await self._told.answered(notice.id, told, whole=whole)


def check_signer(form: Form, signer: Signer) -> None:
    """Check that a form is to be answered by somebody of this kind. Raises Refusal(forbidden)."""
    if signer.kind == "student" and not form.signers.student:
        raise forbidden("students_not_asked")
    if signer.kind == "guardian" and form.signers.guardians == "none":
        raise forbidden("guardians_not_asked")


def shown_language(notice: Notice, current: Version, given: Given) -> str:
    """Find the language whose text is being answered. Raises Refusal: the text is another one now."""
    for language, known in text_hashes(notice.id, current).items():
        if known == given.text_hash and given.version == current.version:
            return language
    earlier = notice.shown(given.version)
    if earlier is not None and given.text_hash in text_hashes(notice.id, earlier).values():
        raise conflict("form_changed")
    raise bad_request("unknown_text")
