"""Files that are whole or not there: neither a crash nor a full disk costs what was saved before."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LONGEST_LINE: Final = 1 << 20
_KINDS: Final = frozenset(("|u1", "<u4", "<i4", "<i8", "<f4"))


class BrokenIndex(Exception):
    """What was saved cannot be used: damaged, or of another model or other entries. Build it anew."""


def replace(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file, all or nothing: whoever reads gets this content or the one before. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Processes that were killed left theirs.
    for left in path.parent.glob(f"{path.name}.*"):
        left.unlink(missing_ok=True)
    draft = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save(path: Path, made_by: str, arrays: Mapping[str, Array]) -> None:
    """Save arrays of numbers, of one dimension each, all or nothing. Raises OSError.

    `made_by` is the fingerprint of what made them. The file is a line of JSON that says what is there, and
    the numbers one array after the other.
    """
    parts = [np.ascontiguousarray(array).view(np.uint8).data for array in arrays.values()]
    digest = sha256()
    for part in parts:
        digest.update(part)
    about = {
        "made_by": made_by,
        "sha256": digest.hexdigest(),
        "arrays": [(name, array.dtype.str, len(array)) for name, array in arrays.items()],
    }
    replace(path, [json.dumps(about).encode() + b"\n", *parts])


def load(path: Path, made_by: str) -> dict[str, Array]:
    """Load arrays that were saved. Raises BrokenIndex where they are not there whole, or made by another."""
    try:
        with path.open("rb") as file:
            about = json.loads(file.readline(LONGEST_LINE))
            if about["made_by"] != made_by:
                raise BrokenIndex("the index was made by another program or dictionary")
            kinds = [(str(name), str(kind), int(size)) for name, kind, size in about["arrays"]]
            if any(kind not in _KINDS or size < 0 for _, kind, size in kinds):
                raise BrokenIndex("the index is of another kind")
            expected = sum(np.dtype(kind).itemsize * size for _, kind, size in kinds)
            if os.fstat(file.fileno()).st_size - file.tell() != expected:
                raise BrokenIndex("the index is cut off")
            arrays: dict[str, Array] = {}
            digest = sha256()
            for name, kind, size in kinds:
                arrays[name] = np.empty(size, kind)
                content = arrays[name].view(np.uint8).data
                if file.readinto(content) != len(content):
                    raise BrokenIndex("the index is cut off")
                digest.update(content)
            if about["sha256"] != digest.hexdigest():
                raise BrokenIndex("the index is damaged")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenIndex(f"the index cannot be read: {error}") from error
    return arrays


def under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Give the arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): one for name, one in arrays.items() if name.startswith(prefix)}
