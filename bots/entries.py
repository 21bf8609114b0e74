"""The entries as the bot works with them; they are kept by `storage`, so the types stand in `rooms`."""

from rooms.faq.entries import (
    EVERYBODY,
    NEARNESS,
    Asker,
    Audience,
    Entry,
    Scope,
    Source,
    asker,
    may_see,
)

__all__ = ["EVERYBODY", "NEARNESS", "Asker", "Audience", "Entry", "Scope", "Source", "asker", "may_see"]
