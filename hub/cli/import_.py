"""`madang import DIR`: bring rosters in from CSV files.

The files, any subset of them, and their columns (`roster_columns` writes the same as text):
`schools.csv` has those of the national data set of school locations as published; the others are
ours. What is in the files is added or changed; what an earlier import brought in and the files no
longer name is listed, and put away only with `--prune`.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from hub.cli.bars import steps
from hub.cli.common import Failed, complain, settings
from hub.cli.roster_columns import columns_help
from hub.cli.roster_words import RosterWords
from hub.cli.working import run
from hub.services import Services
from hub.signin.proofs import Passwords
from rooms.roster.importing import Prepared, Roster, RosterClash, RosterLocked
from rooms.roster.known import Edits
from rooms.roster.sheets import SHEETS, sheet_of
from rooms.roster.table import MAX_BYTES
from storage.org.roster import MongoRoster

SOURCE: Final = "roster"
SHOWN_NAMES: Final = 20

EXIT_PARTLY: Final = 3
"""The exit code where some rows were bad and the rest was imported."""

EXITS: Final = (
    f"Exit code: 0 when everything was imported, {EXIT_PARTLY} when some rows were left out, "
    "1 when nothing was imported."
)


class Outcome(msgspec.Struct, frozen=True):
    """What an import did. `pruned` is None where nothing was to be put away."""

    prepared: Prepared
    written: bool
    memberships: int
    pruned: int | None
    seconds: float


def import_(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder with the files.", exists=True, file_okay=False, readable=True
        ),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Import nothing if any row is bad.")] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Put away what earlier imports brought in and the files no longer name."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Prune without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    source: Annotated[
        str,
        typer.Option(
            help="Name of this import: only what came under the same name counts as no longer named.",
        ),
    ] = SOURCE,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Bring rosters in from the CSV files of a folder; what they no longer name is listed, not erased."""
    told = settings(config)
    words = RosterWords(told.locale)
    if not source.isascii() or not source.replace("-", "").isalnum():
        raise Failed("--source takes letters, digits and -")
    if prune and not yes and (as_json or not sys.stdin.isatty()):
        raise Failed(words.line("no_asking"))
    files, others = read_files(folder, words)
    outcome = run(
        told,
        lambda services: bring_in(services, files, source, words, strict=strict, prune=prune, ask=not yes),
    )
    if as_json:
        typer.echo(msgspec.json.encode(as_data(outcome, words)).decode())
    else:
        show(outcome, others, words)
    if outcome.prepared.faults:
        raise typer.Exit(EXIT_PARTLY if outcome.written else 1)


import_.__doc__ = f"{import_.__doc__}\n\n{columns_help()}\n\n{EXITS}"


def read_files(folder: Path, words: RosterWords) -> tuple[dict[str, bytes], list[str]]:
    """Read the roster files of a folder, and name its other CSV files. Raises Failed where there is none."""
    files: dict[str, bytes] = {}
    others: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() != ".csv" or not path.is_file():
            continue
        if sheet_of(path.name) is None:
            others.append(path.name)
            continue
        try:
            with path.open("rb") as file:
                # One byte more than is allowed tells a file that is too large from one that just fits.
                files[path.name] = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise Failed(words.line("unreadable", file=path.name, why=error.strerror or error)) from error
    if not files:
        names = ", ".join(f"{sheet.name}.csv" for sheet in SHEETS)
        raise Failed(words.line("no_files", folder=folder, files=names))
    return files, others


async def bring_in(
    services: Services,
    files: dict[str, bytes],
    source: str,
    words: RosterWords,
    *,
    strict: bool = False,
    prune: bool = False,
    ask: bool = False,
) -> Outcome:
    """Import the files, alone; with `ask`, somebody at the terminal agrees to the pruning. Raises Failed."""
    begin = time.monotonic()
    store = MongoRoster(services.mongo, services.clock)
    passwords = Passwords()
    try:
        async with store.alone():
            with steps(words.steps) as progress, _uncollected():
                roster = Roster(store, services.unit_rooms.sync, passwords.hash, progress)
                prepared = await roster.prepare(files, source)
                written = not (strict and prepared.faults)
                memberships = await roster.bring_in(prepared) if written else 0
            pruned: int | None = None
            if written and prune and prepared.missing and (not ask or await _agreed(prepared, words)):
                edits, more = await roster.prune(prepared)
                await _sign_out(services, edits)
                pruned, memberships = len(edits), memberships + more
    except RosterLocked as error:
        raise Failed(words.line("locked")) from error
    except RosterClash as error:
        raise Failed(words.line("clash", detail=error)) from error
    finally:
        passwords.close()
    return Outcome(prepared, written, memberships, pruned, round(time.monotonic() - begin, 3))


async def _sign_out(services: Services, edits: Edits) -> None:
    for edit in edits.people:
        if edit.person.disabled:
            await services.sign_ins.end_all(edit.person.id)


async def _agreed(prepared: Prepared, words: RosterWords) -> bool:
    for line in missing_lines(prepared, words):
        typer.echo(line)
    # The lock is held longer by a task meanwhile, so the loop must go on while somebody thinks.
    return await asyncio.to_thread(typer.confirm, words.line("ask"))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the cyclic garbage collector rest: it would go through millions of rows again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def show(outcome: Outcome, others: list[str], words: RosterWords) -> None:
    """Tell people what happened: the outcome on standard output, faults on standard error."""
    prepared = outcome.prepared
    for fault in prepared.faults:
        typer.echo(words.fault(fault), err=True)
    for file in prepared.files:
        key = "file_bad" if file.bad else "file"
        typer.echo(words.line(key, file=file.file, rows=file.rows, encoding=file.encoding, bad=file.bad))
    if others:
        typer.echo(words.line("not_read", files=", ".join(others)))
    bad = sum(file.bad for file in prepared.files)
    if not outcome.written:
        complain(words.line("strict", bad=bad))
        return
    for kind, tally in prepared.report.tallies.items():
        typer.echo(words.line("tally", kind=words.kinds[kind], **msgspec.structs.asdict(tally)))
    if bad:
        typer.echo(words.line("faulty", bad=bad))
    typer.echo(words.line("changes", changes=prepared.report.changes, seconds=outcome.seconds))
    if outcome.memberships:
        typer.echo(words.line("memberships", count=outcome.memberships))
    for line in _leavings(outcome, words):
        typer.echo(line)


def _leavings(outcome: Outcome, words: RosterWords) -> list[str]:
    if outcome.pruned is not None:
        return [words.line("pruned", count=outcome.pruned)]
    lines = missing_lines(outcome.prepared, words)
    return [words.line("missing"), *lines] if outcome.prepared.report.missing else lines


def missing_lines(prepared: Prepared, words: RosterWords) -> list[str]:
    """Name what is missing, some of each kind, and what stays for some reason."""
    lines: list[str] = []
    for kind, gone in prepared.report.missing.items():
        names = ", ".join(gone.names[:SHOWN_NAMES])
        if len(gone.names) > SHOWN_NAMES:
            names += words.line("and_more", count=len(gone.names) - SHOWN_NAMES)
        lines.append(words.line("missing_kind", kind=words.kinds[kind], count=len(gone.names), names=names))
    if prepared.report.kept:
        lines.append(words.line("kept", names=", ".join(prepared.report.kept[:SHOWN_NAMES])))
    if prepared.unjudged:
        files = ", ".join(f"{sheet}.csv" for sheet in prepared.unjudged)
        lines.append(words.line("unjudged", files=files))
    return lines


def as_data(outcome: Outcome, words: RosterWords) -> dict[str, Any]:
    """Make what `--json` prints."""
    prepared = outcome.prepared
    return {
        "written": outcome.written,
        "changes": prepared.report.changes if outcome.written else 0,
        "memberships": outcome.memberships,
        "pruned": outcome.pruned,
        "seconds": outcome.seconds,
        "files": prepared.files,
        "counts": prepared.report.tallies,
        "missing": {kind: gone.names for kind, gone in prepared.report.missing.items()},
        "kept": prepared.report.kept,
        "unjudged": prepared.unjudged,
        "faults": [
            {
                "file": fault.file,
                "line": fault.line,
                "column": fault.column,
                "reason": fault.reason,
                "message": words.reason(fault),
            }
            for fault in prepared.faults
        ],
    }
