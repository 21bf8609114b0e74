"""An answer as the evidence tells it, without a database."""

import io
from datetime import UTC, datetime
from typing import Any

import msgspec
from pypdf import PdfReader

from rooms.events import FileRef
from rooms.forms.canonical import canonical
from rooms.forms.check import plain_form, read_form
from rooms.forms.evidence import Certified, Published
from rooms.forms.fields import Limits
from rooms.forms.ledger import Head, link
from rooms.forms.record import Act, Body, Clerk, Entry, How, Signer, StoredFile, Student, SubmissionId
from rooms.forms.seal import Seal
from rooms.forms.shown import shown_text, text_hashes
from rooms.ids import NoticeId, PersonId, UnitId
from rooms.notices.model import Notice, NoticeKind, NoticeState, Translation, Version
from tests.support.clock import START
from tests.support.forms import ANSWERS, FORM

SEAL = Seal("a key of tests that signs ledgers")
NOTICE = NoticeId("n0123456789ab")


def certified(language: str = "ko", *, later: bool = False, **changes: Any) -> Certified:
    """Make one; `changes` are of the body."""
    version = Version(
        version=1,
        title=changes.pop("title", "현장체험학습 동의서"),
        text=changes.pop("text", "12월 4일 **박물관**에 갑니다.\n\n- 준비물: 도시락"),
        files=(FileRef("f1", "일정표.pdf", 10, "application/pdf"),),
        translations={"en": Translation("Consent to a field trip", "We visit the museum.")},
        form=plain_form(read_form(changes.pop("form", FORM), Limits())),
        by=PersonId("p1"),
        at=START,
    )
    notice = Notice(
        id=NOTICE,
        kind=NoticeKind.CONSENT,
        unit=UnitId("u1"),
        path=(UnitId("u1"),),
        by=PersonId("p1"),
        state=NoticeState.PUBLISHED,
        audience=(),
        version=1,
        versions=(version,),
        created_at=START,
        changed_at=START,
    )
    told: dict[str, Any] = {
        "id": SubmissionId("a0123456789ab"),
        "act": Act.ANSWER,
        "at": "2026-11-23T09:00:00.000Z",
        "cid": "c",
        "student": Student(PersonId("p9"), "장하늘", "물빛초등학교 1학년 1반"),
        "signer": Signer(PersonId("p2"), "장보호", "guardian", "모"),
        "version": 1,
        "language": language,
        "text": text_hashes(NOTICE, version)[language],
        "answers": ANSWERS,
        "how": How(
            "192.0.2.1", "Mozilla/5.0 (Linux; Android 16)", "s1", "password", "2026-11-23T08:00:00.000Z"
        ),
        "salt": "00",
    }
    body = Body(**(told | changes))
    entry = Entry(NOTICE, link(NOTICE, Head(41, "a" * 64), canonical(body)), body)
    taken = msgspec.structs.replace(body, act=Act.WITHDRAW, at="2026-12-01T00:00:00.000Z", before=42)
    withdrawal = Entry(NOTICE, link(NOTICE, entry.link.head, canonical(taken)), taken)
    head = Head(99, "b" * 64)
    at = "2026-12-02T00:00:00.000Z"
    signature = SEAL.sign(canonical({"at": at, "form": NOTICE, "head": head}))
    return Certified(
        notice,
        shown_text(NOTICE, version, language),
        entry,
        withdrawal if later else None,
        Published(NOTICE, head, at, SEAL.key, signature),
        datetime(2026, 12, 2, tzinfo=UTC),
    )


def on_paper() -> dict[str, Any]:
    """Tell what differs where an answer was entered from paper."""
    scan = StoredFile("f2", "스캔.pdf", 3, "application/pdf", "c" * 64)
    return {"clerk": Clerk(PersonId("p3"), "정담임"), "paper": (scan,)}


def text_of(pdf: bytes) -> str:
    """Read the text of a PDF, its lines joined."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split("\n")) for page in pages)
