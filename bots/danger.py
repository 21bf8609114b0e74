"""What may be said to somebody in danger beside the numbers to call: what is about that danger."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from bots.alarms import Alarm, Alarms
from bots.retrieval.bands import Band
from bots.retrieval.morphemes import Typed
from bots.retrieval.retriever import Found


async def of_matter(
    alarm: Alarm, found: Found, alarms: Alarms, read: Callable[[str], Awaitable[Typed]]
) -> Found:
    """Leave of what was found what is about the danger that an alarm tells of; nothing is known else."""
    hits = [
        hit
        for hit in found.hits
        if alarms.concerns(alarm.name, await read(f"{hit.entry.title} {hit.entry.question}"))
    ]
    if found.band is Band.UNKNOWN or not hits or (found.band is Band.SURE and hits[0] != found.hits[0]):
        return replace(found, hits=(), band=Band.UNKNOWN)
    return replace(found, hits=tuple(hits))
