"""The rules and the stores of forms, wired; part of `hub/app.py`."""

from dataclasses import dataclass

from config.secret import ensure_ledger_key
from config.settings import Settings
from hub.notices.wiring import NoticeServices, form_limits
from rooms.forms.book import Book
from rooms.forms.chain import Chains
from rooms.forms.evidence import Evidence
from rooms.forms.fields import Limits
from rooms.forms.retention import Retention
from rooms.forms.seal import Seal
from rooms.forms.submissions import Submissions
from rooms.messages import Limiter
from rooms.ports import Clock
from storage.forms.files import MongoFormFiles
from storage.forms.ledgers import MongoForms
from storage.messenger.files import MongoFiles
from storage.mongo import Mongo
from storage.org.people import MongoPeople


@dataclass(frozen=True, slots=True)
class FormServices:
    """What answers forms."""

    limits: Limits
    chains: Chains
    submissions: Submissions
    book: Book
    evidence: Evidence
    retention: Retention


def wire_forms(
    settings: Settings,
    mongo: Mongo,
    clock: Clock,
    people: MongoPeople,
    files: MongoFiles,
    notices: NoticeServices,
    limiter: Limiter,
) -> FormServices:
    """Put the rules and the stores of forms together. Raises SettingsFault where the key cannot be kept."""
    limits, store, access = form_limits(settings), MongoForms(mongo), notices.access
    chains = Chains(store, clock)
    book = Book(access, notices.leaving, store, people, clock)
    taken = MongoFormFiles(files)
    submissions = Submissions(
        access,
        notices.leaving,
        chains,
        store,
        people,
        notices.store,
        taken,
        notices.reach,
        limiter,
        clock,
        limits,
    )
    notices.leaving.settle_with(submissions.settle)
    return FormServices(
        limits=limits,
        chains=chains,
        submissions=submissions,
        book=book,
        retention=Retention(notices.store, store, taken, clock, settings.answer_days),
        evidence=Evidence(access, book, store, people, Seal(ensure_ledger_key(settings)), clock),
    )
