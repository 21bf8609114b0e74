"""The FAQ's rules and stores, wired; `hub/app.py` makes them, the API and the command line use them."""

from dataclasses import dataclass

from config.limits import Limits
from hub.faq.reading import FileReader
from rooms.faq.content import FaqLimits
from rooms.faq.desk import FaqDesk
from rooms.faq.scope import Scopes
from rooms.ports import Clock
from storage.faq.asked import MongoFaqAsked
from storage.faq.desks import MongoFaqDesks
from storage.faq.documents import MongoFaqDocuments
from storage.faq.entries import MongoFaq
from storage.mongo import Mongo


@dataclass(frozen=True, slots=True)
class Faq:
    """What concerns the FAQ."""

    store: MongoFaq
    units: MongoFaqDesks
    scopes: Scopes
    desk: FaqDesk
    limits: FaqLimits
    reader: FileReader
    documents: MongoFaqDocuments
    asked: MongoFaqAsked


def make_faq(mongo: Mongo, clock: Clock, limits: Limits) -> Faq:
    """Put the rules and the stores of the FAQ together."""
    told = FaqLimits(
        answer_chars=limits.faq_answer_chars,
        aliases=limits.faq_aliases,
        rows=limits.faq_rows,
        file_bytes=limits.faq_file_bytes,
        pages=limits.faq_pages,
    )
    store, units = MongoFaq(mongo), MongoFaqDesks(mongo)
    return Faq(
        store,
        units,
        Scopes(units),
        FaqDesk(store, units, clock, told),
        told,
        FileReader(told),
        MongoFaqDocuments(mongo),
        MongoFaqAsked(mongo),
    )
