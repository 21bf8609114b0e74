"""Entries put straight into the FAQ, as if their keepers had published them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from bots.entry_files import read_entries
from rooms.faq import records
from rooms.faq.content import Content
from rooms.faq.entries import Entry
from rooms.faq.records import Act, Write
from rooms.ids import UnitId
from storage.faq.entries import MongoFaq
from storage.mongo import Mongo
from tests.support.clock import START

SAMPLE = Path(__file__).parents[1] / "data" / "faq" / "entries.jsonl"


def sample() -> list[Entry]:
    """Read the entries of the evaluation set."""
    return read_entries(SAMPLE)


async def publish(
    mongo: Mongo, office: UnitId, entries: Iterable[Entry], versions: Mapping[str, int] | None = None
) -> None:
    """Publish entries; those of no unit are of the office. `versions` are those of entries that are there."""
    writes = []
    for entry in entries:
        content = Content(**{name: getattr(entry, name) for name in Content.__struct_fields__})
        made = records.new(entry.id, UnitId(entry.unit or office), entry.scope, content, None, START)
        out = records.published(made, None, START)
        version = (versions or {}).get(entry.id, 1)
        writes.append(Write(record=msgspec.structs.replace(out, version=version), act=Act.PUBLISHED))
    await MongoFaq(mongo).write(writes)


async def withdraw(mongo: Mongo, *entries: str) -> None:
    """Take entries back."""
    store = MongoFaq(mongo)
    known = await store.records(entries)
    await store.write(
        [Write(record=records.withdrawn(record, None, START), act=Act.WITHDRAWN) for record in known.values()]
    )
