"""`python -m hub.faq.reader NAME`: reads one file of the FAQ, in a process that may break.

The file comes on standard input, the rows go to standard output as MessagePack. What somebody uploads may
be made to cost all the memory and time there is, PDF above all: here that ends this process, and not the
hub.
"""

import resource
import sys
from typing import Any, Final

import msgspec
from msgspec import Struct

from rooms.errors import ErrorCode, Refusal
from rooms.faq.content import Content, FaqLimits
from rooms.faq.documents import Reading, read_file
from rooms.faq.files import RowFault, Sheet
from rooms.faq.rows import Row

MEMORY_BYTES: Final = 2 * 2**30
CPU_SECONDS: Final = 90


class Said(Struct, frozen=True):
    """A refusal, as it goes from process to process."""

    code: ErrorCode
    reason: str
    params: dict[str, Any]

    @property
    def refusal(self) -> Refusal:
        """Make the refusal again."""
        return Refusal(self.code, self.reason, **self.params)


class SaidFault(Struct, frozen=True):
    """A row that cannot be used."""

    line: int
    field: str
    why: Said


class SaidRow(Struct, frozen=True):
    """A good row."""

    line: int
    id: str
    unit: str
    content: Content
    addressed: bool


class Result(Struct, frozen=True, kw_only=True):
    """What came of a file; `refused` is there where it cannot be read at all."""

    refused: Said | None = None
    rows: list[SaidRow] = []
    faults: list[SaidFault] = []
    document: str | None = None
    pages: int = 0
    file: str = ""


def said(refusal: Refusal) -> Said:
    """Write a refusal down."""
    return Said(refusal.code, refusal.reason, refusal.params)


def read(name: str, data: bytes, limits: FaqLimits) -> Result:
    """Read a file."""
    try:
        found = read_file(name, data, limits)
    except Refusal as refusal:
        return Result(refused=said(refusal))
    return Result(
        rows=[SaidRow(row.line, row.id, row.unit, row.content, row.addressed) for row in found.sheet.rows],
        faults=[SaidFault(fault.line, fault.field, said(fault.why)) for fault in found.sheet.faults],
        document=found.document,
        pages=found.pages,
        file=found.file,
    )


def reading_of(result: Result) -> Reading:
    """Make of a result what a file read in this process gives. Raises Refusal."""
    if result.refused is not None:
        raise result.refused.refusal
    sheet = Sheet(
        rows=tuple(
            Row(line=row.line, id=row.id, unit=row.unit, content=row.content, addressed=row.addressed)
            for row in result.rows
        ),
        faults=tuple(
            RowFault(line=fault.line, field=fault.field, why=fault.why.refusal) for fault in result.faults
        ),
    )
    return Reading(sheet=sheet, document=result.document, pages=result.pages, file=result.file)


def main() -> None:
    """Read the file that comes on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limits = msgspec.json.decode(sys.argv[2], type=FaqLimits)
    result = read(sys.argv[1], sys.stdin.buffer.read(), limits)
    sys.stdout.buffer.write(msgspec.msgpack.encode(result))


if __name__ == "__main__":
    main()
