"""What is indexed, kept on disk: whoever starts takes what did not change from there, and indexes the rest.

Beside the arrays stands of each row a name of what its entry says (`name_of`). Who may see an entry is asked
of the entry as it is now.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from bots.entries import Entry
from bots.retrieval.catalogue import Catalogue
from bots.retrieval.files import Array, BrokenIndex, load, save
from bots.retrieval.lexical import Lexical
from bots.retrieval.vectors import NAME_BYTES, NAMELESS, name_of

FILE: Final = "words.index"
"""Stands beside the vectors."""


class Taken(NamedTuple):
    """The rows of entries that were taken, by their names, and the entries that have to be indexed."""

    rows: Mapping[bytes, int]
    new: list[Entry]


def keep(
    folder: Path, made_by: str, arrays: Mapping[str, Array], rows: int, names: Mapping[int, bytes]
) -> None:
    """Save the arrays of `Lexical.saved`, all or nothing. Raises OSError.

    So many `rows` were given out; `names` are of those that hold an entry, and no other is used again.
    """
    named = np.frombuffer(b"".join(names.get(row, NAMELESS) for row in range(rows)), np.uint8)
    save(folder / FILE, made_by, {**arrays, "names": named})


def take(folder: Path, entries: Iterable[Entry], catalogue: Catalogue, lexical: Lexical) -> Taken:
    """Take what was saved, of the entries that are the same; `catalogue` and `lexical` must be empty.

    Raises BrokenIndex, before anything is taken, where nothing is there whole or hardly anything that is
    still wanted.
    """
    saved = load(folder / FILE, lexical.fingerprint)
    wanted, named = {name_of(entry): entry for entry in entries}, saved["names"].tobytes()
    names = [named[at : at + NAME_BYTES] for at in range(0, len(named), NAME_BYTES)]
    if 2 * sum(name in wanted for name in names) < len(names):
        raise BrokenIndex("the index is mostly of entries that are no more")
    lexical.restore(saved)
    rows: dict[bytes, int] = {}
    for row, name in enumerate(names):
        if name in wanted:
            rows[name] = catalogue.put(wanted.pop(name))
        else:
            catalogue.skip()
            lexical.remove(row)
    return Taken(rows, list(wanted.values()))
