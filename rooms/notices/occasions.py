"""Which occasion the recipients of a notice are written, or told of, next. Pure."""

import msgspec

from rooms.notices.model import Expansion


def expansion_after(old: Expansion | None, what: str, *, wider: bool) -> Expansion:
    """Have a correction told (`what`), or rows written of a wider audience, or both.

    Rows come first: who is still without one must get it before anything is told of it. What was under way
    is not forgotten. Who has a row keeps it, and is not told again.
    """
    old = old or Expansion("", done=True)
    if wider:
        still = "" if old.done else old.then if old.publishes else old.what
        return Expansion("v1", recipients=old.recipients, then=what or still)
    if old.publishes:
        return msgspec.structs.replace(old, then=what, lease=None, owner="")
    return Expansion(what, recipients=old.recipients)
