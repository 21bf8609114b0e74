"""`madang faq import`, `export` and `reindex`: the entries in and out of files, on the machine itself."""

import json
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn

from hub.cli.bars import progress
from hub.cli.common import Failed, complain, settings
from hub.cli.faq_words import FaqWords
from hub.cli.working import run
from hub.faq.wiring import Faq
from hub.services import Services
from rooms.errors import Refusal
from rooms.faq.content import entry_of
from rooms.faq.documents import is_document
from rooms.faq.entries import Audience, Entry
from rooms.faq.files import Sheet, read_rows, written
from rooms.faq.importing import Importer, Tally
from rooms.ids import UnitId
from rooms.people import Unit

PAGE: Final = 1_000
SHOWN: Final = 20
EXIT_PARTLY: Final = 3
"""The exit code where some rows were bad and the rest was brought in."""

Config = Annotated[Path | None, typer.Option(help="TOML file with settings.")]
InFile = Annotated[Path, typer.Argument(help="CSV or JSON Lines with the entries.", dir_okay=False)]
OutFile = Annotated[Path, typer.Argument(help="File to write; its ending says what: .csv or .jsonl.")]
OfUnit = Annotated[
    str | None, typer.Option("--unit", help="Code or id of the unit that speaks where a row names none.")
]
ForWhom = Annotated[
    str | None,
    typer.Option(
        "--audience",
        help="Who may see the rows that do not say so: guardian, student, staff, with commas between."
        " Without it these rows are for everybody.",
    ),
]
OnlyUnit = Annotated[str | None, typer.Option("--unit", help="Code or id of the one unit to write.")]


def import_(
    file: InFile,
    unit: OfUnit = None,
    audience: ForWhom = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Keep them as drafts; publish nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Bring nothing in if any row is bad.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say what would change.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
    config: Config = None,
) -> None:
    """Bring entries in from a file, and publish them; an entry of the same id is changed.

    Exit code: 0 when everything was brought in, 3 when some rows were left out, 1 when nothing was.
    """
    told = settings(config)
    words = FaqWords(told.locale)
    if is_document(file.name):
        raise Failed(words.line("document", file=file))
    whom = audience_of(audience, words)
    brought, unaddressed = [0], [0]
    data = read(file, told.limits.faq_file_bytes, words)

    async def work(services: Services) -> Tally:
        faq = services.faq
        try:
            sheet = read_rows(file.name, data, faq.limits).addressed(whom)
        except Refusal as refusal:
            raise Failed(words.line("whole", file=file, why=words.why(refusal))) from refusal
        unaddressed.append(sheet.unaddressed)
        place = await place_of(faq, unit, words)
        if strict and sheet.faults:
            _complain_of(file, Tally(faults=sheet.faults), words)
            raise Failed(words.line("strict", bad=len(sheet.faults)))
        if strict:
            # What the file alone does not show: units that are not there, ids of others.
            would = await bring_in(services, sheet, place, publish=not drafts, dry=True)
            if would.faults:
                _complain_of(file, would, words)
                raise Failed(words.line("strict", bad=len(would.faults)))
        with _bar(len(sheet.rows)) as progress:

            def advance(done: int) -> None:
                brought.append(done)
                progress(done)

            return await bring_in(services, sheet, place, publish=not drafts, dry=check, progress=advance)

    with _telling(words, brought, dry=check):
        tally = run(told, work)
    if as_json:
        shown = [{"line": one.line, "field": one.field, "why": words.why(one.why)} for one in tally.faults]
        counts = {"added": tally.added, "changed": tally.changed, "unchanged": tally.unchanged}
        typer.echo(json.dumps(counts | {"faults": shown}, ensure_ascii=False))
    else:
        _tell(file, tally, words, drafts=drafts, check=check, for_all=0 if whom else unaddressed[-1])
    if tally.faults:
        nothing = tally.added + tally.changed + tally.unchanged == 0
        raise typer.Exit(1 if nothing else EXIT_PARTLY)


def export(
    file: OutFile,
    unit: OnlyUnit = None,
    config: Config = None,
) -> None:
    """Write the published entries, all or those of one unit, so that `import` takes them."""
    told = settings(config)
    words = FaqWords(told.locale)
    ending = file.suffix.lower()
    if ending not in {".csv", ".jsonl"}:
        raise Failed(f"{file}: the name must end in .csv or .jsonl")

    async def work(services: Services) -> int:
        only = (await place_of(services.faq, unit, words)) if unit is not None else None
        entries = [pair async for pair in published(services.faq, only)]
        try:
            write(file, written(entries, ending))
        except OSError as error:
            raise Failed(words.line("unwritable", file=file, why=error.strerror or error)) from error
        return len(entries)

    typer.echo(words.line("exported", count=run(told, work), file=file))


def read(file: Path, most: int, words: FaqWords) -> bytes:
    """Read a file, of one that is too large no more than shows that it is. Raises Failed."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise Failed(words.line("no_file", file=file))
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise Failed(words.line("unreadable", file=file, why=error.strerror or error)) from error


def write(file: Path, pieces: Iterable[str]) -> None:
    """Write a file whole or not at all: what stood there before stays until then. Raises OSError."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as out:
            out.writelines(pieces)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def reindex(config: Config = None) -> None:
    """Have the chatbot forget its index and read all published entries anew."""
    told = settings(config)

    async def work(services: Services) -> int:
        await services.faq.store.reindex()
        return await services.faq.store.out()

    typer.echo(FaqWords(told.locale).line("reindexed", count=run(told, work)))


def audience_of(named: str | None, words: FaqWords) -> frozenset[Audience]:
    """Read who is named; nobody where that was left out. Raises Failed."""
    try:
        return (
            frozenset(Audience(one.strip()) for one in named.split(",")) if named is not None else frozenset()
        )
    except ValueError:
        raise Failed(words.line("no_audience", named=named)) from None


async def place_of(faq: Faq, unit: str | None, words: FaqWords) -> Unit:
    """Find the unit that is named, else the office. Raises Failed."""
    if unit is None:
        office = await faq.units.office()
        if office is None:
            raise Failed(words.line("no_office"))
        return office
    found = (await faq.units.units_named([unit])).get(unit)
    if found is None:
        raise Failed(words.line("no_unit", unit=unit))
    return found


async def bring_in(
    services: Services,
    sheet: Sheet,
    place: Unit,
    *,
    publish: bool,
    dry: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Tally:
    """Bring rows in as whoever has the machine, who keeps the entries of every unit."""
    faq = services.faq
    importer = Importer(faq.store, faq.units, services.clock, lambda _: True, None)
    tally = await importer.run(sheet.rows, place, publish=publish, dry=dry, progress=progress)
    faults = sorted((*sheet.faults, *tally.faults), key=lambda fault: fault.line)
    return Tally(added=tally.added, changed=tally.changed, unchanged=tally.unchanged, faults=tuple(faults))


async def published(faq: Faq, only: Unit | None = None) -> AsyncIterator[tuple[Entry, str]]:
    """Give the published entries, each with the code of its unit."""
    codes: dict[UnitId, str] = {}
    revision, more = 0, True
    while more:
        records, revision, more = await faq.store.live(revision, PAGE)
        missing = {record.unit for record in records} - set(codes)
        codes |= await faq.units.codes(missing)
        for record in records:
            if record.live is not None and (only is None or record.unit == only.id):
                entry = entry_of(record.id, record.unit, record.scope, record.live, record.revision)
                yield entry, codes.get(record.unit, record.unit)


def _tell(file: Path, tally: Tally, words: FaqWords, *, drafts: bool, check: bool, for_all: int) -> None:
    typer.echo(
        words.line("tally", file=file, added=tally.added, changed=tally.changed, unchanged=tally.unchanged)
    )
    if check:
        typer.echo(words.line("dry"))
    elif drafts:
        typer.echo(words.line("drafts"))
    if tally.faults:
        _complain_of(file, tally, words)
        complain(words.line("faulty", bad=len(tally.faults)))
    if for_all:
        complain(words.line("unaddressed", count=for_all))


def _complain_of(file: Path, tally: Tally, words: FaqWords) -> None:
    for fault in tally.faults[:SHOWN]:
        complain(words.fault(file, fault))
    if len(tally.faults) > SHOWN:
        complain(words.line("and_more", count=len(tally.faults) - SHOWN))


@contextmanager
def _telling(words: FaqWords, brought: Sequence[int], *, dry: bool) -> Iterator[None]:
    """Say how far an import came that is stopped; `brought` counts the rows that were, its last is all."""
    try:
        yield
    except KeyboardInterrupt:
        complain(words.line("stopped_check" if dry else "stopped", done=brought[-1]))
        raise


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show how far an import is, on standard error, where that is a terminal."""
    with progress(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()) as bars:
        task = bars.add_task("", total=total)
        yield lambda done: bars.update(task, completed=done)
